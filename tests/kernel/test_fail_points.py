"""Processes killed with SIGKILL while commands go in: what was acknowledged is there, once, everywhere."""

import secrets
import threading
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from sys import executable
from uuid import UUID, uuid4

import pytest
import requests
from kafka import KafkaConsumer, TopicPartition

from deploy.embedded.ports import answers, free_port
from deploy.embedded.processes import Process
from shared.database.pool import Database
from shared.streaming.broker import PARTITIONS
from shared.streaming.cloudevents import topic_of
from tests.kernel.conftest import NewDatabase, forget_topics_of_services
from tests.kernel.provider import Provider, provider
from tests.servers import Databases, KafkaServer, eventually

SERVICE = "membership"
START_LIMIT = 60.0


@dataclass
class Membership:
    """The real service: its processes, its database, and a client for each person who sends commands."""

    database: Database
    web: Process
    worker: Process
    address: str
    worker_health: str
    coordinator: str
    community: str = ""
    applied: set[str] = field(default_factory=set)
    approved: set[str] = field(default_factory=set)

    def start_web(self) -> None:
        self.web.start()
        self.web.wait_until(partial(answers, f"{self.address}/readyz"), START_LIMIT)

    def start_worker(self) -> None:
        self.worker.start()
        self.worker.wait_until(partial(answers, f"{self.worker_health}/readyz"), START_LIMIT)

    def post(self, path: str, body: object, **headers: str) -> requests.Response:
        """Sends one command until it is answered, with one key: nobody can know whether the first try arrived."""
        named = {"Idempotency-Key": str(uuid4()), **{name.replace("_", "-"): text for name, text in headers.items()}}
        while True:
            try:
                answer = requests.post(f"{self.address}{path}", json=body, headers=named, timeout=10)
            except requests.RequestException:
                continue  # it was killed, or is not there again yet
            if answer.status_code == 503 or "in-flight" in answer.text:
                continue
            assert answer.ok, f"{path}: {answer.text}"
            return answer

    def found_community(self) -> None:
        new = {"name": "Falls at home", "kind": "community", "about": "Synthetic"}
        answer = self.post("/v1/communities", new, Authorization=self.coordinator)
        self.community = answer.json()["id"]
        seen = {"Copse-Position": answer.headers["Copse-Position"]}
        shown = f"{self.address}/v1/communities/{self.community}"
        eventually(lambda: requests.get(shown, headers=seen, timeout=10).ok, "the community is shown")

    def keep_joining(self, enough: threading.Event) -> None:
        """People apply, and every other one is approved and so joins the community, until it is enough."""
        for nth in count():
            if enough.is_set():
                return
            person = {
                "name": f"Synthetic Person {nth}",
                "phone": "01227 000000",
                "stakeholder_group": "unpaid-carer",
                "communities": [self.community],
            }
            member = self.post("/v1/applications", person).json()["id"]
            self.applied.add(member)
            if nth % 2:
                path = f"/v1/applications/{member}/approval"
                self.post(path, {}, Authorization=self.coordinator, If_Match='"1"')
                self.approved.add(member)

    def number(self, question: str) -> int:
        with self.database.transaction() as db:
            return db.value(int, question) or 0

    def behind(self) -> int:
        """How many readers have not yet come to the last event, and how much is still on the agenda."""
        return self.number(
            "select (select count(*) from readers r, (select xid, position from events order by xid desc, position desc"
            " limit 1) last where (r.xid, r.position) < (last.xid, last.position))"
            " + (select count(*) from agenda where done_at is null)"
        )


@pytest.fixture
def at_provider() -> Iterator[Provider]:
    with provider() as running:
        yield running


@pytest.fixture
def membership(
    new_database: NewDatabase, kafka: KafkaServer, at_provider: Provider, tmp_path: Path
) -> Iterator[Membership]:
    forget_topics_of_services(kafka)
    url, web_port, health_port = new_database(Databases.empty), free_port(), free_port()
    environment = {
        "PUBLIC_CHANGES_PER_HOUR": "0",
        "MEMBERSHIP_DATABASE_URL": url,
        "KEYRING_DATABASE_URL": new_database(Databases.empty),
        "KEYRING_MASTER_KEY": b64encode(secrets.token_bytes(32)).decode(),
        "KAFKA_BOOTSTRAP_SERVERS": kafka.address,
        "OIDC_ISSUER": at_provider.issuer,
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }

    def process(name: str, *words: str) -> Process:
        command = [executable, "-m", "shared.cli", *words]
        return Process(name, command, tmp_path / f"{name}.log", environment)

    process("migrate", "migrate", "keyring", SERVICE).run(START_LIMIT)
    membership = Membership(
        Database(url, application="copse-test"),
        process("web", "web", SERVICE, "--bind", f"127.0.0.1:{web_port}"),
        process("worker", "worker", SERVICE, "--health-port", str(health_port)),
        f"http://127.0.0.1:{web_port}",
        f"http://127.0.0.1:{health_port}",
        f"Bearer {at_provider.token('carys', ('coordinator',))}",
    )
    yield membership
    membership.worker.kill()
    membership.web.kill()
    membership.database.close()


