"""The coordinator's own list: looked through first, then brought in; and everybody taken out as a list."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from services.portal import conversation, forms, vocabulary
from services.portal.api_client import Problem, ServiceAway
from services.portal.person import for_roles

blueprint = Blueprint("applications_importing", __name__)

FIELDS = ["list"]
LARGEST = 150 * 1024  # what the membership service takes


@blueprint.get("/people/list")
@for_roles("coordinator")
def ask() -> str:
    return _page(forms.blank(FIELDS))


@blueprint.post("/people/list")
@for_roles("coordinator")
def take() -> str | Redirect | tuple[str, int]:
    """First a look at what would happen; then, with `action` "import", the same bytes once more and for good."""
    form = forms.sent(FIELDS)
    data = _bytes(form)
    if not data:
        form.refuse("list", "Choose the file with your list")
    elif len(data) > LARGEST:
        form.refuse("list", "This file is too large. Divide it into several files")
    else:
        try:
            return _go_on(form, data)
        except Problem as problem:
            form.refuse("list", problem.detail)
        except ServiceAway:
            form.take_absence()
    return _page(form), 422


def _go_on(form: forms.Form, data: bytes) -> str | Redirect:
    if form.get("action") != "import":
        report = conversation.send_file("membership", "/v1/imports", data, dry_run="true").body
        return _page(form, report, b64encode(data).decode())
    report = conversation.send_file("membership", "/v1/imports", data).body
    flash(f"The list is brought in. New members: {report['new']}. Here already: {report['here_already']}.")
    return redirect(url_for("applications.show_all"))


def _bytes(form: forms.Form) -> bytes:
    """The file that was chosen, or the one that was looked through a moment ago."""
    chosen = request.files.get("list")
    if chosen and chosen.filename:
        return chosen.stream.read(LARGEST + 1)
    try:
        return b64decode(form.get("seen_list"), validate=True)
    except ValueError:
        return b""


@blueprint.get("/people/members.csv")
@for_roles("coordinator")
def export() -> Response:
    data = conversation.download("membership", "/v1/exports/members.csv")
    response = Response(data, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="members.csv"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _page(form: forms.Form, report: dict[str, Any] | None = None, looked_at: str = "") -> str:
    return render_template(
        "applications/list.html.jinja",
        form=form,
        report=report,
        looked_at=looked_at,
        groups=vocabulary.STAKEHOLDER_GROUPS_OF_OTHERS,
    )
