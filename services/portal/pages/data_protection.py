"""Data protection: everybody's requests with their clocks, the answers to them, and the log of reads."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from services.portal import conversation, forms
from services.portal.api_client import Problem, ServiceAway
from services.portal.held import as_file, everything_held, reads
from services.portal.pages.my_data import FIELDS as ASKED
from services.portal.pages.my_data import lifted, request_from
from services.portal.person import for_roles
from services.portal.typed_dates import read_day

blueprint = Blueprint("data_protection", __name__)

TAKEN = ["channel", *ASKED, "received_on"]
HANDLED = ["how", "question", "reason", "note", "done", "answer"]
OVER = ("reported", "ended-by-erasure")

# What is done to a request: the path's last part; the fields, of which the first is needed; what was done.
STEPS = {
    "identity-check": (("how",), "Noted how you know who it is."),
    "pause": (("question",), "The clock stands still. A letter with the question is on its way."),
    "resumption": ((), "The clock goes on."),
    "extension": (("reason",), "Two months more. A letter with the reason is on its way."),
    "assessment": (("note",), "Noted."),
    "action": (("done",), "Noted that it was done."),
    "part-refusal": (("reason", "done"), "Noted what is refused, and why."),
    "report": (("answer",), "A letter with the answer is on its way."),
}
MISSING = "Fill this in"


@blueprint.get("/data-protection")
@for_roles("data-protection")
def show_all() -> str:
    rows = conversation.every("membership", "/v1/rights-requests")
    return render_template(
        "rights/show_all.html.jinja",
        open=sorted((row for row in rows if row["status"] not in OVER), key=lambda row: str(row["due_on"])),
        over=[row for row in rows if row["status"] in OVER],
        complaints=conversation.part(lambda: conversation.every("membership", "/v1/complaints")),
    )


@blueprint.get("/data-protection/requests/<uuid:request_id>")
@for_roles("data-protection")
def show(request_id: UUID) -> str:
    return _page(request_id, forms.blank(HANDLED))


@blueprint.post("/data-protection/requests/<uuid:request_id>")
@for_roles("data-protection")
def handle(request_id: UUID) -> str | Response | tuple[str, int]:
    """One of STEPS: the hidden `action` says which."""
    form = forms.sent(HANDLED)
    fields, said = STEPS.get(form.get("action"), ((), ""))
    if not said:
        return redirect(url_for(".show", request_id=request_id))
    for needed in fields[:1]:
        form.require(needed, MISSING)
    if form.ok:
        body = {name: form.get(name) for name in fields if form.get(name)}
        path = f"/v1/rights-requests/{request_id}/{form.get('action')}"
        try:
            conversation.post("membership", path, body, key=form.key, seen=form.seen)
            flash(said)
            return redirect(url_for(".show", request_id=request_id))
        except Problem as problem:
            form.take(problem)
        except ServiceAway:
            form.take_absence()
    return _page(request_id, form), 422


@blueprint.get("/data-protection/requests/<uuid:request_id>/everything")
@for_roles("data-protection")
def everything(request_id: UUID) -> str:
    back = {"href": url_for(".show", request_id=request_id), "text": "The request"}
    file = url_for(".everything_as_file", request_id=request_id)
    held = everything_held(_whose(request_id), str(request_id))
    return render_template("rights/everything.html.jinja", held=held, back=back, file=file)


@blueprint.get("/data-protection/requests/<uuid:request_id>/everything.json")
@for_roles("data-protection")
def everything_as_file(request_id: UUID) -> Response:
    return as_file(everything_held(_whose(request_id), str(request_id)))


@blueprint.post("/data-protection/requests/<uuid:request_id>/restriction")
@for_roles("data-protection")
def lift(request_id: UUID) -> Response:
    """She said that her data may be used again."""
    flash(lifted(_whose(request_id)))
    return redirect(url_for(".show", request_id=request_id))


@blueprint.get("/data-protection/reads")
@for_roles("data-protection")
def all_reads() -> str:
    return render_template("rights/reads.html.jinja", reads=conversation.part(reads))


@blueprint.get("/people/<uuid:member_id>/rights")
@for_roles("coordinator", "data-protection")
def take(member_id: UUID) -> str:
    return _take(member_id, forms.blank(TAKEN))


@blueprint.post("/people/<uuid:member_id>/rights")
@for_roles("coordinator", "data-protection")
def taken(member_id: UUID) -> str | Response | tuple[str, int]:
    """What somebody asked on the phone or in a letter."""
    form = forms.sent(TAKEN)
    channel = form.require("channel", "Choose how the request reached you")
    body = {**request_from(form), "member_id": str(member_id), "received_on": _day(form)}
    if form.ok:
        try:
            conversation.post("membership", "/v1/rights-requests", body, key=form.key, channel=channel)
            flash("Stored. Data protection answers within a month, and a letter says so.")
            return redirect(url_for("home.show"))
        except Problem as problem:
            form.take(problem)
        except ServiceAway:
            form.take_absence()
    return _take(member_id, form), 422


def _day(form: forms.Form) -> str:
    try:
        typed = (form.get(f"received_on-{part}") for part in ("day", "month", "year"))
        return read_day(*typed).isoformat()
    except ValueError as error:
        form.refuse("received_on", str(error))
        return ""


def _take(member_id: UUID, form: forms.Form) -> str:
    return render_template("rights/take.html.jinja", form=form, member_id=member_id)


def _whose(request_id: UUID) -> str:
    return str(conversation.get("membership", f"/v1/rights-requests/{request_id}").body["member_id"])


def _page(request_id: UUID, form: forms.Form) -> str:
    answer = conversation.get("membership", f"/v1/rights-requests/{request_id}")
    form.seen = answer.etag
    return render_template("rights/show.html.jinja", asked=answer.body, form=form)
