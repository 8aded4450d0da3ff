"""The connection to Kafka: its settings in one place, and one plain error when it is not there."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import FencedInstanceIdError, KafkaError, TopicAlreadyExistsError

from shared.errors import CannotGoOn
from shared.streaming.joining import join_to_the_end
from shared.streaming.producer import Producer
from shared.streaming.readable import go_past_unreadable_headers

PARTITIONS = 12  # for life: with another number a stream's later events would go to another partition
_RECONNECT_MILLISECONDS = 1_000  # by default a broker that was away for a minute is asked only every 30 s

logging.getLogger("kafka").setLevel(logging.CRITICAL)  # it logs every refused connection; we say it once, plainly


class BrokerUnavailable(CannotGoOn):
    """Kafka did not answer, or not in time."""

    def __init__(self, servers: str, reason: object) -> None:
        super().__init__(
            f"Kafka at {servers} does not answer ({reason}). Start it, or set KAFKA_BOOTSTRAP_SERVERS to where it is."
        )


class _LeavesNoThread:
    """A client that could not be made leaves no thread behind; kafka-python's own would, one for every try."""

    _client: Any

    def __init__(self, *words: object, **settings: object) -> None:
        try:
            super().__init__(*words, **settings)
        except BaseException:
            if hasattr(self, "_client"):
                self._client.close()
            raise


class _Admin(_LeavesNoThread, KafkaAdminClient):  # type: ignore[misc]  # kafka-python ships no types
    pass


class _Consumer(_LeavesNoThread, KafkaConsumer):  # type: ignore[misc]
    pass


class InstanceTaken(BrokerUnavailable):
    """Another process is in the same group under the same name."""

    def __init__(self, servers: str, instance: str | None) -> None:
        super().__init__(servers, "another member has its name")
        self.args = (f"Another process of this service runs as COPSE_INSTANCE={instance}. Give each its own, or none.",)


go_past_unreadable_headers()
join_to_the_end()


@dataclass(frozen=True, slots=True)
class Broker:
    """Where Kafka is. `servers` is `host:port[,host:port]`; it is given up when it is silent for `patience_seconds`.

    `instance` names this process among those of its service: a static member of its group, which keeps its partitions
    when it comes back within `session_seconds` (docs/adr/0012-members-of-a-group.md).
    """

    servers: str
    patience_seconds: int = 10
    instance: str | None = None
    session_seconds: int = 10

    def make_topics(self, topics: Iterable[str], *, replicas: int) -> None:
        """Makes the topics that are not there yet: 12 partitions, kept for ever. Raises BrokerUnavailable."""
        with self.administering() as admin:
            there = set(admin.list_topics())
            for topic in set(topics) - there:
                try:
                    admin.create_topics(
                        {
                            topic: {
                                "num_partitions": PARTITIONS,
                                "replication_factor": replicas,
                                "configs": {"retention.ms": "-1", "retention.bytes": "-1"},
                            }
                        },
                        wait_for_metadata=True,
                    )
                except TopicAlreadyExistsError:
                    continue  # another process made it at the same moment

    @contextmanager
    def administering(self) -> Iterator[KafkaAdminClient]:
        """For questions about topics and for making them. Raises BrokerUnavailable."""
        with self.speaking():
            admin = _Admin(bootstrap_servers=self._addresses(), bootstrap_timeout_ms=self.patience_seconds * 1000)
            try:
                yield admin
            finally:
                admin.close()

    @contextmanager
    def producer(self) -> Iterator[Producer]:
        """A producer that never gives up order or acknowledgement. What is not acknowledged at the end never will be.

        Always closed: an unclosed one breaks logging, and goes on sending.
        """
        with self.speaking():
            producer = Producer(
                bootstrap_servers=self._addresses(),
                bootstrap_timeout_ms=self.patience_seconds * 1000,
                allow_auto_create_topics=False,
                batch_size=128 * 1024,
                delivery_timeout_ms=30_000,
                request_timeout_ms=self.patience_seconds * 1000,
                max_block_ms=self.patience_seconds * 1000,
                reconnect_backoff_max_ms=_RECONNECT_MILLISECONDS,
                metrics_enabled=False,
            )
            try:
                yield producer
            finally:
                producer.give_up()
                producer.close(timeout=5)

    @contextmanager
    def consumer(self, group: str) -> Iterator[KafkaConsumer]:
        """A member of a group. Positions are kept in PostgreSQL, so nothing is committed by itself.

        One that is silent for a session loses its partitions to others. Its heartbeats have a thread of their own, so
        a slow handler does not make it silent.
        """
        with self.speaking():
            consumer = _Consumer(
                bootstrap_servers=self._addresses(),
                bootstrap_timeout_ms=self.patience_seconds * 1000,
                group_id=group,
                group_instance_id=self.instance,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                allow_auto_create_topics=False,
                partition_assignment_strategy=[CooperativeStickyAssignor],
                session_timeout_ms=self.session_seconds * 1000,
                heartbeat_interval_ms=1_000,
                fetch_max_wait_ms=500,
                reconnect_backoff_max_ms=_RECONNECT_MILLISECONDS,
                metrics_enabled=False,
            )
            try:
                yield consumer
            finally:
                consumer.close(timeout_ms=5_000)

    @contextmanager
    def reader_of_the_past(self) -> Iterator[KafkaConsumer]:
        """Reads partitions that it is given, from where it is told, and disturbs no group."""
        with self.speaking():
            consumer = _Consumer(
                bootstrap_servers=self._addresses(),
                bootstrap_timeout_ms=self.patience_seconds * 1000,
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="none",
                allow_auto_create_topics=False,
                fetch_max_wait_ms=50,
                reconnect_backoff_max_ms=_RECONNECT_MILLISECONDS,
                metrics_enabled=False,
            )
            try:
                yield consumer
            finally:
                consumer.close(timeout_ms=5_000)

    @contextmanager
    def speaking(self) -> Iterator[None]:
        """Turns every Kafka error inside into BrokerUnavailable."""
        try:
            yield
        except FencedInstanceIdError as error:
            raise InstanceTaken(self.servers, self.instance) from error
        except KafkaError as error:
            raise BrokerUnavailable(self.servers, type(error).__name__) from error

    def _addresses(self) -> list[str]:
        return self.servers.split(",")
