"""Goes on with held streams: by itself when what was missing came, and when an operator says retry or skip.

Each letter is handled in a transaction of its own, under its stream's lock, in the normal way: the same handlers, the
same count of versions. A process that dies half-way leaves whole letters, and the consumer goes on with them.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from uuid import UUID

import structlog

from shared.database.pool import Database, Transaction
from shared.dead_letters import letters
from shared.dead_letters.letters import Letter
from shared.dead_letters.patience import NO_FAULT_OF_THE_MESSAGE, patiently
from shared.failures import plain
from shared.messages.decisions import Refused
from shared.projections.standing import standing_in
from shared.streaming.telling import Telling

log = structlog.get_logger()

_AT_ONCE = 500  # letters of one stream; the consumer goes on with the rest


class NoSuchLetter(Exception):
    """It was handled or passed over meanwhile, or it never was."""


class _Came(Enum):
    HANDLED = auto()
    WAITS = auto()
    CHANGED = auto()  # it took another place, or somebody else was quicker: look again at what is first


@dataclass(frozen=True, slots=True)
class Mended:
    """What came of it. `left` letters of the stream are still parked; `reason` says why the first of them is."""

    handled: int
    left: int
    reason: str | None


class Mending:
    """Retries and skips what is parked in one service's database. `noted` rings the doorbell for the agenda."""

    def __init__(
        self,
        telling: Telling,
        database: Database,
        noted: Callable[[], None] = lambda: None,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self._telling, self._database, self._noted, self._wait = telling, database, noted, wait

    def retry(self, id: UUID) -> Mended:
        """Handles the letter's stream from its first letter on, in order. Raises NoSuchLetter."""
        letter = self._letter(id)
        if letter.stream is None:
            self._tried(letter)
            with self._database.transaction() as db:
                named = letters.one(db, id)
            if named is None or named.stream is None:
                return Mended(0, 1 if named else 0, named.error if named else None)
            letter = named
        assert letter.stream
        handled = self.follow(letter.topic, letter.stream, even_failed=True)
        return self._mended(letter.topic, letter.stream, handled)

    def skip(self, id: UUID, by: str, why: str) -> Mended:
        """Passes over what a stream waits for, and handles those behind it as far as they go.

        That is the first letter, or, when this one is there because versions before it are missing, those versions.
        Writes down who and why. Raises NoSuchLetter, and Refused for a letter that is not the first of its stream.
        """
        letter = self._letter(id)
        with self._database.transaction() as db:
            if letter.stream:
                letters.lock(db, letter.topic, letter.stream)
            self._pass_over(db, id, by, why)
        log.warning("a message was passed over", letter=str(id), topic=letter.topic, stream=letter.stream, by=by)
        if letter.stream is None:
            return Mended(0, 0, None)
        return self._mended(letter.topic, letter.stream, self.follow(letter.topic, letter.stream))

    def _pass_over(self, db: Transaction, id: UUID, by: str, why: str) -> None:
        letter = letters.one(db, id)
        if letter is None:
            raise NoSuchLetter
        missing = None
        if letter.stream:
            holder = letters.first(db, letter.topic, letter.stream)
            if holder and holder.id != id:
                raise Refused("not-first", f"Another message holds this stream: {holder.id}. Retry or skip that first.")
        if letter.stream and letter.version:
            following = letters.seen(db, letter.topic, letter.stream) + 1
            if letter.version > following:
                missing = (following, letter.version - 1)
            letters.see(db, letter.topic, letter.stream, missing[1] if missing else letter.version)
        if not missing:
            letters.remove(db, id)
        letters.note_skip(db, letter, missing, by, why)

    def follow_ready(self) -> int:
        """Goes on with streams that wait for nothing any more; how many messages were handled."""
        with self._database.transaction() as db:
            ready = letters.ready(db, self._telling.topics)
        return sum(self.follow(each.topic, each.stream) for each in ready)

    def follow(self, topic: str, stream: str, *, even_failed: bool = False) -> int:
        """Handles a stream's letters in order until one fails or a version is missing; how many were handled.

        Those that failed before are tried only if `even_failed`. Stops after 500: the consumer goes on with the rest.
        """
        handled = 0
        while handled < _AT_ONCE:
            with self._database.transaction() as db:
                letter = letters.first(db, topic, stream)
            if letter is None or (letter.error and not even_failed):
                break
            came = self._tried(letter)
            if came is _Came.WAITS:
                break
            handled += came is _Came.HANDLED
        if handled:
            self._noted()
        return handled

    def _tried(self, letter: Letter) -> _Came:
        """Keeps the reason when it fails, also after some patience."""
        try:
            return patiently(lambda: self._try(letter), self._wait)
        except NO_FAULT_OF_THE_MESSAGE:
            raise
        except Exception as error:
            reason = plain(error)
            log.error("a parked message fails", letter=str(letter.id), topic=letter.topic, reason=reason)
            with self._database.transaction() as db:
                letters.fail(db, letter.id, reason)
            return _Came.WAITS

    def _try(self, letter: Letter) -> _Came:
        stored = self._telling.read(letter.topic, letter.received())
        with self._database.transaction() as db:
            letters.lock(db, letter.topic, letter.stream or stored.stream)
            if letter.version is None:
                letters.name(db, letter, stored)
                return _Came.CHANGED
            now_first = letters.first(db, letter.topic, stored.stream)
            if now_first is None or now_first.id != letter.id:
                return _Came.CHANGED
            following = letters.seen(db, letter.topic, stored.stream) + 1
            if stored.version > following:
                return _Came.WAITS
            letters.remove(db, letter.id)
            if stored.version < following:
                return _Came.CHANGED  # a redelivery of what was told before
            standing = standing_in(db, letter.topic, letter.partition)
            following_now = self._telling.following(db, standing, letter.topic, letter.partition, letter.offset)
            self._telling.tell(letter.topic, [stored], db, following_now)
            letters.see(db, letter.topic, stored.stream, stored.version)
            return _Came.HANDLED

    def _letter(self, id: UUID) -> Letter:
        with self._database.transaction() as db:
            letter = letters.one(db, id)
        if letter is None:
            raise NoSuchLetter
        return letter

    def _mended(self, topic: str, stream: str, handled: int) -> Mended:
        with self._database.transaction() as db:
            letter = letters.first(db, topic, stream)
            if letter is None:
                return Mended(handled, 0, None)
            following = letters.seen(db, topic, stream) + 1
            missing = following if letter.version and letter.version > following else None
            return Mended(handled, letters.left(db, topic, stream), letters.reason_of(letter, missing))
