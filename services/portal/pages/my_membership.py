"""My membership: the ground rules, a break, coming back, leaving, and taking back an application."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from services.portal import conversation, directory, forms
from services.portal.api_client import Problem, ServiceAway
from services.portal.pages.applications import ground_rules
from services.portal.person import signed_in

blueprint = Blueprint("me_membership", __name__)

FIELDS = ["agree"]

SAID = {
    "activation": "Thank you. You are a member with all that belongs to it.",
    "pause": "You take a break. We do not invite you until you come back. Your places in meetings are free for others.",
    "return": "Welcome back. We are glad that you are here.",
    "departure": "You have left. Thank you for the time that you gave. You are welcome back at any time.",
    "withdrawal": "Your application is taken back. You may ask again at any time.",
}


@blueprint.get("/me/membership")
@signed_in
def show() -> str | Response:
    return _page(forms.blank(FIELDS))


@blueprint.post("/me/membership")
@signed_in
def change() -> str | Response | tuple[str | Response, int]:
    """One of the steps in SAID: the hidden `action` says which."""
    form = forms.sent(FIELDS)
    action, me = form.get("action"), directory.own_membership()
    if action not in SAID or not me.id:
        return redirect(url_for("me.show"))
    body: dict[str, str] = {}
    if action == "activation":
        body["ground_rules"] = form.require("agree", "Tick the box if you agree, or ask us about it")
    if form.ok:
        of = "applications" if action == "withdrawal" else "members"
        try:
            conversation.post("membership", f"/v1/{of}/{me.id}/{action}", body, key=form.key, seen=form.seen)
            flash(SAID[action])
            return redirect(url_for("me.show"))
        except Problem as problem:
            if problem.status == 412:
                return _page(forms.blank(FIELDS), changed_meanwhile=True), 412
            form.take(problem)
        except ServiceAway:
            form.take_absence()
    return _page(form), 422


@blueprint.post("/me/first-steps")
@signed_in
def tick_off() -> Response:
    """One of the first steps is done: the hidden `action` says which."""
    form, me = forms.sent([]), directory.own_membership()
    conversation.post("membership", f"/v1/members/{me.id}/onboarding", {"step": form.get("action")}, key=form.key)
    return redirect(url_for("me.show"))


@blueprint.get("/quick-guide")
def quick_guide() -> str:
    return render_template("me/quick_guide.html.jinja")


def _page(form: forms.Form, changed_meanwhile: bool = False) -> str | Response:
    answer = directory.own_membership()
    if answer.away:
        raise ServiceAway("membership", "asked before")
    if not answer.id:
        return redirect(url_for("me.show"))
    form.seen = f'"{(answer.record or {}).get("version", "")}"'
    return render_template(
        "me/membership.html.jinja", form=form, rules=ground_rules(), changed_meanwhile=changed_meanwhile
    )
