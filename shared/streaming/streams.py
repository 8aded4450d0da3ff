"""How far each stream of a topic has come here, and where a message of one belongs: next, seen, or behind others."""

from collections.abc import Mapping
from enum import Enum, auto

from shared.database.pool import Transaction
from shared.messages.recorded import Stored
from shared.telemetry.jobs import consumer_redelivered


class GapFound(Exception):
    """An event of a stream is missing: a later version came before it."""


class Place(Enum):
    NEXT = auto()  # to be told now
    SEEN = auto()  # a redelivery
    BEHIND = auto()  # its stream is held


class Streams:
    """Of some streams of one topic, in one transaction, which keeps others out of those that are held."""

    def __init__(self, db: Transaction, topic: str, held: Mapping[str, int | None], seen: Mapping[str, int]) -> None:
        """`held` gives the version of the first letter of each stream that is held (None: it cannot be read), `seen`
        how far streams have come here."""
        self._db, self._topic = db, topic
        self._held, self._seen = dict(held), dict(seen)
        self._before = seen

    def place(self, stored: Stored) -> Place:
        """Where a message belongs; it counts as seen when it is next. Raises GapFound for one that begins a gap."""
        stream, version = stored.stream, stored.version
        following = self._seen.get(stream, 0) + 1
        if version < following:
            consumer_redelivered.labels(self._topic).inc()
            return Place.SEEN
        if version == following and self._is_free(stream, version):
            self._seen[stream] = version
            return Place.NEXT
        if stream not in self._held:
            raise GapFound(f"{self._topic}: {stream} jumps from version {following - 1} to {version}")
        first = self._held[stream]
        self._held[stream] = first and min(first, version)
        return Place.BEHIND

    def _is_free(self, stream: str, version: int) -> bool:
        """Whether nothing of the stream is parked, or only what waits for this very version."""
        if stream not in self._held:
            return True
        first = self._held[stream]
        return first is not None and version < first

    @property
    def to_follow(self) -> list[str]:
        """The held streams that came further here: what is parked of them may go on."""
        return [stream for stream in self._held if self._seen.get(stream) != self._before.get(stream)]

    def save(self) -> None:
        """Writes down how far the streams have come."""
        moved = {stream: version for stream, version in self._seen.items() if self._before.get(stream) != version}
        if moved:
            self._db.write(
                "insert into consumer_streams (topic, stream, version)"
                " select %s, * from unnest(%s::text[], %s::integer[])"
                " on conflict (topic, stream) do update set version = excluded.version",
                self._topic,
                list(moved),
                list(moved.values()),
            )
