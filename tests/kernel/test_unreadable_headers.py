"""A record whose header names are not text is parked like any other that cannot be read; the rest goes on."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka import TopicPartition
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError
from kafka.record.memory_records import MemoryRecords
from kafka.record.util import calc_crc32c

from shared.dead_letters.letters import holders
from shared.streaming import readable
from shared.streaming.cloudevents import UNREADABLE, Malformed, headers_of, stored_from, stream_named_by
from shared.streaming.producer import _Records, content, varint
from tests.kernel.conftest import BeginningAgain, at_work
from tests.kernel.line import ONE, Line
from tests.servers import eventually


def with_header_name(name: bytes) -> bytes:
    """A record of no event, in Kafka's format, that has one header of a name which may be any bytes."""
    nothing = content(b"somebody-else", b"{}", [])
    return nothing.removesuffix(varint(0)) + varint(1) + varint(len(name)) + name + varint(1) + b"x"


@pytest.mark.parametrize("name", [b"\xff\xfe", b"\xc3", b"ce_type\x80"])
def test_the_records_around_it_arrive_and_it_is_parked(to_kafka: Line, name: bytes) -> None:
    to_kafka.open(ONE)
    to_kafka.write(ONE, "before", "behind")
    opened, before, behind = (
        content(each.stream.encode(), each.data.encode(), headers_of(each, to_kafka.service))
        for each in to_kafka.written()
    )
    with to_kafka.broker.producer() as producer:
        producer.partitions_for(to_kafka.topic)
        sent = producer.send_batch(to_kafka.topic, 0, [opened, before, with_header_name(name), behind])
        producer.go()
        assert sent.arrived(wait_seconds=10)
    with at_work(BeginningAgain(to_kafka.consumer())):
        eventually(lambda: to_kafka.arrived() == ["before", "behind"], "both lines arrive", seconds=60)
    with to_kafka.consuming.transaction() as db:
        [letter] = holders(db)
    assert letter.stream is None
    assert letter.error == "a record is not a Copse event: the name of one of its headers is not text"


def test_what_is_known_of_it_is_kept(to_kafka: Line) -> None:
    with to_kafka.broker.producer() as producer:
        producer.partitions_for(to_kafka.topic)
        sent = producer.send_batch(to_kafka.topic, 0, [with_header_name(b"\xff")] * 3)
        producer.go()
        assert sent.arrived(wait_seconds=10)
    read = to_kafka.in_topic()
    assert [(each.offset, each.key, each.value) for each in read] == [
        (nth, b"somebody-else", b"{}") for nth in range(3)
    ]
    assert stream_named_by(read[0].headers, read[0].key) is None
    with pytest.raises(Malformed, match="the name of one of its headers is not text"):
        stored_from(read[0].headers, read[0].value)


NAMED = st.tuples(st.text(min_size=1, max_size=90), st.binary(max_size=200))


@given(st.lists(st.tuples(st.binary(max_size=9), st.binary(max_size=300), st.lists(NAMED, max_size=5)), min_size=1))
def test_headers_are_what_kafka_python_reads(records: list[tuple[bytes, bytes, list[tuple[str, bytes]]]]) -> None:
    encoded = batch_of([content(*each) for each in records])
    here = fetched(encoded)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Fetcher.PartitionRecords, "_unpack_records", readable.UNPACKED_BY_KAFKA_PYTHON)
        there = fetched(encoded)
    assert told(here) == told(there)
    assert [repr(r.headers) for r in here[0]] == [repr(list(r.headers)) for r in there[0]]


@pytest.mark.parametrize("from_offset", [0, 2, 4])
def test_a_partition_is_read_on_from_where_it_was_read_to(from_offset: int) -> None:
    encoded = batch_of([content(b"k", b"%d" % nth, []) for nth in range(5)])
    records, at, drained = fetched(encoded, from_offset)
    assert [record.offset for record in records] == list(range(from_offset, 5))
    assert [record.value for record in records] == [b"%d" % nth for nth in range(from_offset, 5)]
    assert {(record.topic, record.partition) for record in records} == {("copse.notebooks.v1", 3)}
    assert (at, drained) == (5, True)


def test_it_is_read_a_few_records_at_a_time() -> None:
    drained: list[object] = []
    partition = partition_records(batch_of([content(b"k", b"v", [])] * 5), 0, drained)
    assert [len(partition.take(2)), partition.next_fetch_offset, drained] == [2, 2, []]
    assert [len(partition.take(3)), partition.next_fetch_offset] == [3, 5]
    assert partition.take(1) == []
    assert partition.bytes_read > 0
    assert len(drained) == 1


def test_a_batch_that_is_not_what_was_sent_is_refused() -> None:
    encoded = bytearray(batch_of([content(b"k", b"value", [])]))
    encoded[-3] ^= 1
    with pytest.raises(CorruptRecordError):
        fetched(bytes(encoded))


