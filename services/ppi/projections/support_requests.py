"""What was asked, where does it stand, who was offered the review, what came back, and what changed?"""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from services.ppi.contracts.membership import MemberErased
from services.ppi.domain.support_request import (
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferStatus,
    OfferWithdrawn,
    RelevanceJudged,
    RequestClosed,
    ResponseGiven,
    ResponseOverdue,
    ReviewOffered,
    ReviewSent,
    ReviewsReleased,
    Status,
    SupportRequested,
    stage_of_reviewing,
)
from shared.database.pool import Transaction
from shared.messages.events import ERASED
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

support_requests = Projection("support_requests", version=1, tables=Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True)
class SupportRequestRow:
    id: UUID
    requester_id: UUID
    requester_name: str | None
    title: str
    kind: str
    summary: str
    needed_by: date
    reviewers: int
    activity: str
    status: str
    relevant: bool | None
    relevance_reason: str | None
    priority: str | None
    released_at: datetime | None
    response_due_at: datetime | None
    overdue: bool
    response: str | None
    responded_at: datetime | None
    version: int


@dataclass(frozen=True)
class OfferRow:
    member_id: UUID
    name: str | None
    status: str
    offered_at: datetime
    answer_by: date
    fee_pence: int


@dataclass(frozen=True)
class ReviewRow:
    reviewer_id: UUID
    name: str | None
    text: str
    sent_at: datetime


@dataclass(frozen=True)
class _Counts:
    waiting: int
    accepted: int
    reviewed: int


@support_requests.on(SupportRequested)
def _(event: SupportRequested, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "insert into support_requests (id, requester_id, title, kind, summary, needed_by, reviewers, activity,"
        " status, version) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        recorded.id,
        event.requester,
        event.title,
        event.kind,
        event.summary,
        event.needed_by,
        event.reviewers,
        event.activity,
        Status.SUBMITTED,
        recorded.version,
    )


@support_requests.on(RelevanceJudged)
def _(event: RelevanceJudged, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "update support_requests set relevant = %s, relevance_reason = %s, priority = %s where id = %s",
        event.relevant,
        event.reason,
        event.priority,
        recorded.id,
    )
    _move(db, recorded, Status.RELEVANT if event.relevant else Status.NOT_RELEVANT)


@support_requests.on(ReviewOffered)
def _(event: ReviewOffered, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "insert into offers values (%s, %s, %s, %s, %s, %s) on conflict (request_id, member_id) do update set"
        " status = excluded.status, offered_at = excluded.offered_at, answer_by = excluded.answer_by,"
        " fee_pence = excluded.fee_pence",
        recorded.id,
        event.member,
        OfferStatus.OFFERED,
        recorded.recorded_at,
        event.answer_by,
        event.fee_pence,
    )
    _move(db, recorded, _stage(db, recorded.id))


@support_requests.on(OfferAccepted)
def _(event: OfferAccepted, recorded: Recorded, db: Transaction) -> None:
    _answer(db, recorded, event.member, OfferStatus.ACCEPTED)


@support_requests.on(OfferDeclined)
def _(event: OfferDeclined, recorded: Recorded, db: Transaction) -> None:
    _answer(db, recorded, event.member, OfferStatus.DECLINED)


@support_requests.on(OfferExpired)
def _(event: OfferExpired, recorded: Recorded, db: Transaction) -> None:
    _answer(db, recorded, event.member, OfferStatus.EXPIRED)


@support_requests.on(OfferWithdrawn)
def _(event: OfferWithdrawn, recorded: Recorded, db: Transaction) -> None:
    _answer(db, recorded, event.member, OfferStatus.WITHDRAWN)


@support_requests.on(ReviewSent)
def _(event: ReviewSent, recorded: Recorded, db: Transaction) -> None:
    db.write("insert into reviews values (%s, %s, %s, %s)", recorded.id, event.member, event.text, recorded.recorded_at)
    _move(db, recorded, _stage(db, recorded.id))


