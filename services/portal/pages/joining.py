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

FIELDS = ["name", "email", "phone", "postal_address", "stakeholder_group", "also", "communities", "about"]


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


MISSING = {
    "name": "Enter your name",
    "email": "Give at least one way to reach you: email, phone or postal address",
    "stakeholder_group": "Choose what describes you best",
    "communities": "Choose at least one community",
}
MISSING_OF_ANOTHER = {
    **MISSING,
    "name": "Enter the name",
    "email": "Give at least one way to reach this person: email, phone or postal address",
    "stakeholder_group": "Choose what describes this person best",
}


def application_from(form: forms.Form, missing: dict[str, str] = MISSING) -> dict[str, Any]:
    """The request to the membership service. Marks in the form what is missing, in the words of `missing`."""
    wanted: dict[str, Any] = {"name": form.require("name", missing["name"])}
    ways = {name: form.get(name) for name in ("email", "phone", "postal_address") if form.get(name)}
    if not ways:
        form.refuse("email", missing["email"])
    wanted |= ways
    wanted["stakeholder_group"] = form.require("stakeholder_group", missing["stakeholder_group"])
    wanted["also"] = [each for each in form.chosen("also") if each != wanted["stakeholder_group"]]
    wanted["communities"] = form.chosen("communities")
    if not wanted["communities"]:
        form.refuse("communities", missing["communities"])
    if form.get("about"):
        wanted["about"] = form.get("about")
    return wanted


def _page(form: forms.Form) -> str:
    return questions("joining/ask.html.jinja", form)


def questions(template: str, form: forms.Form) -> str:
    """A page with the questions to an applicant, for herself or for the coordinator who asks her on the phone."""
    rows = conversation.part(directory.communities)
    return render_template(
        template,
        form=form,
        away=rows.away,
        # People join communities of practice; a working group is joined by invitation.
        communities=[row for row in rows.value if row["kind"] == "community"],
        groups=STAKEHOLDER_GROUPS,
    )
