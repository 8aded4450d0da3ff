"""Everything that the four services hold of one person, put together: for her page, and for her file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from flask import Response

from services.portal import conversation
from services.portal.api_client import Problem, ServiceAway

SERVICES = ("membership", "meetings", "ppi", "notifications")


@dataclass(frozen=True)
class HeldOf:
    """`parts` are the services' answers; `missing` names those that could not be asked: then it is not everything."""

    member_id: str
    parts: list[dict[str, Any]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def everything_held(member_id: str, request_id: str = "") -> HeldOf:
    """`request_id`: the request that it answers, when it is not her own page. Raises Problem when membership refuses:
    it alone knows whether the request was checked, so nobody else is asked first."""
    held = HeldOf(member_id)
    asked = {"request": request_id} if request_id else {}
    for service in SERVICES:
        try:
            held.parts.append(conversation.get(service, f"/v1/people/{member_id}/export", **asked).body)
        except ServiceAway:
            held.missing.append(service)
        except Problem as problem:
            # Somebody who never was a member is not known there, and so nothing is held.
            if service == "membership" or problem.status != 403:
                raise
    return held


def as_file(held: HeldOf) -> Response:
    whole = {"member_id": held.member_id, "complete": not held.missing, "missing": held.missing, "services": held.parts}
    response = Response(json.dumps(whole, indent=2, ensure_ascii=False), content_type="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def said_plainly(data: dict[str, Any]) -> list[tuple[str, str]]:
    """An event's fields as labels and texts; what is empty is left out."""
    return [(name.replace("_", " ").capitalize(), text) for name, value in data.items() if (text := _text(value))]


def _text(value: Any) -> str:
    match value:
        case None | "" | []:
            return ""
        case bool():
            return "Yes" if value else "No"
        case dict():
            return ", ".join(f"{label}: {text}" for label, text in said_plainly(value))
        case list():
            return "; ".join(filter(None, map(_text, value)))
    return str(value)


def reads(member_id: str = "") -> list[dict[str, Any]]:
    """The log of reads of all services, newest first: of one member, or for data protection of everybody."""
    asked = {"of": member_id} if member_id else {}
    found = []
    for service in SERVICES:
        answer = conversation.get(service, "/v1/sensitive-reads", **asked)
        found += [{**row, "service": service} for row in answer.items]
    return sorted(found, key=lambda row: str(row["read_at"]), reverse=True)
