"""Support requests: the list that each person sees, and the stages that every request goes through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template

from services.portal import conversation
from services.portal.person import current_person, signed_in

blueprint = Blueprint("support", __name__)

# The way of a request, with the status that says "this stage is reached".
STAGES = (
    ("submitted", "The researcher asks for support"),
    ("relevant", "The coordinator checks it against members' priorities"),
    ("offered", "Members of the working group are asked to review it"),
    ("in-review", "A reviewer says yes and reads it"),
    ("review-in", "The review is written"),
    ("released", "The researcher gets the feedback"),
    ("closed", "The researcher answers: what we changed"),
)
ORDER = [status for status, _ in STAGES]


@dataclass(frozen=True)
class Stage:
    text: str
    state: str  # done | now | later | stopped


def stages(status: str) -> Sequence[Stage]:
    """The seven stages of a request with this status. What is reached is done; the one after it is now."""
    if status == "not-relevant":
        return [Stage(STAGES[0][1], "done"), Stage(STAGES[1][1], "stopped")]
    reached = ORDER.index(status) if status in ORDER else -1
    return [
        Stage(text, "done" if index <= reached else "now" if index == reached + 1 else "later")
        for index, (_, text) in enumerate(STAGES)
    ]


def requests_seen() -> list[dict[str, Any]]:
    """The requests that the service shows this person, the most urgent first, closed ones last."""
    rows = conversation.every("ppi", "/v1/support-requests")
    return sorted(rows, key=lambda row: (row["status"] in ("closed", "not-relevant"), str(row["needed_by"])))


@blueprint.get("/support")
@signed_in
def show_all() -> str:
    person = current_person()
    return render_template(
        "support/show_all.html.jinja",
        requests=requests_seen(),
        may_ask=bool(person and person.has("researcher")),
        coordinates=bool(person and person.has("coordinator")),
    )
