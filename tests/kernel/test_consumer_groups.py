"""Several worker processes of one service share its partitions, with a real Kafka: killed, frozen, come back."""

import os
import secrets
import signal
import threading
import time
from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from sys import executable
from uuid import UUID

import pytest
from kafka import ConsumerRebalanceListener, KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import CoordinatorNotAvailableError

from deploy.embedded.processes import Process
from shared.streaming.broker import PARTITIONS
from tests.kernel.conftest import BeginningAgain, at_work
from tests.kernel.line import Line
from tests.kernel.member import WAITED_FOR
from tests.servers import eventually

NOTEBOOKS = [UUID(int=nth) for nth in range(1, 25)]
LAST = UUID(int=99)  # the test writes into it
_PACE_SECONDS = 0.005  # between two lines: all of them must arrive in the end, on one core too
LONG = 60.0  # a session is 10 s, a frozen transaction 15 s, and the machine may be busy


@dataclass
class Group:
    """The processes of the reading service, by name."""

    line: Line
    folder: Path
    keys_url: str
    members: dict[str, Process] = field(default_factory=dict)

    def add(self, name: str, instance: str | None = None, session_seconds: int = 10) -> Process:
        environment = {
            "DATABASE": self.line.consuming.url,
            "KEYRING_DATABASE_URL": self.keys_url,
            "KEYRING_MASTER_KEY": b64encode(secrets.token_bytes(32)).decode(),
            "KAFKA_BOOTSTRAP_SERVERS": self.line.broker.servers,
            "OIDC_ISSUER": "http://127.0.0.1:1",
            "COPSE_INSTANCE": instance or "",
            "KAFKA_SESSION_SECONDS": f"{session_seconds}",
        }
        command = [executable, "-m", "tests.kernel.member", self.line.reader, self.line.service]
        self.members[name] = Process(name, command, self.folder / f"{name}.log", environment)
        self.members[name].start()
        return self.members[name]

    def log(self, name: str) -> str:
        return self.members[name].log.read_text()

    def places(self) -> dict[int, int]:
        return {nth: self.line.offset(nth) or 0 for nth in range(PARTITIONS)}

    def all_go_on(self) -> None:
        """Waits until every partition that has records was read further than now."""
        before = self.places()
        eventually(
            lambda: all(now > before[nth] for nth, now in self.places().items() if before[nth]),
            "every partition is read on",
            LONG,
        )

    def shares(self) -> dict[str, set[int]]:
        """Which partitions each member has, by its instance or else its member id."""
        admin = KafkaAdminClient(bootstrap_servers=self.line.broker.servers)
        try:
            with suppress(CoordinatorNotAvailableError):  # it was never asked for before
                return self._shares(admin)
            return {}
        finally:
            admin.close()

    def _shares(self, admin: KafkaAdminClient) -> dict[str, set[int]]:
        group, found = f"copse.{self.line.reader}", {}
        for member in admin.describe_groups([group])[group]["members"]:
            assigned = (member["member_assignment"] or {}).get("assigned_partitions", [])
            name = member["group_instance_id"] or member["member_id"]
            found[name] = {nth for each in assigned for nth in each["partitions"]}
        return found

    def is_shared_by(self, members: int) -> Callable[[], bool]:
        def shared() -> bool:
            shares = self.shares()
            return (
                len(shares) == members
                and all(shares.values())
                and sum(len(each) for each in shares.values()) == PARTITIONS
            )

        return shared


@pytest.fixture
def group(to_kafka: Line, tmp_path: Path, keys_url: str) -> Iterator[Group]:
    group = Group(to_kafka, tmp_path, keys_url)
    yield group
    for each in group.members.values():
        each.kill()


@contextmanager
def traffic(line: Line) -> Iterator[dict[UUID, list[str]]]:
    """Lines are written into all notebooks and relayed until the block ends; then all of them must arrive, once."""
    line.open(*NOTEBOOKS, LAST)
    enough, written = threading.Event(), defaultdict(list)

    def keep_writing() -> None:
        for nth in count():
            for notebook in NOTEBOOKS:
                if enough.wait(_PACE_SECONDS):
                    return
                line.write(notebook, f"{nth}")
                written[notebook].append(f"{nth}")

    writer = threading.Thread(target=keep_writing)
    with at_work(BeginningAgain(line.relay())):
        writer.start()
        try:
            yield written
        finally:
            enough.set()
            writer.join()
        total = sum(map(len, written.values()))
        eventually(lambda: arrived(line) >= total, f"all {total} lines arrive", LONG)
    for notebook in (*NOTEBOOKS, LAST):
        assert line.arrived(notebook) == written[notebook]
    with line.consuming.transaction() as db:
        assert db.all(str, "select a::text from lines.lines a join lines.lines b using (notebook)"
                      " where a.version < b.version and a.told > b.told") == []  # fmt: skip


def arrived(line: Line) -> int:
    with line.consuming.transaction() as db:
        return db.value(int, "select count(*) from lines.lines") or 0


@contextmanager
def waited_for(line: Line) -> Iterator[None]:
    """Whoever handles a line that reads "wait" waits for the end of this."""
    with line.consuming.own_connection() as connection, connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", (WAITED_FOR,))
        yield


def waits(line: Line) -> bool:
    with line.consuming.transaction() as db:
        question = (
            "select count(*) from pg_locks where locktype = 'advisory' and not granted and objid = %s"
            " and database = (select oid from pg_database where datname = current_database())"
        )
        return bool(db.value(int, question, WAITED_FOR))


