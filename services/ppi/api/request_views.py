"""What each person sees of one request: the coordinator all, the researcher no reviewer's name, a member her part.

A member who said no, or whose offer lapsed, keeps her own answer and nothing of the idea but its title: applications
are confidential (NIHR guidance for public reviewers, 12245).
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.ppi.domain.days import day_of
from services.ppi.domain.payment_rates import rate_in_force
from services.ppi.domain.support_request import OfferStatus
from services.ppi.projections.support_requests import OfferRow, ReviewRow, SupportRequestRow

View = dict[str, object]


def view_for(
    member: UUID | None,
    sees_all: bool,
    row: SupportRequestRow,
    offers: Sequence[OfferRow],
    reviews: Sequence[ReviewRow],
    now: datetime,
) -> View | None:
    """The fields of `OneSupportRequestSchema`, or None for somebody who has no part in the request."""
    own = next((offer for offer in offers if offer.member_id == member), None)
    if sees_all:
        return _whole(row, offers, now) | {"reviews": [_named(row, review) for review in reviews]}
    if row.requester_id == member:
        anonymous = [_anonymous(row, review, nth) for nth, review in enumerate(reviews, 1)]
        return _whole(row, offers, now) | {"offers": [], "reviews": anonymous if row.released_at else []}
    if own is None:
        return None
    if own.status not in (OfferStatus.OFFERED, OfferStatus.ACCEPTED):
        return _whole(row, [own], now) | {"summary": None, "relevance": None, "response": None, "reviews": []}
    mine = [_named(row, review) for review in reviews if review.reviewer_id == member]
    return _whole(row, [own], now) | {"reviews": mine}


def _whole(row: SupportRequestRow, offers: Sequence[OfferRow], now: datetime) -> View:
    relevance = {"relevant": row.relevant, "reason": row.relevance_reason, "priority": row.priority}
    # What was said in the offer; before there is one, what it would say today.
    fee = offers[-1].fee_pence if offers else rate_in_force(row.activity, day_of(now)).amount_pence
    return {
        "id": row.id,
        "title": row.title,
        "kind": row.kind,
        "status": row.status,
        "needed_by": row.needed_by,
        "requester_id": row.requester_id,
        "requester_name": row.requester_name,
        "version": row.version,
        "summary": row.summary,
        "reviewers": row.reviewers,
        "activity": row.activity,
        "fee_pence": fee,
        "relevance": relevance if row.relevant is not None else None,
        "offers": offers,
        "response": {"text": row.response, "given_at": row.responded_at} if row.response is not None else None,
        "response_due_at": row.response_due_at,
        "overdue": row.overdue,
    }


def _named(row: SupportRequestRow, review: ReviewRow) -> View:
    return {
        "reviewer_id": review.reviewer_id,
        "reviewer": review.name or "A member",
        "text": review.text,
        "sent_at": review.sent_at,
        "released_at": row.released_at,
    }


def _anonymous(row: SupportRequestRow, review: ReviewRow, nth: int) -> View:
    return _named(row, review) | {"reviewer_id": None, "reviewer": f"Reviewer {nth}"}
