"""Safety: anybody tells that she worries about somebody, and safeguarding leads look into it."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from services.portal import conversation, forms
from services.portal.api_client import Problem, ServiceAway
from services.portal.person import current_person, for_roles, signed_in

blueprint = Blueprint("safeguarding", __name__)

TOLD = ["what", "about", "reach", "told_by"]
HANDLED = ["note", "to"]

# What a lead does: the path's last part, what must be written for it, and what was done.
STEPS = {
    "review": ((), "You have taken this up. Others see that a lead looks into it."),
    "notes": (("note",), "Noted."),
    "referral": (("to", "note"), "Noted that it was referred."),
    "support": (("note",), "Noted how people are supported."),
    "closure": (("note",), "This concern is closed."),
}
MISSING = {"note": "Write a few words", "to": "Write to whom it was referred"}


@blueprint.get("/safety")
def ask() -> str:
    return _ask(forms.blank(TOLD))


@blueprint.post("/safety")
@signed_in
def told() -> str | Response | tuple[str, int]:
    form = forms.sent(TOLD)
    form.require("what", "Tell us in a few words what worries you")
    if form.ok:
        body = {name: form.get(name) for name in TOLD if form.get(name)}
        try:
            conversation.post("membership", "/v1/safeguarding-concerns", body, key=form.key)
            return redirect(url_for(".thanks"))
        except Problem as problem:
            form.take(problem)
        except ServiceAway:
            form.take_absence()
    return _ask(form), 422


@blueprint.get("/safety/thanks")
@signed_in
def thanks() -> str:
    return render_template("safeguarding/thanks.html.jinja")


@blueprint.get("/safety/concerns")
@for_roles("safeguarding-lead")
def show_all() -> str:
    rows = conversation.every("membership", "/v1/safeguarding-concerns")
    return render_template(
        "safeguarding/show_all.html.jinja",
        open=[row for row in rows if row["status"] != "closed"],
        closed=[row for row in rows if row["status"] == "closed"],
    )


@blueprint.get("/safety/concerns/<uuid:concern_id>")
@for_roles("safeguarding-lead")
def show(concern_id: UUID) -> str:
    return _page(concern_id, forms.blank(HANDLED))


@blueprint.post("/safety/concerns/<uuid:concern_id>")
@for_roles("safeguarding-lead")
def handle(concern_id: UUID) -> str | Response | tuple[str, int]:
    """One of STEPS: the hidden `action` says which."""
    form = forms.sent(HANDLED)
    needed, said = STEPS.get(form.get("action"), ((), ""))
    if not said:
        return redirect(url_for(".show", concern_id=concern_id))
    body = {name: form.get(name) for name in needed if form.get(name)}
    first = next(iter(needed), None)
    if first:
        form.require(first, MISSING[first])
    if form.ok:
        path = f"/v1/safeguarding-concerns/{concern_id}/{form.get('action')}"
        try:
            conversation.post("membership", path, body, key=form.key, seen=form.seen)
            flash(said)
            return redirect(url_for(".show", concern_id=concern_id))
        except Problem as problem:
            form.take(problem)
        except ServiceAway:
            form.take_absence()
    return _page(concern_id, form), 422


def _ask(form: forms.Form) -> str:
    person = current_person()
    mine = (
        conversation.part(lambda: conversation.every("membership", "/v1/my-safeguarding-concerns"))
        if person
        else conversation.Part()
    )
    return render_template("safeguarding/ask.html.jinja", form=form, mine=mine)


def _page(concern_id: UUID, form: forms.Form) -> str:
    answer = conversation.get("membership", f"/v1/safeguarding-concerns/{concern_id}")
    form.seen = answer.etag
    return render_template("safeguarding/show.html.jinja", concern=answer.body, form=form)
