"""What an activity is paid on a day. The rates are data: `payment_rates.toml`, each with its source."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Rate:
    """The fee for one activity while it holds: from `since` to `until`, both included (None: until further notice).

    `confirmed` says that the source itself states this amount.
    """

    activity: str
    label: str
    amount_pence: int
    since: date
    until: date | None
    source: str
    confirmed: bool


class NoRate(LookupError):
    """No rate is known for this activity on this day."""


def rates_in(data: Mapping[str, Any]) -> list[Rate]:
    """The rates of a file in the form of `payment_rates.toml`, by activity in the file's order, oldest first."""
    periods = sorted(data["rates"], key=lambda period: period["from"])
    following = [period["from"] - timedelta(days=1) for period in periods[1:]] + [None]
    return [
        Rate(activity, label, rate["amount"], period["from"], until, period["source"], rate["confirmed"])
        for activity, label in data["activities"].items()
        for period, until in zip(periods, following, strict=True)
        for rate in [period["pence"][activity]]
    ]


RATES: Sequence[Rate] = rates_in(tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8")))
ACTIVITIES: Sequence[str] = list(dict.fromkeys(rate.activity for rate in RATES))


def rate_in_force(activity: str, on: date) -> Rate:
    """The rate for an activity on the day when it is done. Raises NoRate."""
    for rate in RATES:
        if rate.activity == activity and rate.since <= on and (rate.until is None or on <= rate.until):
            return rate
    raise NoRate(f"There is no payment rate for {activity} on {on}. Add it to payment_rates.toml, with its source.")
