"""A support request that the tests tell, synthetic from end to end."""

from datetime import date, timedelta
from uuid import UUID

from services.ppi.domain.support_request import (
    Kind,
    OfferAccepted,
    RelevanceJudged,
    ReviewDone,
    ReviewOffered,
    ReviewSent,
    ReviewsReleased,
    SupportRequested,
)
from shared.messages.events import MemberId
from shared.testing.decider import NOW

ROWAN, MARION, JOSEPH, ANN = (MemberId(UUID(int=number)) for number in (1, 2, 3, 4))
TODAY = NOW.date()
NEXT_WEEK = TODAY + timedelta(days=7)
NEEDED_BY = TODAY + timedelta(days=42)
ACTIVITY = "two-hours"
FEE, RATE_FROM = 5500, date(2025, 12, 16)
DUE_AT = NOW + timedelta(days=28)

RELEVANT = RelevanceJudged(requester=ROWAN, relevant=True, reason="It fits.", priority="Recruitment and retention")
NOT_RELEVANT = RelevanceJudged(requester=ROWAN, relevant=False, reason="It fits no priority.")


def asked(*, reviewers: int = 1) -> SupportRequested:
    return SupportRequested(
        requester=ROWAN,
        title="Rotas that let care workers stay",
        kind=Kind.PLAIN_ENGLISH_SUMMARY,
        summary="Do predictable rotas help?",
        needed_by=NEEDED_BY,
        reviewers=reviewers,
        activity=ACTIVITY,
    )


def offered(member: MemberId, answer_by: date = NEXT_WEEK) -> ReviewOffered:
    return ReviewOffered(member=member, answer_by=answer_by, fee_pence=FEE, rate_from=RATE_FROM)


def accepted(member: MemberId) -> OfferAccepted:
    return OfferAccepted(member=member)


def reviewed(member: MemberId, sent_on: date = TODAY) -> ReviewSent:
    return ReviewSent(member=member, text="Say rota, not roster.", sent_on=sent_on)


def released(*members: MemberId) -> ReviewsReleased:
    return ReviewsReleased(
        requester=ROWAN,
        reviewers=members,
        activity=ACTIVITY,
        work=tuple(ReviewDone(member, TODAY) for member in members),
        response_due_at=DUE_AT,
    )
