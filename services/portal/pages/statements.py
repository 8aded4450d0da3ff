"""What we say about ourselves: how accessible the pages are, and what is kept about people."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template

blueprint = Blueprint("statements", __name__)


@blueprint.get("/accessibility")
def accessibility() -> str:
    return render_template("statements/accessibility.html.jinja")


@blueprint.get("/privacy")
def privacy() -> str:
    hours = int(current_app.permanent_session_lifetime.total_seconds() // 3600)
    return render_template("statements/privacy.html.jinja", session_hours=hours)
