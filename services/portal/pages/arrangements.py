"""What to arrange for those who come to a meeting, on one page: for whoever runs it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from services.portal import conversation, forms
from services.portal.api_client import Problem, ServiceAway
from services.portal.person import signed_in

blueprint = Blueprint("meetings_arrangements", __name__)

FIELDS = ["note", "reason"]
ORDER = ("flagged", "not-met", "arranged", "met")  # what is still to be done comes first

SAID = {
    "arranged": "Noted. The member is told within the hour.",
    "met": "Noted. Thank you for looking after it.",
    "not-met": "Noted. If the meeting is still to come, the member is told why within the hour.",
}


@blueprint.get("/meetings/<uuid:meeting_id>/arrangements")
@signed_in
def show(meeting_id: UUID) -> str:
    return _page(meeting_id, forms.blank(FIELDS))


@blueprint.post("/meetings/<uuid:meeting_id>/arrangements")
@signed_in
def settle(meeting_id: UUID) -> str | Response | tuple[str, int]:
    """The hidden `arrangement` is arranged, was met, or was not: the hidden `action` says which."""
    form = forms.sent(FIELDS)
    action = form.get("action")
    if action not in SAID:
        return redirect(url_for(".show", meeting_id=meeting_id))
    body: dict[str, Any] = {}
    if action == "not-met":
        body["reason"] = form.require("reason", "Say why not. The member reads it")
    elif action == "arranged" and form.get("note"):
        body["note"] = form.get("note")
    if form.ok:
        try:
            conversation.post("meetings", f"/v1/arrangements/{form.get('arrangement')}/{action}", body, key=form.key)
            flash(SAID[action])
            return redirect(url_for(".show", meeting_id=meeting_id))
        except Problem as problem:
            form.take(problem)
        except ServiceAway:
            form.take_absence()
    return _page(meeting_id, form), 422


def _page(meeting_id: UUID, form: forms.Form) -> str:
    meeting = conversation.get("meetings", f"/v1/meetings/{meeting_id}").body
    rows = conversation.every("meetings", f"/v1/meetings/{meeting_id}/arrangements")
    rows.sort(key=lambda row: (ORDER.index(row["progress"]), row["name"]))
    begun = meeting["status"] in ("live", "held")
    right = ("met",) if begun else ("arranged", "met")
    return render_template(
        "meetings/arrangements.html.jinja",
        meeting=meeting,
        to_do=[row for row in rows if row["progress"] not in right],
        right=[row for row in rows if row["progress"] in right],
        begun=begun,
        form=form,
    )
