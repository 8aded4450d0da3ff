"""What a community agreed to matter most: a published list, with how and when it was found."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from shared.messages.decisions import Command, Context, Refused, State, replace
from shared.messages.events import Event, event


@dataclass(frozen=True, slots=True)
class Priority:
    """One priority in plain words. `rank` 1 matters most; None where the method ranks nothing."""

    text: str
    rank: int | None = None


@event("priorities-published")
class PrioritiesPublished:
    """`period` is as exact as is known: 2022, 2022-03 or 2022-03-17. `method` says how the list was found."""

    community: UUID
    title: str
    period: str
    method: str
    source: str
    priorities: tuple[Priority, ...]


class PriorityList(State, category="priorities"):
    priorities: tuple[Priority, ...] = ()

    def evolve(self, event: Event) -> Self:
        match event:
            case PrioritiesPublished():
                return replace(self, priorities=event.priorities)
        return self


class PublishPriorities(Command[PriorityList]):
    """Publish a list that was agreed, with a link to where it can be checked."""

    creates = True

    community: UUID
    title: str
    period: str
    method: str
    source: str
    priorities: tuple[Priority, ...]

    def decide(self, published: PriorityList, context: Context) -> Iterator[Event]:
        ranked = [each.rank for each in self.priorities if each.rank is not None]
        if 0 < len(ranked) < len(self.priorities):
            raise Refused("partly-ranked", "Give every priority a rank, or none: a list is ranked as a whole.")
        yield PrioritiesPublished(
            community=self.community,
            title=self.title,
            period=self.period,
            method=self.method,
            source=self.source,
            priorities=self.priorities,
        )
