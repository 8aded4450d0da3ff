"""Who can be asked to review, as membership tells: the working group's members who take part now."""

from collections.abc import Callable
from uuid import UUID, uuid4

from services.ppi.contracts.membership import (
    CommunityFounded,
    CommunityJoined,
    CommunityLeft,
    MemberApproved,
    MemberLeft,
    MemberPaused,
    MemberReturned,
)
from services.ppi.projections.reviewers import reviewers
from services.ppi.service import service
from shared.database.pool import Database
from shared.messages.events import Event, MemberId
from shared.messages.recorded import BEGINNING, Metadata, Recorded
from shared.projections.projection import make_tables
from shared.testing.decider import NOW
from tests.servers import Databases

ANN, BEN, GROUP = MemberId(UUID(int=1)), MemberId(UUID(int=2)), UUID(int=10)


def test_who_takes_a_break_or_has_left_is_not_asked_to_review(
    new_database: Callable[[Callable[[Databases], str]], str],
) -> None:
    names = [projection.name for projection in service.projections]
    database = Database(new_database(Databases.for_events), application="copse-test", search_path=("public", *names))
    for projection in service.projections:
        make_tables(projection, database)

    def after(event: Event, id: UUID) -> list[UUID]:
        recorded = Recorded(
            event=event,
            event_id=uuid4(),
            stream=f"anything-{id}",
            version=1,
            position=BEGINNING,
            who=Metadata(actor="anonymous", channel="web", correlation_id=uuid4()),
            recorded_at=NOW,
        )
        with database.transaction() as db:
            for projection in service.projections:
                projection.tell(recorded, db)
            return [row.member_id for row in reviewers(db)]

    after(CommunityFounded(name="LEWG", kind="working-group"), GROUP)
    for member, name in ((ANN, "Ann"), (BEN, "Ben")):
        after(MemberApproved(name=name, stakeholder_group="other"), member)
        after(CommunityJoined(member=member), GROUP)
    assert after(MemberPaused(), ANN) == [BEN]
    assert after(MemberReturned(), ANN) == [ANN, BEN]
    assert after(MemberLeft(), BEN) == [ANN]
    assert after(CommunityLeft(member=ANN), GROUP) == []
    database.close()
