"""What ppi reads of meetings: the priorities that a request's relevance is judged against."""

from dataclasses import dataclass
from uuid import UUID

from shared.messages.events import event


@dataclass(frozen=True, slots=True)
class Priority:
    """`rank` is None where the list has no order."""

    text: str
    rank: int | None = None


@event("priorities-published")
class PrioritiesPublished:
    community: UUID
    title: str
    source: str
    priorities: tuple[Priority, ...]
