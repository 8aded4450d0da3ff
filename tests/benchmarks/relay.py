"""How fast a real relay process empties a backlog into a real Kafka, in how much memory, and how soon after a kill."""

from collections.abc import Iterator
from contextlib import ExitStack
from time import monotonic, sleep

import psutil

from shared.database.pool import Database
from tests.benchmarks.backlog import load, relayed, stand, wait_for_relay
from tests.benchmarks.bench import Bench, wait_until
from tests.benchmarks.harness import CannotMeasure, Row, at_least, below
from tests.benchmarks.rooms import Rooms, rooms

BACKLOG = 50_000
KILLED_AT = BACKLOG // 5
_SERVICE = "meetings"
_ONLY = ("--only", "relay")
# What the killed one had sent to PostgreSQL may still be committed; it is not the work of the next one.
_LAST_COMMIT_SECONDS = 0.05


def run(bench: Bench) -> Iterator[Row]:
    with rooms(bench, _SERVICE) as house:
        database = house.database(_SERVICE)
        load(database, BACKLOG)
        bench.settle()
        rates, megabytes = [], []
        for nth in range(bench.rounds + 1):
            rate, memory = _drain(house, database)
            bench.say(f"{rate:,.0f} events/s, {memory:.0f} MB")
            if nth:  # the first one warms the broker up: its Java begins with cold code
                rates.append(rate)
            megabytes.append(memory)
        yield Row("relay to Kafka, backlog of 50,000 events of 600 B", "events/s", at_least(15_000), rates)
        yield Row("relay process, resident memory at its peak", "MB", below(80), [max(megabytes)])
        standing_by = [_resume(house, database, standing_by=True) for _ in range(bench.rounds)]
        yield Row("relay goes on after SIGKILL, another stands by", "s", below(1), standing_by)
        started_anew = [_resume(house, database, standing_by=False) for _ in range(bench.rounds)]
        yield Row("relay goes on after SIGKILL, started anew", "s", below(1), started_anew)
        database.close()


def _drain(house: Rooms, database: Database) -> tuple[float, float]:
    """(events a second from the first batch that was acknowledged to the last, peak resident memory in MB)."""
    stand(database, "relay", 0)
    with house.worker(_SERVICE, *_ONLY) as process:
        its, peak = psutil.Process(process.pid), 0

        def has_come_to(position: int) -> bool:
            nonlocal peak
            peak = max(peak, its.memory_info().rss)
            return relayed(database) >= position

        wait_until(lambda: has_come_to(1), "the relay begins")
        began, first = monotonic(), relayed(database)
        wait_until(lambda: has_come_to(BACKLOG), "the relay publishes the backlog")
        return (BACKLOG - first) / (monotonic() - began), peak / 1e6


def _resume(house: Rooms, database: Database, *, standing_by: bool) -> float:
    """Seconds from SIGKILL in the middle of a backlog to the next batch that was acknowledged.

    Without one that stands by, a process is started at the moment of the kill, and its start counts.
    """
    stand(database, "relay", BACKLOG - 1)
    with ExitStack() as ends:
        leader = ends.enter_context(house.worker(_SERVICE, *_ONLY))
        wait_for_relay(database, BACKLOG)  # so it leads
        if standing_by:
            ends.enter_context(house.worker(_SERVICE, *_ONLY))
        stand(database, "relay", 0)
        wait_for_relay(database, KILLED_AT)
        leader.kill()
        killed = monotonic()
        if not standing_by:
            next_one = house.process("relay-again", "worker", _SERVICE, *_ONLY)
            ends.callback(next_one.stop)
            next_one.start()
        sleep(_LAST_COMMIT_SECONDS)
        reached = relayed(database)
        if reached >= BACKLOG:
            raise CannotMeasure("the relay was through before it was killed: the backlog is too small")
        wait_until(lambda: relayed(database) > reached, "the relay goes on")
        return monotonic() - killed
