"""What a calendar part says, in words: the mail programs of real people show it as a card with buttons."""

from dataclasses import dataclass
from datetime import date, datetime

from icalendar import Calendar


@dataclass(frozen=True)
class Invitation:
    method: str
    summary: str
    starts: str
    ends: str
    place: str
    description: str


def read(calendar: str) -> Invitation | None:
    """The first event of an iCalendar text (RFC 5545); None when it cannot be read."""
    try:
        parsed = Calendar.from_ical(calendar)
        event = next(iter(parsed.walk("VEVENT")), None)
    except (ValueError, TypeError, KeyError, IndexError):
        return None
    if event is None:
        return None
    return Invitation(
        method=str(parsed.get("METHOD", "")),
        summary=str(event.get("SUMMARY", "")),
        starts=in_words(event.decoded("DTSTART", None)),
        ends=in_words(event.decoded("DTEND", None)),
        place=str(event.get("LOCATION", "")),
        description=str(event.get("DESCRIPTION", "")),
    )


def in_words(moment: object) -> str:
    """'Tuesday 8 December 2026, 12:30 (Europe/London)'."""
    if isinstance(moment, datetime):
        zone = getattr(moment.tzinfo, "key", None) or moment.tzname() or "local time"
        return f"{moment:%A} {moment.day} {moment:%B %Y, %H:%M} ({zone})"
    return f"{moment:%A} {moment.day} {moment:%B %Y}" if isinstance(moment, date) else ""
