"""Our records are CloudEvents that any tool can read, and nothing else is taken for one."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import msgspec
import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat
from msgspec.structs import replace

from shared.messages.recorded import Metadata, Position, Stored
from shared.streaming import readable
from shared.streaming.cloudevents import Headers, Malformed, filling_of, headers_of, sources_of, stored_from, topic_of
from shared.streaming.producer import content

METADATA = Metadata(
    actor="member:0190",
    channel="phone",
    correlation_id=uuid4(),
    on_behalf_of="member:0191",
    session=uuid4(),
    causation_id=uuid4(),
    traceparent=f"00-{'a' * 32}-{'b' * 16}-01",
)
STORED = Stored(
    position=Position(1234, 56),
    event_id=uuid4(),
    stream=f"notebook-{uuid4()}",
    version=7,
    type="line-written.twice",
    schema_version=3,
    data='{"text": "Zoë 東京"}',
    metadata=msgspec.json.encode(METADATA).decode(),
    recorded_at=datetime(2026, 7, 2, 11, 0, 0, 123456, tzinfo=timezone(timedelta(hours=1))),
)


def test_the_cloudevents_library_reads_our_records() -> None:
    message = KafkaMessage(dict(headers_of(STORED, "meetings")), STORED.stream.encode(), STORED.data.encode())
    event = from_binary(message, JSONFormat())
    assert event.get_specversion() == "1.0"
    assert event.get_id() == str(STORED.event_id)
    assert event.get_source() == "/copse/meetings"
    assert event.get_type() == "org.copse.meetings.line-written.twice.v3"
    assert event.get_subject() == STORED.stream
    assert event.get_time() == STORED.recorded_at
    assert event.get_datacontenttype() == "application/json"
    assert event.get_dataschema() == "urn:copse:schema:meetings:line-written.twice:3"
    assert event.get_data() == {"text": "Zoë 東京"}
    extensions = {
        "partitionkey": STORED.stream,
        "sequence": "7",
        "position": "1234.56",
        "actor": "member:0190",
        "onbehalfof": "member:0191",
        "session": str(METADATA.session),
        "channel": "phone",
        "correlationid": str(METADATA.correlation_id),
        "causationid": str(METADATA.causation_id),
        "traceparent": METADATA.traceparent,
    }
    assert {name: event.get_extension(name) for name in extensions} == extensions


@pytest.mark.parametrize(
    "metadata", [METADATA, replace(METADATA, on_behalf_of=None, session=None, causation_id=None, traceparent=None)]
)
def test_a_record_says_all_that_the_table_does(metadata: Metadata) -> None:
    stored = replace(STORED, metadata=msgspec.json.encode(metadata).decode())
    read = stored_from(headers_of(stored, "meetings"), stored.data.encode())
    assert read == replace(stored, metadata=read.metadata, recorded_at=stored.recorded_at.astimezone(UTC))
    assert msgspec.json.decode(read.metadata, type=Metadata) == metadata


def test_what_is_not_known_is_left_out_and_not_sent_empty() -> None:
    bare = Metadata(actor="anonymous", channel="web", correlation_id=uuid4())
    names = dict(headers_of(replace(STORED, metadata=msgspec.json.encode(bare).decode()), "meetings"))
    assert not {"ce_onbehalfof", "ce_session", "ce_causationid", "ce_traceparent"} & names.keys()


def without(name: str) -> Headers:
    return [each for each in headers_of(STORED, "meetings") if each[0] != name]


def altered(name: str, value: bytes) -> Headers:
    return [*without(name), (name, value)]


@pytest.mark.parametrize(
    "headers",
    [
        [],
        without("ce_id"),
        without("ce_type"),
        without("ce_sequence"),
        without("ce_position"),
        without("ce_correlationid"),
        altered("ce_id", b"7"),
        altered("ce_type", b"org.other.thing"),
        altered("ce_type", b"org.copse.meetings.line-written"),
        altered("ce_sequence", b"seven"),
        altered("ce_position", b"1234"),
        altered("ce_time", b"today"),
        altered("ce_actor", b"\xff"),
        altered("ce_causationid", b"none"),
    ],
    ids=lambda headers: f"{len(headers)} headers",
)
def test_a_record_that_is_none_of_ours_is_told(headers: Headers) -> None:
    with pytest.raises(Malformed, match="not a Copse event"):
        stored_from(headers, STORED.data.encode())


def test_a_value_that_is_no_text_is_told() -> None:
    with pytest.raises(Malformed):
        stored_from(headers_of(STORED, "meetings"), b"\xff\xfe")


def test_each_service_has_one_topic() -> None:
    assert topic_of("meetings") == "copse.meetings.v1"


def outcome(headers: Headers | readable.Headers, value: bytes | None) -> object:
    try:
        return sources_of(headers), stored_from(headers, value)
    except Malformed as fault:
        return sources_of(headers), str(fault)


def as_sent(headers: Headers) -> readable.Headers:
    nothing, some = content(b"", b"", []), content(b"", b"", headers)
    return readable.Headers(some[len(nothing) :], len(headers))


SENT = headers_of(STORED, "notebooks")


@pytest.mark.parametrize("name", [name for name, _ in SENT])
@pytest.mark.parametrize(
    "text", [None, b"", b"x", b"\xff", "٣".encode(), b"1.2.3", b"0", b" 7 ", b"2026-07-02", b"twice"]
)
def test_what_is_sent_is_read_as_what_is_gone_through(name: str, text: bytes | None) -> None:
    """Records from Kafka go a quicker way. What is wrong with one is said in the same words."""
    headers = [(each, old if each != name else text or b"") for each, old in SENT if each != name or text is not None]
    if text == b"twice":
        headers = [*SENT, *((each, old) for each, old in SENT if each == name)]
    for value in (STORED.data.encode(), None, b"\xff"):
        for _ in range(2):  # when the layout is new, and when it is known
            assert outcome(as_sent(headers), value) == outcome(headers, value)


def test_what_is_sent_takes_the_quicker_way() -> None:
    assert as_sent(SENT).texts() == {name: text.decode() for name, text in SENT}


@pytest.mark.parametrize(("said", "understood"), [(b"3", 3), (b"0", 0), (b"-1", 0), (b"\xd9\xa3", 0), (b"9" * 30, 0)])
def test_which_filling_a_record_belongs_to_is_read_only_as_relays_write_it(said: bytes, understood: int) -> None:
    headers = [*SENT, ("ce_filling", said)]
    assert filling_of(headers) == filling_of(as_sent(headers)) == understood
    assert filling_of(SENT) == filling_of(as_sent(SENT)) == 0
    assert headers_of(STORED, "notebooks", filling=3) == [*SENT, ("ce_filling", b"3")]
