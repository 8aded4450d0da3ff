"""A claim: what a reviewer has earned by one review."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Self
from uuid import UUID, uuid5

from services.ppi.domain.payment_rates import rate_in_force
from shared.messages.decisions import Command, Context, State, replace
from shared.messages.events import Event, MemberId, event


class Standing(StrEnum):
    UNKNOWN = "unknown"
    ACCRUED = "accrued"


@event("claim-accrued")
class ClaimAccrued:
    """A fee was earned at the rate in force on the day of the activity; it says which, so that it can be checked."""

    payee: MemberId
    request: UUID
    activity: str
    amount_pence: int
    activity_on: date
    rate_from: date
    rate_source: str


class Claim(State, category="claim"):
    standing: Standing = Standing.UNKNOWN

    def evolve(self, event: Event) -> Self:
        match event:
            case ClaimAccrued():
                return replace(self, standing=Standing.ACCRUED)
        return self


class AccrueClaim(Command[Claim]):
    """Note what a member has earned. There is one claim for each member and request: see `claim_id`."""

    creates = True

    payee: MemberId
    request: UUID
    activity: str
    activity_on: date

    def decide(self, claim: Claim, context: Context) -> Iterator[Event]:
        # Without a rate this fails instead of refusing: a refusal would end it, and nobody would be paid.
        rate = rate_in_force(self.activity, self.activity_on)
        yield ClaimAccrued(
            payee=self.payee,
            request=self.request,
            activity=self.activity,
            amount_pence=rate.amount_pence,
            activity_on=self.activity_on,
            rate_from=rate.since,
            rate_source=rate.source,
        )


def claim_id(request: UUID, payee: MemberId) -> UUID:
    """The id of the claim for one review, always the same: so a review cannot be paid twice, whatever is repeated."""
    return uuid5(request, str(payee))
