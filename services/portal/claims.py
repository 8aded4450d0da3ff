"""What the tokens say about a person, read to decide what to *show*. The services decide what is allowed."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any


def unverified_payload(token: str) -> dict[str, Any]:
    """The payload of a JWT, its signature unchecked; {} for an opaque or broken token."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        payload = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return {}
    return payload if isinstance(payload, dict) else {}


def roles_in(claims: Mapping[str, Any], path: str) -> frozenset[str]:
    """The role names at a dotted path ("groups", "realm_access.roles"). Empty when there is no list."""
    found: Any = claims
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        found = [found]
    return frozenset(str(role) for role in found) if isinstance(found, list) else frozenset()
