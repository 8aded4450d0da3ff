"""Batches that are encoded here and sent by kafka-python: what a release of it could change without saying so."""

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import IllegalStateError, KafkaError, KafkaTimeoutError
from kafka.partitioner.default import DefaultPartitioner
from kafka.record.memory_records import MemoryRecords
from kafka.record.util import decode_varint, encode_varint

from deploy.embedded.ports import free_port
from shared.streaming.broker import PARTITIONS, Broker, BrokerUnavailable
from shared.streaming.producer import Sent, _Records, content, partition_of, size_in_batch, varint
from tests.kernel.line import Line
from tests.servers import KafkaServer, eventually

texts = st.binary(max_size=300)
records_ = st.tuples(texts, st.binary(max_size=9000), st.lists(st.tuples(st.text(max_size=30), texts), max_size=20))


@given(st.integers(min_value=-(2**62), max_value=2**62))
def test_numbers_are_written_as_kafka_writes_them(number: int) -> None:
    theirs = bytearray()
    encode_varint(number, theirs.append)
    assert varint(number) == bytes(theirs)
    assert decode_varint(varint(number)) == (number, len(theirs))


@given(st.lists(records_, min_size=1, max_size=150))
def test_a_batch_is_read_back_as_it_was_given(given_: list[Any]) -> None:
    batch = _Records([content(*each) for each in given_])
    assert batch.is_full()
    assert batch.next_offset() == len(given_)
    batch.set_producer_state(7, 1, 0, False)
    batch.close()
    [read] = MemoryRecords(batch.buffer())
    assert read.validate_crc()
    assert [(each.offset, each.key, each.value, list(each.headers)) for each in read] == [
        (nth, *each) for nth, each in enumerate(given_)
    ]
    assert batch.size_in_bytes() <= sum(size_in_batch(content(*each)) for each in given_)


@given(st.binary(min_size=1, max_size=60))
def test_a_key_goes_where_other_clients_of_kafka_put_it(key: bytes) -> None:
    class Cluster:
        def topics(self) -> set[str]:
            return {"t"}

        def partitions_for_topic(self, _: str) -> set[int]:
            return set(range(PARTITIONS))

        available_partitions_for_topic = partitions_for_topic

    theirs = DefaultPartitioner().partition("t", key, key, b"", b"", Cluster())
    assert partition_of(key, PARTITIONS) == theirs


def test_the_settings_that_promises_stand_on(to_kafka: Line) -> None:
    """Nothing else would show for long that one is another: it takes a crash, or a topic's name misspelt."""
    with to_kafka.broker.producer() as producer:
        assert (producer.config["acks"], producer.config["enable_idempotence"]) == (-1, True)
        assert producer.config["retries"] == float("inf")
        assert producer.config["allow_auto_create_topics"] is False
    with to_kafka.broker.consumer("settings") as consumer:
        assert consumer.config["enable_auto_commit"] is False
        assert consumer.config["auto_offset_reset"] == "earliest"
        assert consumer.config["allow_auto_create_topics"] is False
        assert consumer.config["partition_assignment_strategy"] == [CooperativeStickyAssignor]
    with to_kafka.broker.reader_of_the_past() as reader:
        assert (reader.config["group_id"], reader.config["enable_auto_commit"]) == (None, False)
        assert reader.config["auto_offset_reset"] == "none"
        assert reader.config["allow_auto_create_topics"] is False


def test_batches_arrive_in_order_and_say_where(to_kafka: Line) -> None:
    with to_kafka.broker.producer() as producer:
        producer.partitions_for(to_kafka.topic)
        sent = [producer.send_batch(to_kafka.topic, 3, [content(b"k", b"%d" % nth, [])] * 2) for nth in range(50)]
        producer.go()
        assert all(each.arrived(wait_seconds=10) for each in sent)
    assert [each.first_offset for each in sent] == list(range(0, 100, 2))
    assert [record.value for record in to_kafka.in_topic()] == [b"%d" % (nth // 2) for nth in range(100)]


def test_nothing_of_a_partition_is_sent_behind_a_batch_that_failed(to_kafka: Line) -> None:
    """Its stream's later events would overtake it. 2 MB are more than the topic takes."""
    with to_kafka.broker.producer() as producer:
        producer.partitions_for(to_kafka.topic)
        sent = [
            producer.send_batch(to_kafka.topic, 3, [content(b"k", value, [])])
            for value in (b"before", b"x" * 2_000_000, b"after", b"after that")
        ]
        producer.go()
        assert sent[0].arrived(wait_seconds=10)
        for each in sent[1:]:
            with pytest.raises(KafkaError):
                each.arrived(wait_seconds=10)
        with pytest.raises(IllegalStateError):
            producer.send_batch(to_kafka.topic, 3, [content(b"k", b"later", [])])
    assert [record.value for record in to_kafka.in_topic()] == [b"before"]


def sending_threads() -> int:
    return sum("network-thread" in each.name for each in threading.enumerate())


def test_one_that_is_closed_while_kafka_is_away_sends_nothing_afterwards(to_kafka: Line, kafka: KafkaServer) -> None:
    """kafka-python's close() flushes, raises, and leaves its thread to send what is old by then."""
    before = sending_threads()
    with to_kafka.broker.producer() as producer:
        producer.partitions_for(to_kafka.topic)
        kafka.stop()
        try:
            sent = producer.send_batch(to_kafka.topic, 3, [content(b"k", b"old", [])])
            producer.go()
            assert not sent.arrived(wait_seconds=0.5)
        finally:
            producer.give_up()
            kafka.start()
    eventually(lambda: sending_threads() <= before, "its thread ends")
    with pytest.raises(KafkaError):
        sent.arrived()
    assert to_kafka.in_topic() == []


def test_clients_that_could_not_be_made_leave_no_thread_behind() -> None:
    """A worker tries again every second for as long as Kafka is away."""
    nowhere = Broker(f"127.0.0.1:{free_port()}", patience_seconds=1)
    before = threading.active_count()
    for client in (nowhere.administering, nowhere.producer, lambda: nowhere.consumer("g"), nowhere.reader_of_the_past):
        with pytest.raises(BrokerUnavailable), client():
            pass
    eventually(lambda: threading.active_count() <= before, "every thread ends")


class Acknowledgement:
    """As kafka-python's own future is when it is done."""

    is_done = True

    def __init__(self, offset: int, failure: type[Exception] | None = None) -> None:
        self.value = (offset, 0, failure)


def test_a_batch_that_had_arrived_before_has_arrived() -> None:
    """The broker says of one that is sent again, in another answer's stead, that it is there, and not always where."""
    assert Sent(3, 1, Acknowledgement(-1)).arrived()


def test_a_batch_that_failed_says_so() -> None:
    with pytest.raises(KafkaTimeoutError):
        Sent(3, 1, Acknowledgement(-1, KafkaTimeoutError)).arrived()
