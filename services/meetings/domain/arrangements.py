"""What is to be arranged for one member at the meetings that she comes to, and whether it was met.

    flagged -> arranged -> met | not met (why)
       |          |
       +----------+-> not met (why): it cannot be arranged; it may be after all
       +----------+-> dropped: she does not come, or does not share it any more

The id is her member id, so that what she needs is sealed under her key. Each arrangement has an id of its own that says
nothing: what it is stands in a sealed text of even length, and everything else names it by that id. What has to be
arranged follows from two things, the meetings that she comes to and the needs that she shares: `Wanted` is both
together, and whatever changes one of them leads to the same question (`reactions/arrange.py`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from shared.messages.decisions import Command, Context, Refused, State, replace
from shared.messages.even_length import evenly, read_evenly
from shared.messages.events import Event, Instant, Sealed, event


class Progress(StrEnum):
    FLAGGED = "flagged"
    ARRANGED = "arranged"
    MET = "met"
    NOT_MET = "not-met"


@dataclass(frozen=True, slots=True)
class Asked:
    """What whoever runs the meeting reads: what to arrange, never why."""

    code: str
    arrangement: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that is to be arranged for her at one meeting. `words` are hers, and there only when she shares them."""

    meeting: UUID
    starts_at: datetime
    asked: tuple[Asked, ...]
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    id: UUID
    asked: Asked


@dataclass(frozen=True, slots=True)
class Flagged:
    """The content of `arrangements-flagged`."""

    flags: tuple[Flag, ...]
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of an arrangement to her and to those who run the meeting: how it is made, or why it is not."""

    arrangement: str
    note: str | None = None


@event("arrangements-flagged")
class ArrangementsFlagged:
    """All that is to be arranged at a meeting from now on. `flagged` is a `Flagged` of even length."""

    meeting: UUID
    starts_at: Instant
    flagged: Annotated[str | None, Sealed(holds=Flagged)]


@event("arrangements-dropped")
class ArrangementsDropped:
    """Nothing is to be arranged for her at this meeting any more."""

    meeting: UUID


@event("arrangement-made")
class ArrangementMade:
    """`said` is a `Said` of even length, here and below."""

    meeting: UUID
    arrangement: UUID
    said: Annotated[str | None, Sealed(holds=Said)]


@event("arrangement-met")
class ArrangementMet:
    meeting: UUID
    arrangement: UUID


@event("arrangement-not-met")
class ArrangementNotMet:
    """Before the meeting: it cannot be arranged. After it: it was not there, or was not right."""

    meeting: UUID
    arrangement: UUID
    said: Annotated[str | None, Sealed(holds=Said)]


@dataclass(frozen=True, slots=True)
class AtMeeting:
    """`flagged` is empty once it is erased. `progress` is by the arrangement's id."""

    starts_at: datetime
    flagged: Flagged
    progress: Mapping[UUID, Progress]


class Arrangements(State, category="arrangements"):
    """By meeting; those of past meetings stay."""

    begun: bool = False
    at: Mapping[UUID, AtMeeting] = field(default_factory=dict)

    def evolve(self, event: Event) -> Self:
        match event:
            case ArrangementsFlagged():
                flagged = read_evenly(event.flagged, Flagged) or Flagged(())
                before = self.at[event.meeting].progress if event.meeting in self.at else {}
                progress = {flag.id: before.get(flag.id, Progress.FLAGGED) for flag in flagged.flags}
                now = AtMeeting(event.starts_at, flagged, progress)
                return replace(self, begun=True, at={**self.at, event.meeting: now})
            case ArrangementsDropped():
                return replace(self, at={id: each for id, each in self.at.items() if id != event.meeting})
            case ArrangementMade():
                return self._with(event.meeting, event.arrangement, Progress.ARRANGED)
            case ArrangementMet():
                return self._with(event.meeting, event.arrangement, Progress.MET)
            case ArrangementNotMet():
                return self._with(event.meeting, event.arrangement, Progress.NOT_MET)
        return self

    def _with(self, meeting: UUID, arrangement: UUID, progress: Progress) -> Self:
        there = self.at.get(meeting)
        if there is None or arrangement not in there.progress:  # erased
            return self
        moved = replace(there, progress={**there.progress, arrangement: progress})
        return replace(self, at={**self.at, meeting: moved})


