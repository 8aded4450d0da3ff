"""Two services with Kafka between them: the first writes notebooks, the second keeps their lines."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from kafka import KafkaConsumer, TopicPartition

from shared.commands.handler import Commands
from shared.database.pool import Database
from shared.dead_letters.breaker import Policy
from shared.eventstore.postgres import PostgresEventStore
from shared.messages.codec import Codec
from shared.messages.decisions import Context
from shared.messages.recorded import BEGINNING, Stored
from shared.privacy.keyring import Keyring
from shared.projections.projection import Projection, make_tables
from shared.projections.reader import cursor_of
from shared.projections.subscriber import Subscriber
from shared.streaming.broker import PARTITIONS, Broker
from shared.streaming.cloudevents import Headers, headers_of, topic_of
from shared.streaming.consumer import Consumer
from shared.streaming.relay import Relay
from tests.kernel.notebook import EVENTS, Append, Open, lines_in, lines_projection
from tests.servers import KafkaServer, all_readable

ONE, TWO = UUID(int=1), UUID(int=2)


@pytest.fixture(scope="session")
def broker(kafka: KafkaServer) -> Broker:
    return Broker(kafka.address)


@dataclass
class Record:
    """As a consumer of Kafka meets it."""

    offset: int
    headers: Headers
    value: bytes | None
    key: bytes | None = b""
    partition: int = 0


@dataclass
class Line:
    """Two services with Kafka between them. The first writes notebooks, the second keeps their lines."""

    producing: Database
    consuming: Database
    broker: Broker
    codec: Codec
    contract: Codec
    commands: Commands
    context: Context
    service: str = field(default_factory=lambda: f"notebooks-{uuid4().hex[:8]}")
    reader: str = field(default_factory=lambda: f"readers-{uuid4().hex[:8]}")
    lines: Projection = field(default_factory=lines_projection)
    policy: Policy = field(default_factory=Policy)

    @property
    def topic(self) -> str:
        return topic_of(self.service)

    def relay(self) -> Relay:
        return Relay(self.service, self.producing, self.broker)

    def consumer(self, *subscribers: Subscriber[Any]) -> Consumer:
        contracts = {self.service: self.contract}
        return Consumer(
            self.reader, self.consuming, self.broker, contracts, subscribers or [self.lines], policy=self.policy
        )

    def open(self, *notebooks: UUID) -> None:
        for notebook in notebooks:
            self.commands.handle(notebook, Open(title="Tuesday"), self.context)

    def write(self, notebook: UUID, *texts: str) -> None:
        for text in texts:
            self.commands.handle(notebook, Append(text=text), self.context, attempts=1000)

    def written(self) -> list[Stored]:
        all_readable(self.producing)
        return PostgresEventStore(self.producing).read_all(BEGINNING, 100_000)

    def arrived(self, notebook: UUID | None = None) -> list[str]:
        with self.consuming.transaction() as db:
            return [line.text for line in lines_in(db, self.lines, notebook)]

    def offset(self, partition: int = 0) -> int | None:
        with self.consuming.transaction() as db:
            return db.value(
                int,
                'select next_offset from consumer_positions where topic = %s and "partition" = %s',
                self.topic,
                partition,
            )

    def failure(self) -> str | None:
        with self.consuming.transaction() as db:
            return db.value(str, "select failure from readers where name = 'consumer'")

    def in_topic(self) -> list[Record]:
        """Every record of the topic, each partition in order."""
        reader = KafkaConsumer(bootstrap_servers=self.broker.servers, consumer_timeout_ms=10_000)
        try:
            partitions = [TopicPartition(self.topic, nth) for nth in range(PARTITIONS)]
            ends = reader.end_offsets(partitions)
            reader.assign(partitions)
            reader.seek_to_beginning(*partitions)
            missing = sum(ends.values())
            found: list[Record] = []
            while len(found) < missing:
                for records in reader.poll(timeout_ms=1000).values():
                    found += [Record(r.offset, list(r.headers), r.value, r.key, r.partition) for r in records]
            return found
        finally:
            reader.close()

    def publish(self) -> int:
        """One batch, as the relay does."""
        all_readable(self.producing)
        with self.broker.producer() as producer:
            return self.relay().publish(producer)

    def send(self, *events: Stored) -> None:
        """Puts records into the topic past the relay."""
        with self.broker.producer() as producer:
            for each in events:
                producer.send(
                    self.topic,
                    key=each.stream.encode(),
                    value=each.data.encode(),
                    headers=headers_of(each, self.service),
                ).get(timeout=10)

    def records(self, events: Sequence[Stored], first: int = 0) -> list[Record]:
        """Events as they would be met in one partition from an offset on."""
        return [
            Record(first + nth, headers_of(each, self.service), each.data.encode(), each.stream.encode())
            for nth, each in enumerate(events)
        ]

    def tell(self, records: Sequence[Record], *subscribers: Subscriber[Any]) -> None:
        self.consumer(*subscribers).handle(self.topic, 0, records)  # type: ignore[arg-type]  # the shape is the same


def published_to_the_end(line: Line) -> bool:
    return cursor_of(line.producing, "relay") == PostgresEventStore(line.producing).newest() > BEGINNING


@contextmanager
def cursors_unmoved(database: Database) -> Iterator[None]:
    """What the next process finds when one gets SIGKILL between the last acknowledgement and its cursor's move."""
    with database.transaction() as db:
        db.execute("create function unmoved() returns trigger language plpgsql as 'begin return null; end'")
        db.execute("create trigger unmoved before update on readers for each row execute function unmoved()")
    try:
        yield
    finally:
        with database.transaction() as db:
            db.execute("drop function unmoved cascade")


@pytest.fixture
def line(
    database: Database, elsewhere: Database, keyring: Keyring, codec: Codec, commands: Commands, context: Context
) -> Line:
    contract = Codec(EVENTS, seal=keyring.seal, unseal=keyring.unseal, lenient=True)
    line = Line(database, elsewhere, Broker("127.0.0.1:1"), codec, contract, commands, context)
    make_tables(line.lines, elsewhere)
    return line


@pytest.fixture
def to_kafka(line: Line, broker: Broker) -> Line:
    line.broker = broker
    broker.make_topics([line.topic], replicas=1)
    return line
