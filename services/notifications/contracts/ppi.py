"""What notifications reads of ppi: offers, reviews, answers and fees that people are told of."""

from datetime import date
from typing import Annotated
from uuid import UUID

from shared.messages.events import MemberId, Sealed, event


@event("support-requested")
class SupportRequested:
    """`kind` is application-review, plain-english-summary or small-discussion."""

    requester: MemberId
    title: Annotated[str, Sealed(of="requester")]
    kind: str
    needed_by: date


@event("review-offered")
class ReviewOffered:
    member: MemberId
    answer_by: date
    fee_pence: int


@event("offer-accepted")
class OfferAccepted:
    member: MemberId


@event("offer-declined")
class OfferDeclined:
    member: MemberId


@event("review-sent")
class ReviewSent:
    member: MemberId


@event("reviews-released")
class ReviewsReleased:
    requester: MemberId
    reviewers: tuple[MemberId, ...]


@event("response-given")
class ResponseGiven:
    requester: MemberId
    what_we_changed: Annotated[str, Sealed(of="requester")]


@event("claim-accrued")
class ClaimAccrued:
    payee: MemberId
    request: UUID
    amount_pence: int
    activity_on: date
