"""A rights request: what somebody asks of us about the data that we hold of her, and the clock of one month.

    received -> identity-checked <-> clock-paused
                       |
                    assessed -> actioned | part-refused -> reported

The clock begins on the day of receipt. It stands still only for an access request while she is asked what she means,
and may be extended once, by two months, if she is told why within the first month (UK GDPR, articles 12 and 12A;
Data (Use and Access) Act 2025). When she is erased meanwhile, every open request of hers ends.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Self

from services.membership.domain.months import months_after, today
from shared.messages.decisions import Command, Context, Refused, State, replace
from shared.messages.events import Event, MemberId, Sealed, event


class Right(StrEnum):
    """UK GDPR, articles 15 to 21."""

    ACCESS = "access"
    PORTABILITY = "portability"
    RECTIFICATION = "rectification"
    RESTRICTION = "restriction"
    ERASURE = "erasure"
    OBJECTION = "objection"


class RequestStatus(StrEnum):
    UNKNOWN = "unknown"
    RECEIVED = "received"
    IDENTITY_CHECKED = "identity-checked"
    CLOCK_PAUSED = "clock-paused"
    ASSESSED = "assessed"
    ACTIONED = "actioned"
    PART_REFUSED = "part-refused"
    REPORTED = "reported"
    ENDED_BY_ERASURE = "ended-by-erasure"


class IdentityCheck(StrEnum):
    """How we know that it is she. No copy of a document is kept."""

    SIGNED_IN = "signed-in"
    CALLED_BACK = "called-back"
    KNOWN_IN_PERSON = "known-in-person"
    DOCUMENT_SEEN = "document-seen"


OPEN = frozenset(RequestStatus) - {
    RequestStatus.UNKNOWN,
    RequestStatus.REPORTED,
    RequestStatus.ENDED_BY_ERASURE,
}


@event("rights-request-received")
class RightsRequestReceived:
    """`purpose` is what an objection is to, such as `research`; `due_on` is the last day to answer."""

    member: MemberId
    right: Right
    received_on: date
    due_on: date
    purpose: str | None = None
    details: Annotated[str | None, Sealed(of="member")] = None


@event("identity-checked")
class IdentityChecked:
    how: IdentityCheck


@event("clock-paused")
class ClockPaused:
    """She was asked what she means; until she answers the clock stands still."""

    member: MemberId
    paused_on: date
    question: Annotated[str, Sealed(of="member")]


@event("clock-resumed")
class ClockResumed:
    resumed_on: date
    due_on: date


@event("time-extended")
class TimeExtended:
    """She is told why it takes longer."""

    member: MemberId
    due_on: date
    reason: Annotated[str, Sealed(of="member")]


@event("request-assessed")
class RequestAssessed:
    """What those who answer think of it. Not for her."""

    member: MemberId
    note: Annotated[str, Sealed(of="member")]


@event("request-actioned")
class RequestActioned:
    member: MemberId
    right: Right
    done: Annotated[str, Sealed(of="member")]


@event("request-part-refused")
class RequestPartRefused:
    """`done` is the part that was not refused."""

    member: MemberId
    right: Right
    reason: Annotated[str, Sealed(of="member")]
    done: Annotated[str | None, Sealed(of="member")] = None


@event("request-reported")
class RequestReported:
    """She is told what came of it, in these words."""

    member: MemberId
    outcome: RequestStatus
    answer: Annotated[str, Sealed(of="member")]


@event("deadline-near")
class DeadlineNear:
    due_on: date


@event("deadline-missed")
class DeadlineMissed:
    due_on: date


@event("request-ended-by-erasure")
class RequestEndedByErasure:
    """Her data are erased. To a request for erasure this is the outcome; any other has nothing left to be about."""


class RightsRequest(State, category="rights-request"):
    """`paused_days` have passed in pauses that are over."""

    status: RequestStatus = RequestStatus.UNKNOWN
    received: RightsRequestReceived | None = None
    due_on: date = date.min
    paused_on: date | None = None
    paused_days: int = 0
    extended: bool = False

    def evolve(self, event: Event) -> Self:
        match event:
            case RightsRequestReceived():
                return replace(self, status=RequestStatus.RECEIVED, received=event, due_on=event.due_on)
            case IdentityChecked():
                return replace(self, status=RequestStatus.IDENTITY_CHECKED)
            case ClockPaused():
                return replace(self, status=RequestStatus.CLOCK_PAUSED, paused_on=event.paused_on)
            case ClockResumed():
                days = (event.resumed_on - self.paused_on).days if self.paused_on else 0
                return replace(
                    self,
                    status=RequestStatus.IDENTITY_CHECKED,
                    paused_on=None,
                    paused_days=self.paused_days + days,
                    due_on=event.due_on,
                )
            case TimeExtended():
                return replace(self, extended=True, due_on=event.due_on)
            case RequestAssessed():
                return replace(self, status=RequestStatus.ASSESSED)
            case RequestActioned():
                return replace(self, status=RequestStatus.ACTIONED)
            case RequestPartRefused():
                return replace(self, status=RequestStatus.PART_REFUSED)
            case RequestReported():
                return replace(self, status=RequestStatus.REPORTED)
            case RequestEndedByErasure():
                return replace(self, status=RequestStatus.ENDED_BY_ERASURE)
        return self

    @property
    def asked(self) -> RightsRequestReceived:
        """What was asked for. Raises ValueError for a request that never was."""
        if self.received is None:
            raise ValueError("this request was never received")
        return self.received

    def due(self, *, extended: bool, more_days: int = 0) -> date:
        months = 3 if extended else 1
        return months_after(self.asked.received_on, months) + timedelta(days=self.paused_days + more_days)


class AskForRight(Command[RightsRequest]):
    """Ask something about one's own data. `received_on` may lie back: a letter counts from the day on which it came.

    `signed_in`: she asked herself, so it is known who she is."""

    creates = True

    member: MemberId
    right: Right
    purpose: str | None = None
    details: str | None = None
    received_on: date | None = None
    signed_in: bool = False

    def decide(self, request: RightsRequest, context: Context) -> Iterator[Event]:
        if self.right is Right.OBJECTION and not self.purpose:
            raise Refused("no-purpose", "Say what you object to.")
        if self.right is Right.RECTIFICATION and not self.details:
            raise Refused("no-details", "Say what is wrong, and what is right.")
        day = today(context.now)
        received_on = self.received_on or day
        if received_on > day:
            raise Refused("not-received-yet", "A request cannot be received on a day to come.")
        yield RightsRequestReceived(
            member=self.member,
            right=self.right,
            purpose=self.purpose,
            details=self.details,
            received_on=received_on,
            due_on=months_after(received_on, 1),
        )
        if self.signed_in:
            yield IdentityChecked(how=IdentityCheck.SIGNED_IN)


class CheckIdentity(Command[RightsRequest]):
    """Say how it is known that it is she who asks."""

    how: IdentityCheck

    def decide(self, request: RightsRequest, context: Context) -> Iterator[Event]:
        _must_be(request, RequestStatus.RECEIVED)
        yield IdentityChecked(how=self.how)


class PauseClock(Command[RightsRequest]):
    """Ask her what she means. Only an access request waits for the answer (UK GDPR, article 12A)."""

    question: str

    def decide(self, request: RightsRequest, context: Context) -> Iterator[Event]:
        _must_be(request, RequestStatus.IDENTITY_CHECKED)
        if request.asked.right is not Right.ACCESS:
            raise Refused("clock-goes-on", "Only for an access request the clock may stop. Ask, and let it go on.")
        yield ClockPaused(member=request.asked.member, paused_on=today(context.now), question=self.question)


class ResumeClock(Command[RightsRequest]):
    """She answered: the clock goes on, and the days of waiting are added."""

    def decide(self, request: RightsRequest, context: Context) -> Iterator[Event]:
        _must_be(request, RequestStatus.CLOCK_PAUSED)
        day = today(context.now)
        waited = (day - request.paused_on).days if request.paused_on else 0
        yield ClockResumed(resumed_on=day, due_on=request.due(extended=request.extended, more_days=waited))


class ExtendTime(Command[RightsRequest]):
    """Take two months more, because it is complex or one of many. She is told why, within the first month."""

    reason: str

    def decide(self, request: RightsRequest, context: Context) -> Iterator[Event]:
        _must_be(request, RequestStatus.RECEIVED, RequestStatus.IDENTITY_CHECKED, RequestStatus.ASSESSED)
        if request.extended:
            raise Refused("extended-before", "The time was extended before, and it can be only once.")
        if today(context.now) > request.due_on:
            raise Refused("too-late", "The first month is over, so the time cannot be extended any more. Answer now.")
        yield TimeExtended(member=request.asked.member, due_on=request.due(extended=True), reason=self.reason)


class Assess(Command[RightsRequest]):
    """Write down what those who answer think of it."""

    note: str

    def decide(self, request: RightsRequest, context: Context) -> Iterator[Event]:
        _must_be(request, RequestStatus.IDENTITY_CHECKED)
        yield RequestAssessed(member=request.asked.member, note=self.note)


class CarryOut(Command[RightsRequest]):
    """Say that it was done as she asked. A restriction takes effect with this."""

    done: str

    def decide(self, request: RightsRequest, context: Context) -> Iterator[Event]:
        _must_be(request, RequestStatus.ASSESSED)
        if request.asked.right is Right.ERASURE:
            raise Refused("erase-her", "A request for erasure is done when she is erased. It is noted here then.")
        yield RequestActioned(member=request.asked.member, right=request.asked.right, done=self.done)


class RefusePart(Command[RightsRequest]):
    """Say no to all or a part of it, with the reason that she is told."""

    reason: str
    done: str | None = None

    def decide(self, request: RightsRequest, context: Context) -> Iterator[Event]:
        _must_be(request, RequestStatus.ASSESSED)
        asked = request.asked
        yield RequestPartRefused(member=asked.member, right=asked.right, reason=self.reason, done=self.done)


class Report(Command[RightsRequest]):
    """Tell her what came of it. A letter with these words goes out."""

    answer: str

    def decide(self, request: RightsRequest, context: Context) -> Iterator[Event]:
        _must_be(request, RequestStatus.ACTIONED, RequestStatus.PART_REFUSED)
        yield RequestReported(member=request.asked.member, outcome=request.status, answer=self.answer)


class WarnOfDeadline(Command[RightsRequest]):
    """Note that an answer is due soon, unless it was given or another day is due by now."""

    due_on: date

    def decide(self, request: RightsRequest, context: Context) -> Iterator[Event]:
        if _still_due(request, self.due_on):
            yield DeadlineNear(due_on=self.due_on)


class NoteMissed(Command[RightsRequest]):
    """Note that the last day has passed without an answer."""

    due_on: date

    def decide(self, request: RightsRequest, context: Context) -> Iterator[Event]:
        if _still_due(request, self.due_on):
            yield DeadlineMissed(due_on=self.due_on)


class EndByErasure(Command[RightsRequest]):
    """She was erased."""

    def decide(self, request: RightsRequest, context: Context) -> Iterator[Event]:
        if request.status in OPEN:
            yield RequestEndedByErasure()


def _still_due(request: RightsRequest, due_on: date) -> bool:
    return request.status in OPEN - {RequestStatus.CLOCK_PAUSED} and request.due_on == due_on


def _must_be(request: RightsRequest, *statuses: RequestStatus) -> None:
    if request.status in statuses:
        return
    if request.status not in OPEN:
        raise Refused("answered", "This request was answered before, so nothing more can be done about it.")
    if request.status is RequestStatus.RECEIVED:
        raise Refused("identity-not-checked", "First check that it is she who asks.")
    if request.status is RequestStatus.CLOCK_PAUSED:
        raise Refused("clock-paused", "She was asked what she means. Note first that she answered.")
    needed = " or ".join(each.replace("-", " ") for each in statuses)
    raise Refused("not-now", f"This request is {request.status.replace('-', ' ')}. For this it must be {needed}.")
