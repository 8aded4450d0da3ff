"""How somebody serves in a working group: her term, her roles, and the training that she has done."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from uuid import UUID

from services.membership.domain.community import CommunityLeft, RoleEnded, RoleGiven, TermSet, TrainingDone
from services.membership.domain.member import MemberErased
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

serving = Projection("serving", version=1, tables=Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True)
class Training:
    training: str
    done_on: date


@dataclass
class Serving:
    """What is known of one member of a group."""

    starts_on: date | None = None
    ends_on: date | None = None
    roles: list[str] = field(default_factory=list)
    training: list[Training] = field(default_factory=list)


@dataclass(frozen=True)
class _Term:
    member_id: UUID
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True)
class _Role:
    member_id: UUID
    role: str


@dataclass(frozen=True)
class _Trained:
    member_id: UUID
    training: str
    done_on: date


@serving.on(TermSet)
def _(event: TermSet, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "insert into serving_terms values (%s, %s, %s, %s) on conflict (community_id, member_id)"
        " do update set starts_on = excluded.starts_on, ends_on = excluded.ends_on",
        recorded.id,
        event.member,
        event.starts_on,
        event.ends_on,
    )


@serving.on(RoleGiven)
def _(event: RoleGiven, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "insert into serving_roles values (%s, %s, %s) on conflict do nothing", recorded.id, event.member, event.role
    )


@serving.on(RoleEnded)
def _(event: RoleEnded, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "delete from serving_roles where community_id = %s and member_id = %s and role = %s",
        recorded.id,
        event.member,
        event.role,
    )


@serving.on(TrainingDone)
def _(event: TrainingDone, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "insert into serving_training values (%s, %s, %s, %s, %s)",
        recorded.id,
        event.member,
        recorded.version,
        event.training,
        event.done_on,
    )


@serving.on(CommunityLeft)
def _(event: CommunityLeft, recorded: Recorded, db: Transaction) -> None:
    for table in ("serving_terms", "serving_roles", "serving_training"):
        db.write(f"delete from {table} where community_id = %s and member_id = %s", recorded.id, event.member)  # noqa: S608  # names of our own tables


@serving.on(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> None:
    for table in ("serving_terms", "serving_roles", "serving_training"):
        db.write(f"delete from {table} where member_id = %s", recorded.id)  # noqa: S608  # names of our own tables


def serving_in(db: Transaction, group: UUID) -> dict[UUID, Serving]:
    """By member; who has neither term nor role nor training is missing."""
    found: dict[UUID, Serving] = {}
    for term in db.all(_Term, "select member_id, starts_on, ends_on from serving_terms where community_id = %s", group):
        here = found.setdefault(term.member_id, Serving())
        here.starts_on, here.ends_on = term.starts_on, term.ends_on
    for role in db.all(_Role, "select member_id, role from serving_roles where community_id = %s order by role", group):
        found.setdefault(role.member_id, Serving()).roles.append(role.role)
    for done in db.all(
        _Trained,
        "select member_id, training, done_on from serving_training where community_id = %s order by done_on, version",
        group,
    ):
        found.setdefault(done.member_id, Serving()).training.append(Training(done.training, done.done_on))
    return found
