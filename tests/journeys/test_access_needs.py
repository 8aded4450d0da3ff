"""A need is said once, shared, arranged at a meeting, and met; and it is gone when she stops sharing it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from deploy.demo.client import Client, NotSo, until
from tests.journeys.test_the_streams_show_no_person import everything_in_the_topics
from tests.system import RunningSystem

Clients = Callable[[str | None], Client]

SOON = timedelta(minutes=10)
"""Until the first meeting begins, which is not waited for: the services' clock is turned."""


@pytest.fixture
def words() -> str:
    return f"Since my illness I tire quickly {uuid4().hex}"


@pytest.fixture
def language() -> str:
    return f"Invented language {uuid4().hex}"


@pytest.fixture
def turn_clock(system: RunningSystem) -> Iterator[Callable[[timedelta], None]]:
    """`turn_clock(SOON)`: every service is so much ahead until the test ends."""

    def turn(ahead: timedelta) -> None:
        system.clock.write_text(str(ahead.total_seconds()))

    yield turn
    turn(timedelta(0))


@pytest.fixture
def member(client: Clients, words: str, language: str) -> Iterator[Client]:
    """Priya, who says what she needs and shares it for meetings, but not her own words."""
    member = client("practitioner")
    path = f"members/{member.get('membership', 'me').id}/access-needs"
    said = {
        "needs": [
            {"code": "bsl-interpreter"},
            {"code": "other-language", "detail": language},
            {"code": "hearing-loop"},
        ],
        "words": words,
    }
    member.put("membership", path, said, if_match=member.get("membership", path).etag)
    wording = member.get("membership", "access-needs").body["sharing"][0]["version"]
    member.put("membership", f"{path}/sharing/meetings", {"wording": wording})
    yield member
    member.delete("membership", f"{path}/sharing/meetings")


def test_a_need_said_once_is_arranged_met_and_gone_when_it_is_shared_no_more(
    client: Clients,
    system: RunningSystem,
    member: Client,
    turn_clock: Callable[[timedelta], None],
    words: str,
    language: str,
) -> None:
    coordinator, facilitator, stranger = client("coordinator"), client("lewg-two"), client("lewg-one")
    community = led_by(coordinator, facilitator)
    now_on = planned(coordinator, community, SOON)
    member.post("meetings", f"meetings/{now_on}/replies", {"answer": "online"})
    later = planned(coordinator, community, timedelta(days=21))
    member.post("meetings", f"meetings/{later}/replies", {"answer": "in-person"})

    def may_look(meeting: str) -> bool:
        try:
            return bool(facilitator.get("meetings", f"meetings/{meeting}/arrangements"))
        except NotSo:
            return False

    until("meetings knows who facilitates", lambda: may_look(now_on), seconds=60)

    def listed(meeting: str) -> list[tuple[str, str | None, str]]:
        rows = facilitator.get("meetings", f"meetings/{meeting}/arrangements").items
        return [(row["arrangement"], row["detail"], row["progress"]) for row in rows]

    interpreters = [("BSL interpreter", None), ("Interpreting into another language", language)]
    online = [(*each, "flagged") for each in interpreters]
    until("the facilitator sees what to arrange online", lambda: listed(now_on) == online, seconds=60)
    in_the_room = [(*each, "flagged") for each in (interpreters[0], ("Hearing loop", None), interpreters[1])]
    until("and what to arrange in the room", lambda: listed(later) == in_the_room, seconds=60)
    (first, *_) = facilitator.get("meetings", f"meetings/{now_on}/arrangements").items
    assert (first["name"], first["words"]) == ("Priya Nair", None)
    stranger.get("meetings", f"meetings/{now_on}/arrangements", expect=403)
    stranger.get("membership", f"members/{first['member_id']}/access-needs", expect=403)
    facilitator.get("membership", f"members/{first['member_id']}/access-needs", expect=403)

    facilitator.post("meetings", f"arrangements/{first['id']}/arranged", {"note": "Two interpreters, in turns."})
    until("it shows as arranged", lambda: listed(now_on)[0][2] == "arranged", seconds=60)
    member.post("meetings", f"arrangements/{first['id']}/met", {}, expect=409)
    turn_clock(SOON)
    member.post("meetings", f"arrangements/{first['id']}/met", {})
    until("the facilitator sees that it was met", lambda: listed(now_on)[0][2] == "met", seconds=60)

    me = first["member_id"]
    member.delete("membership", f"members/{me}/access-needs/sharing/meetings")
    until("nothing is to be arranged any more", lambda: listed(later) == [], seconds=60)
    assert listed(now_on)[0][2] == "met"

    everything = everything_in_the_topics(system)
    readable = ("bsl-interpreter", "BSL interpreter", "hearing-loop", language, words, "Two interpreters")
    assert [text for text in readable for record in everything if text.casefold() in record.casefold()] == []
    assert any("access-needs-shared" in record and me in record for record in everything)
    assert any("arrangement-met" in record and me in record for record in everything)


def led_by(coordinator: Client, facilitator: Client) -> str:
    found = {"name": f"Needs {uuid4()}", "kind": "community", "about": "Synthetic."}
    community = coordinator.post("membership", "communities", found).id
    leader = facilitator.get("membership", "me").id
    coordinator.post("membership", f"communities/{community}/members", {"member_id": leader})
    coordinator.post("membership", f"communities/{community}/facilitators", {"member_id": leader})
    return community


def planned(coordinator: Client, community: str, after: timedelta) -> str:
    """A meeting that begins so long after now, once meetings knows its community."""
    found: list[str] = []

    def taken() -> bool:
        starts = datetime.now(UTC) + after
        meeting = {
            "community_id": community,
            "title": "A synthetic meeting",
            "about": "Synthetic.",
            "starts_at": starts.isoformat(),
            "ends_at": (starts + timedelta(hours=1)).isoformat(),
            "places": 10,
        }
        try:
            found.append(coordinator.post("meetings", "meetings", meeting).id)
        except NotSo:
            return False
        return True

    until("meetings knows the community", taken, seconds=60)
    return found[0]
