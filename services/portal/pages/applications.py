"""People: who asked to join, who is a member, and the coordinator's answer to each."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from services.portal import conversation, directory, forms
from services.portal.api_client import Problem, ServiceAway
from services.portal.person import for_roles

blueprint = Blueprint("applications", __name__)

FIELDS = ["reason", "community_id", "account"]


@blueprint.get("/people")
@for_roles("coordinator")
def show_all() -> str:
    waiting = conversation.every("membership", "/v1/applications", standing="applied")
    return render_template(
        "applications/show_all.html.jinja",
        waiting=sorted(waiting, key=lambda row: str(row["applied_at"])),
        members=conversation.part(_members),
        names=directory.community_names(),
    )


def _members() -> list[dict[str, Any]]:
    rows = conversation.every("membership", "/v1/members")
    return sorted((row for row in rows if row["standing"] == "active"), key=lambda row: str(row["name"] or ""))


@blueprint.get("/people/<uuid:member_id>")
@for_roles("coordinator")
def show(member_id: UUID) -> str:
    return _page(member_id, forms.blank(FIELDS))


@blueprint.post("/people/<uuid:member_id>")
@for_roles("coordinator")
def decide(member_id: UUID) -> str | Response | tuple[str, int]:
    """Approve, refuse, add to a working group, or link a sign-in: the hidden `action` says which."""
    form = forms.sent(FIELDS)
    action = form.get("action")
    if action == "refuse":
        form.require("reason", "Say why, in a sentence that the person may read")
    elif action == "add":
        form.require("community_id", "Choose a working group")
    elif action == "link":
        form.require("account", "Enter the number of the sign-in")
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
    if action == "approve":
        conversation.post("membership", f"/v1/applications/{member_id}/approval", {}, key=form.key, seen=form.seen)
        return "Approved. A welcome is on its way to the new member."
    if action == "refuse":
        body = {"reason": form.get("reason")}
        conversation.post("membership", f"/v1/applications/{member_id}/refusal", body, key=form.key, seen=form.seen)
        return "The application is refused."
    if action == "add":
        path = f"/v1/communities/{form.get('community_id')}/members"
        conversation.post("membership", path, {"member_id": member_id}, key=form.key)
        return "Added to the working group."
    body = {"account": form.get("account")}
    conversation.change("PUT", "membership", f"/v1/members/{member_id}/account", body, key=form.key, seen=form.seen)
    return "The sign-in is linked."


def _page(member_id: UUID, form: forms.Form, changed_meanwhile: bool = False) -> str:
    answer = conversation.get("membership", f"/v1/members/{member_id}")
    form.seen = answer.etag
    rows = directory.communities_or_none()
    return render_template(
        "applications/show.html.jinja",
        member=answer.body,
        form=form,
        changed_meanwhile=changed_meanwhile,
        names={row["id"]: row["name"] for row in rows},
        working_groups=[row for row in rows if row["kind"] == "working-group"],
    )
