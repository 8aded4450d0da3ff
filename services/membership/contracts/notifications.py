"""What membership reads of notifications: how it erases, and which contact was of no use."""

from dataclasses import dataclass
from uuid import UUID

from shared.messages.events import MemberId, event


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    table: str
    key: str
    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    what: str
    number: int
    why: str | None = None


@event("mentions-searched")
class MentionsSearched:
    searched: bool
    mentions: tuple[Mention, ...] = ()
    more: int = 0


@event("erasure-confirmed")
class ErasureConfirmed:
    erased: tuple[Tally, ...] = ()
    kept: tuple[Tally, ...] = ()
    by_hand: tuple[Tally, ...] = ()


@event("delivery-failed")
class DeliveryFailed:
    """`contact` is there when the address itself is at fault."""

    member: MemberId
    contact: UUID | None = None
