"""How far is each erasure, and what did every service report?"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec

from services.membership.contracts import meetings, notifications, ppi
from services.membership.domain.erasure import (
    ErasureAsked,
    ErasureClosed,
    KeyDestroyed,
    SearchesDone,
    ServiceConfirmed,
    ServiceSearched,
)
from services.membership.domain.member import MemberErased
from shared.database.pool import Transaction
from shared.erasure.here import ErasureConfirmed, Mention, MentionsSearched, Tally
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

erasures = Projection("erasures", version=1, tables=Path(__file__).with_suffix(".sql"))

SEARCHED: Final[dict[str, type]] = {
    "membership": MentionsSearched,
    "meetings": meetings.MentionsSearched,
    "ppi": ppi.MentionsSearched,
    "notifications": notifications.MentionsSearched,
}
CONFIRMED: Final[dict[str, type]] = {
    "membership": ErasureConfirmed,
    "meetings": meetings.ErasureConfirmed,
    "ppi": ppi.ErasureConfirmed,
    "notifications": notifications.ErasureConfirmed,
}


@dataclass(frozen=True)
class ErasureRow:
    member_id: UUID
    asked_at: datetime
    claims_left_open: bool
    searched_at: datetime | None
    missing: list[str]
    key_destroyed_at: datetime | None
    erased_at: datetime | None
    closed_at: datetime | None
    version: int


@dataclass(frozen=True)
class _Stored:
    service: str
    searched: bool | None
    mentions: str
    more: int
    confirmed_at: datetime | None
    erased: str
    kept: str
    by_hand: str


@dataclass(frozen=True)
class Reported:
    """What one service said so far. `searched` is None until it has looked for her name, False when it was too late."""

    service: str
    searched: bool | None
    mentions: list[Mention]
    more: int
    confirmed_at: datetime | None
    erased: list[Tally]
    kept: list[Tally]
    by_hand: list[Tally]


@erasures.on(ErasureAsked)
def _(event: ErasureAsked, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "insert into erasures (member_id, asked_at, claims_left_open, version) values (%s, %s, %s, %s)",
        recorded.id,
        recorded.recorded_at,
        event.claims_left_open,
        recorded.version,
    )


@erasures.on(ServiceSearched)
def _(event: ServiceSearched, recorded: Recorded, db: Transaction) -> None:
    db.write("update erasures set version = %s where member_id = %s", recorded.version, recorded.id)


@erasures.on(SearchesDone)
def _(event: SearchesDone, recorded: Recorded, db: Transaction) -> None:
    _moment(db, recorded, "searched_at")
    db.write("update erasures set missing = %s::text[] where member_id = %s", list(event.missing), recorded.id)


@erasures.on(KeyDestroyed)
def _(event: KeyDestroyed, recorded: Recorded, db: Transaction) -> None:
    _moment(db, recorded, "key_destroyed_at")


@erasures.on(ServiceConfirmed)
def _(event: ServiceConfirmed, recorded: Recorded, db: Transaction) -> None:
    db.write("update erasures set version = %s where member_id = %s", recorded.version, recorded.id)


@erasures.on(ErasureClosed)
def _(event: ErasureClosed, recorded: Recorded, db: Transaction) -> None:
    _moment(db, recorded, "closed_at")


@erasures.on(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> None:
    """The version is that of the stream `erasure-...`, and stays."""
    db.write("update erasures set erased_at = %s where member_id = %s", recorded.recorded_at, recorded.id)


def _moment(db: Transaction, recorded: Recorded, column: str) -> None:
    db.write(
        f"update erasures set {column} = %s, version = %s where member_id = %s",  # noqa: S608  # our own names
        recorded.recorded_at,
        recorded.version,
        recorded.id,
    )


def _searched(service: str) -> Callable[[Any, Recorded, Transaction], None]:
    def note(event: MentionsSearched, recorded: Recorded, db: Transaction) -> None:
        db.write(
            "insert into erasure_reports (member_id, service, searched, mentions, more) values (%s, %s, %s, %s, %s)"
            " on conflict (member_id, service) do update set searched = excluded.searched,"
            " mentions = excluded.mentions, more = excluded.more",
            recorded.id,
            service,
            event.searched,
            _json(event.mentions),
            event.more,
        )

    return note


def _confirmed(service: str) -> Callable[[Any, Recorded, Transaction], None]:
    def note(event: ErasureConfirmed, recorded: Recorded, db: Transaction) -> None:
        db.write(
            "insert into erasure_reports (member_id, service, confirmed_at, erased, kept, by_hand)"
            " values (%s, %s, %s, %s, %s, %s) on conflict (member_id, service) do update set"
            " confirmed_at = excluded.confirmed_at, erased = excluded.erased, kept = excluded.kept,"
            " by_hand = excluded.by_hand",
            recorded.id,
            service,
            recorded.recorded_at,
            _json(event.erased),
            _json(event.kept),
            _json(event.by_hand),
        )

    return note


for _service, _event in SEARCHED.items():
    erasures.on(_event)(_searched(_service))
for _service, _event in CONFIRMED.items():
    erasures.on(_event)(_confirmed(_service))


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def erasure(db: Transaction, member: UUID) -> ErasureRow | None:
    return db.one(ErasureRow, "select * from erasures where member_id = %s", member)


def all_erasures(db: Transaction, after: UUID | None, limit: int) -> list[ErasureRow]:
    """The newest first, up to `limit` + 1."""
    return db.all(
        ErasureRow,
        "select * from erasures where %s::uuid is null or (asked_at, member_id) <"
        " (select asked_at, member_id from erasures where member_id = %s)"
        " order by asked_at desc, member_id desc limit %s",
        after,
        after,
        limit + 1,
    )


def reports_of(db: Transaction, member: UUID) -> list[Reported]:
    rows = db.all(
        _Stored,
        "select service, searched, mentions, more, confirmed_at, erased, kept, by_hand from erasure_reports"
        " where member_id = %s order by service",
        member,
    )
    return [
        Reported(
            row.service,
            row.searched,
            msgspec.json.decode(row.mentions, type=list[Mention]),
            row.more,
            row.confirmed_at,
            *(msgspec.json.decode(each, type=list[Tally]) for each in (row.erased, row.kept, row.by_hand)),
        )
        for row in rows
    ]
