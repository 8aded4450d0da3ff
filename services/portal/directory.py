"""The communities, and the person's own membership: many pages need them; they are asked once a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import g

from services.portal import conversation
from services.portal.api_client import Problem, ServiceAway
from services.portal.person import SignInNeeded, current_person


@dataclass(frozen=True)
class Membership:
    """The member record that belongs to the sign-in. `id` is "" for somebody who has none, or none known."""

    id: str = ""
    name: str = ""
    standing: str = ""
    communities: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    record: dict[str, Any] | None = None
    away: bool = False

    @property
    def may_apply(self) -> bool:
        """Nothing to join with yet, or no more: never applied, declined, taken back or left."""
        return not self.away and self.standing in ("", "declined", "withdrawn", "left")

    @property
    def active(self) -> bool:
        return self.standing in ("approved", "active")


def own_membership() -> Membership:
    """Ask the membership service who I am there."""
    if "membership" not in g:
        g.membership = _ask_membership()
    membership: Membership = g.membership
    return membership


def _ask_membership() -> Membership:
    if current_person() is None:
        return Membership()
    try:
        record = conversation.get("membership", "/v1/me").body
    except Problem:
        return Membership()
    except (ServiceAway, SignInNeeded):  # the page's own calls lead to the sign-in, not its navigation
        return Membership(away=True)
    return Membership(
        id=record["id"],
        name=record.get("name") or "",
        standing=record.get("standing", ""),
        communities=frozenset(record.get("communities") or ()),
        groups=frozenset(record.get("groups") or ()),
        record=record,
    )


def communities() -> list[dict[str, Any]]:
    """All: the partnership, then communities of practice, then working groups. May raise ServiceAway."""
    if "communities" not in g:
        order = ("partnership", "community", "working-group")
        rows = conversation.every("membership", "/v1/communities")
        g.communities = sorted(
            rows, key=lambda row: (order.index(row["kind"]) if row["kind"] in order else 9, row["name"])
        )
    rows_kept: list[dict[str, Any]] = g.communities
    return rows_kept


def communities_or_none() -> list[dict[str, Any]]:
    """The same, or nothing when the membership service is away."""
    return conversation.part(communities).value


def community_names() -> dict[str, str]:
    return {row["id"]: row["name"] for row in communities_or_none()}
