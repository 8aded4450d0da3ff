"""The table of parked messages. A stream is held while it has a letter here; every function works in the caller's
transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec

from shared.database.pool import Transaction
from shared.messages.ids import uuid7
from shared.messages.recorded import Stored
from shared.streaming.cloudevents import Received, stream_named_by

_SQL = Path(__file__).parent / "sql"
_PARK, _LOCK, _FIRST, _ONE, _NAME, _SEE, _READY, _LIST, _SKIP = (
    (_SQL / f"{name}.sql").read_text()
    for name in ("park", "lock", "first", "one", "name", "see", "ready", "list", "skip")
)


@dataclass(frozen=True)
class Letter:
    """One parked message. `version` is None when it could not be read, `error` when it was not tried yet."""

    id: UUID
    topic: str
    partition: int
    offset: int
    stream: str | None
    version: int | None
    type: str | None
    key: memoryview | None
    headers: str
    value: memoryview | None
    error: str | None
    attempts: int
    parked_at: datetime

    def received(self) -> Received:
        """As it came from Kafka."""
        return Received(
            self.offset,
            None if self.key is None else bytes(self.key),
            msgspec.json.decode(self.headers, type=list[tuple[str, bytes]]),
            None if self.value is None else bytes(self.value),
        )


@dataclass(frozen=True)
class Holder:
    """What holds a stream: its first letter. `behind` later ones wait for it.

    `missing` is the first version that never came, when that is what the letter itself waits for.
    """

    id: UUID
    topic: str
    partition: int
    offset: int
    stream: str | None
    version: int | None
    type: str | None
    error: str | None
    attempts: int
    parked_at: datetime
    behind: int
    missing: int | None

    @property
    def reason(self) -> str:
        return reason_of(self, self.missing)


def reason_of(letter: Letter | Holder, missing: int | None) -> str:
    """Why the first letter of a stream is still there."""
    if letter.error:
        return letter.error
    if missing:
        return f"version {missing} did not come, but version {letter.version} did"
    return "nothing holds it any more: it is handled in a moment"


@dataclass(frozen=True)
class Count:
    """How much is parked: for `copse status` and metrics."""

    letters: int
    streams: int


@dataclass(frozen=True)
class Parked:
    """A message to park. `error` is None when it waits behind another, or for a missing version."""

    topic: str
    partition: int
    received: Received
    stored: Stored | None = None
    error: str | None = None
    attempts: int = 0


def park(db: Transaction, parked: Iterable[Parked]) -> None:
    """Keeps messages; what is parked already stays as it is."""
    rows = [_row(each) for each in parked]
    if rows:
        db.execute_values(_PARK, rows)


def _row(parked: Parked) -> Sequence[object]:
    received, stored = parked.received, parked.stored
    stream = stored.stream if stored else stream_named_by(received.headers, received.key)
    return (
        uuid7(),
        parked.topic,
        parked.partition,
        received.offset,
        stream,
        stored.version if stored else None,
        stored.type if stored else None,
        received.key,
        msgspec.json.encode([(name, text or b"") for name, text in received.headers]).decode(),
        received.value,
        parked.error,
        parked.attempts,
    )


def lock(db: Transaction, topic: str, stream: str) -> None:
    """Waits until nobody else goes on with a held stream, and keeps others waiting until the transaction ends."""
    db.execute(_LOCK, topic, stream)


def first(db: Transaction, topic: str, stream: str) -> Letter | None:
    return db.one(Letter, _FIRST, topic, stream)


def one(db: Transaction, id: UUID) -> Letter | None:
    return db.one(Letter, _ONE, id)


def remove(db: Transaction, id: UUID) -> None:
    db.execute("delete from dead_letters where id = %s", id)


def name(db: Transaction, letter: Letter, stored: Stored) -> None:
    """A letter that can be read by now takes its place in its stream; a redelivery of another is removed."""
    if not db.execute(_NAME, letter.id, stored.stream, stored.version, stored.type):
        remove(db, letter.id)


def fail(db: Transaction, id: UUID, error: str) -> None:
    db.execute("update dead_letters set error = %s, attempts = attempts + 1 where id = %s", error, id)


def seen(db: Transaction, topic: str, stream: str) -> int:
    """The last version of a stream that was handled or passed over; 0 before the first."""
    return db.value(int, "select version from consumer_streams where topic = %s and stream = %s", topic, stream) or 0


def see(db: Transaction, topic: str, stream: str, version: int) -> None:
    db.execute(_SEE, topic, stream, version)


@dataclass(frozen=True)
class Ready:
    topic: str
    stream: str


def ready(db: Transaction, topics: Sequence[str]) -> list[Ready]:
    """Held streams whose first letter waits for nothing any more."""
    return db.all(Ready, _READY, topics)


def holders(db: Transaction, after: UUID | None = None, limit: int = 1_000_000) -> list[Holder]:
    """What holds each held stream, and each message that names no stream, oldest first."""
    return db.all(Holder, _LIST, after, limit)


def left(db: Transaction, topic: str, stream: str) -> int:
    """How many letters a stream still has."""
    return db.value(int, "select count(*) from dead_letters where topic = %s and stream = %s", topic, stream) or 0


def count(db: Transaction) -> Count:
    found = db.one(
        Count,
        "select count(*) as letters, count(distinct (topic, coalesce(stream, id::text))) as streams from dead_letters",
    )
    assert found
    return found


@dataclass(frozen=True)
class Skipped:
    """What was passed over: these versions of a stream, or, when no version is known, what lies at an offset."""

    topic: str
    partition: int
    offset: int
    stream: str | None
    first_version: int | None
    last_version: int | None


def skipped(db: Transaction, topics: Sequence[str]) -> list[Skipped]:
    """Everything of these topics that was ever passed over: whoever reads them again passes over it too."""
    return db.all(
        Skipped,
        'select topic, "partition", "offset", stream, first_version, last_version from dead_letter_skips'
        " where topic = any(%s)",
        list(topics),
    )


def held_in(db: Transaction, topics: Sequence[str]) -> int:
    """How many letters of these topics are parked. Until the transaction ends, none comes and none goes."""
    db.execute("lock table dead_letters in share mode")
    return db.value(int, "select count(*) from dead_letters where topic = any(%s)", list(topics)) or 0


def note_skip(db: Transaction, letter: Letter, versions: tuple[int, int] | None, by: str, why: str) -> None:
    """Writes down who passed over what: the letter itself, or the missing `versions` before it (first and last)."""
    first_version, last_version = versions or (letter.version, letter.version)
    db.execute(
        _SKIP, letter.id, by, why, letter.topic, letter.partition, letter.offset, letter.stream,
        first_version, last_version, None if versions else letter.type, letter.error,
    )  # fmt: skip


@dataclass(frozen=True)
class Skip:
    """What somebody passed over. Versions are None for a message that could not be read."""

    letter: UUID
    skipped_at: datetime
    skipped_by: str
    reason: str
    topic: str
    partition: int
    offset: int
    stream: str | None
    first_version: int | None
    last_version: int | None
    type: str | None
    error: str | None


def skips(db: Transaction) -> list[Skip]:
    """All that was ever passed over, oldest first."""
    return db.all(
        Skip,
        'select letter, skipped_at, skipped_by, reason, topic, "partition", "offset", stream, first_version,'
        " last_version, type, error from dead_letter_skips order by number",
    )
