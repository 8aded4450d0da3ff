"""My data: what I may ask, what I asked, everything that is held of me, and who read what is sensitive."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from services.portal import conversation, directory, forms
from services.portal.api_client import Problem, ServiceAway
from services.portal.held import as_file, everything_held, reads
from services.portal.person import signed_in

blueprint = Blueprint("me_data", __name__)

FIELDS = ["right", "purpose", "details"]
NEEDS_DETAILS = "Say what is wrong, and what is right"


def request_from(form: forms.Form) -> dict[str, str]:
    """What is sent to the service; marks what is plainly missing."""
    form.require("right", "Choose what you would like")
    if form.get("right") == "objection":
        form.require("purpose", "Say what we should stop")
    if form.get("right") == "rectification":
        form.require("details", NEEDS_DETAILS)
    return {name: form.get(name) for name in FIELDS if form.get(name)}


@blueprint.get("/me/data")
@signed_in
def show() -> str:
    return _page(forms.blank(FIELDS))


@blueprint.post("/me/data")
@signed_in
def ask() -> str | Response | tuple[str, int]:
    form = forms.sent(FIELDS)
    body = request_from(form)
    if form.ok:
        try:
            stored = conversation.post("membership", "/v1/rights-requests", body, key=form.key)
            flash("We have your request. You get our answer within a month.")
            return redirect(url_for(".one", request_id=stored.body["id"]))
        except Problem as problem:
            form.take(problem)
        except ServiceAway:
            form.take_absence()
    return _page(form), 422


@blueprint.get("/me/data/requests/<uuid:request_id>")
@signed_in
def one(request_id: UUID) -> str:
    answer = conversation.get("membership", f"/v1/rights-requests/{request_id}")
    return render_template("rights/mine.html.jinja", asked=answer.body, form=forms.blank([]))


@blueprint.post("/me/data/restriction")
@signed_in
def lift() -> Response:
    """My data may be used again."""
    me = directory.own_membership()
    flash(lifted(me.id))
    return redirect(url_for("me.show"))


def lifted(member_id: str) -> str:
    """Lifts a restriction; the sentence says what came of it."""
    form = forms.sent([])
    try:
        conversation.change("DELETE", "membership", f"/v1/members/{member_id}/restriction", {}, key=form.key)
    except Problem as problem:
        if problem.code == "not-restricted":
            return "The data are used already. Nothing was changed."
        raise
    return "The data may be used again. The break goes on until it is ended."


@blueprint.get("/me/data/everything")
@signed_in
def everything() -> str | Response:
    me = directory.own_membership()
    if not me.id:
        return redirect(url_for(".show"))
    back = {"href": url_for(".show"), "text": "My data"}
    file = url_for(".everything_as_file")
    return render_template("rights/everything.html.jinja", held=everything_held(me.id), back=back, file=file)


@blueprint.get("/me/data/everything.json")
@signed_in
def everything_as_file() -> Response:
    me = directory.own_membership()
    return as_file(everything_held(me.id)) if me.id else redirect(url_for(".show"))


def _page(form: forms.Form) -> str:
    me = directory.own_membership()
    asked = conversation.part(lambda: _own_requests(me.id))
    seen = conversation.part(lambda: reads(me.id) if me.id else [])
    return render_template("rights/my_data.html.jinja", form=form, asked=asked, reads=seen)


def _own_requests(member_id: str) -> list[dict[str, object]]:
    """Those of this person: data protection's list holds everybody's."""
    if not member_id:
        return []
    rows = conversation.every("membership", "/v1/rights-requests", member=member_id)
    return [row for row in rows if row["member_id"] == member_id]
