"""Publishes a service's events to its topic: at least once, each stream in order.

One process leads. It reads below the horizon, sends a batch, waits for the acknowledgement of every single record, and
only then moves its cursor by compare-and-set. It holds no transaction while it waits for Kafka: an open one would
freeze the horizon for every reader. Killed at any point, the next leader sends the last batch again.
"""

import threading
import time
from collections.abc import Callable

from kafka import KafkaProducer

from shared.database.leadership import lead
from shared.database.pool import Database
from shared.eventstore.doorbell import Listener
from shared.eventstore.postgres import PostgresEventStore
from shared.projections.reader import cursor_of, move_cursor
from shared.streaming.broker import Broker
from shared.streaming.cloudevents import headers_of, topic_of
from shared.telemetry import tracing
from shared.telemetry.jobs import published, relayed

_NAME = "relay"
_BATCH = 1000
_LOOK_SECONDS = 0.25
_ACKNOWLEDGED_WITHIN_SECONDS = 30


class Relay:
    """Publishes the events of one service."""

    def __init__(self, service: str, database: Database, broker: Broker) -> None:
        self._service, self._database, self._broker = service, database, broker
        self._store = PostgresEventStore(database)

    def run(self, stop: threading.Event, works: Callable[[], None] = lambda: None) -> None:
        """Until `stop`. Raises Unavailable or BrokerUnavailable: the worker then begins again with a new producer."""
        with lead(self._database, _NAME, stop, works) as connection:
            if connection is None:
                return
            listener = Listener(connection)
            with self._broker.producer() as producer:
                while not stop.is_set():
                    sent = relayed(lambda: self.publish(producer))
                    works()
                    if not sent:
                        listener.wait(_LOOK_SECONDS)

    def publish(self, producer: KafkaProducer) -> int:
        """Publishes one batch and moves the cursor; how many events that were."""
        before = cursor_of(self._database, _NAME)
        stored = self._store.read_all(before, _BATCH)
        if not stored:
            return 0
        topic, began = topic_of(self._service), time.time_ns()
        with self._broker.speaking():
            sent = [
                producer.send(
                    topic,
                    key=each.stream.encode(),
                    value=each.data.encode(),
                    headers=headers_of(each, self._service),
                )
                for each in stored
            ]
            for acknowledgement in sent:  # flush() alone does not say that a record failed
                acknowledgement.get(timeout=_ACKNOWLEDGED_WITHIN_SECONDS)
        if tracing.exported_by():
            published(topic, stored, began)
        with self._database.transaction() as db:
            move_cursor(db, _NAME, before, stored[-1].position)
        return len(stored)
