"""Small groups of a community: proposing one, taking part, beginning, and what came of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from services.portal import conversation, directory, forms
from services.portal.api_client import Problem, ServiceAway
from services.portal.person import current_person, signed_in

blueprint = Blueprint("communities_groups", __name__)

PROPOSAL = ["topic", "about", "wanted"]
OUTCOME = ["outcome", "link"]


@blueprint.get("/communities/<uuid:community_id>/groups/new")
@signed_in
def ask(community_id: UUID) -> str:
    return _proposal(community_id, forms.blank(PROPOSAL, wanted="3"))


@blueprint.post("/communities/<uuid:community_id>/groups/new")
@signed_in
def propose(community_id: UUID) -> str | Response | tuple[str, int]:
    form = forms.sent(PROPOSAL)
    body: dict[str, Any] = {
        "topic": form.require("topic", "Say in a few words what the group is about"),
        "about": form.require("about", "Say what the group would like to do"),
    }
    wanted = form.require("wanted", "Say how many people the group needs to begin")
    if wanted.isdecimal():
        body["wanted"] = int(wanted)
    else:
        form.refuse("wanted", "Enter a whole number, such as 3")
    if form.ok:
        path = f"/v1/communities/{community_id}/project-groups"
        try:
            stored = conversation.post("membership", path, body, key=form.key)
            flash("Your group is proposed. Members of the community see it and can join.")
            return redirect(url_for(".show", group_id=stored.body["id"]))
        except Problem as problem:
            form.take(problem)
        except ServiceAway:
            form.take_absence()
    return _proposal(community_id, form), 422


@blueprint.get("/groups/<uuid:group_id>")
@signed_in
def show(group_id: UUID) -> str:
    return _page(group_id, forms.blank(OUTCOME))


@blueprint.post("/groups/<uuid:group_id>")
@signed_in
def change(group_id: UUID) -> str | Response | tuple[str, int]:
    """Join, leave, begin or close: the hidden `action` says which."""
    form = forms.sent(OUTCOME)
    if form.get("action") == "close":
        form.require("outcome", "Say what came of it, also when it was little")
    if form.ok:
        try:
            flash(_carry_out(f"/v1/project-groups/{group_id}", form))
            return redirect(url_for(".show", group_id=group_id))
        except Problem as problem:
            form.take(problem)
        except ServiceAway:
            form.take_absence()
    return _page(group_id, form), 422


def _carry_out(path: str, form: forms.Form) -> str:
    """Do it; the sentence says what was done."""
    match form.get("action"):
        case "join":
            conversation.post("membership", f"{path}/members", {}, key=form.key)
            return "You are in this group."
        case "leave":
            me = directory.own_membership().id
            conversation.change("DELETE", "membership", f"{path}/members/{me}", {}, key=form.key)
            return "You have left this group."
        case "start":
            conversation.post("membership", f"{path}/start", {}, key=form.key, seen=form.seen)
            return "The group begins. Good luck with it."
    body = {"outcome": form.get("outcome")} | ({"link": form.get("link")} if form.get("link") else {})
    conversation.post("membership", f"{path}/outcome", body, key=form.key, seen=form.seen)
    return "The group is closed. What came of it can be read by the community."


def _proposal(community_id: UUID, form: forms.Form) -> str:
    community = conversation.get("membership", f"/v1/communities/{community_id}").body
    return render_template("communities/propose_group.html.jinja", community=community, form=form)


def _page(group_id: UUID, form: forms.Form) -> str:
    answer = conversation.get("membership", f"/v1/project-groups/{group_id}")
    form.seen = answer.etag
    person = current_person()
    return render_template(
        "communities/group.html.jinja",
        group=answer.body,
        form=form,
        leads=answer.body["my_part"] == "lead" or bool(person and person.has("coordinator")),
        names=directory.community_names(),
    )
