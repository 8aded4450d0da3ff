"""People: who asked to join, who is a member, and the coordinator's answer to each."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from services.portal import conversation, directory, forms
from services.portal.api_client import Problem, ServiceAway
from services.portal.pages.joining import FIELDS as QUESTIONS
from services.portal.pages.joining import MISSING_OF_ANOTHER, application_from, questions
from services.portal.person import for_roles

blueprint = Blueprint("applications", __name__)

FIELDS = ["reason", "note", "community_id", "account", "told"]
TAKEN_FIELDS = ["channel", *QUESTIONS]
MEMBERS = ("approved", "active", "paused")

# What a coordinator does to a member who said so on the phone: the path's last part, and what was done.
STEPS = {
    "pause": "Noted. Nobody invites this person until the break is over.",
    "return": "Welcome back. Invitations to coming meetings are on their way.",
    "departure": "Noted. A letter says goodbye and thank you.",
    "activation": "Noted. The ground rules are agreed to.",
}


@blueprint.get("/people")
@for_roles("coordinator")
def show_all() -> str:
    waiting = conversation.every("membership", "/v1/applications")
    return render_template(
        "applications/show_all.html.jinja",
        waiting=sorted(waiting, key=lambda row: str(row["applied_at"])),
        members=conversation.part(_members),
        names=directory.community_names(),
    )


def _members() -> list[dict[str, Any]]:
    rows = conversation.every("membership", "/v1/members")
    return sorted((row for row in rows if row["standing"] in MEMBERS), key=lambda row: str(row["name"] or ""))


@blueprint.get("/people/new")
@for_roles("coordinator")
def take() -> str:
    return questions("applications/take.html.jinja", forms.blank(TAKEN_FIELDS))


@blueprint.post("/people/new")
@for_roles("coordinator")
def taken() -> str | Response | tuple[str, int]:
    """Store what somebody said on the phone or wrote in a letter."""
    form = forms.sent(TAKEN_FIELDS)
    channel = form.require("channel", "Choose how the application reached you")
    wanted = application_from(form, MISSING_OF_ANOTHER)
    if form.ok:
        try:
            stored = conversation.post("membership", "/v1/applications", wanted, key=form.key, channel=channel)
            flash("Stored. Look at it once more, then answer it.")
            return redirect(url_for(".show", member_id=stored.body["id"]))
        except Problem as problem:
            form.take(problem)
        except ServiceAway:
            form.take_absence()
    return questions("applications/take.html.jinja", form), 422


@blueprint.get("/people/<uuid:member_id>")
@for_roles("coordinator")
def show(member_id: UUID) -> str:
    return _page(member_id, forms.blank(FIELDS))


@blueprint.post("/people/<uuid:member_id>")
@for_roles("coordinator")
def decide(member_id: UUID) -> str | Response | tuple[str, int]:
    """Answer an application, add to a working group, link a sign-in, or note what a member said: see `action`."""
    form = forms.sent(FIELDS)
    action = form.get("action")
    if action == "refuse":
        form.require("reason", "Say why, in a sentence that the person will read")
    elif action == "add":
        form.require("community_id", "Choose a working group")
    elif action == "link":
        form.require("account", "Enter the number of the sign-in")
    elif action in STEPS:
        form.require("told", "Choose how the person told you")
    if form.ok:
        try:
            flash(_carry_out(action, str(member_id), form))
            return redirect(url_for(".show", member_id=member_id))
        except Problem as problem:
            if problem.status == 412:
                return _page(member_id, forms.blank(FIELDS), changed_meanwhile=True), 412
            form.take(problem, {"member_id": "community_id"})
        except ServiceAway:
            form.take_absence()
    return _page(member_id, form), 422


def _carry_out(action: str, member_id: str, form: forms.Form) -> str:
    """Do it; the sentence says what was done."""
    answer = f"/v1/applications/{member_id}"
    if action == "approve":
        conversation.post("membership", f"{answer}/approval", {}, key=form.key, seen=form.seen)
        return "Approved. A welcome is on its way to the new member."
    if action == "refuse":
        body = {"reason": form.get("reason")}
        conversation.post("membership", f"{answer}/refusal", body, key=form.key, seen=form.seen)
        return "The application is declined. A kind letter with your reason is on its way."
    if action == "talk":
        body = {"note": form.get("note")} if form.get("note") else {}
        conversation.post("membership", f"{answer}/conversation", body, key=form.key, seen=form.seen)
        return "Noted: talk with this person first."
    if action == "add":
        path = f"/v1/communities/{form.get('community_id')}/members"
        conversation.post("membership", path, {"member_id": member_id}, key=form.key)
        return "Added to the working group."
    if action in STEPS:
        body = {"ground_rules": ground_rules()["version"]} if action == "activation" else {}
        path = f"/v1/members/{member_id}/{action}"
        conversation.post("membership", path, body, key=form.key, seen=form.seen, channel=form.get("told"))
        return STEPS[action]
    body = {"account": form.get("account")}
    conversation.change("PUT", "membership", f"/v1/members/{member_id}/account", body, key=form.key, seen=form.seen)
    return "The sign-in is linked."


def ground_rules() -> dict[str, Any]:
    """The wording in force: {version, rules}."""
    rules: dict[str, Any] = conversation.get("membership", "/v1/ground-rules").body
    return rules


def _page(member_id: UUID, form: forms.Form, changed_meanwhile: bool = False) -> str:
    answer = conversation.get("membership", f"/v1/members/{member_id}")
    form.seen = answer.etag
    rows = directory.communities_or_none()
    return render_template(
        "applications/show.html.jinja",
        member=answer.body,
        reached=_reached(member_id, answer.body["standing"]),
        form=form,
        changed_meanwhile=changed_meanwhile,
        names={row["id"]: row["name"] for row in rows},
        working_groups=[row for row in rows if row["kind"] == "working-group"],
        rules=ground_rules() if answer.body["standing"] == "approved" else None,
    )


def _reached(member_id: UUID, standing: str) -> dict[str, Any] | None:
    """How a member is reached, None for others and when that cannot be told just now."""
    if standing not in MEMBERS:
        return None
    found = conversation.part(lambda: [conversation.get("membership", f"/v1/members/{member_id}/contacts").body])
    return found.value[0] if found.value else None
