"""`copse doctor` finds nothing in a good set-up, and each mistake by its name: every test makes one."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiosmtpd.controller import Controller

from deploy.embedded.ports import free_port
from deploy.embedded.postgres import Postgres
from shared.database.pool import Database, Transaction
from shared.operations import doctor, service_status
from shared.operations.service_status import Holder
from shared.privacy.keyring import Keyring
from shared.streaming import topics
from shared.streaming.broker import Broker
from shared.streaming.cloudevents import topic_of
from tests.kernel.house import answer, compose, copse, held_for, known_to_copse
from tests.kernel.provider import Provider, provider
from tests.servers import Databases, KafkaServer

NAME = "gardens_doctor"


@pytest.fixture(scope="module")
def identity() -> Iterator[Provider]:
    with provider() as here:
        yield here


@pytest.fixture(scope="module")
def post() -> Iterator[int]:
    """The port of a mail server."""
    controller = Controller(object(), hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller.port
    controller.stop()


@pytest.fixture
def second() -> Iterator[Postgres]:
    """Another server than that of all other tests."""
    with TemporaryDirectory(prefix="copse-second-", ignore_cleanup_errors=True) as folder, Postgres(Path(folder)) as it:
        yield it


@pytest.fixture(autouse=True)
def _well_set_up(
    database: Database,
    keys: Database,
    keyring: Keyring,
    master_key: bytes,
    kafka: KafkaServer,
    identity: Provider,
    post: int,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    known_to_copse(monkeypatch, compose(NAME, tmp_path), database.url)
    Broker(kafka.address).make_topics([topic_of(NAME)], replicas=1)
    keyring.seal(UUID(int=1), "Ann Lee", "here")
    for name, value in {
        "KEYRING_DATABASE_URL": keys.url,
        "KEYRING_MASTER_KEY": b64encode(master_key).decode(),
        "KAFKA_BOOTSTRAP_SERVERS": kafka.address,
        "OIDC_ISSUER": identity.issuer,
        "SMTP_URL": f"smtp://127.0.0.1:{post}",
    }.items():
        monkeypatch.setenv(name, value)


def wrong(*words: str) -> dict[str, Any]:
    """What it finds, by the check: exactly one finding, and each with what to do."""
    found = [each for each in answer("doctor", *words, status=1) if each["verdict"] == "wrong"]
    assert all(each["do"] for each in found)
    assert len(found) == 1, found
    only: dict[str, Any] = found[0]
    return only


def test_a_good_set_up_has_no_finding(identity: Provider, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(identity.token())
    findings = answer("doctor", "--token-file", str(file), status=0)
    assert {each["verdict"] for each in findings} == {"well"}
    assert len(findings) >= 14


def test_settings_that_are_missing_or_malformed_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OIDC_ISSUER")
    monkeypatch.setenv("KEYRING_MASTER_KEY", "too short")
    monkeypatch.setenv("KEYRING_DATABASE_URL", "garbled secret-word")
    monkeypatch.setenv("NOWHERE_DATABASE_URL", "postgresql://x")
    told = copse("doctor")
    assert told.exit_code == 1
    assert "OIDC_ISSUER is not set" in told.stdout
    assert "KEYRING_MASTER_KEY is not valid" in told.stdout
    assert "KEYRING_DATABASE_URL is not valid" in told.stdout
    assert "there is no service nowhere" in told.stdout
    assert "secret-word" not in told.output


def test_no_service_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(f"{NAME.upper()}_DATABASE_URL")
    assert wrong()["says"] == "No service's database is set."


def test_a_postgres_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"postgresql://x:secret-word@127.0.0.1:{free_port()}/x"
    monkeypatch.setenv(f"{NAME.upper()}_DATABASE_URL", address)
    found = wrong()
    assert found["check"] == f"PostgreSQL of {NAME}"
    assert "does not answer" in found["says"]
    assert "secret-word" not in copse("doctor").output


def test_services_that_share_a_server_are_told_that_they_hold_each_other_up(
    elsewhere: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kafka: KafkaServer
) -> None:
    other = f"{NAME}_too"
    known_to_copse(monkeypatch, compose(other, tmp_path), elsewhere.url)
    Broker(kafka.address).make_topics([topic_of(other)], replicas=1)
    [found] = [each for each in answer("doctor", status=0) if each["check"] == "PostgreSQL servers"]
    assert found["says"].startswith(f"{NAME}, {other} and keyring share one: a transaction that is open")


def test_a_server_of_its_own_is_nothing_to_tell(second: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEYRING_DATABASE_URL", second.url())
    assert not [each for each in answer("doctor", status=1) if each["check"] == "PostgreSQL servers"]


def test_a_replica(second: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    second.stop()
    (second.folder / "data/standby.signal").touch()  # from now on it only follows
    second.start()
    monkeypatch.setenv("KEYRING_DATABASE_URL", second.url())
    found = {each["check"]: each for each in answer("doctor", status=1) if each["verdict"] == "wrong"}
    replica = found["role of keyring's PostgreSQL"]
    assert "it is a replica" in replica["says"]
    assert "Set KEYRING_DATABASE_URL to the primary" in replica["do"]


def test_a_postgres_that_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "OLDEST_POSTGRES", 99)
    told = copse("doctor").stdout
    assert "which is too old" in told
    assert "Move to PostgreSQL 99 or newer" in told


def test_clocks_that_are_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ahead(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Ahead":
            return super().now(tz) + timedelta(seconds=9)

    monkeypatch.setattr(doctor, "datetime", Ahead)
    found = [each for each in answer("doctor", status=1) if each["verdict"] == "wrong"]
    assert {each["check"] for each in found} == {f"clock of {NAME}'s PostgreSQL", "clock of keyring's PostgreSQL"}
    assert "are 9 s apart" in found[0]["says"]


def test_an_idle_transaction_that_holds_the_horizon(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_HELD_SECONDS", 0.1)
    with database.transaction() as db:
        db.execute("select pg_current_xact_id()")
        own = db.value(int, "select pg_backend_pid()")
        held_for(database, 0.2)
        told = copse("doctor")
    assert told.exit_code == 1
    assert "keeps relay and projections from going on" in told.stdout
    assert f"pg_terminate_backend({own})" in told.stdout


@pytest.mark.parametrize("ends", [False, True])
def test_a_transaction_whose_start_is_hidden_must_stay_to_be_told(
    ends: bool, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = service_status.held_by

    def held_by(db: Transaction) -> Holder | None:
        held = asked(db)
        if held and ends:
            hiding.execute("rollback")
        return held and replace(held, seconds=None)

    monkeypatch.setattr(doctor, "_HELD_SECONDS", 0.1)
    monkeypatch.setattr(doctor, "held_by", held_by)
    with database.transaction() as hiding:
        hiding.execute("select pg_current_xact_id()")
        told = copse("doctor")
    assert ("may not see" in told.stdout, told.exit_code) == ((False, 0) if ends else (True, 1))


def test_migrations_that_are_missing(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEYRING_DATABASE_URL", databases.empty())
    found = wrong()
    assert (found["check"], found["do"]) == ("migrations of keyring", "Run: copse migrate keyring")
    monkeypatch.setenv(f"{NAME.upper()}_DATABASE_URL", databases.empty())
    told = copse("doctor").stdout
    assert "0001-events, 0002-readers, 0003-agenda" in told
    assert f"Run: copse migrate {NAME}" in told


def test_a_master_key_that_does_not_open_the_keyring(keys: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEYRING_MASTER_KEY", b64encode(bytes(32)).decode())
    assert wrong()["check"] == "master key"
    with keys.transaction() as db:
        db.execute("delete from subject_keys")
        db.execute("delete from index_key")
    answer("doctor", status=0)
    with keys.transaction() as db:
        assert db.value(int, "select count(*) from index_key") == 0, "the doctor makes no key"


def test_a_kafka_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_PATIENCE_SECONDS", 1)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", f"127.0.0.1:{free_port()}")
    assert "advertised.listeners" in wrong()["do"]


def test_a_kafka_that_makes_topics_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another switch of the same broker that is on: the one in question cannot be turned while it runs."""
    monkeypatch.setattr(topics, "_AUTO_CREATE", "delete.topic.enable")
    assert "auto.create.topics.enable=false" in wrong()["do"]


