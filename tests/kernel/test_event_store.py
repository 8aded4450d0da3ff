"""What every event store promises: one suite, run against each."""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from shared.database.pool import Database
from shared.eventstore.memory import MemoryEventStore
from shared.eventstore.postgres import PostgresEventStore
from shared.eventstore.store import (
    AlreadyAnswered,
    Answer,
    EventStore,
    NewEvent,
    Request,
    RequestInFlight,
    VersionConflict,
    Write,
)
from shared.messages.recorded import BEGINNING, Content, Metadata, Position, Stored

AT = datetime(2026, 3, 2, 10, 0, 0, 123456, tzinfo=UTC)
WHO = Metadata(actor="member:0190", channel="phone", correlation_id=UUID(int=7), causation_id=UUID(int=8))
ASKED = Request(actor="member:0190", key="once", fingerprint="f", response='{"status": 201}')


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest) -> EventStore:
    if request.param == "memory":
        return MemoryEventStore()
    return PostgresEventStore(request.getfixturevalue("database"))


def facts(count: int) -> tuple[NewEvent, ...]:
    return tuple(NewEvent(uuid4(), "fact-noted", 1, f'{{"nth": {nth}}}') for nth in range(1, count + 1))


def add(
    store: EventStore, stream: str, expected: int, count: int = 1, request: Request | None = None
) -> Position | None:
    return store.append([Write(stream, expected, facts(count))], WHO, AT, request)


def all_of(store: EventStore, page: int = 100) -> list[Stored]:
    found: list[Stored] = []
    while more := store.read_all(found[-1].position if found else BEGINNING, page):
        found += more
    return found


def test_a_stream_to_which_nobody_appended_is_empty(store: EventStore) -> None:
    assert store.read("meeting-1") == []


def test_an_event_is_read_back_as_it_was_appended(store: EventStore) -> None:
    data = '{"b": "Zoë & 東京", "a": [1.50, null]}'
    event = NewEvent(uuid4(), "fact-noted", 3, data)
    position = store.append([Write("meeting-1", 0, (event,))], WHO, AT)
    assert position is not None
    [read] = store.read("meeting-1")
    assert (read.event_id, read.type, read.schema_version, read.data) == (event.event_id, "fact-noted", 3, data)
    assert (read.stream, read.version, read.position, read.recorded_at) == ("meeting-1", 1, position, AT)
    assert '"actor":"member:0190"' in read.metadata


def test_what_a_stream_says_is_what_its_events_hold(store: EventStore) -> None:
    add(store, "meeting-1", 0, 2)
    add(store, "meeting-11", 0)
    store.append([Write("meeting-1", 2, (NewEvent(uuid4(), "other", 3, '{"b": "Zoë",  "a": 1.50}'),))], WHO, AT)
    whole = store.read("meeting-1")
    assert store.contents("meeting-1") == [
        Content(each.stream, str(each.event_id), each.type, each.schema_version, each.data) for each in whole
    ]
    assert store.contents("meeting-2") == []


def test_versions_count_up_from_one_without_a_gap(store: EventStore) -> None:
    add(store, "meeting-1", 0, 2)
    add(store, "meeting-1", 2, 3)
    assert [event.version for event in store.read("meeting-1")] == [1, 2, 3, 4, 5]


def test_a_stream_is_read_from_a_version_on(store: EventStore) -> None:
    add(store, "meeting-1", 0, 5)
    assert [event.version for event in store.read("meeting-1", 3)] == [4, 5]
    assert store.read("meeting-1", 5) == []


def test_streams_whose_names_begin_alike_are_apart(store: EventStore) -> None:
    add(store, "meeting-1", 0)
    add(store, "meeting-11", 0, 2)
    assert len(store.read("meeting-1")) == 1


