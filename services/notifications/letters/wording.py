"""How days, times, money and choices are said in letters."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from services.notifications.projections.meetings import MeetingRow, ReplyRow
from services.notifications.projections.support_requests import SupportRequestRow

LOCAL: Final = ZoneInfo("Europe/London")
"""Meetings happen in this zone, and letters give their times in it."""

_COMING = {"in-person": "come in person", "online": "join online", "by-phone": "join by phone"}
_ASKED = {
    "application-review": "read an application for research money, and say what you think of it",
    "plain-english-summary": "help to write a short summary that everybody can understand",
    "small-discussion": "talk about the idea in a small group",
}


_RIGHTS = {
    "access": "see what we hold about you",
    "portability": "have your data to take with you",
    "rectification": "have something put right",
    "restriction": "have us only keep your data, and not use them",
    "erasure": "have your data erased",
    "objection": "have us stop using your data for something",
}


def day(value: date) -> str:
    """`Tuesday 7 July 2026`; a moment gives its day in Kent."""
    local = value.astimezone(LOCAL) if isinstance(value, datetime) else value
    return f"{local:%A} {local.day} {local:%B %Y}"


def clock(value: datetime) -> str:
    """`10am`, `2:30pm`, `12 noon`."""
    local = value.astimezone(LOCAL)
    if (local.hour, local.minute) == (12, 0):
        return "12 noon"
    minutes = f":{local.minute:02}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"


def when(meeting: MeetingRow) -> str:
    """`Tuesday 7 July 2026, 10am to 11:30am (UK time)`."""
    first, last = day(meeting.starts_at), day(meeting.ends_at)
    until = clock(meeting.ends_at) if first == last else f"{last}, {clock(meeting.ends_at)}"
    return f"{first}, {clock(meeting.starts_at)} to {until} (UK time)"


def pounds(pence: int) -> str:
    """`£27.50`, `£495`."""
    whole, rest = divmod(pence, 100)
    return f"£{whole:,}.{rest:02}" if rest else f"£{whole:,}"


def coming(reply: ReplyRow) -> str:
    """`come in person`: what follows on "you will"."""
    return way_said(reply.way)


def way_said(way: str | None) -> str:
    """The same for a way alone."""
    return _COMING.get(way or "", "take part")


def asked(request: SupportRequestRow) -> str:
    """What a reviewer is asked to do."""
    return _ASKED.get(request.kind, "read the idea, and say what you think of it")


def right(code: str) -> str:
    """What she asked for: what follows on "you asked to"."""
    return _RIGHTS.get(code, "use one of your rights over your data")


_FORMS = {"easy-read": "Easy Read", "audio": "an audio version", "bsl": "British Sign Language"}


def forms(to_make: Sequence[str]) -> str:
    """`Easy Read and Polish`: what somebody makes by hand."""
    said = [_FORMS.get(each, each.partition(":")[2] or each) for each in to_make]
    return " and ".join(filter(None, [", ".join(said[:-1]), said[-1]]))


def quoted(text: str) -> str:
    """Somebody's own words, each line marked as such, so that nothing in them is taken for ours."""
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())
