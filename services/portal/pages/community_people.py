"""Who belongs to a community or group, who asks to, and how they serve: for those who lead it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from services.portal import conversation, forms
from services.portal.api_client import Problem, ServiceAway
from services.portal.person import current_person, signed_in
from services.portal.typed_dates import read_day

blueprint = Blueprint("communities_people", __name__)

FIELDS = ["starts_on", "ends_on", "roles", "training", "done_on"]


@blueprint.get("/communities/<uuid:community_id>/people")
@signed_in
def show(community_id: UUID) -> str:
    return _page(community_id, forms.blank([]))


@blueprint.post("/communities/<uuid:community_id>/people")
@signed_in
def change(community_id: UUID) -> str | Response | tuple[str, int]:
    """Let somebody in, or not; let a member lead, or no longer. `action` says which, `member` for whom."""
    form = forms.sent([])
    path, member = f"/v1/communities/{community_id}", form.get("member")
    try:
        match form.get("action"):
            case "let-in":
                conversation.post("membership", f"{path}/members", {"member_id": member}, key=form.key)
                flash("Done. This member belongs now.")
            case "decline":
                conversation.post("membership", f"{path}/requests/{member}/refusal", {}, key=form.key)
                flash("Declined.")
            case "appoint":
                conversation.post("membership", f"{path}/facilitators", {"member_id": member}, key=form.key)
                flash("This member leads the community now.")
            case "stand-down":
                conversation.change("DELETE", "membership", f"{path}/facilitators/{member}", {}, key=form.key)
                flash("This member no longer leads the community.")
        return redirect(url_for(".show", community_id=community_id))
    except Problem as problem:
        form.take(problem)
    except ServiceAway:
        form.take_absence()
    return _page(community_id, form), 422


@blueprint.get("/communities/<uuid:community_id>/people/<uuid:member_id>")
@signed_in
def serve(community_id: UUID, member_id: UUID) -> str:
    return _seat(community_id, member_id, None)


@blueprint.post("/communities/<uuid:community_id>/people/<uuid:member_id>")
@signed_in
def note(community_id: UUID, member_id: UUID) -> str | Response | tuple[str, int]:
    """Write down a term, the roles, or training that was done: see `action`."""
    form = forms.sent(FIELDS)
    path = f"/v1/communities/{community_id}/members/{member_id}"
    action = form.get("action")
    body: dict[str, Any] = {}
    if action == "term":
        body["starts_on"] = _day(form, "starts_on", needed=True)
        if last := _day(form, "ends_on", needed=False):
            body["ends_on"] = last
    elif action == "roles":
        body["roles"] = form.chosen("roles")
    else:
        body = {
            "training": form.require("training", "Say what the training was"),
            "done_on": _day(form, "done_on", needed=True),
        }
    if form.ok:
        try:
            if action == "training":
                conversation.post("membership", f"{path}/training", body, key=form.key)
            else:
                conversation.change("PUT", "membership", f"{path}/{action}", body, key=form.key, seen=form.seen)
            flash("Written down.")
            return redirect(url_for(".show", community_id=community_id))
        except Problem as problem:
            form.take(problem, {"ends-before-it-starts": "ends_on", "not-done-yet": "done_on"})
        except ServiceAway:
            form.take_absence()
    return _seat(community_id, member_id, form), 422


def _day(form: forms.Form, name: str, *, needed: bool) -> str | None:
    if not needed and not any(form.get(f"{name}-{part}") for part in ("day", "month", "year")):
        return None
    try:
        return read_day(*(form.get(f"{name}-{part}") for part in ("day", "month", "year"))).isoformat()
    except ValueError as error:
        form.refuse(name, str(error))
        return None


def _page(community_id: UUID, form: forms.Form) -> str:
    path = f"/v1/communities/{community_id}"
    community = conversation.get("membership", path)
    person = current_person()
    return render_template(
        "communities/people.html.jinja",
        community=community.body,
        asking=conversation.every("membership", f"{path}/requests"),
        members=conversation.every("membership", f"{path}/members"),
        facilitators={each["member_id"] for each in community.body["facilitators"]},
        form=form,
        appoints=bool(person and person.has("coordinator")),
    )


def _seat(community_id: UUID, member_id: UUID, form: forms.Form | None) -> str:
    path = f"/v1/communities/{community_id}"
    community = conversation.get("membership", path)
    rows = conversation.every("membership", f"{path}/members")
    row = next((each for each in rows if each["member_id"] == str(member_id)), None)
    if row is None:
        raise Problem("membership", 404, "not-found", "Not Found", "This person does not belong to this group.")
    if form is None:
        form = forms.blank(FIELDS, **_written(row["serving"]))
        form.values.setlist("roles", row["serving"]["roles"])
    form.seen = community.etag
    person = current_person()
    return render_template(
        "communities/serve.html.jinja",
        community=community.body,
        row=row,
        form=form,
        appoints=bool(person and person.has("coordinator")),
    )


def _written(serving: dict[str, Any]) -> dict[str, str]:
    """The days of a term as the form's three boxes hold them."""
    boxes: dict[str, str] = {}
    for name in ("starts_on", "ends_on"):
        if serving[name]:
            year, month, day = (str(int(part)) for part in serving[name].split("-"))
            boxes |= {f"{name}-day": day, f"{name}-month": month, f"{name}-year": year}
    return boxes