RELAYED = "select position from readers where name = 'relay'"
PROJECTED = "select position from readers where name = 'members'"
JOINED = "select count(*) from agenda where done_at is not null"


def test_what_was_acknowledged_is_there_once_whatever_is_killed(membership: Membership, kafka: KafkaServer) -> None:
    membership.start_web()
    membership.start_worker()
    membership.found_community()
    with load_on(membership):
        for progress in (RELAYED, PROJECTED, JOINED):
            # Each as soon as it did something since its start, so in the middle of its work.
            wait_for_progress(membership, progress)
            membership.worker.kill()
            membership.start_worker()
        before = len(membership.approved)
        eventually(lambda: len(membership.approved) > before, "commands go in", seconds=START_LIMIT)
        membership.web.kill()
        membership.worker.kill()
        membership.start_web()
        membership.start_worker()
        before = len(membership.approved)
        eventually(lambda: len(membership.approved) > before, "commands go in", seconds=START_LIMIT)
    eventually(lambda: membership.behind() == 0, "the readers and the agenda catch up", seconds=START_LIMIT)

    in_table = versions_in_table(membership)
    in_topic = versions_in_topic(kafka)
    assert {stream: sorted(set(versions)) for stream, versions in in_topic.items() if stream in in_table} == in_table
    assert all(first_times(versions) == sorted(set(versions)) for versions in in_topic.values())
    assert {f"member-{member}" for member in membership.applied} <= in_table.keys()
    with membership.database.transaction() as db:
        standing = {
            each: db.all(UUID, "select id from members.members where standing = %s", each)
            for each in ("applied", "approved")
        }
        joined = db.all(UUID, "select member_id from people.people_groups")
    assert {str(id) for id in standing["approved"]} >= membership.approved
    assert {str(id) for ids in standing.values() for id in ids} >= membership.applied
    assert sorted(joined) == sorted(standing["approved"])


@contextmanager
def load_on(membership: Membership) -> Iterator[None]:
    """Two people send commands until the block ends."""
    enough = threading.Event()
    with ThreadPoolExecutor(2) as people:
        sent = [people.submit(membership.keep_joining, enough) for _ in range(2)]
        try:
            yield
        finally:
            enough.set()
            for each in sent:
                each.result()  # what stopped one of them says more than what then did not come


def wait_for_progress(membership: Membership, question: str) -> None:
    before = membership.number(question)
    eventually(lambda: membership.number(question) > before, f"{question} moves on", seconds=START_LIMIT)


def versions_in_table(membership: Membership) -> dict[str, list[int]]:
    with membership.database.transaction() as db:
        rows = db.all(str, "select stream || ' ' || version from events order by stream, version")
    return by_stream(row.split() for row in rows)


def versions_in_topic(kafka: KafkaServer) -> dict[str, list[int]]:
    """Each stream's versions in the order of its partition, repetitions and all."""
    reader = KafkaConsumer(bootstrap_servers=kafka.address)
    try:
        partitions = [TopicPartition(topic_of(SERVICE), nth) for nth in range(PARTITIONS)]
        missing = sum(reader.end_offsets(partitions).values())
        reader.assign(partitions)
        reader.seek_to_beginning(*partitions)
        found: list[tuple[str, str]] = []
        while len(found) < missing:
            for records in reader.poll(timeout_ms=1000).values():
                found += [(r.key.decode(), dict(r.headers)["ce_sequence"].decode()) for r in records]
        return by_stream(found)
    finally:
        reader.close()


def by_stream(pairs: Iterable[Sequence[str]]) -> dict[str, list[int]]:
    versions: dict[str, list[int]] = {}
    for stream, version in pairs:
        versions.setdefault(stream, []).append(int(version))
    return versions


def first_times(versions: list[int]) -> list[int]:
    """Without repetitions, each where it came first: what a consumer sees that passes over older versions."""
    return list(dict.fromkeys(versions))
