"""What public contributors are paid, by activity, with the source of each rate."""

from __future__ import annotations

from flask import Blueprint, render_template

from services.portal import conversation

blueprint = Blueprint("rates", __name__)


@blueprint.get("/payment-rates")
def show() -> str:
    rows = conversation.every("ppi", "/v1/payment-rates")
    in_force = sorted((row for row in rows if not row.get("to")), key=lambda row: int(row["amount_pence"]))
    earlier = sorted((row for row in rows if row.get("to")), key=lambda row: str(row["from"]), reverse=True)
    return render_template("rates/show.html.jinja", in_force=in_force, earlier=earlier)
