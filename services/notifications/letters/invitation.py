"""The calendar part of an invitation: an event that calendars can answer (RFC 5545, and RFC 5546 for REQUEST)."""

from datetime import datetime, timedelta
from email.headerregistry import Address

from icalendar import Calendar, Event, vCalAddress, vText

from services.notifications.letters.wording import LOCAL
from services.notifications.projections.meetings import MeetingRow

_ONE_DAY = timedelta(days=1)
_MADE_BY = "-//Copse//Communities of practice//EN"


def calendar_part(meeting: MeetingRow, *, organiser: Address, name: str, email: str, page: str, stamp: datetime) -> str:
    """The text of a `text/calendar; method=REQUEST` part that invites one member.

    The UID is the meeting's id, so that a later invitation to the same meeting replaces this one. `page` is the
    meeting's page on the portal. Times are local with their zone: a time in UTC would move by an hour when a series
    crosses the end of March.
    """
    event = Event()
    event.add("uid", str(meeting.meeting_id))
    event.add("sequence", 0)
    event.add("dtstamp", stamp)
    event.add("dtstart", meeting.starts_at.astimezone(LOCAL))
    event.add("dtend", meeting.ends_at.astimezone(LOCAL))
    event.add("summary", meeting.title)
    event.add("description", _description(meeting, page))
    event.add("location", meeting.venue or meeting.online_link or meeting.phone_number or "To be told")
    event.add("url", page)
    event.add("status", "CONFIRMED")
    event.add("organizer", _address(organiser.addr_spec, {"CN": organiser.display_name}))
    wishes = {"CN": name, "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "NEEDS-ACTION", "RSVP": "TRUE"}
    event.add("attendee", _address(email, wishes))
    calendar = Calendar()
    calendar.add("prodid", _MADE_BY)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "REQUEST")
    calendar.add_component(event)
    # Without the dates every change of the clocks since 1970 is written down: 2 kB instead of a few lines. One day more
    # on each side, because for a span of one day icalendar 7.3 writes a zone without any offset in it.
    calendar.add_missing_timezones(
        first_date=meeting.starts_at.date() - _ONE_DAY, last_date=meeting.ends_at.date() + _ONE_DAY
    )
    return bytes(calendar.to_ical()).decode()


def _description(meeting: MeetingRow, page: str) -> str:
    parts = [meeting.about]
    if meeting.online_link:
        parts.append(f"Join online: {meeting.online_link}")
    if meeting.phone_number:
        parts.append(f"By phone: {meeting.phone_number}")
    parts.append(f"Tell us whether you will take part: {page}")
    return "\n\n".join(parts)


def _address(email: str, parameters: dict[str, str]) -> vCalAddress:
    address = vCalAddress(f"mailto:{email}")
    for name, value in parameters.items():
        address.params[name] = vText(value)
    return address