def test_a_topic_that_is_missing(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    name = f"gardens_{uuid4().hex[:8]}"
    monkeypatch.delenv(f"{NAME.upper()}_DATABASE_URL")
    known_to_copse(monkeypatch, compose(name, tmp_path), database.url)
    assert f"Run: copse migrate {name}" in wrong()["says"]


def test_an_issuer_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OIDC_ISSUER", f"http://127.0.0.1:{free_port()}")
    assert "does not answer as an identity provider" in wrong()["says"]


def test_an_issuer_that_calls_itself_otherwise(identity: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OIDC_ISSUER", "https://sign-in.example.org")
    monkeypatch.setenv("OIDC_INTERNAL_URL", identity.issuer)
    assert f"Set OIDC_ISSUER={identity.issuer}" in wrong()["do"]


def test_tokens_for_somebody_else(identity: Provider, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(identity.token(aud=["account", "portal"]))
    assert wrong("--token-file", str(file))["says"] == (
        "the token is for account, portal, and the services ask for copse"
    )
    file.write_text(identity.token(exp=1))
    assert "Try a token that was made just now" in wrong("--token-file", str(file))["do"]
    file.write_text("nonsense")
    assert "the token is for nobody" in wrong("--token-file", str(file))["says"]
    assert copse("doctor", "--token-file", "/nowhere").exit_code == 2


def test_a_mail_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("SMTP_URL", f"smtp://ann:secret-word@127.0.0.1:{port}")
    assert f"the mail server at 127.0.0.1:{port} cannot be used" in wrong()["says"]
    assert "secret-word" not in copse("doctor").output
