"""`copse status`, `topics`, `audit` and `events` tell what is so: each test breaks one thing and must hear of it."""

import json
import os
import signal
import subprocess
import sys
import threading
import tomllib
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from msgspec.structs import replace

import shared
from deploy.embedded.ports import free_port
from shared.commands.handler import Commands
from shared.database.pool import Database
from shared.eventstore.postgres import PostgresEventStore
from shared.messages.codec import Codec
from shared.messages.decisions import Context
from shared.messages.recorded import BEGINNING
from shared.operations import auditor
from shared.operations.topics import check_topics
from shared.operations.watched import Watched, services_named_in
from shared.privacy.keyring import Keyring
from shared.projections.projection import Projection, make_tables
from shared.projections.reader import begin_reading, cursor_of, move_cursor
from shared.projections.subscriber import Subscriber
from shared.release import RELEASE
from shared.streaming.broker import Broker
from shared.streaming.cloudevents import topic_of
from shared.streaming.topics import Record, Topic, records_of
from tests.kernel import notebook
from tests.kernel.conftest import BeginningAgain, at_work, forget_topics_of_services
from tests.kernel.house import ONE, TWO, House, answer, compose, copse, held_for, known_to_copse
from tests.kernel.notebook import EVENTS, SPILT, Notebook, NotebookOpened, Open, lines_projection
from tests.kernel.provider import provider
from tests.servers import Databases, KafkaServer, eventually


@pytest.fixture
def house(
    database: Database,
    elsewhere: Database,
    keyring: Keyring,
    codec: Codec,
    context: Context,
    kafka: KafkaServer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> House:
    contract = Codec(EVENTS, seal=keyring.seal, unseal=keyring.unseal, lenient=True)
    house = House(
        producing=database,
        consuming=elsewhere,
        broker=Broker(kafka.address),
        codec=codec,
        contract=contract,
        commands=Commands(PostgresEventStore(database), codec),
        context=context,
        service=f"notebooks-{uuid4().hex[:8]}",
        reader=f"readers_{uuid4().hex[:8]}",
    )
    house.broker.make_topics([house.topic, topic_of(house.reader)], replicas=1)
    make_tables(house.own_lines, database)
    make_tables(house.lines, elsewhere)
    writing = compose(house.service, tmp_path, aggregates=[Notebook], projections=[house.own_lines])
    reading = compose(house.reader, tmp_path, projections=[house.lines], contracts={house.service: notebook})
    known_to_copse(monkeypatch, writing, database.url)
    known_to_copse(monkeypatch, reading, elsewhere.url)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka.address)
    return house


