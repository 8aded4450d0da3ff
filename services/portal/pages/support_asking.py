"""A researcher asks for PPI support on an idea that is not funded yet."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from services.portal import conversation, forms
from services.portal.api_client import Problem, ServiceAway
from services.portal.person import for_roles
from services.portal.typed_dates import read_day
from services.portal.vocabulary import SUPPORT_KINDS
from services.portal.words import KENT

blueprint = Blueprint("support_asking", __name__)

FIELDS = ["title", "kind", "summary", "needed_by", "reviewers", "activity"]

RULES = {"too-soon": "needed_by", "too-far-away": "needed_by", "one-or-two-reviewers": "reviewers"}

# Reviewers need at least two weeks to read an application (doi 10.1186/s40900-017-0058-y, table 1). The ppi
# service holds the rule; here it only tells the earliest day before somebody types a wrong one.
NOTICE = timedelta(days=14)


def earliest_day() -> date:
    return datetime.now(KENT).date() + NOTICE


@blueprint.get("/support/ask")
@for_roles("researcher")
def ask() -> str:
    return _page(forms.blank(FIELDS, reviewers="2"))


@blueprint.post("/support/ask")
@for_roles("researcher")
def send() -> str | Response | tuple[str, int]:
    form = forms.sent(FIELDS)
    wanted = request_from(form)
    if form.ok:
        try:
            stored = conversation.post("ppi", "/v1/support-requests", wanted, key=form.key)
            flash("We have your request. The coordinator will check it against members' priorities.")
            return redirect(url_for("support_request.show", request_id=stored.body["id"]))
        except Problem as problem:
            form.take(problem, RULES)
        except ServiceAway:
            form.take_absence()
    return _page(form), 422


def request_from(form: forms.Form) -> dict[str, Any]:
    """The request to the ppi service. Marks in the form what is missing or cannot be read."""
    wanted: dict[str, Any] = {
        "title": form.require("title", "Enter a title"),
        "kind": form.require("kind", "Choose what help you need"),
        "summary": form.require("summary", "Describe your idea in plain English"),
        "activity": form.require("activity", "Choose how much work it is, so that reviewers see their fee"),
    }
    reviewers = form.require("reviewers", "Choose one or two reviewers")
    wanted["reviewers"] = int(reviewers) if reviewers.isdigit() else 0
    typed = [form.get(f"needed_by-{part}") for part in ("day", "month", "year")]
    if not any(typed):
        form.refuse("needed_by", "Enter the day by which you need the feedback")
        return wanted
    try:
        needed_by = read_day(*typed)
    except ValueError as mistake:
        form.refuse("needed_by", str(mistake))
        return wanted
    wanted["needed_by"] = needed_by.isoformat()
    return wanted


def _page(form: forms.Form) -> str:
    return render_template(
        "support/ask.html.jinja",
        form=form,
        kinds=SUPPORT_KINDS,
        earliest=earliest_day(),
        rates=conversation.part(_rates_in_force),
    )


def _rates_in_force() -> list[dict[str, Any]]:
    today = datetime.now(KENT).date().isoformat()
    rows = conversation.every("ppi", "/v1/payment-rates")
    rows = [row for row in rows if row["from"] <= today and (not row.get("to") or row["to"] >= today)]
    return sorted(rows, key=lambda row: int(row["amount_pence"]))
