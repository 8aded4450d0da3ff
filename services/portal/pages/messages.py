"""Messages that the platform sends, and the letters and calls that people must make by hand."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from services.portal import conversation, forms
from services.portal.api_client import Problem, ServiceAway
from services.portal.person import current_person, for_roles, signed_in

blueprint = Blueprint("messages", __name__)

LATEST = 30  # a coordinator's list holds everybody's messages

BY_HAND = ("by-hand", "failed")  # what no machine will do: letters, calls, and mails that came back


@blueprint.get("/messages")
@signed_in
def show_all() -> str:
    person = current_person()
    everybody = person is not None and person.has("coordinator")
    rows = conversation.every("notifications", "/v1/deliveries")
    rows.sort(key=lambda row: str(row["queued_at"]), reverse=True)
    others = [row for row in rows if not (everybody and _is_to_do(row))]
    return render_template(
        "messages/show_all.html.jinja",
        by_hand=[row for row in reversed(rows) if everybody and _is_to_do(row)],
        others=others if request.args.get("all") == "yes" else others[:LATEST],
        in_all=len(others),
        everybody=everybody,
    )


def _is_to_do(row: dict[str, Any]) -> bool:
    return row["status"] in BY_HAND or bool(row.get("to_make"))


@blueprint.get("/messages/<uuid:delivery_id>")
@signed_in
def show(delivery_id: UUID) -> str:
    return _page(delivery_id, forms.blank(["note"]))


@blueprint.get("/messages/<uuid:delivery_id>/print")
@signed_in
def to_print(delivery_id: UUID) -> str:
    """The letter alone, in large print for whoever reads that."""
    delivery = conversation.get("notifications", f"/v1/deliveries/{delivery_id}").body
    return render_template("messages/print.html.jinja", delivery=delivery, large=delivery["large_print"])


@blueprint.post("/messages/<uuid:delivery_id>")
@for_roles("coordinator")
def done(delivery_id: UUID) -> str | Response | tuple[str, int]:
    """The letter is posted, the call made, or (`action` made) the letter made in the form that its reader needs."""
    form = forms.sent(["note"])
    step = "format-made" if form.get("action") == "made" else "done-by-hand"
    try:
        body = {"note": form.get("note")} if form.get("note") else {}
        conversation.post("notifications", f"/v1/deliveries/{delivery_id}/{step}", body, key=form.key, seen=form.seen)
        flash("Marked as done. Thank you.")
        return redirect(url_for(".show_all"))
    except Problem as problem:
        form.take(problem)
    except ServiceAway:
        form.take_absence()
    return _page(delivery_id, form), 422


def _page(delivery_id: UUID, form: forms.Form) -> str:
    answer = conversation.get("notifications", f"/v1/deliveries/{delivery_id}")
    form.seen = answer.etag
    return render_template("messages/show.html.jinja", delivery=answer.body, form=form, by_hand=BY_HAND)
