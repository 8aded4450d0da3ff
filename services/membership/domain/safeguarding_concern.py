"""A safeguarding concern: somebody worries that a person is harmed, and a safeguarding lead looks into it.

    raised -> lead-reviewing -> referred <-> supported -> closed

The stream is confined: it never leaves membership, and only safeguarding leads read it. Its texts are sealed under a
key of its own and not under a member's: it may be about somebody who is no member, it may name several people, and it
must not vanish because one of them leaves. Its key is destroyed when the concern itself need no longer be kept.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Self
from uuid import UUID

from shared.messages.decisions import Command, Context, Refused, State, replace
from shared.messages.events import Event, MemberId, Personal, event


class ConcernStatus(StrEnum):
    UNKNOWN = "unknown"
    RAISED = "raised"
    LEAD_REVIEWING = "lead-reviewing"
    REFERRED = "referred"
    SUPPORTED = "supported"
    CLOSED = "closed"


@event("concern-raised")
class ConcernRaised:
    """`about` is who may be harmed; `reach` is how and when it is safe to reach whoever tells; `told_by` says who that
    is, where somebody else writes it down."""

    what: Personal[str]
    about: Personal[str | None] = None
    reach: Personal[str | None] = None
    told_by: Personal[str | None] = None
    raised_by: MemberId | None = None
    account: UUID | None = None


@event("concern-taken-up")
class ConcernTakenUp:
    """A lead looks into it."""


@event("concern-noted")
class ConcernNoted:
    """What a lead learnt or did."""

    note: Personal[str]


@event("concern-referred")
class ConcernReferred:
    """Handed to those who must act, such as the council's safeguarding team."""

    to: Personal[str]
    note: Personal[str | None] = None


@event("concern-supported")
class ConcernSupported:
    """Nobody else must act: the people concerned are supported here, in the way that the note says."""

    note: Personal[str]


@event("concern-closed")
class ConcernClosed:
    note: Personal[str]


class SafeguardingConcern(State, category="safeguarding-concern", confined=True):
    status: ConcernStatus = ConcernStatus.UNKNOWN

    def evolve(self, event: Event) -> Self:
        match event:
            case ConcernRaised():
                return replace(self, status=ConcernStatus.RAISED)
            case ConcernTakenUp():
                return replace(self, status=ConcernStatus.LEAD_REVIEWING)
            case ConcernReferred():
                return replace(self, status=ConcernStatus.REFERRED)
            case ConcernSupported():
                return replace(self, status=ConcernStatus.SUPPORTED)
            case ConcernClosed():
                return replace(self, status=ConcernStatus.CLOSED)
        return self


class RaiseConcern(Command[SafeguardingConcern]):
    """Tell the safeguarding leads of a worry. Whoever tells need not be sure, and need not know names."""

    creates = True

    what: str
    about: str | None = None
    reach: str | None = None
    told_by: str | None = None
    raised_by: MemberId | None = None
    account: UUID | None = None

    def decide(self, concern: SafeguardingConcern, context: Context) -> Iterator[Event]:
        yield ConcernRaised(
            what=self.what,
            about=self.about,
            reach=self.reach,
            told_by=self.told_by,
            raised_by=self.raised_by,
            account=self.account,
        )


class TakeUpConcern(Command[SafeguardingConcern]):
    """Look into it, as a lead. Twice is as once."""

    def decide(self, concern: SafeguardingConcern, context: Context) -> Iterator[Event]:
        _must_be_open(concern)
        if concern.status is ConcernStatus.RAISED:
            yield ConcernTakenUp()


class NoteOnConcern(Command[SafeguardingConcern]):
    """Write down what was learnt or done."""

    note: str

    def decide(self, concern: SafeguardingConcern, context: Context) -> Iterator[Event]:
        _must_be_taken_up(concern)
        yield ConcernNoted(note=self.note)


class ReferConcern(Command[SafeguardingConcern]):
    """Hand it to those who must act."""

    to: str
    note: str | None = None

    def decide(self, concern: SafeguardingConcern, context: Context) -> Iterator[Event]:
        _must_be_taken_up(concern)
        yield ConcernReferred(to=self.to, note=self.note)


class SupportConcern(Command[SafeguardingConcern]):
    """Say how the people concerned are supported here."""

    note: str

    def decide(self, concern: SafeguardingConcern, context: Context) -> Iterator[Event]:
        _must_be_taken_up(concern)
        yield ConcernSupported(note=self.note)


class CloseConcern(Command[SafeguardingConcern]):
    """End it, with what came of it. Only what was referred or supported is closed: nothing is put away unanswered."""

    note: str

    def decide(self, concern: SafeguardingConcern, context: Context) -> Iterator[Event]:
        _must_be_taken_up(concern)
        if concern.status is ConcernStatus.LEAD_REVIEWING:
            raise Refused(
                "not-answered", "Say first to whom it was referred, or how people are supported. Then close it."
            )
        yield ConcernClosed(note=self.note)


def _must_be_taken_up(concern: SafeguardingConcern) -> None:
    _must_be_open(concern)
    if concern.status is ConcernStatus.RAISED:
        raise Refused("not-taken-up", "Take this concern up first, so that everybody sees that a lead looks into it.")


def _must_be_open(concern: SafeguardingConcern) -> None:
    if concern.status is ConcernStatus.CLOSED:
        raise Refused("closed", "This concern is closed. If there is something new, raise a new one.")
