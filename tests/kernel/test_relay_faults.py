"""What goes wrong around the relay: each fault has an outcome that is told in plain words, and none loses an event or
puts one before another of its stream."""

import os
import shutil
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic

from deploy.embedded.kafka import Kafka
from shared.commands.handler import Commands
from shared.database.pool import Database, Unavailable
from shared.eventstore.outbox import Outbox
from shared.eventstore.postgres import PostgresEventStore
from shared.eventstore.store import NewEvent, Write
from shared.messages.codec import LARGEST_EVENT_BYTES, TooLarge
from shared.messages.decisions import Context
from shared.messages.recorded import BEGINNING, Metadata, Position
from shared.projections.reader import Fenced, cursor_of
from shared.streaming import relay as relay_module
from shared.streaming.broker import PARTITIONS, Broker, BrokerUnavailable
from shared.streaming.cloudevents import headers_of
from shared.streaming.relay import CannotPublish, Publishing
from shared.streaming.seeker import Seeker
from shared.streaming.topics import topics_there
from tests.kernel.conftest import NOW, BeginningAgain, at_work, end_the_leader
from tests.kernel.line import ONE, TWO, Line, Record, cursors_unmoved, published_to_the_end
from tests.kernel.notebook import Open
from tests.servers import KafkaServer, eventually

NOTEBOOKS = [UUID(int=nth) for nth in range(1, 13)]
WHY_NOT_SO_LONG = "A Kafka that is away for a minute and a half: COPSE_TEST_LONG=1 waits for it."
LONGER_THAN_ANY_LIMIT = 90.0  # 15 s for an acknowledgement, 30 s for a delivery, 45 s for a session
_PACE_SECONDS = 0.002  # between two events of a writer: what it writes is read again, all of it, in the end


def told(line: Line) -> str:
    """What `copse status` says of the relay."""
    with line.producing.transaction() as db:
        return db.value(str, "select failure from readers where name = 'relay'") or ""


def repeated(line: Line) -> int:
    with line.producing.transaction() as db:
        return db.value(int, "select coalesce(sum(repeated), 0)::int from relay_offsets") or 0


def first_met(line: Line) -> dict[str, list[int]]:
    """Of each stream the versions in the order in which a consumer meets them for the first time."""
    met: dict[str, list[int]] = defaultdict(list)
    for record in line.in_topic():
        version = int(dict(record.headers)["ce_sequence"])
        if version not in met[(record.key or b"").decode()]:
            met[(record.key or b"").decode()].append(version)
    return met


def everything_in_order(line: Line) -> bool:
    stored: dict[str, list[int]] = defaultdict(list)
    for event in line.written():
        stored[event.stream].append(event.version)
    return first_met(line) == stored


def administer(broker: Broker, do: Callable[[Any], object]) -> None:
    admin = KafkaAdminClient(bootstrap_servers=broker.servers)
    try:
        do(admin)
    finally:
        admin.close()


def make_topic(line: Line, partitions: int = PARTITIONS, **settings: str) -> None:
    topic = NewTopic(line.topic, partitions, 1, topic_configs={k.replace("_", "."): v for k, v in settings.items()})
    administer(line.broker, lambda admin: admin.create_topics([topic], wait_for_metadata=True))


def delete_topic(line: Line) -> None:
    administer(line.broker, lambda admin: admin.delete_topics([line.topic]))
    eventually(lambda: not topics_there(line.broker, [line.topic]), "the topic is gone")


def takes(line: Line, size: int) -> None:
    """Sets how many bytes the topic takes at once."""
    change = ConfigResource(ConfigResourceType.TOPIC, line.topic, configs={"max.message.bytes": str(size)})
    administer(line.broker, lambda admin: admin.alter_configs([change]))


