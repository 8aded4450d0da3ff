"""Confined streams are in the event table and nowhere else: no topic, no listing, no export. Others flow past them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from uuid import UUID, uuid4

import pytest

from shared.commands.handler import Commands
from shared.database.pool import Database
from shared.eventstore.postgres import PostgresEventStore
from shared.messages.codec import Codec
from shared.messages.decisions import Context, State
from shared.privacy.keyring import Keyring
from shared.projections.projection import make_tables
from shared.projections.reader import cursor_of
from shared.streaming.broker import Broker
from shared.streaming.cloudevents import topic_of
from shared.streaming.relay import Relay
from shared.testing.catalogue import CONFINED, schema_of
from tests.kernel import diary, notebook
from tests.kernel.conftest import BeginningAgain, at_work
from tests.kernel.diary import SECRET, Confide, Diary
from tests.kernel.house import ONE, TWO, House, answer, compose, copse, known_to_copse
from tests.kernel.notebook import EVENTS, Notebook
from tests.kernel.test_operations import forget
from tests.servers import KafkaServer, eventually

SECRETS = [UUID(int=nth) for nth in range(101, 105)]


@dataclass
class WithDiary(House):
    """A house whose service also keeps diaries."""

    def relay(self) -> Relay:
        return Relay(self.service, self.producing, self.broker, frozenset({"diary"}))

    def confide(self, *diaries: UUID) -> None:
        for each in diaries:
            self.commands.handle(each, Confide(), self.context)


@pytest.fixture
def house(
    database: Database,
    elsewhere: Database,
    keyring: Keyring,
    context: Context,
    kafka: KafkaServer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> WithDiary:
    codec = Codec([*EVENTS, diary.SecretWritten], seal=keyring.seal, unseal=keyring.unseal)
    house = WithDiary(
        producing=database,
        consuming=elsewhere,
        broker=Broker(kafka.address),
        codec=codec,
        contract=Codec(EVENTS, seal=keyring.seal, unseal=keyring.unseal, lenient=True),
        commands=Commands(PostgresEventStore(database), codec),
        context=context,
        service=f"notebooks-{uuid4().hex[:8]}",
        reader=f"readers_{uuid4().hex[:8]}",
    )
    house.broker.make_topics([house.topic, topic_of(house.reader)], replicas=1)
    make_tables(house.own_lines, database)
    make_tables(house.lines, elsewhere)
    writing = compose(house.service, tmp_path, aggregates=[Notebook, Diary], projections=[house.own_lines])
    reading = compose(house.reader, tmp_path, projections=[house.lines], contracts={house.service: notebook})
    known_to_copse(monkeypatch, writing, database.url)
    known_to_copse(monkeypatch, reading, elsewhere.url)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka.address)
    return house


def told_of(house: WithDiary) -> set[str]:
    return {(record.key or b"").decode().rpartition("-")[0].partition("-")[0] for record in house.in_topic()}


def test_what_is_confined_is_passed_by_and_the_rest_arrives_in_order(house: WithDiary) -> None:
    house.confide(SECRETS[0])
    house.open(ONE)
    house.confide(SECRETS[1])
    house.write(ONE, "a", "b")
    house.confide(SECRETS[2])
    house.publish()
    assert told_of(house) == {"notebook"}
    assert SECRET.encode() not in repr(house.in_topic()).encode()
    house.consume()
    assert house.arrived(ONE) == ["a", "b"]
    assert cursor_of(house.producing, "relay") == house.written()[-1].position


def test_confined_events_alone_move_the_cursor_and_the_relay_goes_on(house: WithDiary) -> None:
    with at_work(house.relay(), BeginningAgain(house.consumer())):
        house.confide(*SECRETS)
        last = house.written()[-1].position
        eventually(lambda: cursor_of(house.producing, "relay") == last, "the cursor passes what is confined")
        house.open(ONE)
        house.write(ONE, "a")
        eventually(lambda: house.arrived(ONE) == ["a"], "what is open follows", seconds=30)
    assert told_of(house) == {"notebook"}


def test_an_audit_and_the_check_of_topics_know_it_and_find_what_leaked(house: WithDiary) -> None:
    house.all_through()
    house.confide(*SECRETS)
    house.publish()
    assert answer("audit", "--no-projections", status=0)["differences"] == []
    assert copse("topics", "check").exit_code == 0
    house.send(house.written()[-1])
    [found] = answer("audit", status=1)["differences"]
    assert found["kind"] == "confined in the topic"
    assert SECRET not in json.dumps(found)


def test_a_topic_filled_again_holds_none_of_it(house: WithDiary) -> None:
    house.confide(*SECRETS)
    house.all_through()
    forget(house.broker, house.topic)
    house.broker.make_topics([house.topic], replicas=1)
    assert answer("topics", "refill", house.service, "--yes", status=0)["events"] == 5
    house.publish()
    assert len(house.in_topic()) == 5
    assert told_of(house) == {"notebook"}
    assert answer("audit", "--no-projections", status=0)["differences"] == []


def test_who_looks_into_the_service_sees_that_something_is_there_and_not_what(house: WithDiary, tmp_path: Path) -> None:
    house.open(TWO)
    house.confide(SECRETS[0])
    stream = house.written()[-1].stream
    file = tmp_path / "events.jsonl"
    assert answer("events", "export", house.service, "--to", str(file), status=0)["events"] == 1
    shown = [
        copse("events", "tail", house.service, "--json").stdout,
        copse("events", "show", stream).stdout,
        copse("events", "show", stream, "--json").stdout,
        copse("events", "show", str(house.written()[-1].event_id)).stdout,
        file.read_text(),
    ]
    assert "secret-written" in shown[0]
    assert "Tuesday" in shown[0]
    assert json.loads(shown[2])["data"] is None
    assert json.loads(shown[2])["metadata"] is None
    assert [SECRET in each for each in shown] == [False] * 5
    assert "diary" not in file.read_text()


def test_the_catalogue_says_what_is_confined_and_a_module_keeps_to_one_kind(tmp_path: Path) -> None:
    service = compose("diaries", tmp_path, aggregates=[Notebook, Diary])
    assert service.confined == {"diary"}
    assert service.confined_events == [diary.SecretWritten]
    assert schema_of("diaries", diary.SecretWritten, confined=True)[CONFINED] is True
    assert CONFINED not in schema_of("diaries", notebook.LineWritten)

    class Scrap(State, category="scrap"):
        __module__ = Diary.__module__

    mixed = compose("diaries", tmp_path, aggregates=[Diary, cast(type[State], Scrap)])
    with pytest.raises(TypeError, match="part them"):
        _ = mixed.confined_events
