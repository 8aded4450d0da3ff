"""Erasing somebody, for data protection: find the person, type her name, read what was erased, kept and left to do."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from services.portal import conversation, forms
from services.portal.api_client import Problem, ServiceAway
from services.portal.person import for_roles

blueprint = Blueprint("erasures", __name__)

FIELDS = ["person", "confirmation", "leave_claims_open"]
CODES = {"not-confirmed": "confirmation", "unpaid-claims": "leave_claims_open"}
MOST = 20


@blueprint.get("/erasures")
@for_roles("data-protection")
def show_all() -> str:
    return _page(forms.blank(FIELDS))


@blueprint.post("/erasures")
@for_roles("data-protection")
def find() -> str | tuple[str, int]:
    """By a part of the name or the number. Posted, so that no name stands in an address or its logs."""
    form = forms.sent(FIELDS)
    wanted = " ".join(form.require("person", "Write a part of the name, or the number").casefold().split())
    if not form.ok:
        return _page(form), 422
    rows = conversation.every("membership", "/v1/members")
    found = [row for row in rows if wanted in str(row["name"]).casefold() or wanted == str(row["id"])]
    if not found:
        form.refuse("person", "Nobody with this name or number is on record")
        return _page(form), 422
    return _page(form, found)


@blueprint.get("/erasures/<uuid:member_id>/ask")
@for_roles("data-protection")
def ask(member_id: UUID) -> str:
    return _asking(member_id, forms.blank(FIELDS))


@blueprint.post("/erasures/<uuid:member_id>/ask")
@for_roles("data-protection")
def asked(member_id: UUID) -> str | Response | tuple[str, int]:
    form = forms.sent(FIELDS)
    confirmation = form.require("confirmation", "Type the name of the person, exactly as it is shown")
    if form.ok:
        wish = {
            "member_id": str(member_id),
            "confirmation": confirmation,
            "leave_claims_open": bool(form.get("leave_claims_open")),
        }
        try:
            conversation.post("membership", "/v1/erasures", wish, key=form.key)
            flash("The erasure has begun. It takes some seconds. Load this page again to see how far it is.")
            return redirect(url_for(".show", member_id=member_id))
        except Problem as problem:
            form.take(problem, CODES)
        except ServiceAway:
            form.take_absence()
    return _asking(member_id, form), 422


@blueprint.get("/erasures/<uuid:member_id>")
@for_roles("data-protection")
def show(member_id: UUID) -> str:
    report = conversation.get("membership", f"/v1/erasures/{member_id}").body
    mentions = [each for service in report["services"] for each in service["mentions"]]
    return render_template("erasures/show.html.jinja", report=report, mentions=mentions)


def _page(form: forms.Form, found: list[dict[str, Any]] | None = None) -> str:
    rows = conversation.every("membership", "/v1/erasures")
    more = len(found) - MOST if found else 0
    return render_template(
        "erasures/show_all.html.jinja", form=form, rows=rows, found=(found or [])[:MOST], more=max(0, more)
    )


def _asking(member_id: UUID, form: forms.Form) -> str:
    member = conversation.get("membership", f"/v1/members/{member_id}").body
    return render_template("erasures/ask.html.jinja", member=member, form=form)
