"""From one service's table through a real Kafka into another's: every event once in effect, each stream in order."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import NewTopic

from deploy.embedded.ports import free_port
from shared.commands.handler import Commands
from shared.database.pool import Database, Transaction
from shared.eventstore.postgres import PostgresEventStore
from shared.messages.codec import Codec
from shared.messages.decisions import Context
from shared.messages.recorded import BEGINNING, Recorded, Stored
from shared.privacy.keyring import Keyring
from shared.projections.projection import Projection, make_tables
from shared.projections.reader import Fenced, cursor_of, move_cursor
from shared.projections.subscriber import Subscriber
from shared.streaming import consumer as consumer_module
from shared.streaming import relay as relay_module
from shared.streaming.broker import PARTITIONS, Broker, BrokerUnavailable
from shared.streaming.cloudevents import Headers, headers_of, topic_of
from shared.streaming.consumer import Consumer, GapFound
from shared.streaming.relay import Relay
from tests.kernel.conftest import BeginningAgain, at_work
from tests.kernel.notebook import EVENTS, SPILT, Append, LineWritten, Open, lines_in, lines_projection
from tests.servers import KafkaServer, eventually

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
    key: bytes = b""
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

    @property
    def topic(self) -> str:
        return topic_of(self.service)

    def relay(self) -> Relay:
        return Relay(self.service, self.producing, self.broker)

    def consumer(self, *subscribers: Subscriber[Any]) -> Consumer:
        contracts = {self.service: self.contract}
        return Consumer(self.reader, self.consuming, self.broker, contracts, subscribers or [self.lines])

    def open(self, *notebooks: UUID) -> None:
        for notebook in notebooks:
            self.commands.handle(notebook, Open(title="Tuesday"), self.context)

    def write(self, notebook: UUID, *texts: str) -> None:
        for text in texts:
            self.commands.handle(notebook, Append(text=text), self.context, attempts=1000)

    def written(self) -> list[Stored]:
        return PostgresEventStore(self.producing).read_all(BEGINNING, 10_000)

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
            Record(first + nth, headers_of(each, self.service), each.data.encode()) for nth, each in enumerate(events)
        ]

    def tell(self, records: Sequence[Record], *subscribers: Subscriber[Any]) -> None:
        self.consumer(*subscribers).handle(self.topic, 0, records)  # type: ignore[arg-type]  # the shape is the same


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


def order_told(line: Line) -> dict[UUID, list[int]]:
    """The versions of each notebook's lines in the order in which the projection was told of them."""
    with line.consuming.transaction() as db:
        told = db.all(str, "select notebook || ' ' || version from lines.lines order by told")
    versions = defaultdict(list)
    for each in told:
        notebook, version = each.split()
        versions[UUID(notebook)].append(int(version))
    return versions


def texts(*numbers: int) -> list[str]:
    return [f"{number}" for number in numbers]


