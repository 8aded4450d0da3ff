"""Payments earned: everybody's for finance and coordinators, one's own for everybody else."""

from __future__ import annotations

from flask import Blueprint, render_template

from services.portal import conversation
from services.portal.person import current_person, signed_in

blueprint = Blueprint("claims", __name__)


@blueprint.get("/claims")
@signed_in
def show_all() -> str:
    person = current_person()
    rows = conversation.every("ppi", "/v1/claims")
    return render_template(
        "claims/show_all.html.jinja",
        claims=sorted(rows, key=lambda row: str(row["activity_on"]), reverse=True),
        total=sum(row["amount_pence"] for row in rows),
        everybody=bool(person and person.has("finance", "coordinator")),
        activities=activity_labels(),
    )


def activity_labels() -> dict[str, str]:
    """The published name of each activity; empty when the rates cannot be had."""
    rates = conversation.part(lambda: conversation.every("ppi", "/v1/payment-rates"))
    return {row["activity"]: row["label"] for row in rates.value}
