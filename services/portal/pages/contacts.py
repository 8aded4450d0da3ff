"""How to reach me: contacts and the code that confirms an email, the preferred way, formats, and the name.

The same pages serve a coordinator who writes down what a member said (`contacts_of_member.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from services.portal import conversation, directory, forms
from services.portal.api_client import Answer, Problem, ServiceAway
from services.portal.person import signed_in

blueprint = Blueprint("me_contacts", __name__)

FIELDS = ["kind", "value", "label", "code", "way", "formats", "language", "name"]
ONE_FIELDS = ["value", "label"]

Shown = str | Response | tuple[str, int]


@dataclass(frozen=True)
class Place:
    """Whose contacts, and who looks: `told` is the way in which she told a coordinator, "" on her own pages."""

    member_id: str
    name: str
    told: str = ""

    @property
    def own(self) -> bool:
        return not self.told

    @property
    def path(self) -> str:
        return f"/v1/members/{self.member_id}"

    @property
    def url(self) -> str:
        if self.own:
            return url_for("me_contacts.show")
        return url_for("applications_contacts.show", member_id=self.member_id, told=self.told)

    def url_of(self, contact_id: str) -> str:
        if self.own:
            return url_for("me_contacts.show_one", contact_id=contact_id)
        return url_for(
            "applications_contacts.show_one", member_id=self.member_id, contact_id=contact_id, told=self.told
        )


@blueprint.get("/me/contacts")
@signed_in
def show() -> Shown:
    return _of_mine(lambda me: listing(me, forms.blank(FIELDS)))


@blueprint.post("/me/contacts")
@signed_in
def change() -> Shown:
    return _of_mine(change_list)


@blueprint.get("/me/contacts/<uuid:contact_id>")
@signed_in
def show_one(contact_id: UUID) -> Shown:
    return _of_mine(lambda me: one(me, str(contact_id), None))


@blueprint.post("/me/contacts/<uuid:contact_id>")
@signed_in
def change_one(contact_id: UUID) -> Shown:
    return _of_mine(lambda me: store_one(me, str(contact_id)))


def _of_mine(page: Callable[[Place], Shown]) -> Shown:
    me = directory.own_membership()
    if me.away:
        raise ServiceAway("membership", "asked before")
    if me.standing not in ("approved", "active", "paused"):
        return redirect(url_for("me.show"))
    return page(Place(me.id, me.name))


def listing(place: Place, form: forms.Form, changed_meanwhile: bool = False) -> str:
    answer = conversation.get("membership", f"{place.path}/contacts")
    found = answer.body
    form.seen = answer.etag
    awaiting = [row for row in found["contacts"] if row["code_until"] and not row["confirmed"]]
    if form.get("action") != "formats":
        form.values.setlist("formats", found["formats"])
        form.values["language"] = found["language"] or ""
    if not form.get("way") and found["preferred"]:
        form.values["way"] = f"{found['preferred']}:{found['channel']}"
    if not form.get("name"):
        form.values["name"] = place.name
    return render_template(
        "contacts/show.html.jinja",
        place=place,
        contacts=found["contacts"],
        awaiting=awaiting[-1] if awaiting else None,
        ways=[
            {"value": f"{row['id']}:{channel}", "kind": channel, "to": row["value"]}
            for row in found["contacts"]
            for channel in row["channels"]
        ],
        form=form,
        name_seen=conversation.get("membership", place.path).etag,
        changed_meanwhile=changed_meanwhile,
    )


def change_list(place: Place) -> Shown:
    """What the hidden `action` says: add, confirm, prefer, formats or name."""
    form = forms.sent(FIELDS)
    action = form.get("action")
    needed = {
        "add": [("kind", "Choose what it is"), ("value", "Enter the email, number or address")],
        "confirm": [("code", "Enter the code from the email")],
        "prefer": [("way", "Choose a way")],
        "name": [("name", "Enter the name")],
    }
    for name, sentence in needed.get(action, []):
        form.require(name, sentence)
    if form.ok:
        try:
            said = _carry_out(place, action, form)
            if said:
                flash(said)
                return redirect(place.url)
        except Problem as problem:
            if problem.status == 412:
                return listing(place, forms.blank(FIELDS), changed_meanwhile=True), 412
            form.take(problem, {"contact-there-already": "value"})
        except ServiceAway:
            form.take_absence()
    return listing(place, form), 422


def _carry_out(place: Place, action: str, form: forms.Form) -> str:
    """Do it; the sentence says what was done, "" when the form has to say what was wrong."""
    if action == "add":
        body = {"kind": form.get("kind"), "value": form.get("value"), **_optional(form, "label")}
        _send("POST", place, "contacts", form, body)
        if form.get("kind") == "email":
            return "Stored. We have sent a code to this address. Enter it below, and letters can go there."
        return "Stored."
    if action == "confirm":
        contact = form.get("contact")
        answer = _send("POST", place, f"contacts/{contact}/confirmation", form, {"code": form.get("code")}, seen="")
        if answer.body["confirmed"]:
            return "Thank you. This email address is confirmed."
        left, form.key = answer.body["attempts_left"], str(uuid4())  # the next attempt is another wish
        form.refuse("code", f"This is not the code that we sent. You can try {left} more times." if left else TOO_OFTEN)
        return ""
    if action == "prefer":
        contact, _, channel = form.get("way").partition(":")
        _send("PUT", place, "preferred-contact", form, {"contact": contact, "channel": channel})
        return "Stored. Letters go this way from now on."
    if action == "formats":
        _send("PUT", place, "formats", form, {"formats": form.chosen("formats"), **_optional(form, "language")})
        return "Stored. From now on messages come in this form."
    _send("PUT", place, "name", form, {"name": form.get("name")})
    return "The name is changed everywhere."


TOO_OFTEN = "This was not the code, and it no longer counts. Ask for a new one: choose the address, then “Send a code”."


def one(place: Place, contact_id: str, form: forms.Form | None, changed_meanwhile: bool = False) -> Shown:
    answer = conversation.get("membership", f"{place.path}/contacts")
    row = _row(answer, contact_id)
    if row is None:
        return redirect(place.url)
    typed = {} if row["kind"] == "email" else {"value": row["value"]}
    form = form or forms.blank(ONE_FIELDS, label=row["label"] or "", **typed)
    form.seen = answer.etag
    return render_template(
        "contacts/one.html.jinja",
        place=place,
        contact=row,
        form=form,
        changed_meanwhile=changed_meanwhile,
        only=len([each for each in answer.body["contacts"] if each["usable"] and each["id"] != contact_id]) == 0,
    )


def store_one(place: Place, contact_id: str) -> Shown:
    """Correct, replace, take out, or send a code: see `action`."""
    form = forms.sent(ONE_FIELDS)
    action, path = form.get("action"), f"contacts/{contact_id}"
    if action in ("correct", "replace"):
        form.require("value", "Enter the email, number or address")
    if form.ok:
        try:
            match action:
                case "correct":
                    _send("PUT", place, path, form, {"value": form.get("value"), **_optional(form, "label")})
                    said = "Stored."
                case "replace":
                    body = {"kind": "email", "value": form.get("value"), "replaces": contact_id}
                    _send("POST", place, "contacts", form, {**body, **_optional(form, "label")})
                    said = "We have sent a code to the new address. Until you enter it, we use the old one."
                case "remove":
                    _send("DELETE", place, path, form, {})
                    said = "Taken out."
                case _:
                    _send("POST", place, f"{path}/code", form, {}, seen="")
                    said = "We have sent a code to this address."
            flash(said)
            return redirect(place.url)
        except Problem as problem:
            if problem.status == 412:
                page = one(place, contact_id, None, changed_meanwhile=True)
                return (page, 412) if isinstance(page, str) else page
            form.take(problem, {"contact-there-already": "value"})
        except ServiceAway:
            form.take_absence()
    page = one(place, contact_id, form)
    return (page, 422) if isinstance(page, str) else page


def _send(
    method: str, place: Place, path: str, form: forms.Form, body: dict[str, Any], seen: str | None = None
) -> Answer:
    return conversation.change(
        method,
        "membership",
        f"{place.path}/{path}",
        body,
        key=form.key,
        seen=form.seen if seen is None else seen,
        channel=place.told,
    )


def _row(answer: Answer, contact_id: str) -> dict[str, Any] | None:
    rows: list[dict[str, Any]] = answer.body["contacts"]
    return next((row for row in rows if row["id"] == contact_id), None)


def _optional(form: forms.Form, name: str) -> dict[str, str]:
    return {name: form.get(name)} if form.get(name) else {}