def test_what_only_concerns_transactions_is_passed_over() -> None:
    encoded = bytearray(batch_of([content(b"k", b"value", [])]))
    batch = MemoryRecords(bytes(encoded)).next_batch()
    encoded[batch.ATTRIBUTES_OFFSET + 1] |= batch.CONTROL_MASK
    encoded[batch.CRC_OFFSET : batch.ATTRIBUTES_OFFSET] = calc_crc32c(encoded[batch.ATTRIBUTES_OFFSET :]).to_bytes(4)
    assert fetched(bytes(encoded)) == ([], 1, True)


def batch_of(contents: list[bytes]) -> bytes:
    builder = _Records(contents)
    builder.close()
    return bytes(builder.buffer())


def partition_records(encoded: bytes, from_offset: int, drained: list[object]) -> Any:
    place = TopicPartition("copse.notebooks.v1", 3)
    return Fetcher.PartitionRecords(from_offset, place, MemoryRecords(encoded), on_drain=drained.append)


def fetched(encoded: bytes, from_offset: int = 0) -> tuple[list[Any], int, bool]:
    """What a consumer's poll makes of what Kafka sent: the records, where it reads on, whether all was given out."""
    drained: list[object] = []
    partition = partition_records(encoded, from_offset, drained)
    return partition.take(), partition.next_fetch_offset, bool(drained)


def told(read: tuple[list[Any], int, bool]) -> object:
    records, at, drained = read
    return (
        [(r.topic, r.partition, r.leader_epoch, r.offset, r.key, r.value, list(r.headers)) for r in records],
        at,
        drained,
    )


ORDINARY = st.dictionaries(st.sampled_from(["a", "bc", "n" * 70]), st.text("xyzü", max_size=70), max_size=3)
ODD = st.lists(st.tuples(st.sampled_from(["a", "bc", UNREADABLE]), st.none() | st.binary(max_size=3)), max_size=3)


@given(st.lists(ORDINARY.map(lambda texts: [(name, text.encode()) for name, text in texts.items()]) | ODD))
def test_headers_as_texts_are_those_that_are_gone_through(records: list[list[tuple[str, bytes | None]]]) -> None:
    """Whatever layouts were learnt before."""
    for given_ in records:
        raw = b"".join(
            varint(len(name)) + name.encode() + (varint(-1) if value is None else varint(len(value)) + value)
            for name, value in given_
        )
        read = readable.Headers(raw, len(given_))
        values = [value for _, value in given_]
        ordinary = all(value is not None and value.isascii() for value in values)
        alone = len({name for name, _ in given_}) == len(given_) and UNREADABLE not in dict(given_)
        texts = [(name, (value or b"").decode(errors="replace")) for name, value in given_]
        assert list(read) == given_
        assert read.texts() == (dict(texts) if ordinary and alone else None)


def test_headers_that_lie_alike_but_for_a_name_or_a_length_are_told_apart() -> None:
    one, other, shifted = ([("ab", b"xyz"), ("c", b"")], [("cd", b"xyz"), ("c", b"")], [("ab", b"xy"), ("cz", b"")])
    for headers in (one, other, shifted, one, shifted, other):
        raw = content(b"", b"", headers).removeprefix(content(b"", b"", [])[:2] + varint(len(headers)))
        assert readable.Headers(raw, len(headers)).texts() == {name: value.decode() for name, value in headers}


def test_layouts_do_not_fill_the_memory() -> None:
    for size in range(1500):
        name = b"n%d" % size
        raw = b"".join((varint(len(name)), name, varint(size), b"x" * size))
        assert readable.Headers(raw, 1).texts() == {name.decode(): "x" * size}
    for nth in range(100):
        name = b"%03d" % nth
        assert readable.Headers(varint(3) + name + varint(0), 1).texts() == {name.decode(): ""}
    assert len(readable._layouts) <= readable._MOST_LAYOUTS
    assert max(map(len, readable._layouts.values())) <= readable._MOST_ALIKE


@pytest.mark.parametrize("end", [b"\x7f\xc8", b"\x00", b""], ids=["longer", "more behind it", "cut off"])
def test_a_record_that_is_cut_off_is_not_read_as_the_next_one(end: bytes) -> None:
    whole = batch_of([content(b"k", b"value", [("a", b"b")])] * 2)
    spoilt = whole[:-20] + end if end != b"\x00" else whole + end
    batch = MemoryRecords(whole).next_batch()
    batch._buffer = bytearray(spoilt)
    with pytest.raises(CorruptRecordError):
        list(readable._records_of(batch, "copse.notebooks.v1", 3))


@pytest.mark.parametrize("raw", [b"\x02a\x02bx", b"\x02a", b"\x02a\x08b", b""], ids=["more", "less", "cut off", "none"])
def test_headers_that_do_not_fill_their_place_are_unreadable(raw: bytes) -> None:
    assert list(readable.Headers(raw, 1)) == [(UNREADABLE, b"")]
