"""Meetings of private and confidential communities are for their members; nobody else sees that they are there."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from services.meetings.contracts.membership import (
    CommunityFounded,
    CommunityJoined,
    CommunityLeft,
    MemberApproved,
    PrivacyChanged,
)
from services.meetings.domain.meeting import MeetingPlanned
from services.meetings.projections.upcoming_meetings import Viewer, coming_up, is_hidden, meeting, over
from services.meetings.service import service
from shared.database.pool import Database
from shared.messages.events import Event, MemberId
from shared.messages.recorded import BEGINNING, Metadata, Recorded
from shared.projections.projection import make_tables
from shared.testing.decider import NOW
from tests.servers import Databases

ANN, COMMUNITY, MEETING = MemberId(UUID(int=1)), UUID(int=10), UUID(int=20)
NOBODY, MEMBER, COORDINATOR = Viewer(), Viewer(ANN), Viewer(None, sees_all=True)


class Told:
    def __init__(self, database: Database) -> None:
        self.database = database

    def hears(self, event: Event, id: UUID) -> None:
        recorded = Recorded(
            event=event,
            event_id=uuid4(),
            stream=f"anything-{id}",
            version=1,
            position=BEGINNING,
            who=Metadata(actor="anonymous", channel="web", correlation_id=uuid4()),
            recorded_at=NOW,
        )
        with self.database.transaction() as db:
            for projection in service.projections:
                projection.tell(recorded, db)

    def seen_by(self, viewer: Viewer) -> bool:
        """Whether it is listed; by its own address the same is so, before it and after it."""
        with self.database.transaction() as db:
            listed = [row.id for row in coming_up(db, NOW, None, None, 10, viewer)] == [MEETING]
            later = [row.id for row in over(db, NOW + timedelta(days=30), COMMUNITY, None, 10, viewer)] == [MEETING]
            alone = meeting(db, MEETING, viewer) is not None
            assert listed == later == alone == (not is_hidden(db, MEETING, viewer))
        return listed


@pytest.fixture
def told(new_database: Callable[[Callable[[Databases], str]], str]) -> Iterator[Told]:
    names = [projection.name for projection in service.projections]
    database = Database(new_database(Databases.for_events), application="copse-test", search_path=("public", *names))
    for projection in service.projections:
        make_tables(projection, database)
    yield Told(database)
    database.close()


def planned(told: Told, privacy: str) -> None:
    starts = NOW + timedelta(days=7)
    told.hears(MemberApproved(name="Ann", stakeholder_group="other"), ANN)
    told.hears(CommunityFounded(name="Quiet", kind="community", privacy=privacy), COMMUNITY)
    told.hears(
        MeetingPlanned(
            community=COMMUNITY, title="A talk", about=".", starts_at=starts, ends_at=starts + timedelta(hours=1)
        ),
        MEETING,
    )


@pytest.mark.parametrize(
    ("privacy", "public"), [("open", True), ("restricted", True), ("private", False), ("confidential", False)]
)
def test_who_sees_a_meeting_depends_on_its_community(told: Told, privacy: str, public: bool) -> None:
    planned(told, privacy)
    assert [told.seen_by(each) for each in (NOBODY, MEMBER, COORDINATOR)] == [public, public, True]
    told.hears(CommunityJoined(member=ANN), COMMUNITY)
    assert [told.seen_by(each) for each in (NOBODY, MEMBER)] == [public, True]
    told.hears(CommunityLeft(member=ANN), COMMUNITY)
    assert told.seen_by(MEMBER) is public


def test_a_community_closes_and_opens(told: Told) -> None:
    planned(told, "open")
    told.hears(PrivacyChanged(privacy="confidential"), COMMUNITY)
    assert not told.seen_by(NOBODY)
    told.hears(PrivacyChanged(privacy="restricted"), COMMUNITY)
    assert told.seen_by(NOBODY)


def test_a_meeting_that_is_not_known_here_yet_is_not_hidden(told: Told) -> None:
    with told.database.transaction() as db:
        assert not is_hidden(db, MEETING, NOBODY)
