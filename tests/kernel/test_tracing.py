"""A trace goes the whole way: request, event, topic, consumer, agenda, and the event that comes of it."""

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from shared.commands.handler import Commands
from shared.eventstore.postgres import PostgresEventStore
from shared.messages.recorded import Recorded
from shared.projections.reader import Reader
from shared.reactions.agenda import Agenda
from shared.reactions.reaction import Do, Reaction
from shared.telemetry import tracing
from shared.telemetry.appends import TimedStore
from shared.telemetry.spans import Exporter
from shared.telemetry.tracing import SERVER, Trace
from tests.kernel.collector import Collector, collector
from tests.kernel.conftest import TurnedClock
from tests.kernel.line import ONE, Line
from tests.kernel.notebook import Append, LineWritten, NotebookOpened, Open
from tests.servers import eventually

HEADER = f"00-{'a' * 32}-{'b' * 16}-01"


@pytest.fixture
def otlp(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A collector that this process tells of what it does."""
    with collector() as running:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", running.address)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20word")
        tracing.exported_by.cache_clear()
        yield running
    tracing.exported_by.cache_clear()


class TestATraceparent:
    def test_is_followed_under_a_place_of_its_own(self) -> None:
        trace = Trace.after(HEADER)
        assert (trace.trace_id, trace.parent_id) == ("a" * 32, "b" * 16)
        assert trace.span_id != "b" * 16
        assert Trace.of(trace.traceparent) == trace._replace(parent_id=None)

    @pytest.mark.parametrize(
        "text",
        [
            None,
            "",
            "nonsense",
            HEADER.upper(),
            HEADER.replace("a", "0"),
            HEADER.replace("b", "0"),
            "ff" + HEADER[2:],
            HEADER + "-more",
            HEADER[:-1],
        ],
    )
    def test_that_is_malformed_begins_a_new_trace(self, text: str | None) -> None:
        assert Trace.of(text) is None
        first, second = Trace.after(text), Trace.after(text)
        assert first.trace_id != second.trace_id
        assert first.parent_id is None
        assert Trace.of(first.traceparent)

    def test_of_a_later_version_is_read_as_far_as_it_is_known(self) -> None:
        assert Trace.after("01" + HEADER[2:] + "-more").trace_id == "a" * 32

    def test_that_is_not_sampled_stays_so(self) -> None:
        assert Trace.after(HEADER[:-2] + "00").traceparent.endswith("-00")


def test_what_a_reaction_asks_for_continues_the_trace(line: Line, clock: TurnedClock) -> None:
    """Its event says what caused it, belongs to the same request, and has its own place in the same trace."""
    line.commands.handle(ONE, Open(title="Tuesday"), replace(line.context, traceparent=HEADER))
    reaction = Reaction("welcome", from_the_beginning=True)
    reaction.on(NotebookOpened)(lambda _event, recorded, _db: [Do(recorded.id, Append(text="welcome"))])
    Reader(line.producing, line.codec, [reaction]).advance_all()
    Agenda("notebooks", line.producing, line.codec, [Append], [], clock, lambda: None).work()
    opened, welcomed = (decoded(line, each) for each in line.written())
    assert isinstance(welcomed.event, LineWritten)
    assert welcomed.metadata.causation_id == opened.event_id
    assert welcomed.metadata.correlation_id == opened.metadata.correlation_id == line.context.correlation_id
    trace = Trace.of(welcomed.metadata.traceparent)
    assert trace
    assert trace.trace_id == "a" * 32
    assert trace.span_id not in HEADER


def decoded(line: Line, stored: Any) -> Recorded:
    return line.codec.decode(stored)


def test_spans_tell_the_way_of_an_event(to_kafka: Line, otlp: Collector) -> None:
    commands = Commands(TimedStore(PostgresEventStore(to_kafka.producing)), to_kafka.codec)
    with tracing.work("POST /v1/notebooks", SERVER) as request:
        context = replace(to_kafka.context, traceparent=request.traceparent)
        commands.handle(ONE, Open(title="Tuesday"), context)
        commands.handle(ONE, Append(text="tea"), context)
    to_kafka.publish()
    to_kafka.tell([each for each in to_kafka.in_topic() if each.key])
    assert to_kafka.arrived() == ["tea"]
    eventually(lambda: otlp.named("tell lines"), "the last span arrives")
    ids = {span["name"]: span["spanId"] for span in otlp.spans}
    parents = {span["name"]: span["parentSpanId"] for span in otlp.spans}
    assert {span["traceId"] for span in otlp.spans} == {request.trace_id}
    for name in ("append", "publish line-written", "consume LineWritten"):
        assert parents[name] == request.span_id, name
    assert parents["tell lines"] == ids["consume LineWritten"]
    assert otlp.headers["x-key"] == "a word"
    assert "tea" not in str(otlp.spans)


def test_a_collector_that_is_away_holds_nobody_up_and_what_is_lost_is_counted(otlp: Collector) -> None:
    from shared.telemetry.spans import spans_lost

    otlp.refuses = True
    before = spans_lost._value.get()
    for _ in range(10):
        with tracing.work("append"):
            pass
    eventually(lambda: spans_lost._value.get() == before + 10, "they are counted as lost")
    otlp.refuses = False
    with tracing.work("again"):
        pass
    eventually(lambda: otlp.named("again"), "it is told again")


def test_a_span_of_work_that_failed_says_so(otlp: Collector) -> None:
    with pytest.raises(ValueError, match="secret-word"), tracing.work("append"):
        raise ValueError("secret-word")
    eventually(lambda: otlp.named("append"), "the span arrives")
    assert otlp.named("append")[0]["status"] == {"code": 2, "message": "ValueError"}


def test_without_a_collector_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    tracing.exported_by.cache_clear()
    assert tracing.exported_by() is None


def test_the_address_may_be_given_whole() -> None:
    exporter = Exporter.from_environment("web", {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1/elsewhere"})
    assert exporter.address == "http://127.0.0.1:1/elsewhere"


def test_two_processes_of_one_parent_make_up_different_traces() -> None:
    tracing.made_up(1)
    told = []
    for _ in range(2):
        read, write = os.pipe()
        if (child := os.fork()) == 0:
            os.write(write, Trace.after(None).trace_id.encode())
            os._exit(0)
        os.waitpid(child, 0)
        os.close(write)
        told.append(os.read(read, 100).decode())
        os.close(read)
    assert len({*told, Trace.after(None).trace_id}) == 3