class TestFromTableToTable:
    def test_every_event_arrives_once_and_each_stream_in_order(self, to_kafka: Line) -> None:
        notebooks = [UUID(int=nth) for nth in range(1, 7)]
        to_kafka.open(*notebooks)

        def write(writer: int) -> None:
            for nth in range(10):
                for notebook in notebooks:
                    to_kafka.write(notebook, f"{writer}.{nth}")

        with at_work(to_kafka.relay(), BeginningAgain(to_kafka.consumer())):
            writers = [threading.Thread(target=write, args=(writer,)) for writer in range(3)]
            for writer in writers:
                writer.start()
            for writer in writers:
                writer.join()
            eventually(lambda: len(to_kafka.arrived()) >= 180, "all lines arrive", seconds=30)
        for notebook in notebooks:
            assert sorted(to_kafka.arrived(notebook)) == sorted(f"{w}.{nth}" for w in range(3) for nth in range(10))
        assert all(versions == list(range(2, 32)) for versions in order_told(to_kafka).values())
        in_table = {(each.stream, each.version, each.data) for each in to_kafka.written()}
        in_topic = {(r.key.decode(), sequence(r), (r.value or b"").decode()) for r in to_kafka.in_topic()}
        assert in_topic == in_table

    def test_a_stream_stays_in_one_partition(self, to_kafka: Line) -> None:
        to_kafka.open(*(UUID(int=nth) for nth in range(1, 9)))
        to_kafka.write(ONE, *texts(1, 2, 3))
        assert to_kafka.publish() == 11
        partitions = defaultdict(set)
        for record in to_kafka.in_topic():
            partitions[record.key].add(record.partition)
        assert len(partitions) == 8
        assert all(len(each) == 1 for each in partitions.values())
        assert len(set.union(*partitions.values())) > 1

    def test_personal_text_is_nowhere_in_the_topic(self, to_kafka: Line) -> None:
        to_kafka.commands.handle(ONE, Open(title="Tuesday", owner_name="Ann Lee"), to_kafka.context)
        to_kafka.publish()
        [record] = to_kafka.in_topic()
        assert b"Tuesday" in (record.value or b"")
        assert b"Ann Lee" not in repr(record).encode()

    def test_a_broker_that_is_away_for_a_while_delays_and_loses_nothing(
        self, to_kafka: Line, kafka: KafkaServer, database: Database
    ) -> None:
        to_kafka.open(ONE)
        with at_work(BeginningAgain(to_kafka.relay()), BeginningAgain(to_kafka.consumer())):
            to_kafka.write(ONE, *texts(1, 2))
            eventually(lambda: to_kafka.arrived() == texts(1, 2), "the first lines arrive", seconds=30)
            before = cursor_of(database, "relay")
            kafka.stop()
            try:
                to_kafka.write(ONE, *texts(3, 4, 5))
                assert cursor_of(database, "relay") == before
                assert open_transactions(database) == 0
            finally:
                kafka.start()
            eventually(lambda: len(to_kafka.arrived()) == 5, "the others arrive once it is back", seconds=60)
        assert to_kafka.arrived() == texts(1, 2, 3, 4, 5)
        assert order_told(to_kafka) == {ONE: [2, 3, 4, 5, 6]}


def sequence(record: Record) -> int:
    return int(dict(record.headers)["ce_sequence"])


def open_transactions(database: Database) -> int:
    """Those of others that hold a transaction id or do nothing inside a transaction: both hold readers back."""
    with database.transaction() as db:
        held = (
            "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
            " and (backend_xid is not null or state = 'idle in transaction')"
        )
        return db.value(int, held) or 0


