"""Who runs this meeting? The facilitators of its community, as membership tells, and the member who planned it."""

from pathlib import Path
from uuid import UUID

from services.meetings.contracts.membership import (
    CommunityLeft,
    FacilitatorAppointed,
    FacilitatorStoodDown,
    MemberErased,
    MemberLeft,
)
from services.meetings.domain.meeting import MeetingPlanned
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

hosts = Projection("hosts", version=1, tables=Path(__file__).with_suffix(".sql"))

_MEMBER = "member:"


@hosts.on(MeetingPlanned)
def _(event: MeetingPlanned, recorded: Recorded, db: Transaction) -> None:
    actor = recorded.metadata.actor
    db.write(
        "insert into hosts_meetings (meeting_id, community_id, planned_by) values (%s, %s, %s)",
        recorded.id,
        event.community,
        UUID(actor.removeprefix(_MEMBER)) if actor.startswith(_MEMBER) else None,
    )


@hosts.on(FacilitatorAppointed)
def _(event: FacilitatorAppointed, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "insert into hosts_facilitators (community_id, member_id) values (%s, %s) on conflict do nothing",
        recorded.id,
        event.member,
    )


@hosts.on(FacilitatorStoodDown)
def _(event: FacilitatorStoodDown, recorded: Recorded, db: Transaction) -> None:
    _stand_down(db, recorded.id, event.member)


@hosts.on(CommunityLeft)
def _(event: CommunityLeft, recorded: Recorded, db: Transaction) -> None:
    """Her facilitating ends with her belonging."""
    _stand_down(db, recorded.id, event.member)


@hosts.on(MemberLeft)
def _(event: MemberLeft, recorded: Recorded, db: Transaction) -> None:
    _gone(db, recorded.id)


@hosts.on(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> None:
    _gone(db, recorded.id)


def _stand_down(db: Transaction, community: UUID, member: UUID) -> None:
    db.write("delete from hosts_facilitators where community_id = %s and member_id = %s", community, member)


def _gone(db: Transaction, member: UUID) -> None:
    db.write("delete from hosts_facilitators where member_id = %s", member)
    db.write("update hosts_meetings set planned_by = null where planned_by = %s", member)


def facilitates(db: Transaction, member: UUID, meeting: UUID) -> bool:
    return bool(
        db.value(
            int,
            "select 1 from hosts_meetings join hosts_facilitators using (community_id)"
            " where meeting_id = %s and member_id = %s",
            meeting,
            member,
        )
    )


def planned(db: Transaction, member: UUID, meeting: UUID) -> bool:
    return bool(
        db.value(int, "select 1 from hosts_meetings where meeting_id = %s and planned_by = %s", meeting, member)
    )
