"""What meetings does when a member takes a break or leaves, in a real database."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from services.meetings.contracts.membership import MemberApproved, MemberLeft, MemberPaused, MemberReturned
from services.meetings.domain.meeting import MeetingPlanned, PlaceTaken, ReplyDeclined, WaitingListJoined, Way
from services.meetings.service import service
from shared.database.pool import Database
from shared.identity.people import find_member
from shared.messages.events import Event, MemberId
from shared.messages.recorded import BEGINNING, Metadata, Recorded
from shared.projections.projection import make_tables
from shared.testing.decider import NOW
from tests.servers import Databases

ANN = MemberId(UUID(int=1))
ACCOUNT = UUID(int=9)
COMING, WAITED_FOR, DECLINED, OVER = (UUID(int=number) for number in (20, 21, 22, 23))


@pytest.fixture
def database(new_database: Callable[[Callable[[Databases], str]], str]) -> Iterator[Database]:
    names = [projection.name for projection in service.projections]
    database = Database(new_database(Databases.for_events), application="copse-test", search_path=("public", *names))
    for projection in service.projections:
        make_tables(projection, database)
    yield database
    database.close()


@pytest.fixture
def hears(database: Database) -> Callable[[Event, UUID], set[UUID]]:
    """Tells projections and reactions of an event; the meetings to which a reply is sent because of it."""
    versions: dict[UUID, int] = {}

    def hear(event: Event, id: UUID) -> set[UUID]:
        versions[id] = versions.get(id, 0) + 1
        recorded = Recorded(
            event=event,
            event_id=uuid4(),
            stream=f"anything-{id}",
            version=versions[id],
            position=BEGINNING,
            who=Metadata(actor="anonymous", channel="web", correlation_id=uuid4()),
            recorded_at=NOW,
        )
        with database.transaction() as db:
            for projection in service.projections:
                projection.tell(recorded, db)
            for reaction in service.reactions:
                reaction.tell(recorded, db)
            asked = db.all(
                str,
                "select stream from agenda where causation_id = %s and action = 'Reply'"
                " and details->>'answer' = 'no' and details->>'member' = %s",
                recorded.event_id,
                str(ANN),
            )
        return {UUID(stream[-36:]) for stream in asked}

    return hear


@pytest.mark.parametrize("gone", [MemberPaused(), MemberLeft()])
def test_her_places_in_coming_meetings_are_freed_and_no_others(
    hears: Callable[[Event, UUID], set[UUID]], gone: Event
) -> None:
    hears(MemberApproved(name="Ann", stakeholder_group="other"), ANN)
    for meeting, days in ((COMING, 7), (WAITED_FOR, 8), (DECLINED, 9), (OVER, -7)):
        starts = NOW + timedelta(days=days)
        planned = MeetingPlanned(
            community=UUID(int=10), title="A talk", about=".", starts_at=starts, ends_at=starts + timedelta(hours=1)
        )
        hears(planned, meeting)
    hears(PlaceTaken(member=ANN, way=Way.ONLINE), COMING)
    hears(WaitingListJoined(member=ANN, way=Way.ONLINE), WAITED_FOR)
    hears(ReplyDeclined(member=ANN), DECLINED)
    hears(PlaceTaken(member=ANN, way=Way.ONLINE), OVER)
    hears(PlaceTaken(member=MemberId(UUID(int=2)), way=Way.ONLINE), COMING)
    assert hears(gone, ANN) == {COMING, WAITED_FOR}


def test_her_sign_in_is_a_members_again_when_she_comes_back(
    hears: Callable[[Event, UUID], set[UUID]], database: Database
) -> None:
    def is_found() -> bool:
        with database.transaction() as db:
            return find_member(db, ACCOUNT) == ANN

    hears(MemberApproved(name="Ann", stakeholder_group="other", account=ACCOUNT), ANN)
    assert is_found()
    hears(MemberPaused(), ANN)
    assert not is_found()
    hears(MemberReturned(), ANN)
    assert is_found()
    hears(MemberLeft(), ANN)
    assert not is_found()
