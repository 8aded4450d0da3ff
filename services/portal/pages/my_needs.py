"""What I need: said once, shared if I like, what becomes of it at meetings, and whether it is still right."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from services.portal import conversation, directory, forms, needs
from services.portal.api_client import Problem, ServiceAway
from services.portal.person import signed_in

blueprint = Blueprint("me_needs", __name__)

SHOWN_MEETINGS = 10
OUTCOMES = {
    "met": "Thank you. Good to know that it was right.",
    "not-met": "Thank you for telling us. The coordinator sees it and can do better next time.",
}


@blueprint.get("/me/needs")
@signed_in
def show() -> str | Response:
    me = _me()
    if not me:
        return redirect(url_for("me.show"))
    page = needs.page_of(me)
    return _page(page, page.form())


@blueprint.post("/me/needs")
@signed_in
def change() -> str | Response | tuple[str, int]:
    """What the hidden `action` says: one of the steps of needs.SAID, or how an arrangement was (OUTCOMES)."""
    me = _me()
    if not me:
        return redirect(url_for("me.show"))
    page = needs.page_of(me)
    form = forms.sent([*page.fields, "reason"])
    action = form.get("action")
    if action not in {*needs.SAID, *OUTCOMES}:
        return redirect(url_for(".show"))
    if action == "say":
        needs.check(form, page)
    elif action == "not-met":
        form.require("reason", "Say in a few words what was missing")
    if form.ok:
        try:
            flash(_tell(form) if action in OUTCOMES else needs.carry_out(me, form, page))
            return redirect(url_for(".show"))
        except Problem as problem:
            if problem.status == 412:
                return _page(page, page.form(), changed_meanwhile=True), 412
            form.take(problem, needs.SERVICE_NAMES)
        except ServiceAway:
            form.take_absence()
    return _page(page, needs.with_what_was_said(form, page)), 422


def _me() -> str:
    member = directory.own_membership()
    if member.away:
        raise ServiceAway("membership", "asked before")
    return member.id


def _tell(form: forms.Form) -> str:
    action, body = form.get("action"), {"reason": form.get("reason")} if form.get("action") == "not-met" else {}
    conversation.post("meetings", f"/v1/arrangements/{form.get('arrangement')}/{action}", body, key=form.key)
    return OUTCOMES[action]


def _page(page: needs.Page, form: forms.Form, changed_meanwhile: bool = False) -> str:
    return render_template(
        "me/needs.html.jinja",
        page=page,
        form=form,
        changed_meanwhile=changed_meanwhile,
        meetings=conversation.part(_arranged) if directory.own_membership().active else conversation.Part(),
    )


def _arranged() -> list[dict[str, Any]]:
    """The latest meetings at which something is arranged, each with its arrangements."""
    at: dict[str, list[dict[str, Any]]] = {}
    for row in conversation.every("meetings", "/v1/arrangements"):
        at.setdefault(row["meeting_id"], []).append(row)
    return [
        {**conversation.get("meetings", f"/v1/meetings/{id}").body, "arrangements": rows[::-1]}
        for id, rows in list(at.items())[:SHOWN_MEETINGS]
    ]
