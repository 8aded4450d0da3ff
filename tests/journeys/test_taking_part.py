"""A break, leaving and a declined application, as every service and the letter box see them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import requests

from deploy.demo.client import Client, NotSo, until
from deploy.demo.configuration import Configuration
from deploy.demo.load import approve

Clients = Callable[[str | None], Client]
OTHERS = ("meetings", "ppi", "notifications")


@pytest.fixture
def email() -> str:
    return f"taking.part.{uuid4().hex[:8]}@example.org"


def applied(coordinator: Client, email: str, communities: list[str]) -> str:
    application = {
        "name": "Toni Part (synthetic)",
        "email": email,
        "stakeholder_group": "practitioner",
        "communities": communities,
    }
    return coordinator.post("membership", "applications", application, channel="phone").id


def mails_to(configuration: Configuration, email: str) -> list[str]:
    found = requests.get(f"{configuration.mail}/api/messages", params={"to": email}, timeout=10).json()["items"]
    return [f"{mail['subject']}\n{mail['text']}" for mail in found]


def test_a_break_and_leaving_reach_every_service(client: Clients, configuration: Configuration, email: str) -> None:
    coordinator = client("coordinator")
    found = {"name": f"Breaks {uuid4()}", "kind": "community", "about": "Synthetic."}
    community = coordinator.post("membership", "communities", found).id
    member = applied(coordinator, email, [community])
    approve(coordinator, member)

    def known(service: str, standing: str, communities: list[str]) -> bool:
        if not coordinator.finds(service, f"people/{member}"):
            return False
        seen = coordinator.get(service, f"people/{member}").body
        return (seen["standing"], seen["communities"]) == (standing, communities)

    def everywhere(standing: str, communities: list[str]) -> None:
        for service in ("membership", *OTHERS):

            def so(service: str = service) -> bool:
                return known(service, standing, communities)

            until(f"{service} knows that Toni is {standing}", so, seconds=60)

    def moved(step: str) -> None:
        etag = coordinator.get("membership", f"members/{member}").etag
        coordinator.post("membership", f"members/{member}/{step}", {}, if_match=etag, channel="phone")

    everywhere("active", [community])
    moved("pause")
    everywhere("paused", [community])
    planned(coordinator, community, "While Toni is away")
    moved("return")
    everywhere("active", [community])
    until(
        "the invitation to what was planned meanwhile",
        lambda: any("While Toni is away" in mail for mail in mails_to(configuration, email)),
        seconds=60,
    )
    moved("departure")
    everywhere("left", [])
    planned(coordinator, community, "After Toni has left")
    until("the goodbye", lambda: any("Goodbye" in mail for mail in mails_to(configuration, email)), seconds=60)
    assert not any("After Toni has left" in mail for mail in mails_to(configuration, email))


def planned(coordinator: Client, community: str, title: str) -> None:
    starts = (datetime.now(UTC) + timedelta(days=21)).replace(microsecond=0)
    coordinator.post(
        "meetings",
        "meetings",
        {
            "community_id": community,
            "title": title,
            "about": "A synthetic meeting.",
            "starts_at": starts.isoformat(),
            "ends_at": (starts + timedelta(hours=1)).isoformat(),
            "places": 10,
        },
    )


def test_a_declined_applicant_gets_a_kind_letter_and_no_service_takes_her_for_a_member(
    client: Clients, configuration: Configuration, email: str
) -> None:
    coordinator = client("coordinator")
    applicant = applied(coordinator, email, [])
    until("the coordinator sees it", lambda: coordinator.finds("membership", f"members/{applicant}"))
    etag = coordinator.get("membership", f"members/{applicant}").etag
    reason = {"reason": "We can only welcome people who live or work in Kent."}
    coordinator.post("membership", f"applications/{applicant}/refusal", reason, if_match=etag)
    until("the letter", lambda: bool(mails_to(configuration, email)), seconds=60)
    (letter,) = mails_to(configuration, email)
    assert "> We can only welcome people who live or work in Kent." in letter
    assert "Welcome to Copse" not in letter
    for service in ("meetings", "ppi"):
        assert not coordinator.finds(service, f"people/{applicant}")
    assert coordinator.get("notifications", f"people/{applicant}").body["standing"] == "declined"


def test_a_confidential_communitys_meetings_are_there_for_its_members_alone(client: Clients) -> None:
    coordinator, practitioner = client("coordinator"), client("practitioner")
    found = {"name": f"Quiet {uuid4()}", "kind": "community", "about": "Synthetic.", "privacy": "confidential"}
    community = coordinator.post("membership", "communities", found).id
    title = f"A quiet meeting {uuid4()}"
    until("meetings knows the community", lambda: _planned_once_known(coordinator, community, title), seconds=60)

    def listed(who: Client) -> bool:
        return any(row["title"] == title for row in who.get("meetings", "meetings?limit=200").items)

    until("the coordinator sees it", lambda: listed(coordinator), seconds=60)
    (id,) = (row["id"] for row in coordinator.get("meetings", "meetings?limit=200").items if row["title"] == title)
    for outsider in (client(None), practitioner):
        assert not listed(outsider)
        outsider.get("meetings", f"meetings/{id}", expect=404)
    practitioner.post("meetings", f"meetings/{id}/replies", {"answer": "online"}, expect=404)
    me = practitioner.get("membership", "me").id
    coordinator.post("membership", f"communities/{community}/members", {"member_id": me})
    until("the member sees it", lambda: listed(practitioner), seconds=60)
    assert not listed(client(None))


def _planned_once_known(coordinator: Client, community: str, title: str) -> bool:
    try:
        planned(coordinator, community, title)
    except NotSo:
        return False
    return True
