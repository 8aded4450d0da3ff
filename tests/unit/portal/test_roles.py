"""Roles are read from wherever the provider puts them, and never trusted."""

import base64
import json

from services.portal.claims import roles_in, unverified_payload


def token(payload: object) -> str:
    middle = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
    return f"e30.{middle}.c2lnbmF0dXJl"


def test_roles_are_found_at_a_dotted_path() -> None:
    assert roles_in({"groups": ["coordinator"]}, "groups") == {"coordinator"}
    assert roles_in({"realm_access": {"roles": ["finance", "researcher"]}}, "realm_access.roles") == {
        "finance",
        "researcher",
    }


def test_anything_else_means_no_roles() -> None:
    for claims in ({}, {"groups": None}, {"groups": 7}, {"groups": {"a": 1}}):
        assert roles_in(claims, "groups") == frozenset()
    assert roles_in({"realm_access": "x"}, "realm_access.roles") == frozenset()


def test_a_payload_is_read_from_a_jwt_only() -> None:
    assert unverified_payload(token({"groups": ["finance"]})) == {"groups": ["finance"]}
    for odd in ("", "opaque", "a.b.c", "a.!.c", token(["not", "an", "object"])):
        assert unverified_payload(odd) == {}
