"""A record whose header names are not text is parked like any other that cannot be read; the rest goes on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.errors import CorruptRecordError
from kafka.record.default_records import DefaultRecordBatch
from kafka.record.memory_records import MemoryRecords

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
    builder = _Records([content(*each) for each in records])
    builder.close()
    encoded = bytes(builder.buffer())
    here = list(MemoryRecords(encoded).next_batch())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(DefaultRecordBatch, "_read_msg", readable._read_by_kafka_python)
        there = list(MemoryRecords(encoded).next_batch())
    assert [(r.offset, r.timestamp, r.timestamp_type, r.key, r.value, list(r.headers)) for r in here] == [
        (r.offset, r.timestamp, r.timestamp_type, r.key, r.value, list(r.headers)) for r in there
    ]
    assert [repr(r.headers) for r in here] == [repr(list(r.headers)) for r in there]


ORDINARY = st.dictionaries(st.sampled_from(["a", "bc", "n" * 70]), st.text("xyzü", max_size=70), max_size=3)
ODD = st.lists(st.tuples(st.sampled_from(["a", "bc", UNREADABLE]), st.none() | st.binary(max_size=3)), max_size=3)


@given(st.lists(ORDINARY.map(lambda texts: [(name, text.encode()) for name, text in texts.items()]) | ODD))
def test_headers_by_name_are_those_that_are_gone_through(records: list[list[tuple[str, bytes | None]]]) -> None:
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
        assert list(read) == given_
        assert read.by_name() == (dict(given_) if ordinary and alone else None)


def test_headers_that_lie_alike_but_for_a_name_or_a_length_are_told_apart() -> None:
    one, other, shifted = ([("ab", b"xyz"), ("c", b"")], [("cd", b"xyz"), ("c", b"")], [("ab", b"xy"), ("cz", b"")])
    for headers in (one, other, shifted, one, shifted, other):
        raw = content(b"", b"", headers).removeprefix(content(b"", b"", [])[:2] + varint(len(headers)))
        assert readable.Headers(raw, len(headers)).by_name() == dict(headers)


def test_layouts_do_not_fill_the_memory() -> None:
    for size in range(1500):
        name = b"n%d" % size
        raw = b"".join((varint(len(name)), name, varint(size), b"x" * size))
        assert readable.Headers(raw, 1).by_name() == {name.decode(): b"x" * size}
    for nth in range(100):
        name = b"%03d" % nth
        assert readable.Headers(varint(3) + name + varint(0), 1).by_name() == {name.decode(): b""}
    assert len(readable._layouts) <= readable._MOST_LAYOUTS
    assert max(map(len, readable._layouts.values())) <= readable._MOST_ALIKE


def test_a_record_that_is_cut_off_is_not_read_as_the_next_one() -> None:
    builder = _Records([content(b"k", b"value", [("a", b"b")])] * 2)
    builder.close()
    batch = MemoryRecords(bytes(builder.buffer())).next_batch()
    batch._maybe_uncompress()
    batch._buffer[batch._pos] = 200  # says that it is longer than all there is
    batch._buffer[batch._pos + 1 : batch._pos + 1] = b"\x7f"
    with pytest.raises(CorruptRecordError):
        batch._read_msg()


@pytest.mark.parametrize("raw", [b"\x02a\x02bx", b"\x02a", b"\x02a\x08b", b""], ids=["more", "less", "cut off", "none"])
def test_headers_that_do_not_fill_their_place_are_unreadable(raw: bytes) -> None:
    assert list(readable.Headers(raw, 1)) == [(UNREADABLE, b"")]