@support_requests.on(ReviewsReleased)
def _(event: ReviewsReleased, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "update support_requests set released_at = %s, response_due_at = %s where id = %s",
        recorded.recorded_at,
        event.response_due_at,
        recorded.id,
    )
    _move(db, recorded, Status.RELEASED)


@support_requests.on(ResponseOverdue)
def _(event: ResponseOverdue, recorded: Recorded, db: Transaction) -> None:
    db.write("update support_requests set overdue = true, version = %s where id = %s", recorded.version, recorded.id)


@support_requests.on(ResponseGiven)
def _(event: ResponseGiven, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "update support_requests set response = %s, responded_at = %s, overdue = false, version = %s where id = %s",
        event.what_we_changed,
        recorded.recorded_at,
        recorded.version,
        recorded.id,
    )


@support_requests.on(RequestClosed)
def _(event: RequestClosed, recorded: Recorded, db: Transaction) -> None:
    _move(db, recorded, Status.CLOSED)


@support_requests.on(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> None:
    """What she asked for and what she wrote read as they would if all were told anew. Ids, days and fees stay."""
    db.write(
        "update support_requests set title = %s, summary = %s,"
        " relevance_reason = case when relevance_reason is not null then %s end,"
        " response = case when response is not null then %s end where requester_id = %s",
        ERASED,
        ERASED,
        ERASED,
        ERASED,
        recorded.id,
    )
    db.write("update reviews set text = %s where reviewer_id = %s", ERASED, recorded.id)


def _answer(db: Transaction, recorded: Recorded, member: UUID, status: OfferStatus) -> None:
    db.write("update offers set status = %s where request_id = %s and member_id = %s", status, recorded.id, member)
    _move(db, recorded, _stage(db, recorded.id))


def _stage(db: Transaction, request: UUID) -> Status:
    counts = db.one(
        _Counts,
        "select count(*) filter (where status = 'offered') as waiting,"
        " count(*) filter (where status = 'accepted') as accepted, count(reviewer_id) as reviewed"
        " from offers o left join reviews r on r.request_id = o.request_id and reviewer_id = member_id"
        " where o.request_id = %s",
        request,
    ) or _Counts(0, 0, 0)
    return stage_of_reviewing(waiting=counts.waiting, accepted=counts.accepted, reviewed=counts.reviewed)


def _move(db: Transaction, recorded: Recorded, status: Status) -> None:
    db.write(
        "update support_requests set status = %s, version = %s where id = %s", status, recorded.version, recorded.id
    )


_WITH_NAME = (
    "select s.*, name as requester_name"
    " from support_requests s left join (select member_id, name from people) p on p.member_id = requester_id"
)


def support_request(db: Transaction, id: UUID) -> SupportRequestRow | None:
    return db.one(SupportRequestRow, f"{_WITH_NAME} where s.id = %s", id)


def support_requests_of(
    db: Transaction, involving: UUID | None, after: UUID | None, limit: int
) -> list[SupportRequestRow]:
    """The requests that a member made or was asked to review, or all (None), oldest first, up to `limit` + 1."""
    return db.all(
        SupportRequestRow,
        f"{_WITH_NAME} where (%s::uuid is null or requester_id = %s"
        " or exists (select from offers where request_id = s.id and member_id = %s))"
        " and (%s::uuid is null or s.id > %s) order by s.id limit %s",
        involving,
        involving,
        involving,
        after,
        after,
        limit + 1,
    )


def offers_of(db: Transaction, request: UUID) -> list[OfferRow]:
    """In the order in which they were made."""
    return db.all(
        OfferRow,
        "select o.member_id, name, o.status, offered_at, answer_by, fee_pence from offers o"
        " left join (select member_id, name from people) p on p.member_id = o.member_id"
        " where request_id = %s order by offered_at, o.member_id",
        request,
    )


def reviews_of(db: Transaction, request: UUID) -> list[ReviewRow]:
    """In the order in which they came in."""
    return db.all(
        ReviewRow,
        "select reviewer_id, name, text, sent_at from reviews"
        " left join (select member_id, name from people) p on p.member_id = reviewer_id"
        " where request_id = %s order by sent_at, reviewer_id",
        request,
    )
