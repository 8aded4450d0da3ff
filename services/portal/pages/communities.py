"""The communities: all of them, and one with its aims, milestones, figures and coming meetings."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template

from services.portal import conversation, directory
from services.portal.chart import bar_chart
from services.portal.pages.home import in_order
from services.portal.pages.meetings import upcoming

blueprint = Blueprint("communities", __name__)


@blueprint.get("/communities")
def show_all() -> str:
    rows = directory.communities()
    return render_template(
        "communities/show_all.html.jinja",
        communities=rows,
        names={row["id"]: row["name"] for row in rows},
    )


@blueprint.get("/communities/<uuid:community_id>")
def show(community_id: UUID) -> str:
    community = conversation.get("membership", f"/v1/communities/{community_id}").body
    milestones = in_order(community.get("milestones") or [])
    return render_template(
        "communities/show.html.jinja",
        community=community,
        milestones=[item for item in milestones if item["kind"] != "figure"],
        figures=[{**item, "chart": chart_of(item)} for item in milestones if item["kind"] == "figure"],
        meetings=conversation.part(lambda: upcoming(str(community_id))),
        names=directory.community_names(),
    )


def chart_of(milestone: dict[str, Any]) -> Any:
    """The chart of a milestone's figures."""
    return bar_chart([(figure["label"], float(figure["value"])) for figure in milestone.get("figures") or []])
