"""One support request, with every step that the person who looks at it may take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from services.portal import conversation, forms
from services.portal.api_client import Answer, Problem, ServiceAway
from services.portal.directory import own_membership
from services.portal.pages.claims import activity_labels
from services.portal.pages.support import stages
from services.portal.person import current_person, signed_in
from services.portal.typed_dates import read_day

blueprint = Blueprint("support_request", __name__)

# What each step's form holds, in the page's order.
FIELDS = {
    "judge": ["relevant", "priority", "reason"],
    "offer": ["member_id", "answer_by"],
    "accept": ["no_conflict_of_interest"],
    "decline": ["reason_for_declining"],
    "review": ["text"],
    "release": [],
    "answer": ["what_we_changed"],
}
DONE = {
    "judge": "Your decision is stored. The researcher is told.",
    "offer": "The offer is on its way to the member.",
    "accept": "Thank you. The review is yours.",
    "decline": "Thank you for telling us. That is all you need to do.",
    "review": "Thank you. Your review is with the coordinator, and your fee is noted.",
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
            form.take(problem, {"reason": "reason_for_declining"} if action == "decline" else None)
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
    steps = possible_steps(answer.body)
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
        mine=_own_offer(answer),
        is_requester=own_membership().id == answer.body.get("requester_id"),
        coordinates=bool((person := current_person()) and person.has("coordinator")),
        changed_meanwhile=changed_meanwhile,
        priorities=conversation.part(lambda: conversation.every("ppi", "/v1/priorities")) if "judge" in steps else None,
        reviewers=conversation.part(lambda: conversation.every("ppi", "/v1/reviewers")) if "offer" in steps else None,
        activities=activity_labels(),
    )


def _own_offer(answer: Answer) -> dict[str, Any] | None:
    me = own_membership().id
    offers: list[dict[str, Any]] = [offer for offer in answer.body.get("offers") or [] if offer["member_id"] == me]
    return offers[-1] if me and offers else None


def possible_steps(request_shown: dict[str, Any]) -> list[str]:
    """What this person may do next, as far as the portal can tell. The service has the last word."""
    person, me, status = current_person(), own_membership().id, request_shown["status"]
    own = [offer for offer in request_shown.get("offers") or [] if me and offer["member_id"] == me]
    steps = []
    if own and own[-1]["status"] == "offered":
        steps += ["accept", "decline"]
    has_reviewed = any(review.get("reviewer_id") == me for review in request_shown.get("reviews") or [])
    if own and own[-1]["status"] == "accepted" and not has_reviewed and status in ("offered", "in-review", "review-in"):
        steps.append("review")
    if person and person.has("coordinator"):
        if status == "submitted":
            steps.append("judge")
        if status in ("relevant", "offered", "in-review"):
            steps.append("offer")
        if status == "review-in":
            steps.append("release")
    requester = request_shown.get("requester_id")
    if status == "released" and requester and (requester == me or (person and requester == person.subject)):
        steps.append("answer")
    return steps
