"""What an event store promises, whichever it is. One conformance suite (tests/kernel) runs against each.

What each append makes are msgspec's structs: see `shared/messages/recorded.py`.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec

from shared.messages.recorded import Content, Metadata, Page, Position, Stored


class NewEvent(msgspec.Struct, frozen=True, gc=False):
    """An event about to be appended, already JSON, with personal fields sealed."""

    event_id: UUID
    type: str
    schema_version: int
    data: str


class Write(msgspec.Struct, frozen=True, gc=False):
    """What is added to one stream, and the version that it must have until then (0: it must not exist)."""

    stream: str
    expected_version: int
    events: tuple[NewEvent, ...]


class Request(msgspec.Struct, frozen=True, gc=False):
    """A request that carried an Idempotency-Key, and the answer that a repetition shall get (as JSON)."""

    actor: str
    key: str
    fingerprint: str
    response: str


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What was answered to a request, and where its last event stands (None: it added none)."""

    response: str
    fingerprint: str
    position: Position | None


class VersionConflict(Exception):
    """Somebody else appended to the stream first. Nothing was written."""

    def __init__(self, stream: str, expected: int, actual: int) -> None:
        super().__init__(f"{stream} is at version {actual}, not {expected}")
        self.stream, self.expected, self.actual = stream, expected, actual


class RequestInFlight(Exception):
    """The same request is being answered at this moment. Nothing was written by this one."""


class AlreadyAnswered(Exception):
    """The same request was answered before. Nothing was written again."""

    def __init__(self, answer: "Answer") -> None:
        super().__init__("this request was answered before")
        self.answer = answer


class EventStore(Protocol):
    """Appends are atomic over all their streams; readers see every event exactly once, each stream in order."""

    def append(
        self,
        writes: Sequence[Write],
        metadata: Metadata,
        recorded_at: datetime,
        request: Request | None = None,
    ) -> Position | None:
        """The position of the last event, or None when there was none to add.

        Raises VersionConflict, RequestInFlight or AlreadyAnswered, and then nothing was written.
        """

    def read(self, stream: str, after_version: int = 0) -> list[Stored]:
        """The stream's events above a version, oldest first; empty when there is no such stream."""

    def contents(self, stream: str) -> list[Content]:
        """All that the stream's events say, oldest first; a third of the work of `read`, for who folds them."""

    def read_all(self, after: Position, limit: int) -> list[Stored]:
        """The next events of all streams after a position, at most `limit`. Never skips one that commits late."""

    def read_page(self, after: Position, upto: Position, types: Collection[str], limit: int) -> Page:
        """The same events, none behind `upto`, and of these only the types given: for who reads very many."""

    def newest(self) -> Position:
        """Where the last event stands that `read_all` would give; BEGINNING when there is none."""

    def answer_to(self, actor: str, key: str) -> Answer | None:
        """What was answered before to this actor's Idempotency-Key, or None."""
