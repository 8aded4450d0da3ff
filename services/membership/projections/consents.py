"""What each member consents to now, what she said before, and how many there are for each purpose."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec

from services.membership.domain.member import (
    TAKING_PART,
    ConsentGiven,
    ConsentWithdrawn,
    MemberActivated,
    MemberApproved,
    MemberErased,
    MemberLeft,
    MemberPaused,
    MemberReturned,
    Standing,
)
from services.membership.domain.purposes import MEMBERSHIP
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.projections.rows import Rows


@dataclass(frozen=True)
class Said:
    """One entry of her history: consent given in a wording, or (`wording` None) taken back; how it reached us."""

    purpose: str
    wording: str | None
    at: datetime
    channel: str


@dataclass(frozen=True)
class ConsentsRow:
    """Sets are lists here, as JSON has them."""

    id: UUID
    standing: Standing
    version: int
    given: dict[str, str] = field(default_factory=dict)
    withdrawn: list[str] = field(default_factory=list)
    history: list[Said] = field(default_factory=list)

    def gives(self, purpose: str, wording: str, recorded: Recorded) -> "ConsentsRow":
        return replace(
            self,
            given={**self.given, purpose: wording},
            withdrawn=[each for each in self.withdrawn if each != purpose],
            history=[*self.history, _said(purpose, wording, recorded)],
            version=recorded.version,
        )


@dataclass(frozen=True)
class Count:
    """How many of those who take part now gave their consent in a wording, or (`wording` None) took it back."""

    purpose: str
    wording: str | None
    people: int


@dataclass(frozen=True)
class Consenting:
    member_id: UUID
    name: str | None


_TAKING_PART = sorted(TAKING_PART)

consents = Rows("consents", ConsentsRow, version=1, tables=Path(__file__).with_suffix(".sql"))


@consents.begins(MemberApproved)
def _(event: MemberApproved, recorded: Recorded) -> ConsentsRow:
    return ConsentsRow(recorded.id, Standing.APPROVED, recorded.version)


@consents.changes(MemberActivated)
def _(event: MemberActivated, recorded: Recorded, row: ConsentsRow) -> ConsentsRow:
    return replace(row, standing=Standing.ACTIVE).gives(MEMBERSHIP, event.ground_rules, recorded)


@consents.changes(ConsentGiven)
def _(event: ConsentGiven, recorded: Recorded, row: ConsentsRow) -> ConsentsRow:
    return row.gives(event.purpose, event.wording, recorded)


@consents.changes(ConsentWithdrawn)
def _(event: ConsentWithdrawn, recorded: Recorded, row: ConsentsRow) -> ConsentsRow:
    return replace(
        row,
        given={purpose: wording for purpose, wording in row.given.items() if purpose != event.purpose},
        withdrawn=[*row.withdrawn, event.purpose],
        history=[*row.history, _said(event.purpose, None, recorded)],
        version=recorded.version,
    )


@consents.changes(MemberPaused)
def _(event: MemberPaused, recorded: Recorded, row: ConsentsRow) -> ConsentsRow:
    return replace(row, standing=Standing.PAUSED)


@consents.changes(MemberReturned)
def _(event: MemberReturned, recorded: Recorded, row: ConsentsRow) -> ConsentsRow:
    return replace(row, standing=Standing.ACTIVE if MEMBERSHIP in row.given else Standing.APPROVED)


@consents.changes(MemberLeft)
def _(event: MemberLeft, recorded: Recorded, row: ConsentsRow) -> ConsentsRow:
    """No consent outlives the membership. What she had said stays for her to read."""
    return replace(row, standing=Standing.LEFT, given={})


@consents.changes(MemberErased)
def _(event: MemberErased, recorded: Recorded, row: ConsentsRow) -> None:
    return None


def _said(purpose: str, wording: str | None, recorded: Recorded) -> Said:
    return Said(purpose, wording, recorded.recorded_at, recorded.metadata.channel)


def consents_of(db: Transaction, member: UUID) -> ConsentsRow | None:
    text = db.value(str, "select row_to_json(consents)::text from consents where id = %s", member)
    return msgspec.json.decode(text, type=ConsentsRow) if text else None


def counts(db: Transaction) -> list[Count]:
    """Of those who take part now; who takes a break or has left is in none of them."""
    return db.all(
        Count,
        "select purpose, wording, count(*) as people from consents, jsonb_each_text(given) as each(purpose, wording)"
        " where standing = any(%s) group by purpose, wording"
        " union all select purpose, null, count(*) from consents, jsonb_array_elements_text(withdrawn) as purpose"
        " where standing = any(%s) group by purpose",
        _TAKING_PART,
        _TAKING_PART,
    )


def who_consents(db: Transaction, purpose: str, after: UUID | None, limit: int) -> list[Consenting]:
    """Those who take part now and consent to a purpose, up to `limit` + 1. Reads `people`."""
    return db.all(
        Consenting,
        "select member_id, name from consents c join people p on p.member_id = c.id"
        " where c.standing = any(%s) and given ? %s and (%s::uuid is null or c.id > %s) order by c.id limit %s",
        _TAKING_PART,
        purpose,
        after,
        after,
        limit + 1,
    )