class TestAnEventThatIsTooLarge:
    def test_is_refused_before_anything_is_stored(
        self, commands: Commands, context: Context, store: PostgresEventStore
    ) -> None:
        with pytest.raises(TooLarge, match=r"too long to be recorded: 262,\d+ bytes, and at most 262,144 can be"):
            commands.handle(ONE, Open(title="x" * LARGEST_EVENT_BYTES), context)
        with pytest.raises(TooLarge):  # sealed, it is longer than it was
            commands.handle(ONE, Open(title="", owner_name="x" * (LARGEST_EVENT_BYTES - 10_000)), context)
        assert store.read_all(BEGINNING, 10) == []
        commands.handle(ONE, Open(title="x" * (LARGEST_EVENT_BYTES - 100)), context)

    def test_and_is_in_the_table_nevertheless_stops_the_relay_which_names_it(self, to_kafka: Line) -> None:
        to_kafka.open(ONE)
        huge = NewEvent(uuid4(), "line-written", 1, '{"text":"%s"}' % ("x" * 2_000_000))
        who = Metadata.of(to_kafka.context)
        PostgresEventStore(to_kafka.producing).append([Write(f"notebook-{ONE}", 1, (huge,))], who, NOW)
        to_kafka.write(ONE, "behind it")
        to_kafka.open(TWO)
        with at_work(BeginningAgain(to_kafka.relay())):
            eventually(lambda: "line-written" in told(to_kafka), "the relay says what stops it", seconds=30)
            assert told(to_kafka).startswith(f"line-written, version 2 of notebook-{ONE}, has 2,00")
            assert f"Run: kafka-configs.sh --alter --entity-type topics --entity-name {to_kafka.topic}" in told(
                to_kafka
            )
            assert first_met(to_kafka) == {f"notebook-{ONE}": [1]}
            takes(to_kafka, int(told(to_kafka).rsplit("max.message.bytes=", 1)[1]))
            eventually(lambda: published_to_the_end(to_kafka), "it goes on", seconds=30)
        assert told(to_kafka) == ""
        assert everything_in_order(to_kafka)

    def test_many_large_ones_are_not_held_in_memory_at_once(self, to_kafka: Line) -> None:
        to_kafka.open(ONE)
        for _ in range(12):
            to_kafka.write(ONE, "x" * 250_000)
        with publishing(to_kafka) as way:
            assert way.send_next() <= 6
        assert to_kafka.publish() <= 6