@pytest.mark.parametrize("expected", [0, 1, 3, 99])
def test_an_append_on_another_version_conflicts_and_writes_nothing(store: EventStore, expected: int) -> None:
    add(store, "meeting-1", 0, 2)
    with pytest.raises(VersionConflict) as conflict:
        add(store, "meeting-1", expected)
    assert (conflict.value.stream, conflict.value.expected, conflict.value.actual) == ("meeting-1", expected, 2)
    assert len(all_of(store)) == 2


def test_a_version_of_a_stream_that_is_not_there_conflicts(store: EventStore) -> None:
    with pytest.raises(VersionConflict) as conflict:
        add(store, "meeting-1", 1)
    assert conflict.value.actual == 0


def test_several_streams_are_appended_to_at_once(store: EventStore) -> None:
    add(store, "claim-1", 0)
    position = store.append([Write("claim-1", 1, facts(2)), Write("budget-1", 0, facts(1))], WHO, AT)
    assert [len(store.read(stream)) for stream in ("claim-1", "budget-1")] == [3, 1]
    last = all_of(store)[-1]
    assert (last.stream, last.position) == ("budget-1", position)


@pytest.mark.parametrize("stale_first", [True, False])
def test_when_one_of_several_streams_conflicts_none_is_written(store: EventStore, stale_first: bool) -> None:
    add(store, "claim-1", 0)
    writes = [Write("claim-1", 0, facts(1)), Write("budget-1", 0, facts(1))]
    with pytest.raises(VersionConflict):
        store.append(writes if stale_first else writes[::-1], WHO, AT)
    assert store.read("budget-1") == []
    assert len(all_of(store)) == 1


def test_an_append_of_nothing_changes_nothing(store: EventStore) -> None:
    add(store, "meeting-1", 0)
    assert add(store, "meeting-1", 1, 0) is None
    assert len(all_of(store)) == 1
    add(store, "meeting-1", 1)


def test_an_append_of_nothing_still_conflicts(store: EventStore) -> None:
    with pytest.raises(VersionConflict):
        add(store, "meeting-1", 4, 0)


def test_a_request_is_answered_once(store: EventStore) -> None:
    position = add(store, "meeting-1", 0, 2, ASKED)
    with pytest.raises(AlreadyAnswered) as before:
        add(store, "meeting-1", 2, 1, Request(ASKED.actor, ASKED.key, "another", "{}"))
    assert before.value.answer == Answer(ASKED.response, ASKED.fingerprint, position)
    assert store.answer_to(ASKED.actor, ASKED.key) == before.value.answer
    assert len(all_of(store)) == 2


def test_a_repeated_request_gets_its_answer_however_stale_its_version(store: EventStore) -> None:
    add(store, "meeting-1", 0, 1, ASKED)
    add(store, "meeting-1", 1)
    with pytest.raises(AlreadyAnswered):
        add(store, "meeting-1", 0, 1, ASKED)


def test_a_repeated_request_gets_its_answer_for_another_stream_too(store: EventStore) -> None:
    """A POST that creates takes a new id each time, so only the key says that it is a repetition."""
    add(store, "meeting-1", 0, 1, ASKED)
    with pytest.raises(AlreadyAnswered):
        add(store, "meeting-2", 0, 1, ASKED)
    assert store.read("meeting-2") == []


def test_the_same_key_of_another_actor_is_another_request(store: EventStore) -> None:
    other = Request("member:0191", ASKED.key, "f", '{"status": 200}')
    add(store, "meeting-1", 0, 1, ASKED)
    add(store, "meeting-1", 1, 1, other)
    assert len(store.read("meeting-1")) == 2
    for request in (ASKED, other):
        found = store.answer_to(request.actor, request.key)
        assert found is not None
        assert found.response == request.response


def test_a_request_that_conflicted_was_not_answered(store: EventStore) -> None:
    with pytest.raises(VersionConflict):
        add(store, "meeting-1", 1, 1, ASKED)
    assert store.answer_to(ASKED.actor, ASKED.key) is None
    add(store, "meeting-1", 0, 1, ASKED)


