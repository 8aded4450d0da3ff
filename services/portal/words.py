"""Dates, times and money as people say them. Times are told in Kent's time zone."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

KENT = ZoneInfo("Europe/London")


def read_moment(text: str) -> datetime:
    """An RFC 3339 time, in Kent's time zone. Raises ValueError without an offset."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset from UTC")
    return moment.astimezone(KENT)


def day(value: str | date) -> str:
    """`2025-11-18` (or a whole time) as "18 November 2025"."""
    when = _as_date(value)
    return f"{when.day} {when:%B %Y}"


def weekday(value: str | date) -> str:
    """`2025-11-18` as "Tuesday 18 November 2025"."""
    when = _as_date(value)
    return f"{when:%A} {day(when)}"


def clock(moment: datetime) -> str:
    """10:00 as "10am", 14:30 as "2:30pm", noon as "midday" (GOV.UK style guide, "Times")."""
    if (moment.hour, moment.minute) == (12, 0):
        return "midday"
    if (moment.hour, moment.minute) == (0, 0):
        return "midnight"
    hour = moment.hour % 12 or 12
    minutes = f":{moment.minute:02d}" if moment.minute else ""
    return f"{hour}{minutes}{'am' if moment.hour < 12 else 'pm'}"


def moment(text: str) -> str:
    """A time as "Tuesday 18 November 2025, 10am"."""
    when = read_moment(text)
    return f"{weekday(when.date())}, {clock(when)}"


def span(starts_at: str, ends_at: str) -> str:
    """From and to: "Tuesday 18 November 2025, 10am to 11:30am", with both days where they differ."""
    start, end = read_moment(starts_at), read_moment(ends_at)
    if start.date() == end.date():
        return f"{moment(starts_at)} to {clock(end)}"
    return f"{moment(starts_at)} to {moment(ends_at)}"


def period(text: str | None) -> str:
    """A milestone's time, as exact as its source: "2021", "2021-07" or "2023-08-24"; none is "Undated"."""
    if not text:
        return "Undated"
    parts = text.split("-")
    if len(parts) == 3:
        return day(text)
    if len(parts) == 2:
        return f"{date(int(parts[0]), int(parts[1]), 1):%B %Y}"
    return text


def pounds(pence: int) -> str:
    """2750 as "£27.50", 7500 as "£75", 49500 as "£495"."""
    whole, rest = divmod(pence, 100)
    return f"£{whole:,}.{rest:02d}" if rest else f"£{whole:,}"


def number(value: int | float) -> str:
    """2149 (or 2149.0) as "2,149"."""
    return f"{int(value) if value == int(value) else value:,}"


def _as_date(value: str | date) -> date:
    if isinstance(value, datetime):
        return value.astimezone(KENT).date()
    if isinstance(value, date):
        return value
    return date.fromisoformat(value) if len(value) == 10 else read_moment(value).date()
