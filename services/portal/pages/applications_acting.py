"""Acting for somebody: open a session for a member who asked, end it, and the register of all sessions."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, session, url_for
from werkzeug.wrappers import Response

from services.portal import acting, conversation, forms
from services.portal.api_client import Problem, ServiceAway
from services.portal.person import current_person, for_roles, signed_in

blueprint = Blueprint("applications_acting", __name__)

FIELDS = ["channel", "checked", "reason"]


@blueprint.get("/people/<uuid:member_id>/acting")
@for_roles("coordinator")
def ask(member_id: UUID) -> str:
    return _page(member_id, forms.blank(FIELDS))


@blueprint.post("/people/<uuid:member_id>/acting")
@for_roles("coordinator")
def open_session(member_id: UUID) -> str | Response | tuple[str, int]:
    """Begin: from the next page on everything is the member's."""
    form = forms.sent(FIELDS)
    wanted = {
        "member_id": str(member_id),
        "channel": form.require("channel", "Choose how you were asked"),
        "checked": form.require("checked", "Choose how you know who asks"),
        "reason": form.require("reason", "Say in a few words what you were asked for"),
    }
    if form.ok:
        try:
            name = conversation.get("membership", f"/v1/members/{member_id}").body["name"] or "this member"
            opened = conversation.post("membership", "/v1/assisted-sessions", wanted, key=form.key).body
            _begin(opened["id"], str(member_id), name, form.get("channel"), opened["closes_at"])
            flash(f"You act for {name} now. You see what {name} sees.")
            return redirect(url_for("me.show"))
        except Problem as problem:
            form.take(problem)
        except ServiceAway:
            form.take_absence()
    return _page(member_id, form), 422


@blueprint.post("/acting/end")
@signed_in
def end() -> Response:
    """End the session that she is in, then back to the member's record."""
    now = acting.current()
    if now is None:
        return redirect(url_for("home.show"))
    with acting.as_oneself():
        conversation.post("membership", f"/v1/assisted-sessions/{now.id}/end", {})
    acting.stop()
    flash(f"You no longer act for {now.name}. If you did something, a letter says what it was.")
    return redirect(url_for("applications.show", member_id=now.member_id))


@blueprint.get("/people/sessions")
@for_roles("coordinator", "data-protection")
def register() -> str:
    person = current_person()
    return render_template(
        "applications/sessions.html.jinja",
        rows=conversation.every("membership", "/v1/assisted-sessions"),
        everybody=bool(person and person.has("data-protection")),
        coordinates=bool(person and person.has("coordinator")),
        form=forms.blank([]),
    )


@blueprint.post("/people/sessions/<uuid:session_id>/end")
@for_roles("coordinator")
def end_another(session_id: UUID) -> Response:
    """End one that was left open, such as on another computer."""
    conversation.post("membership", f"/v1/assisted-sessions/{session_id}/end", {})
    flash("That session has ended.")
    return redirect(url_for(".register"))


def _begin(id: str, member_id: str, name: str, channel: str, closes_at: str) -> None:
    subject = session["person"]["subject"]
    acting.begin(acting.Acting(id, subject, member_id, name, channel, closes_at))


def _page(member_id: UUID, form: forms.Form) -> str:
    member = conversation.get("membership", f"/v1/members/{member_id}").body
    help_wanted = conversation.get("membership", f"/v1/members/{member_id}/help").body["accepted"]
    return render_template("applications/acting.html.jinja", member=member, help_wanted=help_wanted, form=form)