class TestATopic:
    def test_of_another_number_of_partitions_is_not_published_to(self, line: Line, broker: Broker) -> None:
        line.broker = broker
        for number in (3, 24):
            make_topic(line, number)
            line.open(*NOTEBOOKS[:2]) if number == 3 else None
            with pytest.raises(CannotPublish, match=f"has {number} partitions and must have 12"):
                line.relay().run(threading.Event())
            assert f"has {number} partitions and must have 12" in told(line)
            assert "Run: copse migrate" in told(line).replace("run", "Run")
            assert not any(topics_there(broker, [line.topic])[line.topic].ends.values())
            delete_topic(line)

    def test_that_takes_less_than_a_batch_is_not_published_to(self, line: Line, broker: Broker) -> None:
        line.broker = broker
        make_topic(line, max_message_bytes="3000")
        with pytest.raises(CannotPublish, match="takes 3,000 bytes at once and must take 1,048,576"):
            line.publish()

    def test_that_is_not_there_is_named(self, line: Line, broker: Broker) -> None:
        line.broker = broker
        with pytest.raises(CannotPublish, match=f"no topic {line.topic}.* Run: copse migrate {line.service}"):
            line.publish()

    def test_that_vanishes_and_is_made_anew_is_filled_again(
        self, to_kafka: Line, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(relay_module, "_ACKNOWLEDGED_WITHIN_SECONDS", 1.0)
        to_kafka.open(*NOTEBOOKS)
        with at_work(BeginningAgain(to_kafka.relay())):
            eventually(lambda: published_to_the_end(to_kafka), "all is published", seconds=30)
            delete_topic(to_kafka)
            to_kafka.write(ONE, "meanwhile")
            eventually(lambda: "no topic" in told(to_kafka), "the relay says that there is none", seconds=30)
            to_kafka.broker.make_topics([to_kafka.topic], replicas=1)
            eventually(lambda: published_to_the_end(to_kafka), "it goes on", seconds=30)
            to_kafka.write(TWO, "afterwards")
            eventually(lambda: everything_in_order(to_kafka), "everything is there again", seconds=30)
        assert told(to_kafka) == ""

    def test_that_is_made_anew_under_a_relay_at_work_is_filled_again(self, to_kafka: Line) -> None:
        """What is sent into the empty one before anybody knows stands there first; the rest comes behind it."""
        to_kafka.open(*NOTEBOOKS)
        for nth in range(3):
            for notebook in NOTEBOOKS:
                to_kafka.write(notebook, f"{nth}")
        with publishing(to_kafka) as way:
            while way.send_next() or way.under_way:
                way.settle(wait_seconds=5)
            delete_topic(to_kafka)
            to_kafka.broker.make_topics([to_kafka.topic], replicas=1)
            to_kafka.write(ONE, "into the empty one")
            way.send_next()
            with pytest.raises((CannotPublish, BrokerUnavailable)):
                until_settled(way)
        to_kafka.publish()
        assert sorted(first_met(to_kafka)[f"notebook-{ONE}"]) == [1, 2, 3, 4, 5]
        assert {len(each) for stream, each in first_met(to_kafka).items() if stream != f"notebook-{ONE}"} == {4}


def until_settled(way: Publishing) -> None:
    until = time.monotonic() + 30
    while way.under_way:
        assert time.monotonic() < until, "neither acknowledged nor refused"
        way.settle(wait_seconds=1)


@contextmanager
def publishing(line: Line) -> Iterator[Publishing]:
    """One leader's way, a step at a time."""
    with line.producing.own_connection() as connection, line.broker.producer() as producer:
        outbox = Outbox(connection)
        topic = line.relay()._begin(outbox)
        yield Publishing(line.service, outbox, line.broker, producer, topic)


class TestTheCursor:
    def test_moves_only_when_every_record_was_acknowledged(self, to_kafka: Line) -> None:
        """The broker lowers its limit under a relay at work: some records arrive and one does not."""
        to_kafka.open(*NOTEBOOKS)
        to_kafka.write(ONE, "x" * 10_000)
        to_kafka.write(TWO, "short")
        before = cursor_of(to_kafka.producing, "relay")
        with publishing(to_kafka) as way:
            takes(to_kafka, 3000)
            way.send_next()
            with pytest.raises(BrokerUnavailable):
                until_settled(way)
        assert cursor_of(to_kafka.producing, "relay") == before
        takes(to_kafka, 1024 * 1024)
        to_kafka.publish()
        assert everything_in_order(to_kafka)


class TestABrokerWithAnOlderCopyOfItsData:
    def test_is_sent_again_what_it_lost(self, line: Line, tmp_path: Path) -> None:
        """A restored disk, or one that had not yet written down what was acknowledged when its machine went out."""
        kafka = Kafka(tmp_path / "kafka")
        line.broker = Broker(kafka.address)
        try:
            kafka.start()
            line.broker.make_topics([line.topic], replicas=1)
            line.open(*NOTEBOOKS)
            line.publish()
            kafka.stop()
            shutil.copytree(tmp_path / "kafka/data", tmp_path / "older")
            kafka.start()
            for nth in range(4):
                for notebook in NOTEBOOKS[: 12 - 2 * nth]:
                    line.write(notebook, f"{nth}")
                line.publish()
            before = line.in_topic()
            assert everything_in_order(line)
            kafka.kill()
            shutil.rmtree(tmp_path / "kafka/data")
            shutil.copytree(tmp_path / "older", tmp_path / "kafka/data")
            kafka.start()
            assert len(line.in_topic()) == len(NOTEBOOKS)
            assert line.publish() >= len(before) - len(NOTEBOOKS)
            assert everything_in_order(line)
            assert line.publish() == 0
        finally:
            kafka.kill()

    def test_is_read_back_to_before_what_came_while_nobody_knew(self, to_kafka: Line) -> None:
        """A record behind the hole does not prove that all before it is there: it came after the cursor."""
        to_kafka.open(*NOTEBOOKS)
        to_kafka.publish()
        delete_topic(to_kafka)
        to_kafka.broker.make_topics([to_kafka.topic], replicas=1)
        to_kafka.write(ONE, "came after the loss")
        to_kafka.send(to_kafka.written()[-1])
        to_kafka.publish()
        assert sorted(first_met(to_kafka)[f"notebook-{ONE}"]) == [1, 2]
        assert len(first_met(to_kafka)) == len(NOTEBOOKS)


BUSY, QUIET = UUID(int=3), UUID(int=24)  # of one partition, the first


class TestAReaderOfATopicThatLostRecords:
    """The former topic held records twice, so a reader's place in it says too much of the new one."""

    def read_twice_sent(self, line: Line) -> int:
        """Three events, each sent twice and read; the reader's place."""
        line.open(BUSY)
        line.write(BUSY, "1", "2")
        with cursors_unmoved(line.producing), pytest.raises(Fenced):
            line.publish()
        line.publish()
        with at_work(BeginningAgain(line.consumer())):
            eventually(lambda: line.offset() == 6, "all is read, repetitions too", seconds=30)
        return 6

    @pytest.mark.parametrize("records", [5, 6, 7], ids=["before", "at", "beyond"])
    def test_reads_what_it_never_met_wherever_the_new_one_ends(self, to_kafka: Line, records: int) -> None:
        """It was away meanwhile; the new topic ends before its place, at it, or beyond it."""
        self.read_twice_sent(to_kafka)
        delete_topic(to_kafka)
        to_kafka.broker.make_topics([to_kafka.topic], replicas=1)
        to_kafka.open(QUIET)
        lines = ["never met"] * (min(records, 6) - 4)
        to_kafka.write(QUIET, *lines)
        if records > 6:
            to_kafka.write(BUSY, "3")
        to_kafka.publish()
        assert len(to_kafka.in_topic()) == records
        with at_work(BeginningAgain(to_kafka.consumer())):
            eventually(lambda: to_kafka.arrived(QUIET) == lines, "what it never met arrives", seconds=20)
            eventually(lambda: to_kafka.offset() == records, "it has read everything")
        assert to_kafka.arrived(BUSY) == (["1", "2", "3"] if records > 6 else ["1", "2"])

    def test_that_was_made_anew_under_relay_and_reader_at_work_loses_nothing(
        self, to_kafka: Line, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(relay_module, "_ACKNOWLEDGED_WITHIN_SECONDS", 1.0)
        self.read_twice_sent(to_kafka)
        with at_work(BeginningAgain(to_kafka.relay()), BeginningAgain(to_kafka.consumer())):
            to_kafka.write(BUSY, "3")
            eventually(lambda: to_kafka.arrived() == ["1", "2", "3"], "both are at work", seconds=30)
            eventually(lambda: published_to_the_end(to_kafka), "the relay notes it")
            delete_topic(to_kafka)
            to_kafka.open(QUIET)
            to_kafka.write(QUIET, "never met", "nor this")
            to_kafka.write(BUSY, "4")
            eventually(lambda: "no topic" in told(to_kafka), "the relay says that there is none", seconds=30)
            to_kafka.broker.make_topics([to_kafka.topic], replicas=1)
            eventually(lambda: to_kafka.arrived(BUSY) == ["1", "2", "3", "4"], "the new one is read", seconds=30)
            eventually(lambda: to_kafka.arrived(QUIET) == ["never met", "nor this"], "all of it", seconds=20)
        assert sorted(to_kafka.arrived()) == ["1", "2", "3", "4", "never met", "nor this"]

    def test_that_came_back_as_an_older_copy_loses_nothing(self, line: Line, tmp_path: Path) -> None:
        """It keeps its name and its id, and has grown beyond the reader's place before the reader looks."""
        kafka = Kafka(tmp_path / "kafka")
        line.broker = Broker(kafka.address)
        try:
            kafka.start()
            line.broker.make_topics([line.topic], replicas=1)
            line.open(BUSY)
            line.publish()
            kafka.stop()
            shutil.copytree(tmp_path / "kafka/data", tmp_path / "older")
            kafka.start()
            line.write(BUSY, "1", "2")
            with cursors_unmoved(line.producing), pytest.raises(Fenced):
                line.publish()
            line.publish()
            with at_work(BeginningAgain(line.consumer())):
                eventually(lambda: line.offset() == 5, "all is read, repetitions too", seconds=30)
            kafka.kill()
            shutil.rmtree(tmp_path / "kafka/data")
            shutil.copytree(tmp_path / "older", tmp_path / "kafka/data")
            kafka.start()
            line.open(QUIET)
            line.write(QUIET, "never met")
            line.write(BUSY, "3")
            line.publish()
            with at_work(BeginningAgain(line.consumer())):
                eventually(lambda: line.offset() == 6, "the new records are read", seconds=30)
            assert line.arrived(QUIET) == ["never met"]
            assert line.arrived(BUSY) == ["1", "2", "3"]
        finally:
            kafka.kill()

    def test_is_not_set_back_by_a_process_that_lost_its_partition_without_knowing(
        self, to_kafka: Line, elsewhere: Database
    ) -> None:
        place = self.read_twice_sent(to_kafka)
        partition = TopicPartition(to_kafka.topic, 0)
        with to_kafka.broker.consumer(to_kafka.reader) as member:
            member.assign([partition])
            zombie = Seeker(member, elsewhere, begins=lambda: None)
            zombie.seek(partition)
            with elsewhere.transaction() as db:
                db.execute("update consumer_positions set next_offset = next_offset + 1")
            opened = to_kafka.written()[0]
            sent_again = Record(place, headers_of(opened, to_kafka.service, filling=1), None)
            with pytest.raises(Fenced, match="moved by another process"):
                zombie.new(partition, [sent_again])  # type: ignore[list-item]  # the shape is the same
        assert to_kafka.offset() == place + 1


class TestABrokerThatIsAway:
    def test_for_long_is_found_again_at_once_and_nothing_piles_up(
        self, to_kafka: Line, kafka: KafkaServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(relay_module, "_ACKNOWLEDGED_WITHIN_SECONDS", 2.0)
        to_kafka.broker = replace(to_kafka.broker, patience_seconds=2)
        threads = threading.active_count()
        begun: list[float] = []
        relay = to_kafka.relay()
        lead = relay._lead

        def counted(*words: Any) -> None:
            begun.append(time.monotonic())
            lead(*words)

        monkeypatch.setattr(relay, "_lead", counted)
        with at_work(BeginningAgain(relay)):
            to_kafka.open(*NOTEBOOKS)
            eventually(lambda: published_to_the_end(to_kafka), "all is published", seconds=30)
            kafka.stop()
            try:
                for nth in range(3):
                    for notebook in NOTEBOOKS:
                        to_kafka.write(notebook, f"{nth}")
                eventually(lambda: len(begun) > 6, "it has begun again six times", seconds=60)
                assert "Kafka at" in told(to_kafka)
                few = threads + 3
                eventually(lambda: threading.active_count() <= few, "the threads of earlier producers end")
            finally:
                kafka.start()
            eventually(lambda: published_to_the_end(to_kafka), "it goes on at once", seconds=20)
        assert everything_in_order(to_kafka)
        assert told(to_kafka) == ""

    @pytest.mark.skipif(os.environ.get("COPSE_TEST_LONG") != "1", reason=WHY_NOT_SO_LONG)
    def test_for_longer_than_every_limit_of_production_is_found_again_by_relay_and_reader(
        self, to_kafka: Line, kafka: KafkaServer
    ) -> None:
        enough = threading.Event()
        written: dict[UUID, list[str]] = defaultdict(list)

        def write() -> None:
            nth = 0
            while not enough.wait(0.05):
                notebook = NOTEBOOKS[nth % len(NOTEBOOKS)]
                to_kafka.write(notebook, f"{nth}")
                written[notebook].append(f"{nth}")
                nth += 1

        to_kafka.open(*NOTEBOOKS)
        writer = threading.Thread(target=write)
        with at_work(BeginningAgain(to_kafka.relay()), BeginningAgain(to_kafka.consumer())):
            writer.start()
            try:
                eventually(lambda: len(to_kafka.arrived()) > 50, "lines arrive", seconds=30)
                away_since = time.monotonic()
                kafka.stop()
                try:
                    eventually(
                        lambda: time.monotonic() > away_since + LONGER_THAN_ANY_LIMIT,
                        "Kafka was away for long",
                        seconds=LONGER_THAN_ANY_LIMIT + 10,
                    )
                    assert "Kafka at" in told(to_kafka)
                    before = len(to_kafka.arrived())
                finally:
                    kafka.start()
                eventually(lambda: len(to_kafka.arrived()) > before, "lines arrive again", seconds=20)
            finally:
                enough.set()
                writer.join()
            total = sum(map(len, written.values()))
            eventually(lambda: len(to_kafka.arrived()) == total, f"all {total} lines arrive", seconds=60)
        assert {each: to_kafka.arrived(each) for each in NOTEBOOKS} == written
        assert everything_in_order(to_kafka)
        assert told(to_kafka) == ""


class TestALeader:
    def test_whose_session_has_ended_can_neither_read_on_nor_move_the_cursor(self, to_kafka: Line) -> None:
        to_kafka.open(*NOTEBOOKS)
        before = cursor_of(to_kafka.producing, "relay")

        def settles() -> None:
            with publishing(to_kafka) as way:
                way.send_next()
                end_every_session_but_mine(to_kafka)
                until_settled(way)

        with pytest.raises(Unavailable):
            settles()
        assert cursor_of(to_kafka.producing, "relay") == before
        to_kafka.write(ONE, "for the next")
        to_kafka.publish()
        assert everything_in_order(to_kafka)
        assert repeated(to_kafka) == len(NOTEBOOKS)

    def test_after_leader_that_is_cut_off_under_load_loses_and_reorders_nothing(
        self, to_kafka: Line, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(relay_module, "_BATCH", 7)
        enough = threading.Event()

        def write() -> None:
            nth = 0
            while not enough.wait(_PACE_SECONDS):
                to_kafka.write(NOTEBOOKS[nth % len(NOTEBOOKS)], f"{nth}")
                nth += 1

        to_kafka.open(*NOTEBOOKS)
        writer = threading.Thread(target=write)
        with at_work(*(BeginningAgain(to_kafka.relay()) for _ in range(3))):
            writer.start()
            try:
                for _ in range(8):
                    reached = cursor_of(to_kafka.producing, "relay")
                    eventually(lambda: cursor_of(to_kafka.producing, "relay") > reached, "one leads", seconds=30)  # noqa: B023
                    end_the_leader(to_kafka.producing, "relay")
            finally:
                enough.set()
                writer.join()
            eventually(lambda: published_to_the_end(to_kafka), "all is published", seconds=30)
        assert everything_in_order(to_kafka)
        assert len(to_kafka.in_topic()) == len(to_kafka.written()) + repeated(to_kafka)


def end_every_session_but_mine(line: Line) -> None:
    with line.producing.transaction() as db:
        others = "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        db.all(bool, f"select pg_terminate_backend(pid, 5000) from ({others}) others")


def test_a_cursor_that_is_set_back_under_an_idle_leader_is_noticed(to_kafka: Line) -> None:
    """As `copse topics refill` does, when somebody did not stop the workers first."""
    to_kafka.open(ONE)
    with at_work(BeginningAgain(to_kafka.relay())):
        eventually(lambda: len(to_kafka.in_topic()) == 1, "it is published")
        with to_kafka.producing.transaction() as db:
            db.execute("update readers set xid = '0', position = 0 where name = 'relay'")
        eventually(lambda: len(to_kafka.in_topic()) == 2, "it is published again")


def test_a_cursor_never_goes_back_because_an_end_is_noted(to_kafka: Line) -> None:
    to_kafka.open(ONE)
    to_kafka.publish()
    reached = cursor_of(to_kafka.producing, "relay")
    assert to_kafka.publish() == 0
    assert cursor_of(to_kafka.producing, "relay") == reached > Position(0, 0)
    assert repeated(to_kafka) == 0
