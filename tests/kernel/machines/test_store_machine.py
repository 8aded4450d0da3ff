"""The two event stores side by side: whatever is asked of both, they answer the same."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from shared.database.pool import Database
from shared.eventstore.memory import MemoryEventStore
from shared.eventstore.postgres import PostgresEventStore, StoreInTransaction
from shared.eventstore.store import AlreadyAnswered, Answer, EventStore, NewEvent, Request, VersionConflict, Write
from shared.messages.recorded import BEGINNING, Metadata, Position, Stored
from tests.kernel.machines.lengths import lengths
from tests.servers import emptied

AT = datetime(2026, 3, 2, 10, 0, 0, 123456, tzinfo=UTC)
WHO = Metadata(actor="member:0190", channel="phone", correlation_id=UUID(int=7))

streams = some.sampled_from(["meeting-1", "meeting-11", "claim-1"])
requests = some.none() | some.builds(
    Request,
    actor=some.sampled_from(["member:1", "member:2"]),
    key=some.sampled_from(["a", "b", "c"]),
    fingerprint=some.sampled_from(["f", "g"]),
    response=some.sampled_from(['{"status": 201}', '{"status":  204}']),
)


@dataclass
class Side:
    """A store, and what positions it gave: those of two stores are compared by their rank."""

    store: EventStore
    read: list[Stored] = field(default_factory=list)

    def all(self) -> list[Stored]:
        return self.store.read_all(BEGINNING, 100_000)

    def rank(self, position: Position | None) -> int | None:
        """How many events stand up to a position; None for none."""
        return None if position is None else bisect_right([each.position for each in self.all()], position)

    def seen(self, events: Sequence[Stored]) -> list[tuple[object, ...]]:
        positions = [each.position for each in self.all()] if events else []
        return [
            (
                bisect_right(positions, each.position),
                each.event_id,
                each.stream,
                each.version,
                each.type,
                each.schema_version,
                each.data,
                each.metadata,
                each.recorded_at,
            )
            for each in events
        ]

    def answered(self, answer: Answer | None) -> tuple[object, ...] | None:
        return (answer.response, answer.fingerprint, self.rank(answer.position)) if answer else None

    def append(self, writes: Sequence[Write], request: Request | None) -> tuple[object, ...]:
        try:
            return "appended", self.rank(self.store.append(writes, WHO, AT, request))
        except VersionConflict as conflict:
            return "conflict", conflict.stream, conflict.expected, conflict.actual
        except AlreadyAnswered as again:
            return "answered", self.answered(again.answer)


class StoreMachine(RuleBasedStateMachine):
    """`database` is set by the test."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        emptied(self.database)
        self.sides = [Side(MemoryEventStore()), Side(PostgresEventStore(self.database))]
        self.events = 0

    def same(self, answers: Sequence[Any]) -> Any:
        assert answers[0] == answers[1]
        return answers[0]

    def facts(self, count: int) -> tuple[NewEvent, ...]:
        made = range(self.events, self.events + count)
        self.events += count
        return tuple(NewEvent(UUID(int=nth + 1), "fact-noted", 1, f'{{"nth":  {nth}, "é": null}}') for nth in made)

    def version(self, stream: str) -> int:
        return len(self.sides[0].store.read(stream))

    @rule(
        chosen=some.lists(streams, min_size=1, max_size=3, unique=True),
        counts=some.tuples(*[some.integers(0, 3)] * 3),
        wrong=some.sampled_from([0, 0, 0, 0, 1, -1, 5]),
        request=requests,
    )
    def append(self, chosen: list[str], counts: tuple[int, ...], wrong: int, request: Request | None) -> None:
        versions = [self.version(each) for each in chosen]
        versions[-1] = max(0, versions[-1] + wrong)
        writes = [
            Write(stream, version, self.facts(count))
            for stream, version, count in zip(chosen, versions, counts, strict=False)
        ]
        self.same([side.append(writes, request) for side in self.sides])

    @rule(stream=streams, request=requests)
    def append_and_roll_back(self, stream: str, request: Request | None) -> None:
        """Only PostgreSQL can; afterwards it must be as if nothing had been."""
        connection = self.database.transaction()
        db = connection.__enter__()
        try:
            StoreInTransaction(db).append([Write(stream, self.version(stream), self.facts(2))], WHO, AT, request)
        except AlreadyAnswered:
            pass
        finally:
            db.roll_back()
            connection.__exit__(None, None, None)

    @rule(stream=streams, after=some.integers(0, 8))
    def read(self, stream: str, after: int) -> None:
        self.same([side.seen(side.store.read(stream, after)) for side in self.sides])
        self.same([side.store.contents(stream) for side in self.sides])

    @rule(limit=some.integers(1, 5))
    def read_on(self, limit: int) -> None:
        """One page further, as a reader goes along; every event is met once."""
        pages = []
        for side in self.sides:
            page = side.store.read_all(side.read[-1].position if side.read else BEGINNING, limit)
            side.read += page
            pages.append(side.seen(page))
        self.same(pages)

    @rule(request=requests.filter(bool))
    def ask_for_an_answer(self, request: Request) -> None:
        self.same([side.answered(side.store.answer_to(request.actor, request.key)) for side in self.sides])

    @invariant()
    def both_hold_the_same(self) -> None:
        self.same([side.seen(side.all()) for side in self.sides])
        self.same([side.rank(side.store.newest()) for side in self.sides])

    def teardown(self) -> None:
        for side in self.sides:
            while page := side.store.read_all(side.read[-1].position if side.read else BEGINNING, 7):
                side.read += page
            assert [each.event_id for each in side.read] == [each.event_id for each in side.all()]


def test_the_store_in_memory_answers_as_postgresql_does(pools: tuple[Database, Database]) -> None:
    class Machine(StoreMachine):
        database, _ = pools

    run_state_machine_as_test(Machine, settings=lengths(examples=40, steps=25))
