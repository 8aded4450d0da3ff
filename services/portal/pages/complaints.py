"""Complaints: anybody makes one, and data protection answers."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from services.portal import conversation, directory, forms
from services.portal.api_client import Problem, ServiceAway
from services.portal.person import current_person, for_roles, signed_in

blueprint = Blueprint("complaints", __name__)

FIELDS = ["channel", "what", "name", "email", "phone", "postal_address"]
HANDLED = ["note", "answer"]

# What is done to a complaint: the path's last part; the field that it needs; what was done.
STEPS = {
    "acknowledgement": ("", "A letter says that we have it."),
    "investigation": ("note", "Noted."),
    "outcome": ("answer", "A letter with the answer is on its way."),
}


@blueprint.get("/complain")
def ask() -> str:
    return _ask(forms.blank(FIELDS))


@blueprint.post("/complain")
def told() -> str | Response | tuple[str, int]:
    """From the person herself; or from a coordinator who was told, who then says how it came."""
    form = forms.sent(FIELDS)
    form.require("what", "Tell us what went wrong")
    channel = form.get("channel")
    known = bool(directory.own_membership().id) and not channel
    if not known and not form.get("name"):
        form.refuse("name", "Tell us your name")
    if not known and not any(form.get(way) for way in ("email", "phone", "postal_address")):
        form.refuse("email", "Give at least one way to reach you")
    if form.ok:
        names = FIELDS[1:2] if known else FIELDS[1:]
        body = {name: form.get(name) for name in names if form.get(name)}
        try:
            conversation.post("membership", "/v1/complaints", body, key=form.key, channel=channel)
            return redirect(url_for(".thanks"))
        except Problem as problem:
            form.take(problem)
        except ServiceAway:
            form.take_absence()
    return _ask(form), 422


@blueprint.get("/complain/thanks")
def thanks() -> str:
    return render_template("complaints/thanks.html.jinja")


@blueprint.get("/complaints/<uuid:complaint_id>")
@signed_in
def mine(complaint_id: UUID) -> str:
    answer = conversation.get("membership", f"/v1/complaints/{complaint_id}")
    return render_template("complaints/mine.html.jinja", complaint=answer.body)


@blueprint.get("/data-protection/complaints/<uuid:complaint_id>")
@for_roles("data-protection")
def show(complaint_id: UUID) -> str:
    return _page(complaint_id, forms.blank(HANDLED))


@blueprint.post("/data-protection/complaints/<uuid:complaint_id>")
@for_roles("data-protection")
def handle(complaint_id: UUID) -> str | Response | tuple[str, int]:
    """One of STEPS: the hidden `action` says which."""
    form = forms.sent(HANDLED)
    needed, said = STEPS.get(form.get("action"), ("", ""))
    if not said:
        return redirect(url_for(".show", complaint_id=complaint_id))
    if needed:
        form.require(needed, "Fill this in")
    if form.ok:
        body = {needed: form.get(needed)} if needed else {}
        path = f"/v1/complaints/{complaint_id}/{form.get('action')}"
        try:
            conversation.post("membership", path, body, key=form.key, seen=form.seen)
            flash(said)
            return redirect(url_for(".show", complaint_id=complaint_id))
        except Problem as problem:
            form.take(problem)
        except ServiceAway:
            form.take_absence()
    return _page(complaint_id, form), 422


def _ask(form: forms.Form) -> str:
    person = current_person()
    before = conversation.Part()
    if person and not person.has("data-protection"):
        before = conversation.part(lambda: conversation.every("membership", "/v1/complaints"))
    return render_template("complaints/ask.html.jinja", form=form, before=before)


def _page(complaint_id: UUID, form: forms.Form) -> str:
    answer = conversation.get("membership", f"/v1/complaints/{complaint_id}")
    form.seen = answer.etag
    return render_template("complaints/show.html.jinja", complaint=answer.body, form=form)
