"""From one service's table through a real Kafka into another's: every event once in effect, each stream in order."""

import threading
from collections import defaultdict
from uuid import UUID, uuid4

import pytest
from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.errors import NoError
from msgspec import structs

from deploy.embedded.ports import free_port
from shared.database.pool import Database, Transaction
from shared.messages.codec import Codec
from shared.messages.recorded import BEGINNING, Recorded, Stored
from shared.privacy.keyring import Keyring
from shared.projections.projection import Projection
from shared.projections.reader import Fenced, cursor_of, move_cursor
from shared.streaming import relay as relay_module
from shared.streaming.broker import PARTITIONS, Broker, BrokerUnavailable
from shared.streaming.relay import CannotPublish
from shared.streaming.topics import topics_there
from tests.kernel.conftest import BeginningAgain, at_work, end_the_leader
from tests.kernel.line import ONE, Line, Record, cursors_unmoved, published_to_the_end
from tests.kernel.notebook import LineWritten, Open
from tests.servers import KafkaServer, eventually


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
        in_topic = {((r.key or b"").decode(), sequence(r), (r.value or b"").decode()) for r in to_kafka.in_topic()}
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
            eventually(lambda: published_to_the_end(to_kafka), "the relay notes it")
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
    """Those of others in which nothing is done: who waits for Kafka inside one holds readers back meanwhile."""
    with database.transaction() as db:
        held = (
            "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
            " and state = 'idle in transaction'"
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
            end_the_leader(to_kafka.producing, "relay")
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

    def test_of_a_broker_that_was_never_there_says_where_it_looked(self, line: Line) -> None:
        address = f"127.0.0.1:{free_port()}"
        with pytest.raises(BrokerUnavailable, match=f"Kafka at {address} does not answer"):
            Broker(address, patience_seconds=1).make_topics([line.topic], replicas=1)


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
        with pytest.raises(CannotPublish, match=f"no topic {to_kafka.topic}"):
            to_kafka.publish()
        assert not topics_there(to_kafka.broker, [to_kafka.topic])


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
        line.tell(line.records([events[3]], first=2))
        assert line.arrived() == texts(1)
        assert line.offset() == 3

    def test_does_not_take_the_middle_of_a_stream_for_its_beginning(self, line: Line, events: list[Stored]) -> None:
        line.tell(line.records(events[1:]))
        assert line.arrived() == []

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

        line.tell(line.records(events), line.lines, torn)
        assert line.arrived() == []

    def test_knows_streams_of_each_topic_apart(self, line: Line, events: list[Stored]) -> None:
        line.tell(line.records(events[:2]))
        line.service = f"other-{line.service}"
        line.tell(line.records([structs.replace(events[0], event_id=uuid4())]))
        assert line.offset() == 1


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
        """Kafka remembers the end, as when the service's database was restored from a backup; then the beginning."""
        to_kafka.open(ONE)
        to_kafka.write(ONE, *texts(1, 2))
        to_kafka.publish()
        [partition] = {record.partition for record in to_kafka.in_topic()}
        with at_work(BeginningAgain(to_kafka.consumer())):
            eventually(lambda: to_kafka.offset(partition) == 3, "the lines arrive", seconds=30)
        with to_kafka.consuming.transaction() as db:
            db.execute("update consumer_positions set next_offset = 2")
            db.execute("update consumer_streams set version = 2")
            db.execute("delete from lines.lines where version > 2")
        remember(to_kafka, partition, 3)
        with at_work(BeginningAgain(to_kafka.consumer())):
            eventually(lambda: to_kafka.arrived() == texts(1, 2), "the last line arrives again", seconds=30)
        remember(to_kafka, partition, 0)
        with at_work(BeginningAgain(to_kafka.consumer())):
            to_kafka.write(ONE, "3")
            to_kafka.publish()
            eventually(lambda: to_kafka.arrived() == texts(1, 2, 3), "the next line arrives", seconds=30)


def remember(line: Line, partition: int, offset: int) -> None:
    """Kafka remembers a place of the reading service, although the service never asks it to."""
    with line.broker.administering() as admin:
        place = {TopicPartition(line.topic, partition): OffsetAndMetadata(offset, "", -1)}
        answered = admin.alter_group_offsets(f"copse.{line.reader}", place)
        assert list(answered.values()) == [NoError]
