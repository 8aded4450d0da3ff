"""What a member needs, typed by a coordinator for somebody who calls or writes."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from services.portal import conversation, forms, needs
from services.portal.api_client import Problem, ServiceAway
from services.portal.person import for_roles

blueprint = Blueprint("applications_needs", __name__)


@blueprint.get("/people/<uuid:member_id>/needs")
@for_roles("coordinator")
def show(member_id: UUID) -> str:
    page = needs.page_of(str(member_id))
    return _page(member_id, page, page.form())


@blueprint.post("/people/<uuid:member_id>/needs")
@for_roles("coordinator")
def change(member_id: UUID) -> str | Response | tuple[str, int]:
    """What the hidden `action` says, one of needs.SAID, and how the person told it."""
    page = needs.page_of(str(member_id))
    form = forms.sent(page.fields)
    action = form.get("action")
    if action not in needs.SAID:
        return redirect(url_for(".show", member_id=member_id))
    channel = form.require("told", "Choose how the person told you")
    if action == "say":
        needs.check(form, page)
    if form.ok:
        try:
            flash(needs.carry_out(str(member_id), form, page, channel=channel))
            return redirect(url_for(".show", member_id=member_id))
        except Problem as problem:
            if problem.status == 412:
                return _page(member_id, page, page.form(), changed_meanwhile=True), 412
            form.take(problem, needs.SERVICE_NAMES)
        except ServiceAway:
            form.take_absence()
    return _page(member_id, page, needs.with_what_was_said(form, page)), 422


def _page(member_id: UUID, page: needs.Page, form: forms.Form, changed_meanwhile: bool = False) -> str:
    return render_template(
        "applications/needs.html.jinja",
        member=conversation.get("membership", f"/v1/members/{member_id}").body,
        page=page,
        form=form,
        changed_meanwhile=changed_meanwhile,
    )
