"""What follows by itself: fees, and two deadlines."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import cast
from uuid import UUID

from services.ppi.domain.claim import AccrueClaim, claim_id
from services.ppi.domain.support_request import ExpireOffer, NoteResponseOverdue, ReviewDone
from services.ppi.reactions.accrue_fee import accrue_fee
from services.ppi.reactions.expire_offers import expire_offers
from services.ppi.reactions.response_due import response_due
from shared.database.pool import Transaction
from shared.messages.events import Event
from shared.messages.recorded import BEGINNING, Metadata, Recorded
from shared.reactions.reaction import Do, Reaction, Step
from shared.testing.decider import NOW
from tests.unit.ppi.story import ACTIVITY, DUE_AT, JOSEPH, MARION, TODAY, offered, released

REQUEST = UUID(int=30)
NO_DATABASE = cast(Transaction, None)


def steps(reaction: Reaction, event: Event) -> Iterable[Step]:
    recorded = Recorded(
        event=event,
        event_id=UUID(int=40),
        stream=f"support-request-{REQUEST}",
        version=7,
        position=BEGINNING,
        who=Metadata(actor="anonymous", channel="web", correlation_id=UUID(int=41)),
        recorded_at=NOW,
    )
    return reaction._handlers[type(event)](event, recorded, NO_DATABASE)


def test_each_reviewer_earns_the_fee_of_the_day_of_her_review() -> None:
    earlier = date(2025, 12, 15)
    event = replace(released(MARION, JOSEPH), work=(ReviewDone(MARION, earlier), ReviewDone(JOSEPH, TODAY)))
    assert list(steps(accrue_fee, event)) == [
        Do(
            claim_id(REQUEST, member),
            AccrueClaim(payee=member, request=REQUEST, activity=ACTIVITY, activity_on=day),
        )
        for member, day in ((MARION, earlier), (JOSEPH, TODAY))
    ]


def test_an_offer_ends_at_the_midnight_of_its_day_in_kent() -> None:
    midnight_in_summer = datetime(2026, 6, 30, 23, 0, tzinfo=UTC)
    assert list(steps(expire_offers, offered(MARION, date(2026, 6, 30)))) == [
        Do(REQUEST, ExpireOffer(member=MARION), at=midnight_in_summer)
    ]


def test_the_answer_is_looked_for_when_it_is_due() -> None:
    assert list(steps(response_due, released(MARION))) == [Do(REQUEST, NoteResponseOverdue(), at=DUE_AT)]
