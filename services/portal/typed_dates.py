"""Dates and times as people type them into a form, read with patience."""

from __future__ import annotations

import re
from datetime import date, datetime, time

from services.portal.words import KENT

_CLOCK = re.compile(r"^(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?$")


def read_day(day: str, month: str, year: str) -> date:
    """Three typed numbers. Raises ValueError with a sentence for the person."""
    try:
        return date(int(year), int(month), int(day))
    except ValueError as error:
        raise ValueError("Enter a real date, for example 18 11 2027") from error


def read_clock(text: str) -> time:
    """ "10am", "2.30 pm", "14:30" or "midday". Raises ValueError with a sentence for the person."""
    typed = text.strip().lower()
    if typed in ("midday", "noon"):
        return time(12)
    match = _CLOCK.match(typed)
    if match:
        hour, minute, half = int(match[1]), int(match[2] or 0), match[3]
        if half and 1 <= hour <= 12:
            hour = hour % 12 + (12 if half == "pm" else 0)
        elif half or (match[2] is None and hour <= 12):
            hour = 24  # "7" may be morning or evening, "13pm" is neither: ask again
        if hour < 24 and minute < 60:
            return time(hour, minute)
    raise ValueError("Enter a time, for example 10am or 2:30pm")


def in_kent(on: date, at: time) -> str:
    """A day and a time of day in Kent as an RFC 3339 time with its offset."""
    return datetime.combine(on, at, tzinfo=KENT).isoformat()
