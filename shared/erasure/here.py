"""What one service does when somebody is erased: it looks for her name in others' words, and drops what it knew.

Every service has this aggregate. Its stream has the id of the person, who is nobody any more when it ends. Events say
where something is, never what it says.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from shared.messages.decisions import Command, Context, Refused, State, replace
from shared.messages.events import Event, event


@dataclass(frozen=True, slots=True)
class Mention:
    """A text of somebody else that names her: the read model, its row's key, and the column. Never the text."""

    table: str
    key: str
    column: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of something, in words that a report shows. `why` says why it is kept, or what to do by hand."""

    what: str
    number: int
    why: str | None = None


@event("mentions-searched")
class MentionsSearched:
    """What others wrote was looked through for her name and addresses. `searched` is false when it was too late:
    her key was gone before this service heard of it."""

    searched: bool
    mentions: tuple[Mention, ...] = ()
    more: int = 0


@event("erasure-confirmed")
class ErasureConfirmed:
    """This service holds nothing of hers that anybody can read, but for what is `kept` or left to be done `by_hand`."""

    erased: tuple[Tally, ...] = ()
    kept: tuple[Tally, ...] = ()
    by_hand: tuple[Tally, ...] = ()


class ErasureHere(State, category="erasure-here"):
    confirmed: bool = False

    def evolve(self, event: Event) -> Self:
        match event:
            case ErasureConfirmed():
                return replace(self, confirmed=True)
        return self


class RecordSearch(Command[ErasureHere]):
    """Say which texts name her. Only the first search counts: a later one could not know her name."""

    creates = True

    searched: bool
    mentions: tuple[Mention, ...] = ()
    more: int = 0

    def decide(self, here: ErasureHere, context: Context) -> Iterator[Event]:
        yield MentionsSearched(searched=self.searched, mentions=self.mentions, more=self.more)


class ConfirmErasure(Command[ErasureHere]):
    """Say that all is dropped. Once."""

    erased: tuple[Tally, ...] = ()
    kept: tuple[Tally, ...] = ()
    by_hand: tuple[Tally, ...] = ()

    def decide(self, here: ErasureHere, context: Context) -> Iterator[Event]:
        if here.confirmed:
            raise Refused("confirmed-before", "This service has confirmed this erasure before.")
        yield ErasureConfirmed(erased=self.erased, kept=self.kept, by_hand=self.by_hand)
