"""A coordinator replies to a meeting for a member who rang: in her name, on the record, and she is told afterwards."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from deploy.demo.client import Client, NotSo, until
from deploy.demo.configuration import Configuration
from deploy.demo.load import approve
from tests.journeys.test_the_streams_show_no_person import everything_in_the_topics
from tests.system import RunningSystem


def test_a_coordinator_replies_to_a_meeting_for_a_member_who_rang(
    configuration: Configuration, system: RunningSystem
) -> None:
    coordinator = Client(configuration, "coordinator")
    found = {"name": f"By phone {uuid4()}", "kind": "community", "about": "Synthetic."}
    community = coordinator.post("membership", "communities", found).id
    edith = approved(coordinator, community)
    meeting = planned(coordinator, community)
    said = {"member_id": edith, "reason": "Rang about the meeting", "channel": "phone", "checked": "called-back"}
    session = coordinator.post("membership", "assisted-sessions", said).id

    coordinator.act_in(session)
    until("meetings knows the session", lambda: replied(coordinator, meeting), seconds=60)
    coordinator.post("meetings", "meetings", {}, expect=403)
    until("ppi knows it too", lambda: allowed(coordinator, "ppi", "support-requests"), seconds=60)
    coordinator.get("ppi", "reviewers", expect=403)
    coordinator.act_in(None)
    coordinator.post("membership", f"assisted-sessions/{session}/end", {})

    replies = coordinator.get("meetings", f"meetings/{meeting}/replies").items
    assert [(row["member_id"], row["reply"], row["channel"]) for row in replies] == [(edith, "by-phone", "phone")]
    until("every service has heard the end", lambda: over_everywhere(configuration, session), seconds=60)
    until("the call to make", lambda: bool(calls_to(coordinator, edith)), seconds=60)
    [call] = calls_to(coordinator, edith)
    assert (call["channel"], call["status"]) == ("phone", "by-hand")
    body = coordinator.get("notifications", f"deliveries/{call['id']}").body["body"]
    assert "you asked us by phone to do something for you" in body
    assert "- You have a place at the meeting “A talk by phone”" in body

    [event] = [each for each in everything_in_the_topics(system) if "place-taken" in each and session in each]
    for header, value in (("onbehalfof", f"member:{edith}"), ("channel", "phone"), ("session", session)):
        assert f"('ce_{header}', b'{value}')" in event
    assert "('ce_actor', b'account:" in event or "('ce_actor', b'member:" in event
    assert f"('ce_actor', b'member:{edith}')" not in event


def approved(coordinator: Client, community: str) -> str:
    number = f"01632 96{uuid4().int % 10_000:04}"
    asked = {
        "name": "Edith Phone (synthetic)",
        "phone": number,
        "stakeholder_group": "person-drawing-on-care",
        "communities": [community],
    }
    member = coordinator.post("membership", "applications", asked, channel="phone").id
    approve(coordinator, member)
    return member


def planned(coordinator: Client, community: str) -> str:
    starts = (datetime.now(UTC) + timedelta(days=21)).replace(microsecond=0)
    wanted = {
        "community_id": community,
        "title": "A talk by phone",
        "about": "A synthetic meeting.",
        "starts_at": starts.isoformat(),
        "ends_at": (starts + timedelta(hours=1)).isoformat(),
        "places": 10,
    }
    ids: list[str] = []

    def once_known() -> bool:
        try:
            ids.append(coordinator.post("meetings", "meetings", wanted).id)
        except NotSo:
            return False
        return True

    until("meetings knows the community", once_known, seconds=60)
    return ids[0]


def replied(coordinator: Client, meeting: str) -> bool:
    return heard(lambda: coordinator.post("meetings", f"meetings/{meeting}/replies", {"answer": "by-phone"}))


def allowed(coordinator: Client, service: str, path: str) -> bool:
    return heard(lambda: coordinator.get(service, path))


def heard(ask: Callable[[], object]) -> bool:
    """False while the service has not heard of the session, or of its member. Any other refusal is an error."""
    try:
        ask()
    except NotSo as error:
        if "session-not-known" in str(error) or "session-over" in str(error):
            return False
        raise
    return True


def over_everywhere(configuration: Configuration, session: str) -> bool:
    """Whoever still names the session is refused by each service, and by none for another reason."""
    late = Client(configuration, "coordinator")
    late.act_in(session)
    for service in ("membership", "meetings", "ppi", "notifications"):
        try:
            late.get(service, "people/00000000-0000-0000-0000-000000000000")
        except NotSo as error:
            if "session-over" in str(error):
                continue
        return False
    return True


def calls_to(coordinator: Client, member: str) -> list[dict[str, object]]:
    rows = coordinator.get("notifications", "deliveries?limit=200").items
    return [row for row in rows if row["member_id"] == member and row["kind"] == "done-for-you"]