def test_the_answer_to_a_request_that_changed_nothing_is_kept_too(store: EventStore) -> None:
    assert add(store, "meeting-1", 0, 0, ASKED) is None
    assert store.answer_to(ASKED.actor, ASKED.key) == Answer(ASKED.response, ASKED.fingerprint, None)
    with pytest.raises(AlreadyAnswered):
        add(store, "meeting-1", 0, 1, ASKED)


def test_a_key_that_nobody_used_has_no_answer(store: EventStore) -> None:
    assert store.answer_to("member:0190", "never") is None


@pytest.mark.parametrize("page", [1, 2, 3, 100])
def test_all_streams_are_read_once_in_one_order_whatever_the_page(store: EventStore, page: int) -> None:
    add(store, "meeting-1", 0, 2)
    add(store, "meeting-2", 0, 1)
    add(store, "meeting-1", 2, 2)
    read = all_of(store, page)
    assert [(event.stream, event.version) for event in read] == [
        ("meeting-1", 1),
        ("meeting-1", 2),
        ("meeting-2", 1),
        ("meeting-1", 3),
        ("meeting-1", 4),
    ]
    assert sorted({event.position for event in read}) == [event.position for event in read]


def test_reading_after_the_last_event_gives_nothing_until_there_is_more(store: EventStore) -> None:
    position = add(store, "meeting-1", 0, 3)
    assert position is not None
    assert store.read_all(position, 10) == []
    add(store, "meeting-2", 0)
    assert [event.stream for event in store.read_all(position, 10)] == ["meeting-2"]


def test_the_newest_place_is_that_of_the_last_event_to_be_read(store: EventStore) -> None:
    assert store.newest() == BEGINNING
    add(store, "meeting-1", 0, count=2)
    add(store, "meeting-2", 0)
    assert store.newest() == all_of(store)[-1].position


def test_no_more_is_read_than_asked_for(store: EventStore) -> None:
    add(store, "meeting-1", 0, 5)
    assert len(store.read_all(BEGINNING, 3)) == 3
    assert store.read_all(BEGINNING, 0) == []


def test_a_page_holds_the_events_of_the_types_asked_for_and_says_how_far_it_looked(store: EventStore) -> None:
    add(store, "meeting-1", 0, 2)
    store.append([Write('"quoted"-1', 0, (NewEvent(uuid4(), "other", 3, '{"a": "[\\u00e9\\n]"}'),))], WHO, AT)
    add(store, "meeting-1", 2)
    stored = all_of(store)
    page = store.read_page(BEGINNING, store.newest(), ["fact-noted"], 10)
    assert [each.position for each in page.events] == [stored[nth].position for nth in (0, 1, 3)]
    assert (page.end, page.full) == (store.newest(), False)
    page = store.read_page(BEGINNING, store.newest(), ["fact-noted"], 3)
    assert (len(page.events), page.end, page.full) == (2, stored[2].position, True)
    [other] = store.read_page(BEGINNING, store.newest(), ["other"], 10).events
    assert bytes(other.event).decode() == stored[2].data
    assert other.metadata == WHO
    same = ("event_id", "stream", "version", "position", "type", "schema_version", "recorded_at")
    assert [getattr(other, each) for each in same] == [getattr(stored[2], each) for each in same]


def test_a_page_ends_where_it_is_told_to(store: EventStore) -> None:
    add(store, "meeting-1", 0, 2)
    upto = store.newest()
    add(store, "meeting-1", 2, 2)
    page = store.read_page(BEGINNING, upto, ["fact-noted"], 10)
    assert [each.version for each in page.events] == [1, 2]
    assert store.read_page(upto, upto, ["fact-noted"], 10) == ([], upto, False)
    assert store.read_page(upto, Position(2**40, 0), [], 10) == ([], store.newest(), False)


