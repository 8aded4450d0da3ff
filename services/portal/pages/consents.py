"""Consents: one's own, those that a coordinator notes for somebody who called or wrote, and the record of purposes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from services.portal import conversation, directory, forms
from services.portal.api_client import Problem, ServiceAway
from services.portal.person import for_roles, signed_in

blueprint = Blueprint("consents", __name__)

FIELDS = ["told"]
MEMBERSHIP = "membership"
ACCESS_NEEDS = "access-needs"
"""Given where the needs are said: here it would share nothing yet."""


@blueprint.get("/me/consents")
@signed_in
def mine() -> str | Response:
    return _my_page(forms.blank(FIELDS))


@blueprint.post("/me/consents")
@signed_in
def change_mine() -> str | Response | tuple[str | Response, int]:
    """Give a consent or take it back: the hidden `action` and `purpose` say which."""
    form, me = forms.sent(FIELDS), directory.own_membership()
    if not me.id:
        return redirect(url_for("me.show"))
    if _carried_out(me.id, form):
        left = form.get("action") == "withdraw" and form.get("purpose") == MEMBERSHIP
        flash("You have left. Thank you for the time that you gave." if left else "Thank you. We have noted it.")
        return redirect(url_for("me.show") if left else url_for(".mine"))
    return _my_page(form), 422


@blueprint.get("/people/<uuid:member_id>/consents")
@for_roles("coordinator")
def of_member(member_id: UUID) -> str:
    return _page_of(member_id, forms.blank(FIELDS))


@blueprint.post("/people/<uuid:member_id>/consents")
@for_roles("coordinator")
def change_of_member(member_id: UUID) -> str | Response | tuple[str, int]:
    """The same for somebody who said so on the phone or on paper; how she told us is kept with it."""
    form = forms.sent(FIELDS)
    form.require("told", "Choose how the person told you")
    if form.ok and _carried_out(str(member_id), form, channel=form.get("told")):
        flash("Noted.")
        return redirect(url_for(".of_member", member_id=member_id))
    return _page_of(member_id, form), 422


@blueprint.get("/consents")
@for_roles("data-protection", "coordinator")
def record() -> str:
    return render_template("consents/record.html.jinja", purposes=conversation.get("membership", "/v1/consents").items)


def consents_of(member_id: str) -> list[dict[str, Any]]:
    """Each purpose with its words and where this member's consent stands, in the order of asking."""
    answer = conversation.get("membership", f"/v1/members/{member_id}/consents")
    rows: list[dict[str, Any]] = answer.body["consents"]
    return rows


def _carried_out(member_id: str, form: forms.Form, channel: str = "") -> bool:
    """Twice is as once, so no key is sent: the page has many forms, and a reader who goes back uses two of them."""
    gives = form.get("action") == "give"
    path = f"/v1/members/{member_id}/consents/{form.get('purpose')}"
    body = {"wording": form.get("wording")} if gives else {}
    try:
        conversation.change("PUT" if gives else "DELETE", "membership", path, body, channel=channel)
    except Problem as problem:
        if gives or problem.code != "no-such-consent":  # a double click: it is taken back
            form.take(problem)
    except ServiceAway:
        form.take_absence()
    return form.ok


def _my_page(form: forms.Form) -> str | Response:
    me = directory.own_membership()
    if me.away:
        raise ServiceAway("membership", "asked before")
    if not me.id or me.standing not in ("approved", "active", "paused"):
        return redirect(url_for("me.show"))
    return _show(form, me.id, None)


def _page_of(member_id: UUID, form: forms.Form) -> str:
    member = conversation.get("membership", f"/v1/members/{member_id}").body
    return _show(form, str(member_id), member)


def _show(form: forms.Form, member_id: str, of: dict[str, Any] | None) -> str:
    needs = url_for("applications_needs.show", member_id=member_id) if of else url_for("me_needs.show")
    return render_template(
        "consents/show.html.jinja",
        form=form,
        consents=consents_of(member_id),
        of=of,
        given_elsewhere={ACCESS_NEEDS: needs},
    )
