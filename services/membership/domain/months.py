"""Days and calendar months, as the clocks of rights requests and complaints count them."""

import calendar
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

LOCAL: Final = ZoneInfo("Europe/London")


def today(now: datetime) -> date:
    """The day in Kent."""
    return now.astimezone(LOCAL).date()


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day when it has no such day (31 January: 28 February).

    ICO, "How long do we have to comply?": https://ico.org.uk/for-organisations/uk-gdpr-guidance-and-resources/
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, LOCAL)


def end_of(day: date) -> datetime:
    """The first moment of the day after."""
    return start_of(day + timedelta(days=1))
