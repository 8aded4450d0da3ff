"""Builds in the background what `migrate` could not: read models that are new to a service which has run for long.

The consumer has passed the foreign events of the past, and does not tell such a projection of anything where it was
left behind. One process of many builds it anew from the first event; when it takes its place, the consumer goes on.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from time import monotonic

import structlog

from shared.database.leadership import lead
from shared.database.pool import Database, Unavailable
from shared.failures import plain
from shared.messages.codec import Codec
from shared.projections.projection import Projection
from shared.streaming.broker import Broker, BrokerUnavailable
from shared.streaming.rebuilding import Rebuilding, note_failure

log = structlog.get_logger()

_LOOK_SECONDS = 1.0
_PAUSE_AFTER_FAILURE_SECONDS = 30.0


class Builder:
    """Builds the projections of one service that were left behind. One process leads."""

    def __init__(
        self,
        projections: Sequence[Projection],
        database: Database,
        broker: Broker,
        codec: Codec,
        contracts: Mapping[str, Codec],
    ) -> None:
        self._database, self._broker, self._codec, self._contracts = database, broker, codec, contracts
        self._projections = projections
        self._not_before: dict[str, float] = {}

    def run(self, stop: threading.Event, works: Callable[[], None] = lambda: None) -> None:
        """Until `stop`. Raises Unavailable or BrokerUnavailable: the worker then begins again."""
        if not self._contracts:
            stop.wait()
            return
        with lead(self._database, "builder", stop, works):
            while not stop.is_set():
                self.build_what_waits()
                works()
                stop.wait(_LOOK_SECONDS)

    def build_what_waits(self) -> None:
        """Builds each projection that was left behind and is of this release's version. One that fails says why."""
        for projection in self._left_behind():
            if self._not_before.get(projection.name, 0) < monotonic():
                try:
                    parts = (self._database, self._broker, self._codec, self._contracts)
                    built = Rebuilding(projection, *parts).rebuild()
                    log.info("a projection was built", projection=projection.name, events=built.events, rate=built.rate)
                except (Unavailable, BrokerUnavailable):
                    raise
                except Exception as error:
                    log.exception("a projection cannot be built", projection=projection.name, reason=plain(error))
                    note_failure(self._database, projection.name, error)
                    self._not_before[projection.name] = monotonic() + _PAUSE_AFTER_FAILURE_SECONDS

    def _left_behind(self) -> list[Projection]:
        with self._database.statement() as db:
            found = db.rows(
                "select name, version from projections"
                " where exists (select from projection_places where tables = projections.name)"
            )
        return [each for each in self._projections if (each.name, each.version) in found]
