"""The front page: what the partnership is, what matters to members, what comes next, how it came about."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from services.portal import conversation
from services.portal.directory import communities
from services.portal.pages.meetings import upcoming

blueprint = Blueprint("home", __name__)

NEXT_MEETINGS = 3
FIRST_MILESTONES = 7  # the others unfold


@blueprint.get("/")
def show() -> str:
    every = conversation.part(communities)
    return render_template(
        "home/show.html.jinja",
        communities=every,
        meetings=conversation.part(lambda: upcoming()[:NEXT_MEETINGS]),
        priorities=conversation.part(lambda: conversation.every("meetings", "/v1/priorities")),
        timeline=conversation.part(lambda: timeline(every.value)),
        first_milestones=FIRST_MILESTONES,
        names={row["id"]: row["name"] for row in every.value},
    )


def timeline(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The dated milestones of all communities in the order of time. Figures are on the communities' pages."""
    milestones: list[dict[str, Any]] = []
    for row in rows:
        detail = conversation.get("membership", f"/v1/communities/{row['id']}").body
        milestones += [item for item in (detail.get("milestones") or []) if item["kind"] != "figure" and item["period"]]
    return in_order(milestones)


def in_order(milestones: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By time, as far as it is known; undated ones last."""
    return sorted(milestones, key=lambda item: (not item["period"], item["period"] or ""))
