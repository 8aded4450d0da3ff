"""A complaint: anybody may make one, it is acknowledged within 30 days, looked into, and answered.

    received -> acknowledged -> investigating -> outcome

Data (Use and Access) Act 2025, section 103: https://www.legislation.gov.uk/ukpga/2025/18/section/103

Its texts are sealed under the complainant's key if she is known here, and otherwise under a key of the complaint's own:
`person` is the member's id or the complaint's.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Final, Self

from services.membership.domain.months import today
from shared.messages.decisions import Command, Context, Refused, State, replace
from shared.messages.events import Event, MemberId, Sealed, event

ACKNOWLEDGED_WITHIN: Final = timedelta(days=30)


class ComplaintStatus(StrEnum):
    UNKNOWN = "unknown"
    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    INVESTIGATING = "investigating"
    OUTCOME = "outcome"


@event("complaint-received")
class ComplaintReceived:
    """`known`: `person` is somebody's record here, and letters go where hers go."""

    person: MemberId
    known: bool
    received_on: date
    acknowledge_by: date
    what: Annotated[str, Sealed(of="person")]
    name: Annotated[str | None, Sealed(of="person")] = None
    email: Annotated[str | None, Sealed(of="person")] = None
    phone: Annotated[str | None, Sealed(of="person")] = None
    postal_address: Annotated[str | None, Sealed(of="person")] = None


@event("complaint-acknowledged")
class ComplaintAcknowledged:
    """Carries how to reach somebody who is not known here, so that a letter can."""

    person: MemberId
    known: bool
    name: Annotated[str | None, Sealed(of="person")] = None
    email: Annotated[str | None, Sealed(of="person")] = None
    phone: Annotated[str | None, Sealed(of="person")] = None
    postal_address: Annotated[str | None, Sealed(of="person")] = None


@event("complaint-investigated")
class ComplaintInvestigated:
    """Somebody looks into it. `note` is not for the complainant."""

    person: MemberId
    note: Annotated[str, Sealed(of="person")]


@event("complaint-answered")
class ComplaintAnswered:
    person: MemberId
    answer: Annotated[str, Sealed(of="person")]


@event("acknowledgement-near")
class AcknowledgementNear:
    """It must be acknowledged within days."""


@event("acknowledgement-missed")
class AcknowledgementMissed:
    """It was not acknowledged in time."""


class Complaint(State, category="complaint"):
    status: ComplaintStatus = ComplaintStatus.UNKNOWN
    received: ComplaintReceived | None = None

    def evolve(self, event: Event) -> Self:
        match event:
            case ComplaintReceived():
                return replace(self, status=ComplaintStatus.RECEIVED, received=event)
            case ComplaintAcknowledged():
                return replace(self, status=ComplaintStatus.ACKNOWLEDGED)
            case ComplaintInvestigated():
                return replace(self, status=ComplaintStatus.INVESTIGATING)
            case ComplaintAnswered():
                return replace(self, status=ComplaintStatus.OUTCOME)
        return self

    @property
    def made(self) -> ComplaintReceived:
        """Raises ValueError for a complaint that was never made."""
        if self.received is None:
            raise ValueError("this complaint was never made")
        return self.received


class Complain(Command[Complaint]):
    """Complain. Whoever is not known here says how an answer can reach her."""

    creates = True

    person: MemberId
    known: bool
    what: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    postal_address: str | None = None
    received_on: date | None = None

    def decide(self, complaint: Complaint, context: Context) -> Iterator[Event]:
        if not self.known and not (self.name and (self.email or self.phone or self.postal_address)):
            raise Refused("no-way-to-reach", "Give your name, and a way to reach you: email, phone or postal address.")
        day = today(context.now)
        received_on = self.received_on or day
        if received_on > day:
            raise Refused("not-received-yet", "A complaint cannot be received on a day to come.")
        yield ComplaintReceived(
            person=self.person,
            known=self.known,
            received_on=received_on,
            acknowledge_by=received_on + ACKNOWLEDGED_WITHIN,
            what=self.what,
            name=self.name,
            email=self.email,
            phone=self.phone,
            postal_address=self.postal_address,
        )


class Acknowledge(Command[Complaint]):
    """Tell her that it has come, and who looks into it. A letter goes out."""

    def decide(self, complaint: Complaint, context: Context) -> Iterator[Event]:
        _must_be(complaint, ComplaintStatus.RECEIVED)
        made = complaint.made
        yield ComplaintAcknowledged(
            person=made.person,
            known=made.known,
            name=made.name,
            email=made.email,
            phone=made.phone,
            postal_address=made.postal_address,
        )


class Investigate(Command[Complaint]):
    """Look into it; again whenever something is learnt."""

    note: str

    def decide(self, complaint: Complaint, context: Context) -> Iterator[Event]:
        _must_be(complaint, ComplaintStatus.ACKNOWLEDGED, ComplaintStatus.INVESTIGATING)
        yield ComplaintInvestigated(person=complaint.made.person, note=self.note)


class AnswerComplaint(Command[Complaint]):
    """Say what came of it. A letter with these words goes out."""

    answer: str

    def decide(self, complaint: Complaint, context: Context) -> Iterator[Event]:
        _must_be(complaint, ComplaintStatus.INVESTIGATING)
        yield ComplaintAnswered(person=complaint.made.person, answer=self.answer)


class WarnOfAcknowledgement(Command[Complaint]):
    """Note that it must be acknowledged soon, unless it was."""

    def decide(self, complaint: Complaint, context: Context) -> Iterator[Event]:
        if complaint.status is ComplaintStatus.RECEIVED:
            yield AcknowledgementNear()


class NoteNotAcknowledged(Command[Complaint]):
    """Note that the 30 days have passed, unless it was acknowledged."""

    def decide(self, complaint: Complaint, context: Context) -> Iterator[Event]:
        if complaint.status is ComplaintStatus.RECEIVED:
            yield AcknowledgementMissed()


def _must_be(complaint: Complaint, *statuses: ComplaintStatus) -> None:
    if complaint.status in statuses:
        return
    if complaint.status is ComplaintStatus.OUTCOME:
        raise Refused("answered", "This complaint was answered before. A new one can be made at any time.")
    needed = " or ".join(statuses)
    raise Refused("not-now", f"This complaint is {complaint.status}. For this it must be {needed}.")
