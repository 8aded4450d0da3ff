"""What a reviewer has earned: once, at the rate of the day."""

from datetime import date
from uuid import UUID

import pytest

from services.ppi.domain.claim import AccrueClaim, Claim, ClaimAccrued, claim_id
from services.ppi.domain.payment_rates import NoRate, rate_in_force
from shared.testing.decider import given
from tests.unit.ppi.story import ACTIVITY, JOSEPH, MARION

REQUEST, ANOTHER = UUID(int=30), UUID(int=31)


@pytest.mark.parametrize(
    ("day", "pence", "rate_from"),
    [(date(2025, 12, 15), 5000, date(2022, 10, 17)), (date(2025, 12, 16), 5500, date(2025, 12, 16))],
)
def test_the_rate_of_the_day_of_the_review_counts(day: date, pence: int, rate_from: date) -> None:
    given(Claim).when(AccrueClaim(payee=MARION, request=REQUEST, activity=ACTIVITY, activity_on=day)).then(
        ClaimAccrued(
            payee=MARION,
            request=REQUEST,
            activity=ACTIVITY,
            amount_pence=pence,
            activity_on=day,
            rate_from=rate_from,
            rate_source=rate_in_force(ACTIVITY, day).source,
        )
    )


def test_without_a_rate_it_fails_and_is_tried_again_rather_than_refused() -> None:
    with pytest.raises(NoRate):
        given(Claim).when(AccrueClaim(payee=MARION, request=REQUEST, activity=ACTIVITY, activity_on=date(2020, 1, 1)))


def test_there_is_one_claim_for_each_reviewer_of_each_request() -> None:
    ids = [claim_id(request, member) for request in (REQUEST, ANOTHER) for member in (MARION, JOSEPH)]
    assert len(set(ids)) == 4
    assert claim_id(REQUEST, MARION) == ids[0]
