"""What is there to join, what it is for, and what it has done."""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import msgspec

from services.membership.domain.community import CommunityFounded, CommunityJoined, Figure, MilestoneNoted
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

communities = Projection("communities", version=1, tables=Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True)
class CommunityRow:
    id: UUID
    name: str
    kind: str
    about: str
    aims: list[str]
    parent: UUID | None
    places: int | None
    members: int
    source: str | None
    version: int


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
        "insert into communities (id, name, kind, about, aims, parent, places, source, version)"
        " values (%s, %s, %s, %s, %s::text[], %s, %s, %s, %s)",
        recorded.id,
        event.name,
        event.kind,
        event.about,
        list(event.aims),
        event.parent,
        event.places,
        event.source,
        recorded.version,
    )


@communities.on(CommunityJoined)
def _(event: CommunityJoined, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "update communities set members = members + 1, version = %s where id = %s",
        recorded.version,
        recorded.id,
    )


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
    db.write("update communities set version = %s where id = %s", recorded.version, recorded.id)


def community(db: Transaction, id: UUID) -> CommunityRow | None:
    return db.one(CommunityRow, "select * from communities where id = %s", id)


def all_communities(db: Transaction, after: UUID | None, limit: int) -> list[CommunityRow]:
    """In the order of founding, up to `limit` + 1."""
    return db.all(
        CommunityRow,
        "select * from communities where (%s::uuid is null or id > %s) order by id limit %s",
        after,
        after,
        limit + 1,
    )


def milestones_of(db: Transaction, community: UUID) -> list[MilestoneRow]:
    """The community's story, oldest first: a year before its months; what has no date comes last."""
    return db.all(
        MilestoneRow,
        "select title, period, kind, summary, source, figures from milestones where community_id = %s"
        " order by period nulls last, version",
        community,
    )
