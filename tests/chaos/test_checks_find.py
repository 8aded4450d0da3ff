"""Each check of a chaos run finds what it is for: on real tables, with one row less or one too many."""

from pathlib import Path

import pytest

from tests.chaos.checks import Found, Tables, check
from tests.chaos.village import ANSWERED, EXPIRED, MARION, NOW, OVERDUE, Village
from tests.servers import Databases


@pytest.fixture(scope="module")
def village(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Village:
    return Village(databases, tmp_path_factory.mktemp("village"))


def checked(village: Village, service: str = "", harm: str = "") -> Found:
    """What is found, where one service's tables are not as they should be until then."""
    with Tables(lambda name: village.urls[name.removeprefix("copse_")]) as tables:
        if harm:
            assert tables.rows(service, f"{harm} returning 1"), harm
        return check(village.ledger, tables, village.mails, NOW)


def less(table: str, where: str = "true") -> str:
    return f"delete from {table} where ctid = (select ctid from {table} where {where} limit 1)"


def more(table: str, where: str = "true", **new: str) -> str:
    """A row once more, but for what is new in it, in another transaction."""
    fields = ", ".join(f"'{name}', {value}" for name, value in new.items())
    return (
        f"insert into {table} overriding system value"
        f" select (jsonb_populate_record(r, jsonb_build_object({fields}))).* from {table} r where {where} limit 1"
    )


def again(event: str, **new: str) -> str:
    """An event once more, but for what is new in it."""
    numbers = {"position": "1000000", "xid": "pg_current_xact_id()::text", "version": "1000"}
    return more("events", f"type = '{event}'", event_id=ANOTHER, **numbers, **new)


ANOTHER = "gen_random_uuid()"
NOBODY_ASKED = again("place-taken", metadata="""'{"correlation_id": "?"}'::jsonb""")
UNASKED = again("meeting-planned", stream="'meeting-?'", metadata="""'{"causation_id": "?"}'::jsonb""")
ANSWERED_AND_EXPIRED = again("offer-expired", stream=f"'support-request-{ANSWERED}'")
LETTERS = {
    "welcome": "welcomes",
    "meeting-invitation": "invitations",
    "reply-confirmed": "confirmations",
    "review-offer": "offers",
    "reviews-released": "releases",
    "claim-accrued": "letters of fees",
    "what-we-changed": "answers",
}
LOST = [
    ("meetings", less("events", "type = 'place-taken'"), "is not in the event table, which has []"),
    ("ppi", less("requests"), "its Idempotency-Key is not known"),
    ("membership", "update agenda set done_at = null, attempts = 1", "membership, agenda"),
    ("meetings", less("events", "type = 'meeting-planned'"), "meetings, meetings, meeting-"),
    ("meetings", "delete from events where stream like 'meeting-%'", "meetings, streams: meeting-"),
    ("membership", less("communities.communities"), "membership, communities.communities: community-"),
    ("membership", less("members.members"), "membership, members.members: member-"),
    ("meetings", less("upcoming_meetings.upcoming_meetings"), "meetings, upcoming_meetings.meetings: meeting-"),
    ("ppi", less("support_requests.support_requests"), "ppi, support_requests.support_requests: support-"),
    ("membership", less("communities.milestones"), "membership, milestones: The first meeting is missing"),
    ("membership", "update members.members set standing = 'applied'", "membership, members: "),
    ("membership", less("events", "type = 'community-joined'"), "membership, joining: "),
    *[
        (service, less("people.people", f"member_id = '{MARION}'"), f"{service}, people: {MARION} is missing")
        for service in ("membership", "meetings", "ppi", "notifications")
    ],
    *[
        (service, less("people.people_groups"), f"{service}, people's communities: ")
        for service in ("membership", "meetings", "ppi", "notifications")
    ],
    *[
        ("notifications", less("deliveries.deliveries", f"kind = '{kind}'"), f"{what}: ")
        for kind, what in LETTERS.items()
    ],
    ("notifications", "update deliveries.deliveries set status = 'queued'", "did not go out"),
    ("ppi", less("claims.claims"), "claims: "),
    ("ppi", less("events", "type = 'offer-expired'"), f"offers that ended: support-request-{EXPIRED}, {MARION} is"),
    ("ppi", less("events", "type = 'response-overdue'"), f"answers that were missed: support-request-{OVERDUE} is"),
]
DOUBLED = [
    ("meetings", again("place-taken"), "was done again"),
    ("meetings", NOBODY_ASKED, "meetings: nobody was told of"),
    ("ppi", more("requests", key="'another'"), "ppi: a request that nobody was told of has the key another"),
    ("membership", more("agenda", id=ANOTHER, number="1000"), "membership, agenda: "),
    ("membership", again("community-joined"), "membership, events of one cause: "),
    ("meetings", UNASKED, "meetings, streams: meeting-? is there 1 times"),
    ("meetings", more("upcoming_meetings.upcoming_meetings", id=ANOTHER), "meetings, upcoming_meetings.meetings: "),
    ("membership", more("communities.milestones", version="9"), "membership, milestones: The first meeting is there"),
    ("membership", again("milestone-noted"), "milestone 'The first meeting' was noted 2 times"),
    ("membership", more("members.members", id=ANOTHER), "membership, members: "),
    ("membership", again("community-joined"), "membership, joining: "),
    ("ppi", more("people.people", member_id=ANOTHER, account="null"), "ppi, people: "),
    ("ppi", more("people.people_groups", community_id=ANOTHER), "ppi, people's communities: "),
    *[
        ("notifications", more("deliveries.deliveries", f"kind = '{kind}'", id=ANOTHER), f"{what}: ")
        for kind, what in LETTERS.items()
    ],
    ("ppi", more("claims.claims", id=ANOTHER), "claims: "),
    ("ppi", again("offer-expired"), f"offers that ended: support-request-{EXPIRED}, {MARION} is there 2 times"),
    ("ppi", ANSWERED_AND_EXPIRED, f"offers that ended: support-request-{ANSWERED}, {MARION} is there 1 times"),
    ("ppi", again("response-overdue"), f"answers that were missed: support-request-{OVERDUE} is there 2 times"),
]


def test_nothing_is_found_where_everything_went_as_it_should(village: Village) -> None:
    found = checked(village)
    assert (found.lost, found.doubled, found.diverged) == ([], [], [])
    assert (found.mails, found.mails_again, found.timers) == (13, 0, 2)


@pytest.mark.parametrize(("service", "harm", "says"), LOST)
def test_what_is_lost_is_found(village: Village, service: str, harm: str, says: str) -> None:
    found = checked(village, service, harm)
    assert [each for each in found.lost if says in each], found


@pytest.mark.parametrize(("service", "harm", "says"), DOUBLED)
def test_what_is_doubled_is_found(village: Village, service: str, harm: str, says: str) -> None:
    found = checked(village, service, harm)
    assert [each for each in found.doubled if says in each], found


def test_a_mail_that_never_came_is_lost_and_one_that_nobody_sent_is_doubled(village: Village) -> None:
    mail = next(village.mails.iterdir())
    text = mail.read_text()
    try:
        mail.write_text(text.replace(mail.stem, "another"))
        found = checked(village)
        assert found.lost == [f"mail of delivery {mail.stem} never arrived"]
        assert found.doubled == ["mail of another, which is no sent delivery"]
    finally:
        mail.write_text(text)


def test_a_mail_that_was_sent_again_is_counted_and_is_no_fault(village: Village) -> None:
    mail = next(village.mails.iterdir())
    again: Path = mail.with_stem("again")
    again.write_text(mail.read_text())
    try:
        found = checked(village)
        assert (found.doubled, found.mails_again) == ([], 1)
    finally:
        again.unlink()


def test_a_command_that_was_answered_otherwise_the_second_time_is_doubled(village: Village, tmp_path: Path) -> None:
    assert not checked(village).doubled
    village.ledger.contradicts("another answer")
    try:
        assert checked(village).doubled == ["another answer"]
    finally:
        village.ledger._contradictions.clear()
