"""How to reach a member: for a coordinator whom she told on the phone, in a letter or in person."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template, request

from services.portal import conversation, forms
from services.portal.pages.contacts import FIELDS, Place, Shown, change_list, listing, one, store_one
from services.portal.person import for_roles

blueprint = Blueprint("applications_contacts", __name__)

TOLD = ("phone", "post", "in-person", "email")


@blueprint.get("/people/<uuid:member_id>/contacts")
@for_roles("coordinator")
def show(member_id: UUID) -> Shown:
    """First the question how she told it: it is recorded with each change."""
    place = _place(member_id)
    if place is None:
        return _ask(member_id)
    return listing(place, forms.blank(FIELDS))


@blueprint.post("/people/<uuid:member_id>/contacts")
@for_roles("coordinator")
def change(member_id: UUID) -> Shown:
    place = _place(member_id)
    return change_list(place) if place else _ask(member_id)


@blueprint.get("/people/<uuid:member_id>/contacts/<uuid:contact_id>")
@for_roles("coordinator")
def show_one(member_id: UUID, contact_id: UUID) -> Shown:
    place = _place(member_id)
    return one(place, str(contact_id), None) if place else _ask(member_id)


@blueprint.post("/people/<uuid:member_id>/contacts/<uuid:contact_id>")
@for_roles("coordinator")
def change_one(member_id: UUID, contact_id: UUID) -> Shown:
    place = _place(member_id)
    return store_one(place, str(contact_id)) if place else _ask(member_id)


def _ask(member_id: UUID) -> str:
    form = forms.blank(["told"])
    if "told" in request.args:
        form.refuse("told", "Choose how the person told you")
    member = conversation.get("membership", f"/v1/members/{member_id}").body
    return render_template("contacts/told.html.jinja", form=form, member=member)


def _place(member_id: UUID) -> Place | None:
    told = request.args.get("told", "")
    if told not in TOLD:
        return None
    member = conversation.get("membership", f"/v1/members/{member_id}").body
    return Place(str(member_id), member["name"], told)
