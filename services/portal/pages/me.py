"""My page: who I am here, what waits for me, what I have earned and what I was told."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from services.portal import conversation, directory, forms
from services.portal.pages.claims import activity_labels
from services.portal.pages.meetings import upcoming
from services.portal.pages.support import requests_seen
from services.portal.person import signed_in

blueprint = Blueprint("me", __name__)

LATEST_MESSAGES = 5
NEXT_MEETINGS = 10  # each is asked for by itself


@blueprint.get("/me")
@signed_in
def show() -> str:
    membership = directory.own_membership()
    mine = membership.communities | membership.groups
    return render_template(
        "me/show.html.jinja",
        names=directory.community_names(),
        meetings=conversation.part(lambda: _next_meetings(mine)),
        requests=conversation.part(requests_seen) if membership.groups else conversation.Part(),
        claims=conversation.part(lambda: _own("ppi", "/v1/claims", "payee_id", membership.id)),
        messages=conversation.part(lambda: _latest_messages(membership.id)),
        activities=activity_labels() if membership.id else {},
        form=forms.blank([]),
    )


def _next_meetings(communities: frozenset[str]) -> list[dict[str, Any]]:
    """The next meetings of these communities, each with this person's own reply, which lists do not hold."""
    rows = [row for row in upcoming() if row["community_id"] in communities][:NEXT_MEETINGS]
    return [conversation.get("meetings", f"/v1/meetings/{row['id']}").body for row in rows]


def _latest_messages(member_id: str) -> list[dict[str, Any]]:
    rows = _own("notifications", "/v1/deliveries", "member_id", member_id)
    return sorted(rows, key=lambda row: str(row["queued_at"]), reverse=True)[:LATEST_MESSAGES]


def _own(service: str, path: str, owner: str, member_id: str) -> list[dict[str, Any]]:
    """The rows about this member: a coordinator's list holds everybody's."""
    if not member_id:
        return []
    return [row for row in conversation.every(service, path) if row.get(owner) == member_id]