@pytest.mark.parametrize("members", [2, 3])
def test_each_member_is_killed_in_turn_and_nothing_is_lost_doubled_or_out_of_order(group: Group, members: int) -> None:
    names = [f"member-{nth}" for nth in range(members)]
    for name in names:
        group.add(name)
    with traffic(group.line):
        eventually(group.is_shared_by(members), "all share the partitions", LONG)
        for name in names:
            group.all_go_on()
            group.members[name].kill()
            group.members[name].start()
        group.all_go_on()


def test_others_take_over_from_one_that_is_killed(group: Group) -> None:
    for name in ("one", "two"):
        group.add(name, session_seconds=6)
    with traffic(group.line):
        eventually(group.is_shared_by(2), "both share the partitions", LONG)
        group.members["one"].kill()
        eventually(group.is_shared_by(1), "the other has all partitions", LONG)
        group.all_go_on()


class Given(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python ships no types
    """Which partitions a member was given and had taken away, each time."""

    def __init__(self) -> None:
        self.given, self.taken = list[set[int]](), list[set[int]]()

    def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        self.given.append({each.partition for each in assigned})

    def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        self.taken.append({each.partition for each in revoked})


def test_what_a_member_keeps_when_another_joins_is_neither_taken_from_it_nor_given_again(to_kafka: Line) -> None:
    """It goes on there meanwhile. With the assignors of kafka-python's own choice everybody stands still each time."""
    everything, topic = set(range(PARTITIONS)), to_kafka.topic
    with to_kafka.broker.consumer(to_kafka.reader) as first, to_kafka.broker.consumer(to_kafka.reader) as second:

        def shared(*members: KafkaConsumer) -> bool:
            for each in members:
                each.poll(timeout_ms=50)
            has = [{each.partition for each in member.assignment()} for member in members]
            return all(has) and set.union(*has) == everything and sum(map(len, has)) == PARTITIONS

        first.subscribe([topic], listener=(firsts := Given()))
        eventually(lambda: shared(first), "the first has all partitions", LONG)
        second.subscribe([topic], listener=Given())
        eventually(lambda: shared(first, second), "both share them", LONG)
        kept = {each.partition for each in first.assignment()}
        assert kept
        assert not kept & set.union(set(), *firsts.taken)
        assert [each & kept for each in firsts.given if each & kept] == [kept]


def test_a_share_that_comes_while_its_member_is_at_work_is_taken(to_kafka: Line) -> None:
    """By itself kafka-python asks for another each time, and everybody joins anew for ever."""
    with to_kafka.broker.consumer(to_kafka.reader) as member:
        member.subscribe([to_kafka.topic], listener=(its := Given()))
        eventually(lambda: at_work_between_polls(member), "it has all partitions", LONG)
        assert its.given == [set(range(PARTITIONS))]


def test_the_partitions_of_a_topic_that_is_made_later_are_taken(to_kafka: Line) -> None:
    """By itself kafka-python forgets, between two polls, that it is joining since the topic is there."""
    later = f"{to_kafka.topic}-later"
    with to_kafka.broker.consumer(to_kafka.reader) as member:
        member.subscribe([to_kafka.topic, later])
        eventually(lambda: at_work_between_polls(member), "it has all partitions of the topic that is there", LONG)
        to_kafka.broker.make_topics([later], replicas=1)
        eventually(lambda: at_work_between_polls(member) == 2 * PARTITIONS, "it has those of the other too", LONG)


def at_work_between_polls(member: KafkaConsumer) -> int:
    """How many partitions it has after a poll too short for any answer, and work that is long enough for it."""
    member.poll(timeout_ms=1)
    time.sleep(0.2)
    return len(member.assignment())


def test_one_that_comes_back_under_its_name_goes_on_with_its_partitions_and_disturbs_nobody(group: Group) -> None:
    """Their session is far longer than the test: nobody can have taken over."""
    for name in ("one", "two"):
        group.add(name, instance=name, session_seconds=600)
    with traffic(group.line):
        eventually(group.is_shared_by(2), "both share the partitions", LONG)
        group.all_go_on()
        shares = group.shares()
        for end in (group.members["one"].kill, group.members["one"].stop):
            end()
            group.members["one"].start()
            group.all_go_on()
            assert group.shares() == shares


def test_one_that_was_frozen_in_the_middle_of_its_work_finds_its_write_refused(group: Group) -> None:
    frozen = group.add("frozen")
    with traffic(group.line) as written:
        eventually(group.is_shared_by(1), "it has all partitions", LONG)
        with waited_for(group.line):
            group.line.write(LAST, "wait")
            written[LAST].append("wait")
            eventually(lambda: waits(group.line), "it is in the middle of its work", LONG)
            os.kill(frozen.pid, signal.SIGSTOP)
        group.add("awake")
        eventually(lambda: "wait" in group.line.arrived(LAST), "another does the work", LONG)
        group.all_go_on()
        assert "begins again" not in group.log("frozen")
        os.kill(frozen.pid, signal.SIGCONT)
        eventually(lambda: "begins again" in group.log("frozen"), "its write is refused", LONG)
        eventually(group.is_shared_by(2), "it has partitions again", LONG)


def test_two_under_one_name_are_told_so_and_neither_loses_nor_doubles_anything(group: Group) -> None:
    for name in ("one", "two"):
        group.add(name, instance="same")
    with traffic(group.line):
        group.all_go_on()
        eventually(
            lambda: any("COPSE_INSTANCE=same" in group.log(name) for name in group.members), "they are told", LONG
        )
        group.all_go_on()
