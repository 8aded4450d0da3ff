"""What is there to join, what it is for, who leads it, and what it has done."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec

from services.membership.domain.community import (
    CommunityDescribed,
    CommunityFounded,
    CommunityJoined,
    CommunityLeft,
    FacilitatorAppointed,
    FacilitatorStoodDown,
    Figure,
    JoiningAsked,
    JoiningDeclined,
    MilestoneNoted,
    Privacy,
    PrivacyChanged,
    RoleEnded,
    RoleGiven,
    TermSet,
    TrainingDone,
)
from services.membership.domain.member import MemberErased
from shared.database.pool import Transaction
from shared.identity.people import ACTIVE
from shared.messages.events import MemberId
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

communities = Projection("communities", version=2, tables=Path(__file__).with_suffix(".sql"))

ASKING, FACILITATOR = "asking", "facilitator"


@dataclass(frozen=True)
class CommunityRow:
    """`members` counts those who take part now: nobody who takes a break or has left."""

    id: UUID
    name: str
    kind: str
    privacy: str
    about: str
    aims: list[str]
    parent: UUID | None
    places: int | None
    source: str | None
    version: int
    members: int


@dataclass(frozen=True)
class PartRow:
    member_id: UUID
    name: str | None
    since: datetime


@dataclass(frozen=True)
class MilestoneRow:
    title: str
    period: str | None
    kind: str
    summary: str
    source: str
    figures: str

    def figures_read(self) -> list[Figure]:
        return msgspec.json.decode(self.figures, type=list[Figure])


@communities.on(CommunityFounded)
def _(event: CommunityFounded, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "insert into communities (id, name, kind, privacy, about, aims, parent, places, source, version)"
        " values (%s, %s, %s, %s, %s, %s::text[], %s, %s, %s, %s)",
        recorded.id,
        event.name,
        event.kind,
        event.privacy,
        event.about,
        list(event.aims),
        event.parent,
        event.places,
        event.source,
        recorded.version,
    )


@communities.on(CommunityDescribed)
def _(event: CommunityDescribed, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "update communities set about = %s, aims = %s::text[] where id = %s", event.about, list(event.aims), recorded.id
    )
    _seen(db, recorded)


@communities.on(PrivacyChanged)
def _(event: PrivacyChanged, recorded: Recorded, db: Transaction) -> None:
    db.write("update communities set privacy = %s where id = %s", event.privacy, recorded.id)
    _seen(db, recorded)


@communities.on(JoiningAsked)
def _(event: JoiningAsked, recorded: Recorded, db: Transaction) -> None:
    _part(db, recorded, event.member, ASKING)


@communities.on(JoiningDeclined)
def _(event: JoiningDeclined, recorded: Recorded, db: Transaction) -> None:
    _no_part(db, recorded, event.member, ASKING)


@communities.on(CommunityJoined)
def _(event: CommunityJoined, recorded: Recorded, db: Transaction) -> None:
    _no_part(db, recorded, event.member, ASKING)


@communities.on(CommunityLeft)
def _(event: CommunityLeft, recorded: Recorded, db: Transaction) -> None:
    _no_part(db, recorded, event.member, ASKING)
    _no_part(db, recorded, event.member, FACILITATOR)


@communities.on(FacilitatorAppointed)
def _(event: FacilitatorAppointed, recorded: Recorded, db: Transaction) -> None:
    _part(db, recorded, event.member, FACILITATOR)


@communities.on(FacilitatorStoodDown)
def _(event: FacilitatorStoodDown, recorded: Recorded, db: Transaction) -> None:
    _no_part(db, recorded, event.member, FACILITATOR)


@communities.on(TermSet)
def _(event: TermSet, recorded: Recorded, db: Transaction) -> None:
    _seen(db, recorded)


@communities.on(RoleGiven)
def _(event: RoleGiven, recorded: Recorded, db: Transaction) -> None:
    _seen(db, recorded)


@communities.on(RoleEnded)
def _(event: RoleEnded, recorded: Recorded, db: Transaction) -> None:
    _seen(db, recorded)


@communities.on(TrainingDone)
def _(event: TrainingDone, recorded: Recorded, db: Transaction) -> None:
    _seen(db, recorded)


@communities.on(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> None:
    db.write("delete from community_parts where member_id = %s", recorded.id)


@communities.on(MilestoneNoted)
def _(event: MilestoneNoted, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "insert into milestones values (%s, %s, %s, %s, %s, %s, %s, %s)",
        recorded.id,
        recorded.version,
        event.title,
        event.period,
        event.kind,
        event.summary,
        event.source,
        msgspec.json.encode(event.figures).decode(),
    )
    _seen(db, recorded)


def _part(db: Transaction, recorded: Recorded, member: MemberId, part: str) -> None:
    db.write(
        "insert into community_parts values (%s, %s, %s, %s) on conflict do nothing",
        recorded.id,
        member,
        part,
        recorded.recorded_at,
    )
    _seen(db, recorded)


def _no_part(db: Transaction, recorded: Recorded, member: MemberId, part: str) -> None:
    db.write(
        "delete from community_parts where community_id = %s and member_id = %s and part = %s",
        recorded.id,
        member,
        part,
    )
    _seen(db, recorded)


def _seen(db: Transaction, recorded: Recorded) -> None:
    """The version is the resource's ETag, so every event moves it."""
    db.write("update communities set version = %s where id = %s", recorded.version, recorded.id)


_COMMUNITIES = (
    "select c.*, (select count(*) from people_groups g join people p using (member_id)"
    " where g.community_id = c.id and p.standing = %s) as members from communities c"
)


def community(db: Transaction, id: UUID) -> CommunityRow | None:
    """Reads `people` too."""
    return db.one(CommunityRow, f"{_COMMUNITIES} where id = %s", ACTIVE, id)


def all_communities(
    db: Transaction, after: UUID | None, limit: int, *, member: UUID | None = None, everything: bool = False
) -> list[CommunityRow]:
    """In the order of founding, up to `limit` + 1. Confidential ones are for their members, or with `everything`."""
    return db.all(
        CommunityRow,
        f"{_COMMUNITIES} where (%s::uuid is null or id > %s) and (%s or privacy <> %s or exists"
        " (select from people_groups where community_id = c.id and member_id = %s)) order by id limit %s",
        ACTIVE,
        after,
        after,
        everything,
        Privacy.CONFIDENTIAL,
        member,
        limit + 1,
    )


def belongs_to(db: Transaction, community: UUID, member: UUID) -> bool:
    """Whether somebody is in it. Reads `people`."""
    return bool(
        db.value(int, "select 1 from people_groups where community_id = %s and member_id = %s", community, member)
    )


def parts(db: Transaction, community: UUID, part: str) -> list[PartRow]:
    """Who asks to join, or who facilitates, the longest first; only those who take part now. Reads `people`."""
    return db.all(
        PartRow,
        "select member_id, name, since from community_parts join people using (member_id)"
        " where community_id = %s and part = %s and standing = %s order by since, member_id",
        community,
        part,
        ACTIVE,
    )


def has_part(db: Transaction, community: UUID, member: UUID, part: str) -> bool:
    return bool(
        db.value(
            int,
            "select 1 from community_parts where community_id = %s and member_id = %s and part = %s",
            community,
            member,
            part,
        )
    )


def milestones_of(db: Transaction, community: UUID) -> list[MilestoneRow]:
    """The community's story, oldest first: a year before its months; what has no date comes last."""
    return db.all(
        MilestoneRow,
        "select title, period, kind, summary, source, figures from milestones where community_id = %s"
        " order by period nulls last, version",
        community,
    )
