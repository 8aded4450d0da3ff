"""The rate in force on the day of the activity counts; every rate says where it can be checked."""

from datetime import date, timedelta

import pytest

from services.ppi.domain.payment_rates import ACTIVITIES, RATES, NoRate, rate_in_force, rates_in

LAST_DAY_BEFORE, FIRST_DAY = date(2025, 12, 15), date(2025, 12, 16)


@pytest.mark.parametrize(
    ("activity", "before", "since"),
    [
        ("very-short-task", 1250, 1380),
        ("one-hour", 2500, 2750),
        ("two-hours", 5000, 5500),
        ("half-day", 7500, 8250),
        ("full-day", 15000, 16500),
        ("full-day-prepared", 30000, 33000),
        ("top-band", 45000, 49500),
    ],
)
def test_the_rates_went_up_on_16_december_2025(activity: str, before: int, since: int) -> None:
    assert rate_in_force(activity, LAST_DAY_BEFORE).amount_pence == before
    assert rate_in_force(activity, FIRST_DAY).amount_pence == since


def test_a_rate_says_from_when_to_when_it_holds() -> None:
    assert rate_in_force("two-hours", LAST_DAY_BEFORE).until == LAST_DAY_BEFORE
    assert rate_in_force("two-hours", FIRST_DAY).since == FIRST_DAY
    assert rate_in_force("two-hours", FIRST_DAY).until is None


def test_only_the_two_ends_of_the_published_range_are_confirmed() -> None:
    confirmed = [(rate.activity, rate.amount_pence) for rate in RATES if rate.confirmed]
    assert confirmed == [("very-short-task", 1380), ("top-band", 49500)]


def test_every_rate_names_a_source() -> None:
    assert all(rate.source.startswith("https://") for rate in RATES)


def test_every_activity_has_one_rate_on_every_day_from_the_first_on() -> None:
    first = min(rate.since for rate in RATES)
    days = [first, *(rate.since for rate in RATES), *(rate.since - timedelta(days=1) for rate in RATES)]
    for activity in ACTIVITIES:
        for day in days:
            in_force = [
                rate
                for rate in RATES
                if rate.activity == activity and rate.since <= day and (rate.until is None or day <= rate.until)
            ]
            assert len(in_force) == (1 if day >= first else 0)


def test_before_the_first_rate_and_for_an_unknown_activity_there_is_none() -> None:
    with pytest.raises(NoRate):
        rate_in_force("two-hours", date(2022, 10, 16))
    with pytest.raises(NoRate):
        rate_in_force("a-favour", FIRST_DAY)


def test_a_rate_that_will_hold_later_can_be_written_down_now() -> None:
    def period(since: date, pence: int) -> dict[str, object]:
        return {"from": since, "source": "synthetic", "pence": {"talk": {"amount": pence, "confirmed": False}}}

    later, now = period(date(2031, 1, 1), 200), period(date(2030, 1, 1), 100)
    rates = rates_in({"activities": {"talk": "A talk"}, "rates": [later, now]})
    assert [(rate.amount_pence, rate.since, rate.until) for rate in rates] == [
        (100, date(2030, 1, 1), date(2030, 12, 31)),
        (200, date(2031, 1, 1), None),
    ]