class TestTheRelay:
    def test_that_dies_before_it_moves_its_cursor_sends_again_and_nothing_is_told_twice(self, to_kafka: Line) -> None:
        to_kafka.open(ONE)
        to_kafka.write(ONE, *texts(1, 2))
        with cursors_unmoved(to_kafka.producing), pytest.raises(Fenced):
            to_kafka.publish()
        assert to_kafka.publish() == 3
        assert [sequence(record) for record in to_kafka.in_topic()] == [1, 2, 3, 1, 2, 3]
        with at_work(BeginningAgain(to_kafka.consumer())):
            to_kafka.write(ONE, "3")
            to_kafka.publish()
            eventually(lambda: len(to_kafka.arrived()) >= 3, "the lines arrive", seconds=30)
        assert to_kafka.arrived() == texts(1, 2, 3)
        assert to_kafka.failure() is None

    def test_that_lost_the_lead_finds_out_when_it_moves_its_cursor(self, to_kafka: Line) -> None:
        to_kafka.open(ONE)
        stale = cursor_of(to_kafka.producing, "relay")
        to_kafka.publish()
        with to_kafka.producing.transaction() as db, pytest.raises(Fenced):
            move_cursor(db, "relay", stale, stale._replace(number=1))

    def test_whose_leader_is_gone_is_led_by_the_next(self, to_kafka: Line) -> None:
        to_kafka.open(ONE)
        relays = [BeginningAgain(to_kafka.relay()) for _ in range(2)]
        with at_work(*relays):
            eventually(lambda: cursor_of(to_kafka.producing, "relay") > BEGINNING, "one leads", seconds=30)
            with to_kafka.producing.transaction() as db:
                leader = "select pid from pg_locks where locktype = 'advisory' and granted"
                ended = db.all(bool, f"select pg_terminate_backend(pid, 5000) from ({leader}) leaders")
            assert ended
            to_kafka.write(ONE, *texts(1, 2, 3))
            last = to_kafka.written()[-1].position
            eventually(lambda: cursor_of(to_kafka.producing, "relay") == last, "the next leads", seconds=30)
        assert sorted({sequence(record) for record in to_kafka.in_topic()}) == [1, 2, 3, 4]

    def test_sends_a_backlog_in_batches(self, to_kafka: Line, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(relay_module, "_BATCH", 3)
        to_kafka.open(ONE)
        to_kafka.write(ONE, *texts(1, 2, 3, 4))
        assert [to_kafka.publish() for _ in range(3)] == [3, 2, 0]
        assert [sequence(record) for record in to_kafka.in_topic()] == [1, 2, 3, 4, 5]

    def test_moves_its_cursor_only_when_every_record_was_acknowledged(self, line: Line, broker: Broker) -> None:
        """A flush that returns does not say that all arrived."""
        line.broker = broker
        small = NewTopic(line.topic, PARTITIONS, 1, topic_configs={"max.message.bytes": "3000"})
        with_admin(broker, lambda admin: admin.create_topics([small]))
        line.open(ONE, TWO)
        line.write(ONE, "x" * 10_000)
        line.write(TWO, "short")
        before = cursor_of(line.producing, "relay")
        with pytest.raises(BrokerUnavailable):
            line.publish()
        assert cursor_of(line.producing, "relay") == before

    def test_of_a_broker_that_was_never_there_says_where_it_looked(self, line: Line) -> None:
        address = f"127.0.0.1:{free_port()}"
        with pytest.raises(BrokerUnavailable, match=f"Kafka at {address} does not answer"):
            Broker(address, patience_seconds=1).make_topics([line.topic], replicas=1)


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


def with_admin(broker: Broker, do: Callable[[Any], object]) -> None:
    admin = KafkaAdminClient(bootstrap_servers=broker.servers)
    try:
        do(admin)
    finally:
        admin.close()


class TestTopics:
    def test_are_made_once_with_their_partitions_and_kept_for_ever(self, to_kafka: Line, broker: Broker) -> None:
        broker.make_topics([to_kafka.topic, to_kafka.topic], replicas=1)
        reader = KafkaConsumer(bootstrap_servers=broker.servers)
        try:
            assert reader.partitions_for_topic(to_kafka.topic) == set(range(PARTITIONS))
        finally:
            reader.close()

    def test_are_never_made_by_a_misspelt_name(self, to_kafka: Line) -> None:
        to_kafka.open(ONE)
        to_kafka.service = f"misspelt-{to_kafka.service}"
        to_kafka.broker = replace(to_kafka.broker, patience_seconds=1)
        with pytest.raises(BrokerUnavailable):
            to_kafka.publish()


class TestTheConsumer:
    @pytest.fixture
    def events(self, line: Line) -> list[Stored]:
        """Versions 1 to 4 of one notebook: opened, and three lines."""
        line.open(ONE)
        line.write(ONE, *texts(1, 2, 3))
        return line.written()

    def test_moves_its_position_with_what_it_wrote(self, line: Line, events: list[Stored]) -> None:
        line.tell(line.records(events[:3]))
        assert line.arrived() == texts(1, 2)
        assert line.offset() == 3

    def test_that_is_told_the_same_records_again_changes_nothing(self, line: Line, events: list[Stored]) -> None:
        line.tell(line.records(events))
        line.tell(line.records(events, first=4))
        assert line.arrived() == texts(1, 2, 3)
        assert line.offset() == 8

    def test_passes_over_an_older_version(self, line: Line, events: list[Stored]) -> None:
        line.tell(line.records(events[:3]))
        line.tell(line.records([events[1], events[2], events[3]], first=3))
        assert line.arrived() == texts(1, 2, 3)

    def test_passes_over_a_repetition_inside_a_batch(self, line: Line, events: list[Stored]) -> None:
        line.tell(line.records([*events[:3], *events[:3], events[3]]))
        assert line.arrived() == texts(1, 2, 3)

    def test_that_lost_its_partition_without_knowing_writes_nothing(self, line: Line, events: list[Stored]) -> None:
        line.tell(line.records(events[:3]))
        with pytest.raises(Fenced):
            line.tell(line.records(events))
        assert line.arrived() == texts(1, 2)
        assert line.offset() == 3

    def test_does_not_go_past_a_gap(self, line: Line, events: list[Stored]) -> None:
        line.tell(line.records(events[:2]))
        with pytest.raises(GapFound, match="jumps from version 2 to 4"):
            line.tell(line.records([events[3]], first=2))
        assert line.arrived() == texts(1)
        assert line.offset() == 2

    def test_does_not_take_the_middle_of_a_stream_for_its_beginning(self, line: Line, events: list[Stored]) -> None:
        with pytest.raises(GapFound, match="jumps from version 0 to 2"):
            line.tell(line.records(events[1:]))

    def test_writes_nothing_of_a_batch_that_fails(self, line: Line) -> None:
        line.open(ONE)
        line.write(ONE, "1", SPILT, "2")
        with pytest.raises(ValueError, match=SPILT):
            line.tell(line.records(line.written()))
        assert line.arrived() == []
        assert line.offset() is None

    def test_counts_versions_of_what_its_contract_does_not_name(
        self, line: Line, events: list[Stored], keyring: Keyring
    ) -> None:
        line.contract = Codec([LineWritten], seal=keyring.seal, unseal=keyring.unseal, lenient=True)
        line.tell(line.records(events[:3]))
        line.tell(line.records(events[3:], first=3))
        assert line.arrived() == texts(1, 2, 3)

    def test_tells_every_subscriber_in_the_same_transaction(self, line: Line, events: list[Stored]) -> None:
        torn = Projection("torn", version=1, tables=line.lines.tables)

        @torn.on(LineWritten)
        def _(event: LineWritten, recorded: Recorded, db: Transaction) -> None:
            raise ValueError("torn")

        with pytest.raises(ValueError, match="torn"):
            line.tell(line.records(events), line.lines, torn)
        assert line.arrived() == []

    def test_knows_streams_of_each_topic_apart(self, line: Line, events: list[Stored]) -> None:
        line.tell(line.records(events[:2]))
        line.service = f"other-{line.service}"
        line.tell(line.records([replace(events[0], event_id=uuid4())]))
        assert line.offset() == 1


class TestAHeldPartition:
    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(consumer_module, "_PAUSE_AFTER_FAILURE_SECONDS", 0.05)

    def others(self, line: Line) -> None:
        """Another notebook, in another partition, that must go on."""
        line.open(TWO)
        line.write(TWO, "goes on")

    def test_by_a_gap_lets_the_others_flow_and_says_why(self, to_kafka: Line) -> None:
        to_kafka.open(ONE)
        to_kafka.write(ONE, *texts(1, 2))
        opened, _missing, second = to_kafka.written()
        self.others(to_kafka)
        to_kafka.send(opened, second, *to_kafka.written()[3:])
        assert_apart(to_kafka)
        with at_work(BeginningAgain(to_kafka.consumer())):
            eventually(lambda: to_kafka.arrived(TWO) == ["goes on"], "the other notebook arrives", seconds=30)
            eventually(to_kafka.failure, "the gap is noted")
        assert to_kafka.arrived(ONE) == []
        assert "jumps from version 1 to 3" in (to_kafka.failure() or "")

    def test_by_a_record_that_is_no_event_lets_the_others_flow_and_says_why(self, to_kafka: Line) -> None:
        self.others(to_kafka)
        to_kafka.open(ONE)
        with to_kafka.broker.producer() as producer:
            producer.send(to_kafka.topic, key=f"notebook-{ONE}".encode(), value=b"{}").get(timeout=10)
        to_kafka.send(*to_kafka.written())
        assert_apart(to_kafka)
        with at_work(BeginningAgain(to_kafka.consumer())):
            eventually(lambda: to_kafka.arrived(TWO) == ["goes on"], "the other notebook arrives", seconds=30)
            eventually(to_kafka.failure, "the record is noted")
        assert "not a Copse event" in (to_kafka.failure() or "")

    def test_goes_on_once_what_failed_is_mended(self, to_kafka: Line) -> None:
        to_kafka.open(ONE)
        to_kafka.write(ONE, "1", SPILT, "2")
        to_kafka.publish()
        with at_work(BeginningAgain(to_kafka.consumer())):
            eventually(to_kafka.failure, "the consumer stops", seconds=30)
        assert to_kafka.arrived() == []
        mended = Projection("lines", version=1, tables=to_kafka.lines.tables)

        @mended.on(LineWritten)
        def _(event: LineWritten, recorded: Recorded, db: Transaction) -> None:
            db.execute("insert into lines.lines values (%s, %s, %s)", recorded.id, recorded.version, event.text)

        with at_work(BeginningAgain(to_kafka.consumer(mended))):
            eventually(lambda: to_kafka.arrived() == ["1", SPILT, "2"], "the lines arrive", seconds=30)


def assert_apart(line: Line) -> None:
    partitions = {record.key: record.partition for record in line.in_topic()}
    assert partitions[f"notebook-{ONE}".encode()] != partitions[f"notebook-{TWO}".encode()]


class TestConsumersOfOneService:
    def test_share_the_partitions_and_one_takes_over_when_the_other_goes(self, to_kafka: Line) -> None:
        notebooks = [UUID(int=nth) for nth in range(1, 9)]
        to_kafka.open(*notebooks)
        with at_work(to_kafka.relay(), BeginningAgain(to_kafka.consumer())):
            for notebook in notebooks:
                to_kafka.write(notebook, "1")
            with at_work(BeginningAgain(to_kafka.consumer())):
                for notebook in notebooks:
                    to_kafka.write(notebook, "2")
                eventually(lambda: len(to_kafka.arrived()) == 16, "both read", seconds=30)
            for notebook in notebooks:
                to_kafka.write(notebook, "3")
            eventually(lambda: len(to_kafka.arrived()) == 24, "the first takes over", seconds=30)
        assert order_told(to_kafka) == {notebook: [2, 3, 4] for notebook in notebooks}

    def test_go_on_where_the_service_was_and_not_where_kafka_remembers(self, to_kafka: Line) -> None:
        to_kafka.open(ONE)
        to_kafka.write(ONE, "1")
        to_kafka.publish()
        with at_work(BeginningAgain(to_kafka.consumer())):
            eventually(lambda: to_kafka.arrived() == ["1"], "the line arrives", seconds=30)
        with to_kafka.consuming.transaction() as db:  # as after restoring the database from a backup
            db.execute("delete from consumer_positions")
            db.execute("delete from consumer_streams")
            db.execute("delete from lines.lines")
        with at_work(BeginningAgain(to_kafka.consumer())):
            eventually(lambda: to_kafka.arrived() == ["1"], "the line arrives again", seconds=30)
