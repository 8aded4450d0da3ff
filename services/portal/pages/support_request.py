"""One support request, with every step that the person who looks at it may take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from services.portal import conversation, forms
from services.portal.api_client import Problem, ServiceAway
from services.portal.directory import own_membership
from services.portal.pages.claims import activity_labels
from services.portal.pages.support import stages
from services.portal.person import current_person, signed_in
from services.portal.typed_dates import read_day

blueprint = Blueprint("support_request", __name__)

# What each step's form holds, in the page's order.
FIELDS = {
    "judge": ["relevant", "reason", "priority"],
    "offer": ["member_id", "answer_by"],
    "accept": ["no_conflict_of_interest"],
    "decline": ["reason_for_declining"],
    "review": ["text"],
    "release": [],
    "answer": ["what_we_changed"],
}
# From "it fits" until the feedback goes out: somebody may still be asked, and reviews may still come in.
UNDER_WAY = ("relevant", "offered", "in-review", "review-in")
# Rules of the service about one field, by their codes; and fields that have another name there.
RULES = {
    "offer": {
        "answer-by-passed": "answer_by",
        "answer-by-too-late": "answer_by",
        "own-request": "member_id",
        "already-asked": "member_id",
        "said-no": "member_id",
    },
    "decline": {"reason": "reason_for_declining"},
}
DONE = {
    "judge": "Your decision is stored. The researcher is told.",
    "offer": "The offer is on its way to the member.",
    "accept": "Thank you. The review is yours.",
    "decline": "Thank you for telling us. That is all you need to do.",
    "review": "Thank you. Your review is with the coordinator. Your fee is noted when the researcher gets it.",
    "release": "The feedback is on its way to the researcher.",
    "answer": "Thank you. The reviewers get your answer, and the request is closed.",
}


@blueprint.get("/support/<uuid:request_id>")
@signed_in
def show(request_id: UUID) -> str:
    return _page(request_id)


@blueprint.post("/support/<uuid:request_id>")
@signed_in
def act(request_id: UUID) -> str | Response | tuple[str, int]:
    """Take one step: the hidden `action` says which."""
    form = forms.sent(())
    action = form.get("action")
    if action not in FIELDS:
        return _page(request_id), 422
    form.fields = FIELDS[action]
    step = READERS[action](form)
    if form.ok:
        path, body, checked = step
        try:
            conversation.post(
                "ppi",
                f"/v1/support-requests/{request_id}/{path}",
                body,
                key=form.key,
                seen=form.seen if checked else "",
            )
            flash(DONE[action])
            return redirect(url_for(".show", request_id=request_id))
        except Problem as problem:
            if problem.status == 412:
                return _page(request_id, changed_meanwhile=True), 412
            form.take(problem, RULES.get(action))
        except ServiceAway:
            form.take_absence()
    return _page(request_id, {action: form}), 422


# Each reader gives the sub-resource, the body, and whether the version that the person saw must still hold.
Step = tuple[str, dict[str, Any], bool]


def _judge(form: forms.Form) -> Step:
    relevant = form.require("relevant", "Say whether the idea fits the priorities")
    body: dict[str, Any] = {
        "relevant": relevant == "yes",
        "reason": form.require("reason", "Give your reason. The researcher reads it"),
    }
    if relevant == "yes":
        body["priority"] = form.require("priority", "Choose the priority that the idea fits")
    return "relevance", body, True


def _offer(form: forms.Form) -> Step:
    body: dict[str, Any] = {"member_id": form.require("member_id", "Choose a member")}
    try:
        body["answer_by"] = read_day(*(form.get(f"answer_by-{part}") for part in ("day", "month", "year"))).isoformat()
    except ValueError as mistake:
        form.refuse("answer_by", str(mistake))
    return "offers", body, True


def _accept(form: forms.Form) -> Step:
    form.require("no_conflict_of_interest", "Tick the box if you have no conflict of interest, or say no to the offer")
    return "acceptance", {"no_conflict_of_interest": True}, False


def _decline(form: forms.Form) -> Step:
    reason = form.get("reason_for_declining")
    return "refusal-of-offer", {"reason": reason} if reason else {}, False


def _review(form: forms.Form) -> Step:
    return "reviews", {"text": form.require("text", "Write your review")}, False


def _release(_: forms.Form) -> Step:
    return "release", {}, True


def _answer(form: forms.Form) -> Step:
    return (
        "response",
        {"what_we_changed": form.require("what_we_changed", "Tell the reviewers what you changed")},
        False,
    )


READERS: dict[str, Callable[[forms.Form], Step]] = {
    "judge": _judge,
    "offer": _offer,
    "accept": _accept,
    "decline": _decline,
    "review": _review,
    "release": _release,
    "answer": _answer,
}


def _page(request_id: UUID, sent: dict[str, forms.Form] | None = None, changed_meanwhile: bool = False) -> str:
    answer = conversation.get("ppi", f"/v1/support-requests/{request_id}")
    person, me = current_person(), own_membership().id
    coordinates = person is not None and person.has("coordinator")
    steps = possible_steps(answer.body, me, coordinates)
    shown = {name: (sent or {}).get(name) or forms.blank(FIELDS[name], action=name) for name in steps}
    shown |= sent or {}  # a step that is no longer possible still tells why
    for form in shown.values():
        form.seen = answer.etag
    return render_template(
        "support/request.html.jinja",
        request_shown=answer.body,
        stages=stages(answer.body["status"]),
        steps=steps,
        forms=shown,
        refused=next(iter((sent or {}).values()), None),
        mine=_own_offer(answer.body, me),
        is_requester=me == answer.body.get("requester_id"),
        coordinates=coordinates,
        changed_meanwhile=changed_meanwhile,
        priorities=conversation.part(lambda: conversation.every("ppi", "/v1/priorities")) if "judge" in steps else None,
        reviewers=conversation.part(lambda: conversation.every("ppi", "/v1/reviewers")) if "offer" in steps else None,
        activities=activity_labels(),
    )


def possible_steps(request_shown: dict[str, Any], me: str, coordinates: bool) -> list[str]:
    """What somebody may do next, as far as the portal can tell; `me` is her member id. The service decides."""
    status, offers = request_shown["status"], request_shown.get("offers") or []
    own = _own_offer(request_shown, me)
    steps: list[str] = []
    if own and own["status"] == "offered":
        steps += ["accept", "decline"]
    has_reviewed = any(review.get("reviewer_id") == me for review in request_shown.get("reviews") or [])
    if own and own["status"] == "accepted" and not has_reviewed and status in UNDER_WAY:
        steps += ["review", "decline"]
    if coordinates and status == "submitted":
        steps.append("judge")
    if coordinates and status == "review-in":
        steps.append("release")
    accepted = sum(offer["status"] == "accepted" for offer in offers)
    if coordinates and status in UNDER_WAY and accepted < request_shown["reviewers"]:
        steps.append("offer")
    if status == "released" and me and request_shown.get("requester_id") == me:
        steps.append("answer")
    return steps


def _own_offer(request_shown: dict[str, Any], me: str) -> dict[str, Any] | None:
    own: list[dict[str, Any]] = [row for row in request_shown.get("offers") or [] if row["member_id"] == me]
    return own[-1] if me and own else None
