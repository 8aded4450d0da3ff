"""A relay that leads is ended, with force or kindly, and the one that stands by goes on: processes and a real Kafka."""

import secrets
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from sys import executable

import pytest

from deploy.embedded.processes import Process
from shared.projections.reader import cursor_of
from shared.streaming.relay import Publishing
from tests.kernel.conftest import leader_of
from tests.kernel.line import Line, published_to_the_end
from tests.kernel.test_relay_faults import NOTEBOOKS, everything_in_order, repeated
from tests.servers import eventually

LONG = 60.0
_PACE_SECONDS = 0.002  # between two events: what is written is read again, all of it, in the end


@dataclass
class Pair:
    """Two processes of one service: the first leads, the other stands by."""

    line: Line
    leads: Process
    stands_by: Process

    def start(self) -> None:
        self.leads.start()
        eventually(self._leader, "one leads", LONG)
        self.start_other()

    def start_other(self) -> None:
        self.stands_by.start()
        eventually(self._asks_to_lead, "the other stands by", LONG)

    def end_the_leader(self, end: Callable[[Process], None]) -> None:
        """Ends the one that leads. Returns when the other leads and publishes."""
        self._goes_on()
        former = self._leader()
        end(self.leads)
        self.leads, self.stands_by = self.stands_by, self.leads
        eventually(lambda: self._leader() not in (None, former), "the other leads", LONG)
        self._goes_on()

    def _goes_on(self) -> None:
        reached = cursor_of(self.line.producing, "relay")
        eventually(lambda: cursor_of(self.line.producing, "relay") > reached, "it publishes", LONG)

    def _leader(self) -> int | None:
        return leader_of(self.line.producing, "relay")

    def _asks_to_lead(self) -> bool:
        """Whether a session besides that of the leader asked for the lock."""
        asks = (
            "select count(*) from pg_stat_activity where datname = current_database()"
            " and query like 'select pg_try_advisory_lock(%%' and pid <> %s"
        )
        with self.line.producing.statement() as db:
            return bool(db.value(int, asks, self._leader()))


@pytest.fixture
def pair(to_kafka: Line, tmp_path: Path, keys_url: str) -> Iterator[Pair]:
    environment = {
        "DATABASE": to_kafka.producing.url,
        "KEYRING_DATABASE_URL": keys_url,
        "KEYRING_MASTER_KEY": b64encode(secrets.token_bytes(32)).decode(),
        "KAFKA_BOOTSTRAP_SERVERS": to_kafka.broker.servers,
        "OIDC_ISSUER": "http://127.0.0.1:1",
    }
    command = [executable, "-m", "tests.kernel.leader", to_kafka.service]
    processes = [
        Process(name, command, tmp_path / f"{name}.log", environment, stop_limit=LONG) for name in ("one", "two")
    ]
    yield Pair(to_kafka, *processes)
    for each in processes:
        each.kill()


@contextmanager
def written_into(line: Line) -> Iterator[None]:
    """Somebody writes without a pause until the block ends; then all of it is published."""
    line.open(*NOTEBOOKS)
    enough = threading.Event()

    def write() -> None:
        for nth in count():
            if enough.wait(_PACE_SECONDS):
                return
            line.write(NOTEBOOKS[nth % len(NOTEBOOKS)], f"{nth}")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        enough.set()
        writer.join()
    eventually(lambda: published_to_the_end(line), "all is published", LONG)


def test_one_that_gets_sigkill_is_followed_by_the_one_that_stands_by_and_nothing_is_lost(pair: Pair) -> None:
    pair.start()
    with written_into(pair.line):
        for _ in range(3):
            pair.end_the_leader(Process.kill)
            pair.start_other()
    assert everything_in_order(pair.line)
    assert len(pair.line.in_topic()) == len(pair.line.written()) + repeated(pair.line)


def test_one_that_gets_sigterm_leaves_nothing_to_be_sent_again(pair: Pair) -> None:
    """A release ends every leader so. Consumers pass over what comes twice, but each has to read it."""
    pair.start()
    with written_into(pair.line):
        for _ in range(3):
            pair.end_the_leader(Process.stop)
            pair.start_other()
    assert everything_in_order(pair.line)
    assert repeated(pair.line) == 0
    assert len(pair.line.in_topic()) == len(pair.line.written())


def test_one_that_is_asked_to_stop_waits_for_what_is_on_its_way(
    to_kafka: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, send_next = threading.Event(), Publishing.send_next

    def then_stop(way: Publishing) -> int:
        read = send_next(way)
        if read:
            stop.set()
        return read

    monkeypatch.setattr(Publishing, "send_next", then_stop)
    to_kafka.open(*NOTEBOOKS)
    to_kafka.relay().run(stop)
    assert to_kafka.publish() == 0
    assert repeated(to_kafka) == 0
    assert everything_in_order(to_kafka)
