"""The calendar part of an invitation: what a calendar reads from it."""

from datetime import UTC, datetime, timedelta
from email.headerregistry import Address

import pytest
from icalendar import Calendar, Event

from services.notifications.letters.invitation import calendar_part
from services.notifications.letters.wording import LOCAL
from services.notifications.projections.meetings import MeetingRow
from tests.unit.notifications.facts import DECEMBER, JULY

STAMP = datetime(2027, 6, 1, 12, 0, tzinfo=UTC)
PAGE = "https://copse.example.org/meetings/1"


def part(meeting: MeetingRow) -> str:
    return calendar_part(
        meeting,
        organiser=Address("Copse", addr_spec="copse@example.org"),
        name="Siân O'Example",
        email="sian@example.org",
        page=PAGE,
        stamp=STAMP,
    )


def read(text: str) -> Calendar:
    calendar = Calendar.from_ical(text)
    assert isinstance(calendar, Calendar)
    return calendar


def only_event(meeting: MeetingRow) -> Event:
    (event,) = read(part(meeting)).events
    return event


@pytest.mark.parametrize(("meeting", "offset"), [(JULY, timedelta(hours=1)), (DECEMBER, timedelta(0))])
def test_a_meeting_is_at_its_time_in_kent(meeting: MeetingRow, offset: timedelta) -> None:
    event = only_event(meeting)
    assert isinstance(event.start, datetime)
    assert (event.start, event.end) == (meeting.starts_at, meeting.ends_at)
    assert event.start.utcoffset() == offset
    assert "DTSTART;TZID=Europe/London:" in part(meeting)
    assert "DTEND;TZID=Europe/London:" in part(meeting)


@pytest.mark.parametrize("meeting", [JULY, DECEMBER])
def test_a_calendar_that_knows_no_zones_finds_the_time_in_the_mail(meeting: MeetingRow) -> None:
    (zone,) = read(part(meeting)).timezones
    described = zone.to_tz(lookup_tzid=False)
    local = meeting.starts_at.astimezone(LOCAL).replace(tzinfo=None)
    assert described.utcoffset(local) == meeting.starts_at.astimezone(LOCAL).utcoffset()
    assert len(zone.subcomponents) == 1, "only what the days of the meeting need"


def test_it_is_a_request_that_can_be_answered() -> None:
    assert read(part(JULY))["method"] == "REQUEST"
    event = only_event(JULY)
    assert event.uid == str(JULY.meeting_id)
    assert event.sequence == 0
    assert event.organizer == "mailto:copse@example.org"
    (attendee,) = event.attendees
    assert attendee == "mailto:sian@example.org"
    assert {name: attendee.params[name] for name in ("RSVP", "PARTSTAT", "CN")} == {
        "RSVP": "TRUE",
        "PARTSTAT": "NEEDS-ACTION",
        "CN": "Siân O'Example",
    }
    assert (event.url, event.location) == (PAGE, JULY.venue)
    assert event.DTSTAMP == STAMP


def test_no_line_is_longer_than_calendars_take() -> None:
    assert max(len(line.encode()) for line in part(JULY).split("\r\n")) <= 75
