"""A member of the phone gets an email address, confirms it, and her letters follow; what comes back is flagged."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import requests

from deploy.demo.client import Client, until
from deploy.demo.configuration import Configuration
from deploy.demo.load import approve

Clients = Callable[[str | None], Client]


def mails_to(configuration: Configuration, email: str) -> list[str]:
    found = requests.get(f"{configuration.mail}/api/messages", params={"to": email}, timeout=10).json()["items"]
    return [f"{mail['subject']}\n{mail['text']}" for mail in found]


def tag(coordinator: Client, path: str) -> str:
    etag = coordinator.get("membership", path).etag
    assert etag is not None
    return etag


def test_letters_follow_how_she_wishes_to_be_reached(client: Clients, configuration: Configuration) -> None:
    coordinator = client("coordinator")
    application = {
        "name": "Edith Reach (synthetic)",
        "phone": f"01632 96{uuid4().int % 10_000:04}",
        "stakeholder_group": "other",
        "communities": [],
    }
    member = coordinator.post("membership", "applications", application, channel="phone").id
    approve(coordinator, member)
    path = f"members/{member}/contacts"
    until("her contacts have begun", lambda: coordinator.get("membership", path).etag != '"0"', seconds=60)

    def letters() -> list[tuple[str, str]]:
        rows = coordinator.get("notifications", "deliveries?limit=200").items
        return [(row["kind"], row["channel"]) for row in rows if row["member_id"] == member]

    until("the welcome waits for a call", lambda: ("welcome", "phone") in letters(), seconds=60)

    email = f"edith.{uuid4().hex[:8]}@example.org"
    seen = tag(coordinator, path)
    body = {"kind": "email", "value": email}
    coordinator.post("membership", path, body, if_match=seen, channel="phone")
    until("the mail with the code", lambda: bool(mails_to(configuration, email)), seconds=60)
    (mail,) = mails_to(configuration, email)
    code = re.search(r"^\d{4} \d{4}\b", mail, re.MULTILINE)
    assert code is not None
    (contact,) = [row for row in coordinator.get("membership", path).body["contacts"] if row["value"] == email]
    confirmation = f"{path}/{contact['id']}/confirmation"
    assert coordinator.post("membership", confirmation, {"code": code[0]}).body["confirmed"] is True
    seen = tag(coordinator, path)
    wish = {"contact": contact["id"], "channel": "email"}
    coordinator.put("membership", f"members/{member}/preferred-contact", wish, if_match=seen)
    wish = {"formats": ["easy-read"]}
    coordinator.put("membership", f"members/{member}/formats", wish, if_match=tag(coordinator, path))
    name = {"name": "Edith Rich (synthetic)"}
    etag = tag(coordinator, f"members/{member}")
    coordinator.put("membership", f"members/{member}/name", name, if_match=etag)

    def goodbye() -> bool:
        return any(each.startswith("Goodbye") and "Dear Edith Rich" in each for each in mails_to(configuration, email))

    def follows() -> bool:
        rows = coordinator.get("notifications", "deliveries?limit=200").items
        return any(row["member_id"] == member and row["member_name"] == name["name"] for row in rows)

    until("notifications knows the new name", follows, seconds=60)
    etag = tag(coordinator, f"members/{member}")
    coordinator.post("membership", f"members/{member}/departure", {}, if_match=etag)
    until("the goodbye comes by mail, to the new name", goodbye, seconds=60)

    def sent() -> dict[str, Any]:
        rows = coordinator.get("notifications", "deliveries?limit=200").items
        found = [row for row in rows if (row["member_id"], row["kind"]) == (member, "goodbye")]
        return found[0] if found and found[0]["status"] == "sent" else {}

    until("it is sent, and waits for somebody to make it in Easy Read", lambda: bool(sent()), seconds=60)
    assert sent()["to_make"] == ["easy-read"]
    note = {"note": "Posted with pictures"}
    coordinator.post("notifications", f"deliveries/{sent()['id']}/format-made", note)
    assert sent()["to_make"] == []
