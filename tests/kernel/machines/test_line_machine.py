"""Two services and the log between them, in any order of work, kills, sleeps and faults that Hypothesis can think of.

The processes are the real ones: relay, consumer, reader, agenda, dead letters, rebuild, on real databases. Only Kafka
is a stand-in (tests/kernel/log.py), because here it must fail on request. lengths.py says how to look for longer.
"""

from collections.abc import Callable
from uuid import UUID

from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from shared.database.pool import Database
from shared.streaming.rebuilding import Rebuilding
from tests.kernel.log import PARTITIONS, Outcome, Poll
from tests.kernel.machines.checks import check_always, check_at_rest
from tests.kernel.machines.house import FOREIGN, LATER, WET, House
from tests.kernel.machines.lengths import lengths
from tests.kernel.machines.processes import Fate, How

ALL = frozenset(range(PARTITIONS))
EVERYTHING = (Poll(ALL, 500),)

notebooks = some.sampled_from(FOREIGN)
kinds = some.sampled_from(["line", "line", WET, LATER])
fates = some.none() | some.builds(Fate, some.integers(1, 8), some.sampled_from(How))
polls = some.builds(Poll, some.sampled_from([ALL, *(frozenset({nth}) for nth in ALL)]), some.integers(1, 5))
outcomes = some.lists(some.sampled_from([*Outcome, *[Outcome.ACKNOWLEDGED] * 3]), max_size=6)
scripts = some.lists(polls, min_size=1, max_size=3).map(tuple)

# What others do while one process is frozen: each is one of the steps, without faults.
ACTIONS: dict[str, Callable[[House], object]] = {
    "write one": lambda house: house.write(FOREIGN[0]),
    "write two": lambda house: house.write(FOREIGN[1]),
    "publish": House.publish,
    "consume": lambda house: house.consume(EVERYTHING),
    "consume a little": lambda house: house.consume((Poll(ALL, 2),)),
    "read": House.read,
    "work": House.work,
    "retry": lambda house: house.mend(0, skip=False),
    "skip": lambda house: house.mend(0, skip=True),
    "rebuild": House.rebuild,
    "roll back": lambda house: house.rebuild(Rebuilding.roll_back),
    "read again": lambda house: house.read_again(0),
}
others = some.lists(some.sampled_from(sorted(ACTIONS)), max_size=3)

MALFORMED: dict[str, tuple[bytes | None, list[tuple[str, bytes]], bytes | None]] = {
    "of another program": (b"key", [("type", b"ping")], b"ping"),
    "without anything": (None, [], None),
    "that names a stream": (f"notebook-{FOREIGN[0]}".encode(), [], b"{"),
    "with a broken version": (
        f"notebook-{FOREIGN[1]}".encode(),
        [("ce_subject", f"notebook-{FOREIGN[1]}".encode()), ("ce_sequence", b"one")],
        b"{}",
    ),
}


