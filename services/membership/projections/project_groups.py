"""Which small groups there are, how far each is, and who is in it."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.membership.domain.member import MemberErased
from services.membership.domain.project_group import (
    GroupStatus,
    ProjectGroupClosed,
    ProjectGroupJoined,
    ProjectGroupLeft,
    ProjectGroupProposed,
    ProjectGroupStarted,
)
from shared.database.pool import Transaction
from shared.messages.events import MemberId
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

project_groups = Projection("project_groups", version=1, tables=Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True)
class ProjectGroupRow:
    """`people` counts everybody in it; the first in the order of joining leads it."""

    id: UUID
    community_id: UUID
    topic: str
    about: str
    wanted: int
    status: str
    outcome: str | None
    link: str | None
    proposed_at: datetime
    version: int
    people: int


@dataclass(frozen=True)
class InGroup:
    member_id: UUID
    name: str | None


@project_groups.on(ProjectGroupProposed)
def _(event: ProjectGroupProposed, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "insert into project_groups (id, community_id, topic, about, wanted, status, proposed_at, version)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s)",
        recorded.id,
        event.community,
        event.topic,
        event.about,
        event.wanted,
        GroupStatus.GATHERING,
        recorded.recorded_at,
        recorded.version,
    )
    _add(db, recorded, event.proposer)


@project_groups.on(ProjectGroupJoined)
def _(event: ProjectGroupJoined, recorded: Recorded, db: Transaction) -> None:
    _add(db, recorded, event.member)
    _seen(db, recorded)


@project_groups.on(ProjectGroupLeft)
def _(event: ProjectGroupLeft, recorded: Recorded, db: Transaction) -> None:
    db.write("delete from project_group_members where group_id = %s and member_id = %s", recorded.id, event.member)
    _seen(db, recorded)


@project_groups.on(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> None:
    """Also from closed groups, which nobody leaves. What a group is about and what came of it is the group's."""
    db.write("delete from project_group_members where member_id = %s", recorded.id)


@project_groups.on(ProjectGroupStarted)
def _(event: ProjectGroupStarted, recorded: Recorded, db: Transaction) -> None:
    db.write("update project_groups set status = %s where id = %s", GroupStatus.RUNNING, recorded.id)
    _seen(db, recorded)


@project_groups.on(ProjectGroupClosed)
def _(event: ProjectGroupClosed, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "update project_groups set status = %s, outcome = %s, link = %s where id = %s",
        GroupStatus.CLOSED,
        event.outcome,
        event.link,
        recorded.id,
    )
    _seen(db, recorded)


def _add(db: Transaction, recorded: Recorded, member: MemberId) -> None:
    """The stream's version is the place: who joined later stands behind."""
    db.write(
        "insert into project_group_members values (%s, %s, %s) on conflict do nothing",
        recorded.id,
        member,
        recorded.version,
    )


def _seen(db: Transaction, recorded: Recorded) -> None:
    db.write("update project_groups set version = %s where id = %s", recorded.version, recorded.id)


_GROUPS = (
    "select g.*, (select count(*) from project_group_members where group_id = g.id) as people from project_groups g"
)


def project_group(db: Transaction, id: UUID) -> ProjectGroupRow | None:
    return db.one(ProjectGroupRow, f"{_GROUPS} where id = %s", id)


def groups_of(db: Transaction, community: UUID, after: UUID | None, limit: int) -> list[ProjectGroupRow]:
    """In the order of proposing, up to `limit` + 1."""
    return db.all(
        ProjectGroupRow,
        f"{_GROUPS} where community_id = %s and (%s::uuid is null or id > %s) order by id limit %s",
        community,
        after,
        after,
        limit + 1,
    )


def people_in(db: Transaction, group: UUID) -> list[InGroup]:
    """The first leads it. Reads `people`; who takes a break keeps her place and is not named."""
    return db.all(
        InGroup,
        "select member_id, case when standing = 'active' then name end as name from project_group_members"
        " left join people using (member_id) where group_id = %s order by place",
        group,
    )