class Arrange(Command[Arrangements]):
    """Bring the list into line with what is wanted at the meetings to come: `wanted` names all of them.

    What is arranged already stays arranged. Of a meeting that has begun nothing is changed.
    """

    wanted: tuple[Wanted, ...]

    def decide(self, arrangements: Arrangements, context: Context) -> Iterator[Event]:
        coming = {each.meeting: each for each in self.wanted if each.asked and each.starts_at > context.now}
        for meeting, there in arrangements.at.items():
            if meeting not in coming and there.starts_at > context.now:
                yield ArrangementsDropped(meeting=meeting)
        for each in coming.values():
            there_before = arrangements.at.get(each.meeting)
            had = {flag.asked: flag for flag in there_before.flagged.flags} if there_before else {}
            flags = tuple(had.get(asked) or Flag(context.new_id(), asked) for asked in each.asked)
            now = Flagged(flags, each.words)
            if there_before is None or (there_before.starts_at, there_before.flagged) != (each.starts_at, now):
                yield ArrangementsFlagged(meeting=each.meeting, starts_at=each.starts_at, flagged=evenly(now))


class BeginArranging(Command[Arrangements]):
    """The same, for somebody for whom nothing was ever to be arranged."""

    creates = True

    wanted: tuple[Wanted, ...]

    def decide(self, arrangements: Arrangements, context: Context) -> Iterator[Event]:
        yield from Arrange(wanted=self.wanted).decide(arrangements, context)


class SayArranged(Command[Arrangements]):
    """Say that it is arranged, and how (`note`), before the meeting begins."""

    meeting: UUID
    arrangement: UUID
    note: str | None = None

    def decide(self, arrangements: Arrangements, context: Context) -> Iterator[Event]:
        there = _must_be_wanted(arrangements, self.meeting, self.arrangement)
        if context.now >= there.starts_at:
            raise Refused("meeting-begun", "This meeting has begun. Say now whether the need was met.")
        if there.progress[self.arrangement] is not Progress.ARRANGED or self.note:
            said = Said(_words_of(there, self.arrangement), self.note)
            yield ArrangementMade(meeting=self.meeting, arrangement=self.arrangement, said=evenly(said))


class SayMet(Command[Arrangements]):
    """Say that it was there and was right, once the meeting has begun."""

    meeting: UUID
    arrangement: UUID

    def decide(self, arrangements: Arrangements, context: Context) -> Iterator[Event]:
        there = _must_be_wanted(arrangements, self.meeting, self.arrangement)
        if context.now < there.starts_at:
            raise Refused("meeting-not-begun", "The meeting is still to come. Whether a need is met shows there.")
        if there.progress[self.arrangement] is not Progress.MET:
            yield ArrangementMet(meeting=self.meeting, arrangement=self.arrangement)


class SayNotMet(Command[Arrangements]):
    """Say that it cannot be arranged, or that it was not there or not right; and why.

    `by_herself`: she can tell how it was once the meeting has begun; before, she would rather change what she needs.
    """

    meeting: UUID
    arrangement: UUID
    reason: str
    by_herself: bool = False

    def decide(self, arrangements: Arrangements, context: Context) -> Iterator[Event]:
        there = _must_be_wanted(arrangements, self.meeting, self.arrangement)
        if self.by_herself and context.now < there.starts_at:
            raise Refused(
                "meeting-not-begun",
                "The meeting is still to come, and we still work on this. If you do not need it, change what you need.",
            )
        said = Said(_words_of(there, self.arrangement), self.reason)
        yield ArrangementNotMet(meeting=self.meeting, arrangement=self.arrangement, said=evenly(said))


def _must_be_wanted(arrangements: Arrangements, meeting: UUID, arrangement: UUID) -> AtMeeting:
    there = arrangements.at.get(meeting)
    if there is None or arrangement not in there.progress:
        raise Refused(
            "not-wanted",
            "This is not to be arranged any more: she does not come, or does not share it. Look at the list again.",
        )
    return there


def _words_of(there: AtMeeting, arrangement: UUID) -> str:
    asked = next(flag.asked for flag in there.flagged.flags if flag.id == arrangement)
    return f"{asked.arrangement}: {asked.detail}" if asked.detail else asked.arrangement
