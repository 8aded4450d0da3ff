"""What the bar at the top offers: only what the person can use."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request, url_for

from services.portal.directory import own_membership
from services.portal.person import current_person

STAFF = ("coordinator", "finance", "facilitator", "data-protection", "safeguarding-lead")
"""Nobody invites these to join: they are here for their work. They may all the same, from the foot of the page."""

UNDER_DATA_PROTECTION = ("erasures.",)
"""Pages that no entry of the bar names: they are reached from the page on data protection."""


@dataclass(frozen=True)
class Item:
    text: str
    href: str
    current: bool


def items() -> list[Item]:
    """The links, in order. Asks the membership service: only working group members get support requests."""
    person = current_person()
    entries = [
        ("Home", "home.show"),
        ("Communities", "communities.show_all"),
        ("Meetings", "meetings.show_all"),
    ]
    if person is None:
        entries.append(("Join", "joining.ask"))
    else:
        membership = own_membership()
        if membership.active:
            entries.append(("Directory", "directory.show"))
        if person.has("coordinator"):
            entries.append(("People", "applications.show_all"))
        if person.has("coordinator", "researcher") or membership.groups:
            entries.append(("Support", "support.show_all"))
        if person.has("coordinator", "finance"):
            entries.append(("Payments", "claims.show_all"))
        if person.has("coordinator"):
            entries.append(("Messages", "messages.show_all"))
        if person.has("data-protection"):
            entries.append(("Data protection", "data_protection.show_all"))
        if person.has("safeguarding-lead"):
            entries.append(("Safety concerns", "safeguarding.show_all"))
        if membership.may_apply and not person.has(*STAFF):
            entries.append(("Join", "joining.ask"))
        entries.append(("My page", "me.show"))
    endpoint = request.endpoint or ""
    topic = "data" if endpoint.startswith(UNDER_DATA_PROTECTION) else endpoint.partition(".")[0].partition("_")[0]
    return [
        Item(text, url_for(endpoint), topic == endpoint.partition(".")[0].partition("_")[0])
        for text, endpoint in entries
    ]