class LineMachine(RuleBasedStateMachine):
    """`writing` and `reading` are set by the test."""

    writing: Database
    reading: Database

    def __init__(self) -> None:
        super().__init__()
        self.house = House(self.writing, self.reading)
        for notebook in (*FOREIGN, FOREIGN[0]):
            self.house.write(notebook)
        self.faulty_records = 0

    def meanwhile(self, actions: list[str]) -> Callable[[], None]:
        def act() -> None:
            for each in actions:
                ACTIONS[each](self.house)

        return act

    @rule(notebook=notebooks, kind=kinds, fate=fates, actions=others)
    def write(self, notebook: UUID, kind: str, fate: Fate | None, actions: list[str]) -> None:
        self.house.write(notebook, kind, fate, self.meanwhile(actions))

    @rule(
        backlog=some.integers(1, 7),
        outcomes=outcomes,
        fate=fates | some.builds(Fate, some.integers(8, 24), some.sampled_from(How)),
        actions=others,
    )
    def publish(self, backlog: int, outcomes: list[Outcome], fate: Fate | None, actions: list[str]) -> None:
        self.leave_unpublished(backlog)
        self.house.publish(outcomes, fate, self.meanwhile(actions))

    @precondition(lambda self: not self.house.refilling and not self.house.log.shortened)
    @rule(
        outcomes=outcomes,
        fate=some.builds(Fate, some.integers(7, 9), some.just(How.FROZEN_BEFORE)),
        actions=others.map(lambda others: ["write one", *others, "publish"]),
    )
    def publish_without_the_lead(self, outcomes: list[Outcome], fate: Fate, actions: list[str]) -> None:
        self.leave_unpublished(1)
        self.house.publish_without_the_lead(outcomes, fate, self.meanwhile(actions))

    def leave_unpublished(self, backlog: int) -> None:
        for nth in range(backlog - len(self.house.unpublished(backlog))):
            self.house.write(FOREIGN[nth % 2])

    @rule(script=scripts, fate=fates, actions=others)
    def consume(self, script: tuple[Poll, ...], fate: Fate | None, actions: list[str]) -> None:
        self.house.publish()
        self.house.consume(script, fate, self.meanwhile(actions))

    @rule(fate=fates, actions=others)
    def read(self, fate: Fate | None, actions: list[str]) -> None:
        self.house.read(fate, self.meanwhile(actions))

    @rule(at=some.integers(3, 4), actions=others.map(lambda others: [*others, "read"]))
    def read_behind_another(self, at: int, actions: list[str]) -> None:
        """While one reader sleeps in its round, another goes past it."""
        self.house.write(FOREIGN[0])
        self.house.publish()
        self.house.consume(EVERYTHING)
        self.house.work()
        self.house.read(Fate(at, How.FROZEN_BEFORE), self.meanwhile(actions))

    @rule(fate=fates, actions=others)
    def work(self, fate: Fate | None, actions: list[str]) -> None:
        self.house.work(fate, self.meanwhile(actions))

    @rule(
        what=some.sampled_from([Rebuilding.rebuild, Rebuilding.build, Rebuilding.switch, Rebuilding.roll_back]),
        fate=fates | some.builds(Fate, some.integers(8, 40), some.sampled_from(How)),
        actions=others,
    )
    def rebuild(self, what: Callable[[Rebuilding], object], fate: Fate | None, actions: list[str]) -> None:
        self.house.rebuild(what, fate, self.meanwhile(actions))

    @precondition(lambda self: self.house.holders())
    @rule(nth=some.integers(0, 3), skip=some.booleans(), fate=fates, actions=others)
    def mend(self, nth: int, skip: bool, fate: Fate | None, actions: list[str]) -> None:
        self.house.mend(nth, skip=skip, fate=fate, meanwhile=self.meanwhile(actions))

    @rule(dry=some.booleans())
    def let_ink_dry(self, dry: bool) -> None:
        self.house.wet = not dry

    @rule(illiterate=some.booleans())
    def unlearn_to_write(self, illiterate: bool) -> None:
        """The agenda's commands fail for a while."""
        self.house.illiterate = illiterate

    @precondition(lambda self: self.faulty_records < 4 and not self.house.refilling and not self.house.log.shortened)
    @rule(partition=some.integers(0, PARTITIONS - 1), what=some.sampled_from(sorted(MALFORMED)))
    def put_a_malformed_record(self, partition: int, what: str) -> None:
        self.faulty_records += 1
        self.house.put(partition, *MALFORMED[what])

    @rule(share=some.floats(0, 1))
    def set_the_consumer_back(self, share: float) -> None:
        self.house.read_again(share)

    @rule(hours=some.integers(-48, 48))
    def turn_the_clock(self, hours: int) -> None:
        self.house.turn(hours)

    @precondition(lambda self: not self.house.slow)
    @rule(actions=others.map(lambda others: ["write one", *others, "publish"]))
    def begin_slow_write(self, actions: list[str]) -> None:
        """What others write meanwhile comes after it, though it commits before."""
        self.house.begin_slow_write()
        self.meanwhile(actions)()

    @precondition(lambda self: self.house.slow)
    @rule()
    def end_slow_write(self) -> None:
        self.house.end_slow_write()

    @precondition(lambda self: not self.house.refilling)
    @rule()
    def lose_the_broker(self) -> None:
        self.house.lose_broker()

    @precondition(lambda self: not self.house.refilling)
    @rule(share=some.just(0.0) | some.floats(0, 1))
    def lose_records(self, share: float) -> None:
        self.house.lose_records(share)

    @precondition(lambda self: self.house.refilling)
    @rule()
    def refill(self) -> None:
        self.house.refill()

    @invariant()
    def nothing_is_lost_doubled_or_out_of_order(self) -> None:
        check_always(self.house)

    def teardown(self) -> None:
        try:
            self.house.come_to_rest()
            check_at_rest(self.house)
        finally:
            self.house.close()


def test_whatever_fails_nothing_is_lost_doubled_or_out_of_order(pools: tuple[Database, Database]) -> None:
    class Machine(LineMachine):
        writing, reading = pools

    run_state_machine_as_test(Machine, settings=lengths(examples=30, steps=25))
