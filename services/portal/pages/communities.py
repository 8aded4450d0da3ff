"""The communities: all of them, and one with its aims, milestones, figures and coming meetings."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from services.portal import conversation, directory, forms
from services.portal.api_client import Problem, ServiceAway
from services.portal.chart import bar_chart
from services.portal.pages.home import in_order
from services.portal.pages.meetings import upcoming
from services.portal.person import current_person, signed_in

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
    return _page(community_id, forms.blank([]))


@blueprint.post("/communities/<uuid:community_id>")
@signed_in
def take_part(community_id: UUID) -> str | Response | tuple[str, int]:
    """Join or leave: the hidden `action` says which."""
    form = forms.sent([])
    try:
        flash(_join(community_id, form) if form.get("action") == "join" else _leave(community_id, form))
        return redirect(url_for(".show", community_id=community_id))
    except Problem as problem:
        form.take(problem)
    except ServiceAway:
        form.take_absence()
    return _page(community_id, form), 422


def _join(community_id: UUID, form: forms.Form) -> str:
    answer = conversation.post("membership", f"/v1/communities/{community_id}/requests", {}, key=form.key)
    if answer.body["my_part"] == "asking":
        return "You have asked to join. Somebody who leads this community answers you."
    return "You have joined. We invite you to the next meetings."


def _leave(community_id: UUID, form: forms.Form) -> str:
    path = f"/v1/communities/{community_id}/members/{directory.own_membership().id}"
    conversation.change("DELETE", "membership", path, {}, key=form.key)
    return "You have left this community. You may join again at any time."


def _page(community_id: UUID, form: forms.Form) -> str:
    community = conversation.get("membership", f"/v1/communities/{community_id}").body
    milestones = in_order(community.get("milestones") or [])
    person = current_person()
    leads = community["my_part"] == "facilitator" or bool(person and person.has("coordinator"))
    belongs = leads or community["my_part"] == "member"
    return render_template(
        "communities/show.html.jinja",
        community=community,
        form=form,
        leads=leads,
        groups=conversation.part(lambda: _groups(community_id)) if belongs else conversation.Part(),
        milestones=[item for item in milestones if item["kind"] != "figure"],
        figures=[{**item, "chart": chart_of(item)} for item in milestones if item["kind"] == "figure"],
        meetings=conversation.part(lambda: upcoming(str(community_id))),
        names=directory.community_names(),
    )


def _groups(community_id: UUID) -> list[dict[str, Any]]:
    """The small groups: those that gather first, those that are closed last."""
    order = ("gathering", "running", "closed")
    rows = conversation.every("membership", f"/v1/communities/{community_id}/project-groups")
    return sorted(rows, key=lambda row: order.index(row["status"]))


def chart_of(milestone: dict[str, Any]) -> Any:
    """The chart of a milestone's figures."""
    return bar_chart([(figure["label"], float(figure["value"])) for figure in milestone.get("figures") or []])
