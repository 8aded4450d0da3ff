"""The members' directory: the search, and my own entry."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from services.portal import conversation, directory, forms
from services.portal.api_client import Problem, ServiceAway
from services.portal.pages.consents import consents_of
from services.portal.person import signed_in

blueprint = Blueprint("directory", __name__)

ENTRY = ("name", "interests", "expertise", "organisation", "about", "contact")
FIELDS = [
    *(f"{field}-{part}" for field in ENTRY for part in ("text", "audience")),
    "stakeholder_group-audience",
    "agree",
]
NOBODY = "nobody"
MOST = "200"  # entries in one answer of the service


@blueprint.get("/directory")
@signed_in
def show() -> str:
    membership = directory.own_membership()
    if membership.away:
        raise ServiceAway("membership", "asked before")
    form = forms.blank(["q", "group"], q=request.args.get("q", ""), group=request.args.get("group", ""))
    found: list[dict[str, Any]] = []
    if membership.active:
        try:
            found = conversation.every("membership", "/v1/directory", limit=MOST, **_asked(form))
        except Problem as problem:
            form.take(problem)
    return render_template(
        "directory/show.html.jinja",
        form=form,
        found=sorted(found, key=lambda row: (not row.get("name"), row.get("name", "").casefold())),
        groups=conversation.part(lambda: conversation.get("membership", "/v1/directory/groups").items)
        if membership.active
        else conversation.Part(),
    )


def _asked(form: forms.Form) -> dict[str, str]:
    return {name: form.get(name) for name in ("q", "group") if form.get(name)}


@blueprint.get("/me/directory")
@signed_in
def mine() -> str | Response:
    return _page(None)


@blueprint.post("/me/directory")
@signed_in
def change() -> str | Response | tuple[str | Response, int]:
    """Store the entry and, where it was ticked, the consent without which nothing of it is shown."""
    form, me = forms.sent(FIELDS), directory.own_membership()
    if not me.id:
        return redirect(url_for("me.show"))
    body: dict[str, Any] = {
        field: {"text": form.get(f"{field}-text") or None, "audience": form.get(f"{field}-audience") or NOBODY}
        for field in ENTRY
    }
    body["stakeholder_group"] = {"audience": form.get("stakeholder_group-audience") or NOBODY}
    path = f"/v1/members/{me.id}"
    try:
        conversation.change("PUT", "membership", f"{path}/directory-entry", body, key=form.key, seen=form.seen)
        if form.get("agree"):
            conversation.change("PUT", "membership", f"{path}/consents/directory", {"wording": form.get("agree")})
        flash("Your entry is stored.")
        return redirect(url_for(".mine"))
    except Problem as problem:
        if problem.status == 412:
            return _page(None, changed_meanwhile=True), 412
        form.take(problem)
    except ServiceAway:
        form.take_absence()
    return _page(form), 422


def _page(form: forms.Form | None, changed_meanwhile: bool = False) -> str | Response:
    """`form` is what was typed and could not be stored; None shows the entry as it stands."""
    me = directory.own_membership()
    if me.away:
        raise ServiceAway("membership", "asked before")
    if not me.id or me.standing not in ("approved", "active", "paused"):
        return redirect(url_for("me.show"))
    answer = conversation.get("membership", f"/v1/members/{me.id}/directory-entry")
    entry = answer.body
    if form is None:
        values = {f"{field}-{part}": entry[field][part] or "" for field in ENTRY for part in ("text", "audience")}
        values["stakeholder_group-audience"] = entry["stakeholder_group"]["audience"]
        values["name-text"] = values["name-text"] or me.name
        form = forms.blank(FIELDS, seen=answer.etag, **values)
    [consent] = [row for row in consents_of(me.id) if row["purpose"] == "directory"]
    return render_template(
        "directory/mine.html.jinja", form=form, entry=entry, consent=consent, changed_meanwhile=changed_meanwhile
    )