def together(*jobs: Callable[[], object]) -> list[object]:
    """Runs jobs in threads that begin at one moment; what each returned or raised, in order."""
    results: list[object] = [None] * len(jobs)
    begin = threading.Barrier(len(jobs))

    def run(nth: int, job: Callable[[], object]) -> None:
        begin.wait()
        try:
            results[nth] = job()
        except Exception as error:
            results[nth] = error

    threads = [threading.Thread(target=run, args=(nth, job)) for nth, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_many_writers_on_one_version_exactly_one_wins(store: EventStore) -> None:
    for version in range(5):
        results = together(*[partial(add, store, "meeting-1", version)] * 8)
        assert len([each for each in results if isinstance(each, Position)]) == 1
        assert len([each for each in results if isinstance(each, VersionConflict)]) == 7
    assert [event.version for event in store.read("meeting-1")] == [1, 2, 3, 4, 5]


def test_appends_that_take_two_streams_in_opposite_order_do_not_wait_for_each_other_for_ever(
    store: EventStore,
) -> None:
    def write(streams: Sequence[str]) -> int:
        done = 0
        while done < 20:
            versions = [len(store.read(stream)) for stream in streams]
            try:
                store.append([Write(*each, facts(1)) for each in zip(streams, versions, strict=True)], WHO, AT)
                done += 1
            except VersionConflict:
                continue
        return done

    assert together(partial(write, ["claim-1", "budget-1"]), partial(write, ["budget-1", "claim-1"])) == [20, 20]
    assert len(store.read("claim-1")) == len(store.read("budget-1")) == 40


def test_the_same_request_sent_many_times_at_once_is_written_once(store: EventStore) -> None:
    results = together(*[partial(add, store, f"meeting-{nth}", 0, 1, ASKED) for nth in range(8)])
    assert len([each for each in results if isinstance(each, Position)]) == 1
    assert all(isinstance(each, Position | AlreadyAnswered | RequestInFlight) for each in results), results
    assert len(all_of(store)) == 1


STREAMS = ["claim-1", "claim-2", "budget-1"]
appends = some.lists(
    some.tuples(
        some.lists(
            some.tuples(some.sampled_from(STREAMS), some.integers(-1, 1), some.integers(0, 3)),
            min_size=1,
            max_size=3,
            unique_by=lambda write: write[0],
        ),
        some.none() | some.sampled_from(["key-1", "key-2"]),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=appends)
def test_any_sequence_of_appends_comes_to_the_same_in_memory_and_in_postgres(
    database: Database, sequence: list[tuple[list[tuple[str, int, int]], str | None]]
) -> None:
    """Streams and actors carry the example's own name, because one database serves all examples."""
    real = PostgresEventStore(database)
    example = uuid4().hex
    memory = MemoryEventStore()
    versions = dict.fromkeys(STREAMS, 0)
    for writes, key in sequence:
        request = Request(example, key, "f", "{}") if key else None
        made = [Write(f"{example}-{name}", max(0, versions[name] + off), facts(count)) for name, off, count in writes]
        outcomes = [outcome(partial(each.append, made, WHO, AT, request)) for each in (memory, real)]
        assert outcomes[0] == outcomes[1]
        versions = {name: len(memory.read(f"{example}-{name}")) for name in STREAMS}
    for name in STREAMS:
        both = [[content(event) for event in each.read(f"{example}-{name}")] for each in (memory, real)]
        assert both[0] == both[1]


def outcome(append: Callable[[], Position | None]) -> object:
    """What came of an append, without positions: each store counts its own."""
    try:
        return append() is not None
    except VersionConflict as conflict:
        return conflict.args
    except AlreadyAnswered as before:
        return before.answer.response, before.answer.fingerprint


def content(event: Stored) -> tuple[Any, ...]:
    return event.event_id, event.version, event.type, event.data, event.metadata, event.recorded_at