@pytest.fixture
def all_settings(keys: Database, master_key: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a service needs to know to open personal fields."""
    monkeypatch.setenv("KEYRING_DATABASE_URL", keys.url)
    monkeypatch.setenv("KEYRING_MASTER_KEY", b64encode(master_key).decode())
    monkeypatch.setenv("OIDC_ISSUER", "http://127.0.0.1:1")


@pytest.fixture
def rebuildable(house: House, all_settings: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Projection:
    """Both services as they are, with projections that a rebuild can make; gives the first one's."""
    own_lines, lines = lines_projection("own_lines", "lines"), lines_projection("lines", "lines")
    writing = compose(house.service, tmp_path, aggregates=[Notebook], projections=[own_lines])
    reading = compose(house.reader, tmp_path, projections=[lines], contracts={house.service: notebook})
    known_to_copse(monkeypatch, writing, house.producing.url)
    known_to_copse(monkeypatch, reading, house.consuming.url)
    return own_lines


def service_in(overview: Any, name: str) -> Any:
    return next(each for each in overview["services"] if each["service"] == name)


def kinds(report: Any) -> set[tuple[str, str]]:
    return {(each["service"], each["kind"]) for each in report["differences"]}


def test_the_release_is_that_of_the_project() -> None:
    project = tomllib.loads((Path(shared.__path__[0]).parent / "pyproject.toml").read_text())
    assert project["project"]["version"] == RELEASE


def test_services_are_known_by_their_databases() -> None:
    variables = {"PPI_DATABASE_URL": "x", "MEETINGS_DATABASE_URL_FILE": "y", "KEYRING_DATABASE_URL": "z", "OIDC": ""}
    assert services_named_in(variables) == ["meetings", "ppi"]


class TestStatus:
    def test_all_is_well_when_everything_went_through(self, house: House) -> None:
        house.all_through()
        overview = answer("status", status=0)
        writing, reading = service_in(overview, house.service), service_in(overview, house.reader)
        last = house.written()[-1]
        assert (writing["last_event"]["xid"], writing["last_event"]["position"]) == (
            str(last.position.xid),
            last.position.number,
        )
        assert writing["relay"] == {"events": 0, "seconds": None, "failure": None}
        assert writing["readers"]["own_lines"]["events"] == 0
        assert reading["consumer"] == [{"topic": house.topic, "events": 0, "seconds": None, "beyond_end": False}]
        assert writing["migrations_missing"] == reading["migrations_missing"] == []
        assert writing["migrations_applied"] >= 3
        told = copse("status").stdout
        assert "Everything moves." in told
        assert "\x1b" not in told

    def test_what_is_parked_stands_still_and_is_not_lost(self, house: House) -> None:
        house.all_through()
        house.write(ONE, "d", "e")
        house.read_own()
        torn, follower = house.written()[-2:]
        house.send(replace(torn, data="{"))
        house.send(follower)
        house.consume()
        overview = answer("status", status=1)
        assert service_in(overview, house.reader)["dead_letters"] == {"letters": 2, "streams": 1}
        assert any("2 dead letters hold 1 streams" in sentence for sentence in overview["still"])
        assert "consumer passed over" not in {kind for _, kind in kinds(answer("audit", status=1))}

    def test_records_that_a_killed_relay_did_not_note_are_counted_and_harmless(self, house: House) -> None:
        house.all_through()
        assert service_in(answer("status", status=0), house.service)["relay_repeated"] == 0
        house.send(*house.written()[-2:])  # they arrive, and the relay is killed before it notes it
        house.write(ONE, "d")
        house.publish()
        house.read_own()
        house.consume()
        assert service_in(answer("status", status=0), house.service)["relay_repeated"] == 2
        assert "2 records stand in Kafka twice" in copse("status").stdout

    def test_each_part_says_how_far_it_is_behind(self, house: House) -> None:
        house.all_through()
        house.write(ONE, "d", "e", "f")
        overview = answer("status", status=1)
        writing = service_in(overview, house.service)
        assert writing["relay"]["events"] == 3
        assert writing["relay"]["seconds"] > 60  # the events of these tests are of an earlier day
        assert writing["readers"]["own_lines"]["events"] == 3
        assert service_in(overview, house.reader)["consumer"][0]["events"] == 0
        house.publish()
        house.read_own()
        overview = answer("status", status=1)
        assert service_in(overview, house.service)["relay"]["events"] == 0
        lag = service_in(overview, house.reader)["consumer"][0]
        assert lag["events"] == 3
        assert lag["seconds"] > 60
        house.consume()
        answer("status", status=0)

    def test_what_waits_for_less_than_the_limit_is_shown_and_does_not_stand_still(self, house: House) -> None:
        house.all_through()
        house.write(ONE, "d")
        overview = answer("status", "--still-after", "1e12", status=0)
        assert service_in(overview, house.service)["relay"]["events"] == 1

    def test_a_projection_that_failed_says_why(self, house: House) -> None:
        house.open(ONE)
        house.write(ONE, SPILT)
        house.publish()
        house.read_own()
        overview = answer("status", house.service, "--still-after", "1e12", status=1)
        assert f"{house.service}: own_lines stands still" in " ".join(overview["still"])
        failure = service_in(overview, house.service)["readers"]["own_lines"]["failure"]
        assert failure.startswith("ValueError in tests/kernel/notebook.py, line ")
        assert SPILT not in failure

    def test_the_releases_that_run_are_told(self, house: House) -> None:
        house.all_through()
        writing = service_in(answer("status", status=0), house.service)
        assert (writing["release"], writing["running"]) == (RELEASE, [])
        processes = [Database(house.producing.url, application=f"copse-{house.service} {each}") for each in ("2", "1")]
        with processes[0].transaction(), processes[1].transaction():
            assert service_in(answer("status", status=0), house.service)["running"] == ["1", "2"]
            assert f"{RELEASE}, running: 1, 2" in copse("status", house.service).stdout

    def test_a_transaction_that_is_open_holds_the_horizon(self, house: House) -> None:
        house.all_through()
        with house.producing.transaction() as db:
            db.execute("select pg_current_xact_id()")
            held_for(house.producing, 0.2)
            overview = answer("status", house.service, "--still-after", "0.1", status=1)
            held = service_in(overview, house.service)["horizon"]
            assert held["seconds"] >= 0.2
            assert held["holder"] == "copse-test"
            assert held["state"] == "idle in transaction"
            assert "readers wait for an open transaction of copse-test" in " ".join(overview["still"])
        assert service_in(answer("status", house.service, status=0), house.service)["horizon"] is None

    def test_a_transaction_in_another_database_of_the_server_holds_the_horizon_too(self, house: House) -> None:
        house.all_through()
        with house.consuming.transaction() as db:
            db.execute("select pg_current_xact_id()")
            name = db.value(str, "select current_database()::text")
            held_for(house.producing, 0.2)
            overview = answer("status", house.service, "--still-after", "0.1", status=1)
            assert service_in(overview, house.service)["horizon"]["database"] == name
            assert f" in {name} (idle in transaction" in " ".join(overview["still"])
            house.write(ONE, "d")
            house.read_on()
            assert house.lag_of_own() == 1
        house.read_own()
        assert house.lag_of_own() == 0

    def test_a_transaction_whose_start_is_hidden_is_told_when_somebody_waits_for_it(
        self, house: House, plain_account: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An autovacuum has one for a moment, of an account that may see more than that of a service."""
        house.all_through()
        monkeypatch.setenv(f"{house.service.upper()}_DATABASE_URL", plain_account)
        with house.producing.transaction() as db:
            db.execute("select pg_current_xact_id()")
            overview = answer("status", house.service, "--still-after", "0", status=0)
            assert service_in(overview, house.service)["horizon"]["seconds"] is None
            house.write(ONE, "d")
            overview = answer("status", house.service, "--still-after", "0", status=1)
            assert "for a time that this account may not see" in " ".join(overview["still"])

    def test_the_agenda_is_counted_by_what_its_entries_wait_for(self, house: House) -> None:
        house.all_through()
        entry = (
            "insert into agenda (id, due_at, stream, action, details, causation_id, correlation_id, attempts,"
            " last_error, done_at) values (%s, now() + %s::interval, 's', 'Send', '{}', %s, %s, %s, %s, %s)"
        )
        ids = (uuid4(), uuid4())
        house.change(house.producing, entry, uuid4(), "1 day", *ids, 0, None, None)
        house.change(house.producing, entry, uuid4(), "1 hour", *ids, 2, "no answer", None)
        house.change(house.producing, entry, uuid4(), "-1 day", *ids, 5, "old", "2026-01-01")
        agenda = service_in(answer("status", status=0), house.service)["agenda"]
        assert (agenda["due"], agenda["later"], agenda["postponed"]) == (0, 1, 1)
        assert agenda["last_error"] == "Send: no answer"
        assert agenda["failing"] == 0
        house.change(house.producing, entry, uuid4(), "-2 hours", *ids, 0, None, None)
        overview = answer("status", status=1)
        assert service_in(overview, house.service)["agenda"]["due"] == 1
        assert "the agenda stands still" in " ".join(overview["still"])

    def test_an_entry_that_fails_again_and_again_stands_still(self, house: House) -> None:
        """It is due for a moment only, and then for later: nobody would ever find it late."""
        house.all_through()
        entry = (
            "insert into agenda (id, due_at, stream, action, details, causation_id, correlation_id, attempts,"
            " last_error) values (gen_random_uuid(), now() + interval '1 hour', 's', %s, '{}', gen_random_uuid(),"
            " gen_random_uuid(), %s, %s)"
        )
        house.change(house.producing, entry, "Remind", 4, "no answer yet")
        answer("status", status=0)
        house.change(house.producing, "update agenda set attempts = 5")
        house.change(house.producing, entry, "Send", 7, "no answer")
        overview = answer("status", status=1)
        agenda = service_in(overview, house.service)["agenda"]
        assert (agenda["failing"], agenda["failing_actions"]) == (2, ["Remind", "Send"])
        assert overview["still"] == [
            f"{house.service}: 2 entries of the agenda (Remind, Send) failed 5 times or more, the last error is:"
            " Send: no answer. Mend the cause: they are tried again by themselves, within an hour"
        ]
        house.change(house.producing, "update agenda set done_at = now()")
        answer("status", status=0)

    def test_a_projection_that_waits_to_be_built_or_cannot_be_stands_still(self, house: House) -> None:
        house.all_through()
        house.left_behind()
        answer("status", status=0)  # it was made just now
        overview = answer("status", "--still-after", "0", status=1)
        [waits] = overview["still"]
        assert waits.startswith(f"{house.reader}: lines waits to be built, and lacks events until then.")
        assert "lines, to build" in copse("status").stdout
        house.change(house.consuming, "update projections set failure = 'KeyError in it' where name = 'lines'")
        overview = answer("status", "--still-after", "1e12", status=1)
        assert [each["failure"] for each in service_in(overview, house.reader)["not_built"]] == ["KeyError in it"]
        [cannot] = overview["still"]
        assert cannot.startswith(f"{house.reader}: lines cannot be built: KeyError in it. Mend the cause")
        house.change(house.consuming, "delete from projection_places")
        answer("status", "--still-after", "0", status=0)

    def test_what_does_not_answer_is_one_line(
        self, house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        house.all_through()
        port = free_port()
        known_to_copse(monkeypatch, compose("gone", tmp_path), f"postgresql://x:secret-word@127.0.0.1:{port}/x")
        known_to_copse(monkeypatch, compose("garbled", tmp_path), "secret-word")
        monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", f"127.0.0.1:{free_port()}")
        told = copse("status")
        assert told.exit_code == 1
        assert f"PostgreSQL at 127.0.0.1:{port}/x does not answer" in told.stdout
        assert "GARBLED_DATABASE_URL is not valid" in told.stdout
        assert "Kafka at" in told.stdout
        assert f"{house.service}\n" in told.stdout
        assert "secret-word" not in told.output
        assert "Traceback" not in told.output

    def test_missing_migrations_and_tables_are_named(
        self, house: House, monkeypatch: pytest.MonkeyPatch, databases: Databases
    ) -> None:
        monkeypatch.setenv(f"{house.service.upper()}_DATABASE_URL", databases.empty())
        overview = answer("status", house.service, status=1)
        assert "0001-events" in service_in(overview, house.service)["migrations_missing"]
        assert f"Run: copse migrate {house.service}" in " ".join(overview["still"])
        told = copse("audit", house.service)
        assert (told.exit_code, told.stderr) == (
            2,
            f"The database of {house.service} lacks tables. Run: copse migrate {house.service}\n",
        )
        monkeypatch.setenv(f"{house.service.upper()}_DATABASE_URL", house.producing.url)
        house.change(house.producing, "update projections set version = 7 where name = 'own_lines'")
        overview = answer("status", house.service, status=1)
        assert service_in(overview, house.service)["migrations_missing"] == ["projection own_lines version 1"]


def test_a_new_copse_is_well(databases: Databases, kafka: KafkaServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real services, just migrated: nothing to find."""
    forget_topics_of_services(kafka)
    for name in ("MEMBERSHIP", "MEETINGS", "KEYRING"):
        monkeypatch.setenv(f"{name}_DATABASE_URL", databases.empty())
    monkeypatch.setenv("KEYRING_MASTER_KEY", b64encode(bytes(32)).decode())
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka.address)
    monkeypatch.delenv("SMTP_URL", raising=False)
    with provider() as here:
        monkeypatch.setenv("OIDC_ISSUER", here.issuer)
        assert copse("migrate", "keyring", "membership", "meetings").exit_code == 0
        for words in (["status"], ["topics", "check"], ["audit"], ["doctor"]):
            told = copse(*words)
            assert told.exit_code == 0, told.output


class TestTopics:
    def test_well(self, house: House) -> None:
        house.all_through()
        checked = answer("topics", "check", house.service, status=0)[0]
        assert checked == {"topic": house.topic, "partitions": 12, "records": 5, "events": 5, "wrong": []}

    def test_a_topic_that_is_not_there(self, house: House) -> None:
        forget(house.broker, house.topic)
        checked = answer("topics", "check", status=1)[0]
        assert checked["wrong"] == [f"is not there. Run: copse migrate {house.service}"]

    def test_too_few_partitions_and_a_retention_that_ends(self, house: House) -> None:
        forget(house.broker, house.topic)
        make(house.broker, NewTopic(house.topic, 3, 1, topic_configs={"retention.ms": "1000"}))
        wrong = " ".join(answer("topics", "check", status=1)[0]["wrong"])
        assert "has 3 partitions and must have 12" in wrong
        assert "has retention.ms=1000 and must have -1" in wrong

    def test_a_topic_shorter_than_its_table_and_than_what_was_read_of_it(self, house: House) -> None:
        house.all_through()
        forget(house.broker, house.topic)
        house.broker.make_topics([house.topic], replicas=1)
        wrong = " ".join(answer("topics", "check", status=1)[0]["wrong"])
        assert "has 0 records, and 5 events were sent to it" in wrong
        assert f"shorter than what {house.reader} has read of it" in wrong
        still = " ".join(answer("status", "--still-after", "1e12", status=1)["still"])
        assert "shorter than what was read of it" in still


class TestRefill:
    def test_an_empty_topic_is_filled_again_and_nothing_is_done_twice(self, house: House) -> None:
        """The former topic held records twice, so the consumer stands where the new one has no records."""
        house.all_through()
        house.send(*house.written())
        house.consume()
        house.write(ONE, "not sent yet")
        forget(house.broker, house.topic)
        house.broker.make_topics([house.topic], replicas=1)
        told = answer("topics", "refill", house.service, "--yes", status=0)
        assert told == {"topic": house.topic, "events": 6, "consumers_set_back": [house.reader]}
        with at_work(house.relay(), BeginningAgain(house.consumer())):
            eventually(lambda: len(house.arrived()) == 4, "the line that was not sent yet arrives", seconds=40)
        house.read_own()
        assert sorted(house.arrived()) == ["a", "b", "c", "not sent yet"]
        assert answer("audit", "--no-projections", status=0)["differences"] == []
        assert copse("topics", "check").exit_code == 0

    def test_refused_while_the_topic_holds_something(self, house: House) -> None:
        house.all_through()
        before = cursor_of(house.producing, "relay")
        told = copse("topics", "refill", house.service, "--yes")
        assert told.exit_code == 2
        assert f"{house.topic} is not empty" in told.stderr
        assert cursor_of(house.producing, "relay") == before
        assert house.offset(house.in_topic()[0].partition)

    def test_refused_while_a_relay_is_at_work(self, house: House) -> None:
        with at_work(house.relay()):
            house.open(ONE)
            eventually(lambda: house.in_topic(), "the relay leads")
            told = copse("topics", "refill", house.service, "--yes")
        assert told.exit_code == 2
        assert f"The relay of {house.service} is at work" in told.stderr

    def test_asks_before_it_changes_anything(self, house: House) -> None:
        house.all_through()
        forget(house.broker, house.topic)
        house.broker.make_topics([house.topic], replicas=1)
        before = cursor_of(house.producing, "relay")
        told = copse("topics", "refill", house.service, input="yes\n")
        assert told.exit_code == 2
        assert "Nothing was changed" in told.stderr
        assert cursor_of(house.producing, "relay") == before
        assert copse("topics", "refill", house.service, input=f"{house.service}\n").exit_code == 0
        assert cursor_of(house.producing, "relay").number == 0

    def test_a_reader_set_back_alone_reads_again_and_drops_what_it_knows(self, house: House) -> None:
        house.all_through()
        told = answer("topics", "read-again", house.reader, house.service, "--yes", status=0)
        assert told == {"reader": house.reader, "topic": house.topic}
        assert house.offset(house.in_topic()[0].partition) == 0
        house.consume()
        assert sorted(house.arrived()) == ["a", "b", "c"]
        assert copse("topics", "read-again", house.service, house.reader, "--yes").exit_code == 2


@pytest.mark.usefixtures("all_settings")
class TestProjections:
    """`copse projections status`, where events come from a topic."""

    def test_the_lag_is_that_of_its_own_events_and_of_the_topics_that_it_reads(self, house: House) -> None:
        house.all_through()
        assert house.standing("own_lines") == house.standing("lines") == ("up to date", 0, 0)
        house.write(ONE, "d", "e", "f")
        state, events, seconds = house.standing("own_lines")
        assert (state, events) == ("behind", 3)
        assert seconds > 60  # the events of these tests are of an earlier day
        assert house.standing("lines") == ("up to date", 0, 0)
        house.publish()
        house.read_own()
        assert house.standing("own_lines") == ("up to date", 0, 0)
        state, events, seconds = house.standing("lines")
        assert (state, events) == ("behind", 3)
        assert seconds > 60
        assert "  3 events, " in copse("projections", "status", house.reader).stdout
        house.change(house.consuming, "insert into readers (name, failure) values ('consumer', 'most fail')")
        [lines] = answer("projections", "status", house.reader, status=0)
        assert (lines["state"], lines["failure"]) == ("stopped", "most fail")
        house.consume()
        assert house.standing("lines") == ("up to date", 0, 0)

    def test_what_is_parked_was_not_told_to_it(self, house: House) -> None:
        house.all_through()
        house.write(ONE, SPILT, "behind it")
        house.publish()
        house.consume()
        [lines] = answer("projections", "status", house.reader, status=0)
        assert (lines["state"], lines["lag_events"], lines["dead_letters"]) == ("partly held", 0, 2)
        assert "  2 dead letters in its topics" in copse("projections", "status", house.reader).stdout

    def test_one_that_was_left_behind_is_behind_from_there(self, house: House) -> None:
        house.all_through()
        house.left_behind()
        state, events, seconds = house.standing("lines")
        assert (state, events) == ("waits to be built", len(house.in_topic()))
        assert seconds > 60

    def test_without_kafka_it_claims_nothing(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        house.all_through()
        monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", f"127.0.0.1:{free_port()}")
        [lines] = answer("projections", "status", house.reader, status=0)
        assert lines["state"] == "not known"
        assert lines["not_known"].startswith("Kafka at 127.0.0.1:")
        told = copse("projections", "status", house.reader).stdout
        assert "  at least 0 events, " in told
        assert "does not answer" in told
        assert "up to date" not in told
        assert house.standing("own_lines") == ("up to date", 0, 0)

    def test_a_topic_that_is_not_there_is_said(self, house: House) -> None:
        house.all_through()
        forget(house.broker, house.topic)
        [lines] = answer("projections", "status", house.reader, status=0)
        assert (lines["state"], lines["not_known"]) == (
            "not known",
            f"Kafka has no {house.topic}. See: copse topics check",
        )


class TestAudit:
    def test_clean_with_what_was_sent_twice_and_what_still_waits(self, house: House) -> None:
        house.all_through()
        house.send(*house.written())
        house.write(TWO, "not sent yet")
        report = answer("audit", "--no-projections", status=0)
        assert report["differences"] == []
        assert report["compared"] == {
            "records of topics": 10,
            "events of tables": 6,
            "streams": 2,
            "cursors": 2,
            "streams seen by consumers": 2,
        }
        assert copse("audit", "--no-projections").stdout.startswith("Clean. Compared: ")

    def test_clean_while_everything_is_at_work(self, house: House) -> None:
        house.open(ONE, TWO)

        def write() -> None:
            for nth in range(50):
                house.write(ONE, f"{nth}")
                house.write(TWO, f"{nth}")

        with at_work(house.relay(), BeginningAgain(house.consumer())):
            writer = threading.Thread(target=write)
            writer.start()
            audits = 0
            while writer.is_alive() or audits < 3:
                assert answer("audit", "--no-projections", status=0)["differences"] == []
                audits += 1
            eventually(lambda: len(house.arrived()) == 100, "all lines arrive", seconds=40)
        assert answer("audit", "--no-projections", status=0)["compared"]["streams seen by consumers"] == 2

    def test_clean_when_everything_goes_on_between_two_looks(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The relay's cursor and the consumers' places must be looked at before the topic, and the table after it."""
        house.all_through()

        def meanwhile(broker: Broker, topic: Topic) -> Iterator[Record]:
            yield from records_of(broker, topic)
            house.write(ONE, "meanwhile")
            house.publish()
            house.read_own()
            house.consume()

        monkeypatch.setattr(auditor, "records_of", meanwhile)
        report = answer("audit", "--no-projections", status=0)
        assert report["compared"]["records of topics"] == 5
        assert "meanwhile" in house.arrived()

    @pytest.mark.parametrize(
        ("break_it", "kind"),
        [
            ('update events set data = \'{"text": "forged"}\' where version = 2', "other data"),
            (
                "update events set metadata = jsonb_set(metadata::jsonb, '{actor}', '\"service:forged\"')::json"
                " where version = 2",
                "other data",
            ),
            ("update events set recorded_at = recorded_at + interval '1 microsecond' where version = 2", "other data"),
            ("update events set event_id = gen_random_uuid() where version = 3", "another event"),
            ("delete from events where version = 3", "not in the table"),
            ("delete from events where version = 1", "table out of order"),
            ("update readers set position = position + 1000 where name = 'own_lines'", "cursor"),
        ],
    )
    def test_a_table_that_was_changed(self, house: House, break_it: str, kind: str) -> None:
        house.all_through()
        house.change(house.producing, break_it)
        assert (house.service, kind) in kinds(answer("audit", status=1))

    def test_an_event_that_never_reached_the_topic(self, house: House) -> None:
        """As when a relay moves its cursor without waiting: the next version is sent, this one is lost."""
        house.open(ONE, TWO)
        house.write(ONE, "a", "lost")
        house.send(*(each for each in house.written() if each.version < 3))
        begin_reading(house.producing, [Subscriber("relay")])
        with house.producing.transaction() as db:
            move_cursor(db, "relay", BEGINNING, house.written()[-1].position)
        report = answer("audit", status=1)
        assert kinds(report) == {(house.service, "not in the topic")}
        [difference] = report["differences"]
        assert "version 3" in difference["says"]

    def test_a_topic_in_another_order_with_forged_and_foreign_records(self, house: House) -> None:
        house.open(ONE)
        house.write(ONE, "a", "b")
        first, second, third = house.written()
        house.send(first, third, second)
        assert (house.service, "out of order") in kinds(answer("audit", status=1))
        house.send(replace(first, data="{}"))
        house.send(replace(first, stream=f"notebook-{uuid4()}"))
        put(house, b"not an event")
        found = kinds(answer("audit", status=1))
        assert {kind for _, kind in found} >= {"sent twice, differently", "not in the table", "not an event"}

    @pytest.mark.parametrize(
        ("break_it", "kind"),
        [
            ("update consumer_streams set version = version - 1 where version = 3", "consumer passed over"),
            ("delete from consumer_streams where version = 2", "consumer passed over"),
            ("update consumer_streams set version = version + 4 where version = 3", "consumer ahead"),
            ("update consumer_positions set next_offset = next_offset + 9", "consumer beyond the topic"),
        ],
    )
    def test_a_consumer_that_noted_something_else(self, house: House, break_it: str, kind: str) -> None:
        house.all_through()
        house.change(house.consuming, break_it)
        assert (house.service, kind) in kinds(answer("audit", status=1))

    @pytest.mark.usefixtures("all_settings")
    def test_what_cannot_be_compared_is_told_and_is_no_difference(self, house: House) -> None:
        house.all_through()
        house.send(replace(house.written()[-1], version=3, data="{"))
        house.consume()
        house.change(house.producing, "update projections set version = 7 where name = 'own_lines'")
        report = answer("audit", status=1)
        assert "projection" not in {kind for _, kind in kinds(report)}
        own, foreign = sorted(report["left_out"], reverse=True)
        assert own.startswith(f"own_lines of {house.service}: ")
        assert "version 7" in own
        assert foreign.startswith(f"lines of {house.reader}: ")
        assert "dead letters" in foreign
        assert f"left out  {foreign}" in copse("audit").stdout

    def test_a_handler_that_fails_anew_is_a_difference(self, house: House, rebuildable: Projection) -> None:
        house.all_through()

        @rebuildable.on(NotebookOpened)
        def _(*_: object) -> None:
            raise KeyError("Tuesday")

        report = answer("audit", status=1)
        [found] = report["differences"]
        assert (found["service"], found["kind"]) == (house.service, "projection")
        assert found["says"].startswith("own_lines cannot be made anew: KeyError in tests/kernel/test_operations.py")
        assert "Tuesday" not in found["says"]
        assert report["left_out"] == []

    @pytest.mark.usefixtures("rebuildable")
    def test_clean_is_said_only_when_everything_was_compared(self, house: House) -> None:
        house.all_through()
        told = copse("audit")
        assert (told.exit_code, told.stdout.partition(" Compared")[0]) == (0, "Clean.")
        house.change(house.producing, "update projections set version = 7 where name = 'own_lines'")
        told = copse("audit")
        assert told.exit_code == 3
        assert told.stdout.startswith("No difference found, but not everything was compared: 1 left out. Compared: ")
        assert "Clean" not in told.stdout
        assert copse("audit", "--no-projections").exit_code == 0

    def test_projections_are_left_out_where_a_service_cannot_be_set_up(self, house: House) -> None:
        house.all_through()
        [one, other] = answer("audit", status=3)["left_out"]
        assert f"the projections of {house.service}: " in one + other
        assert "KEYRING_DATABASE_URL is not set" in one

    def test_the_first_of_many_is_told_and_the_others_counted(self, house: House) -> None:
        house.all_through()
        house.change(house.producing, "update events set data = '{}'")
        [difference] = answer("audit", status=1)["differences"]
        assert difference["more"] == 4
        assert "(and 4 more)" in copse("audit").stdout

    def test_the_consumers_of_a_service_whose_table_is_elsewhere(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        house.all_through()
        monkeypatch.delenv(f"{house.service.upper()}_DATABASE_URL")
        answer("audit", "--no-projections", status=0)
        house.change(house.consuming, "update consumer_streams set version = 9")
        assert kinds(answer("audit", status=1)) == {(house.service, "consumer ahead")}


class TestEvents:
    def test_the_newest_of_a_type_or_stream_oldest_first(self, house: House) -> None:
        house.all_through()
        lines = json_lines(copse("events", "tail", house.service, "--json").stdout)
        assert [(each["stream"], each["version"]) for each in lines] == [
            (each.stream, each.version) for each in house.written()
        ]
        typed = json_lines(copse("events", "tail", house.service, "--type", "notebook-opened", "--json").stdout)
        assert [each["type"] for each in typed] == ["notebook-opened"] * 2
        stream = f"notebook-{ONE}"
        streamed = json_lines(copse("events", "tail", house.service, "--stream", stream, "-n", "1", "--json").stdout)
        assert [(each["stream"], each["version"]) for each in streamed] == [(stream, 3)]

    def test_follow_shows_what_comes_and_ends_with_ctrl_c(self, house: House) -> None:
        house.open(ONE)
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.getcwd(),
            "MEETINGS_DATABASE_URL": house.producing.url,
        }
        words = [sys.executable, "-m", "shared.cli", "events", "tail", "meetings", "--follow", "--json"]
        with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout
            assert process.stderr
            limit = threading.Timer(60, process.kill)
            limit.start()
            try:
                assert json.loads(process.stdout.readline())["version"] == 1
                house.write(ONE, "later")
                assert json.loads(process.stdout.readline())["data"] == {"text": "later"}
                process.send_signal(signal.SIGINT)
                assert process.wait(timeout=20) == 0
                assert b"Traceback" not in process.stderr.read()
            finally:
                limit.cancel()
                process.kill()  # else a failure would wait for it for ever

    def test_one_event_or_a_stream_from_whichever_service_has_it(self, house: House) -> None:
        house.all_through()
        first = house.written()[0]
        [by_id] = json_lines(copse("events", "show", str(first.event_id), "--json").stdout)
        assert by_id["position"] == str(first.position)
        assert [each["version"] for each in json_lines(copse("events", "show", first.stream, "--json").stdout)] == [
            1,
            2,
            3,
        ]
        assert copse("events", "show", str(uuid4())).exit_code == 1
        assert '"title": "Tuesday"' in copse("events", "show", first.stream).stdout

    def test_an_export_holds_every_event_as_it_is_stored_and_no_person(self, house: House, tmp_path: Path) -> None:
        house.commands.handle(ONE, Open(title="Tuesday", owner_name="Ann Lee"), house.context)
        house.write(ONE, "a")
        file = tmp_path / "events.jsonl"
        assert answer("events", "export", house.service, "--to", str(file), status=0)["events"] == 2
        lines = json_lines(file.read_text())
        assert [json.loads(each.data) for each in house.written()] == [each["data"] for each in lines]
        assert lines[0]["data"]["owner_name"].startswith("sealed:")
        everything = file.read_text() + copse("events", "tail", house.service).stdout
        assert "Ann Lee" not in everything + copse("events", "show", f"notebook-{ONE}").stdout
        assert file.stat().st_mode & 0o077 == 0
        assert copse("events", "export", house.service, "--to", str(file)).exit_code == 2

    def test_an_export_longer_than_a_page(self, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("shared.operations.events._PAGE", 2)
        house.all_through()
        file = tmp_path / "events.jsonl"
        copse("events", "export", house.service, "--to", str(file))
        assert len({each["event_id"] for each in json_lines(file.read_text())}) == 5


def test_looking_holds_nobody_back(house: House) -> None:
    """A look that took a transaction id would itself be what it looks for."""
    house.all_through()
    watched = Watched(compose(house.service, Path("/nowhere")), house.producing)
    with watched.looking() as db:
        assert db.value(str, "select pg_current_xact_id_if_assigned()::text") is None
    assert check_topics([watched], house.broker)[0].wrong == []


def json_lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def put(house: House, value: bytes) -> None:
    with house.broker.producer() as producer:
        producer.send(house.topic, key=b"x", value=value).get(timeout=10)


def make(broker: Broker, topic: NewTopic) -> None:
    admin = KafkaAdminClient(bootstrap_servers=broker.servers)
    try:
        admin.create_topics([topic], wait_for_metadata=True)
    finally:
        admin.close()


def forget(broker: Broker, topic: str) -> None:
    """Takes a topic away, as when Kafka is replaced by an empty one."""
    admin = KafkaAdminClient(bootstrap_servers=broker.servers)
    try:
        admin.delete_topics([topic])
        eventually(lambda: topic not in admin.list_topics(), "the topic is gone")
    finally:
        admin.close()
