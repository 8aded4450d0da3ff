"""From help to a sign-in of one's own: whether a coordinator may act for me, a code to give, and a code to use."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from services.portal import conversation, directory, forms
from services.portal.api_client import Problem, ServiceAway
from services.portal.person import for_roles, signed_in

blueprint = Blueprint("me_record", __name__)

FIELDS = ["code"]


@blueprint.get("/me/record")
@signed_in
def ask() -> str:
    return _page(forms.blank(FIELDS))


@blueprint.post("/me/record")
@signed_in
def take_over() -> str | Response | tuple[str, int]:
    """Link the sign-in of whoever has the code to the record that it was made for."""
    form = forms.sent(FIELDS)
    code = form.require("code", "Enter the code from the letter")
    if form.ok:
        try:
            conversation.post("membership", "/v1/me/record", {"code": code})
            flash("This is your page now. Everything that you did before is here.")
            return redirect(url_for("me.show"))
        except Problem as problem:
            form.take(problem, {"code-not-known": "code"})
        except ServiceAway:
            form.take_absence()
    return _page(form), 422


@blueprint.get("/me/help")
@signed_in
def help_wanted() -> str | Response:
    me = directory.own_membership()
    if not me.id:
        return redirect(url_for("me.show"))
    accepted = conversation.get("membership", f"/v1/members/{me.id}/help").body["accepted"]
    return render_template("me/help.html.jinja", accepted=accepted, form=forms.blank([]))


@blueprint.post("/me/help")
@signed_in
def change_help() -> Response:
    form, me = forms.sent([]), directory.own_membership()
    accepted = form.get("action") == "accept"
    conversation.change("PUT", "membership", f"/v1/members/{me.id}/help", {"accepted": accepted}, key=form.key)
    flash("Noted. You can change this at any time.")
    return redirect(url_for(".help_wanted"))


@blueprint.post("/people/<uuid:member_id>/code")
@for_roles("coordinator")
def give_code(member_id: UUID) -> str:
    """A page to print: the code is shown this once. Sent without a key, so that nobody keeps the answer."""
    made = conversation.post("membership", f"/v1/members/{member_id}/account-invitation", {}).body
    member = conversation.get("membership", f"/v1/members/{member_id}").body
    return render_template("applications/code.html.jinja", member=member, made=made)


def _page(form: forms.Form) -> str:
    return render_template("me/record.html.jinja", form=form)
