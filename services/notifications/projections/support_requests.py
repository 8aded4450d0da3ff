"""What letters say of a support request: who asked for what, who was offered it, who reviewed it, what changed."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

from services.notifications.contracts.membership import MemberErased
from services.notifications.contracts.ppi import (
    ClaimAccrued,
    ResponseGiven,
    ReviewOffered,
    ReviewsReleased,
    SupportRequested,
)
from shared.database.pool import Transaction
from shared.messages.events import ERASED
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

support_requests = Projection("support_requests", version=1, tables=Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True)
class SupportRequestRow:
    request_id: UUID
    requester_id: UUID
    title: str
    kind: str
    needed_by: date
    reviewers: list[UUID]
    what_we_changed: str | None


@dataclass(frozen=True)
class OfferRow:
    answer_by: date
    fee_pence: int


@dataclass(frozen=True)
class FeeRow:
    claim_id: UUID
    request_id: UUID
    payee_id: UUID
    amount_pence: int
    activity_on: date


@support_requests.on(SupportRequested)
def _(event: SupportRequested, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "insert into support_requests (request_id, requester_id, title, kind, needed_by) values (%s, %s, %s, %s, %s)",
        recorded.id,
        event.requester,
        event.title,
        event.kind,
        event.needed_by,
    )


@support_requests.on(ReviewOffered)
def _(event: ReviewOffered, recorded: Recorded, db: Transaction) -> None:
    """A second offer to the same person replaces the first."""
    db.write(
        "insert into review_offers values (%s, %s, %s, %s)"
        " on conflict (request_id, member_id) do update set answer_by = excluded.answer_by,"
        " fee_pence = excluded.fee_pence",
        recorded.id,
        event.member,
        event.answer_by,
        event.fee_pence,
    )


@support_requests.on(ReviewsReleased)
def _(event: ReviewsReleased, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "update support_requests set reviewers = %s::uuid[] where request_id = %s", list(event.reviewers), recorded.id
    )


@support_requests.on(ResponseGiven)
def _(event: ResponseGiven, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "update support_requests set what_we_changed = %s where request_id = %s", event.what_we_changed, recorded.id
    )


@support_requests.on(ClaimAccrued)
def _(event: ClaimAccrued, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "insert into fees values (%s, %s, %s, %s, %s)",
        recorded.id,
        event.request,
        event.payee,
        event.amount_pence,
        event.activity_on,
    )


@support_requests.on(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "update support_requests set title = %s, what_we_changed = case when what_we_changed is not null then %s end"
        " where requester_id = %s",
        ERASED,
        ERASED,
        recorded.id,
    )


def support_request(db: Transaction, id: UUID) -> SupportRequestRow | None:
    return db.one(SupportRequestRow, "select * from support_requests where request_id = %s", id)


def offer(db: Transaction, request: UUID, member: UUID) -> OfferRow | None:
    return db.one(
        OfferRow,
        "select answer_by, fee_pence from review_offers where request_id = %s and member_id = %s",
        request,
        member,
    )


def fee(db: Transaction, claim: UUID) -> FeeRow | None:
    return db.one(FeeRow, "select * from fees where claim_id = %s", claim)
