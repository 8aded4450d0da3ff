"""Asking to join. Open to everybody, with or without a sign-in; email, phone or post are equally good."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from services.portal import conversation, directory, forms
from services.portal.api_client import Problem, ServiceAway
from services.portal.person import current_person
from services.portal.vocabulary import STAKEHOLDER_GROUPS

blueprint = Blueprint("joining", __name__)

FIELDS = ["name", "email", "phone", "postal_address", "stakeholder_group", "communities", "about"]


@blueprint.get("/join")
def ask() -> str:
    person = current_person()
    return _page(forms.blank(FIELDS, name=person.name if person else ""))


@blueprint.post("/join")
def apply() -> str | Response | tuple[str, int]:
    form = forms.sent(FIELDS)
    wanted = application_from(form)
    if form.ok:
        try:
            conversation.post("membership", "/v1/applications", wanted, key=form.key)
            return redirect(url_for(".thanks"))
        except Problem as problem:
            form.take(problem)
        except ServiceAway:
            form.take_absence()
    return _page(form), 422


@blueprint.get("/join/thanks")
def thanks() -> str:
    return render_template("joining/thanks.html.jinja")


def application_from(form: forms.Form) -> dict[str, Any]:
    """The request to the membership service. Marks in the form what is missing."""
    wanted: dict[str, Any] = {"name": form.require("name", "Enter your name")}
    ways = {name: form.get(name) for name in ("email", "phone", "postal_address") if form.get(name)}
    if not ways:
        form.refuse("email", "Give at least one way to reach you: email, phone or postal address")
    wanted |= ways
    wanted["stakeholder_group"] = form.require("stakeholder_group", "Choose what describes you best")
    wanted["communities"] = form.chosen("communities")
    if not wanted["communities"]:
        form.refuse("communities", "Choose at least one community")
    if form.get("about"):
        wanted["about"] = form.get("about")
    return wanted


def _page(form: forms.Form) -> str:
    rows = conversation.part(directory.communities)
    return render_template(
        "joining/ask.html.jinja",
        form=form,
        away=rows.away,
        # People join communities of practice; a working group is joined by invitation.
        communities=[row for row in rows.value if row["kind"] == "community"],
        groups=STAKEHOLDER_GROUPS,
    )
