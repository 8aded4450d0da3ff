"""`copse projections` on a real service: what it says, to people and to programs, and its exit status."""

import json
from base64 import b64encode
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from services.meetings.service import service
from shared.cli.main import app
from shared.database.pool import Database
from tests.kernel.conftest import forget_topics_of_services
from tests.servers import Databases, KafkaServer


@pytest.fixture(scope="module")
def environment(databases: Databases, kafka: KafkaServer) -> dict[str, str]:
    """Of a service that reads another's topic, migrated."""
    forget_topics_of_services(kafka)
    return {
        "MEETINGS_DATABASE_URL": databases.empty(),
        "KEYRING_DATABASE_URL": databases.for_keys(),
        "KEYRING_MASTER_KEY": b64encode(bytes(32)).decode(),
        "KAFKA_BOOTSTRAP_SERVERS": kafka.address,
        "OIDC_ISSUER": "http://127.0.0.1:1",
    }


def copse(environment: dict[str, str], *words: str) -> Result:
    return CliRunner().invoke(app, words, env=environment)


@pytest.fixture
def migrated(environment: dict[str, str]) -> dict[str, str]:
    assert copse(environment, "migrate", "meetings").exit_code == 0
    return environment


def test_status_tells_each_projection(migrated: dict[str, str]) -> None:
    told = copse(migrated, "projections", "status", "meetings", "--json")
    assert told.exit_code == 0, told.output
    assert {(each["name"], each["state"]) for each in json.loads(told.output)} >= {("replies", "up to date")}
    assert "replies" in copse(migrated, "projections", "status", "meetings").output


def test_rebuild_switch_rollback_and_compare_say_what_they_did(migrated: dict[str, str]) -> None:
    built = copse(migrated, "projections", "rebuild", "meetings", "people", "--json")
    assert built.exit_code == 0, built.output
    assert json.loads(built.output)["events_per_second"] >= 0
    assert copse(migrated, "projections", "rebuild", "meetings", "people", "--no-switch").exit_code == 0
    assert "people: switched" in copse(migrated, "projections", "switch", "meetings").output
    assert "people: rolled back" in copse(migrated, "projections", "rollback", "meetings", "people").output
    assert "people: the same, row for row" in copse(migrated, "projections", "compare", "meetings", "people").output


def test_compare_exits_1_at_a_difference(migrated: dict[str, str]) -> None:
    database = Database(migrated["MEETINGS_DATABASE_URL"], application="copse-test", size=1)
    with database.transaction() as db:
        db.execute("insert into people.people_communities values (gen_random_uuid(), 'never founded', 'x')")
    told = copse(migrated, "projections", "compare", "meetings", "people")
    assert told.exit_code == 1
    assert "is only in the tables in use" in told.output
    assert "never founded" not in told.output
    with database.transaction() as db:
        db.execute("delete from people.people_communities")
    database.close()


def audited(environment: dict[str, str], *words: str) -> dict[str, Any]:
    """What `copse audit` tells programs. The topics are those of all tests, so its other findings are not looked at."""
    told = copse(environment, "audit", "meetings", *words, "--json")
    report: dict[str, Any] = json.loads(told.stdout)
    assert told.exit_code == (1 if report["differences"] else 3 if report["left_out"] else 0)
    return report


def test_audit_finds_a_row_that_was_changed(migrated: dict[str, str]) -> None:
    database = Database(migrated["MEETINGS_DATABASE_URL"], application="copse-test", size=1)
    clean = audited(migrated)
    assert clean["left_out"] == []
    assert clean["compared"]["projections"] == len(service.projections)
    assert "projection" not in {each["kind"] for each in clean["differences"]}
    with database.transaction() as db:
        db.execute("insert into people.people_communities values (gen_random_uuid(), 'never founded', 'x')")
    report = audited(migrated)
    [found] = [each for each in report["differences"] if each["kind"] == "projection"]
    assert found["service"] == "meetings"
    assert found["says"].startswith("people: people_communities: the row with ")
    assert "is only in the tables in use" in found["says"]
    assert "projections" not in audited(migrated, "--no-projections")["compared"]
    with database.transaction() as db:
        db.execute("delete from people.people_communities")
    database.close()


def test_migrate_says_to_rebuild_what_is_out_of_date_and_goes_on(migrated: dict[str, str]) -> None:
    database = Database(migrated["MEETINGS_DATABASE_URL"], application="copse-test", size=1)
    with database.transaction() as db:
        db.execute("update projections set version = 0 where name = 'replies'")
    told = copse(migrated, "migrate", "meetings")
    assert told.exit_code == 0
    assert "Run: copse projections rebuild meetings replies" in told.output
    assert copse(migrated, "projections", "rebuild", "meetings", "replies").exit_code == 0
    assert "Run:" not in copse(migrated, "migrate", "meetings").output
    database.close()


def test_one_that_cannot_be_built_is_told_without_what_it_failed_on(migrated: dict[str, str]) -> None:
    database = Database(migrated["MEETINGS_DATABASE_URL"], application="copse-test", size=1)
    with database.transaction() as db:
        db.execute(
            "insert into events (event_id, stream, version, type, schema_version, data, metadata, recorded_at)"
            " values (gen_random_uuid(), 'meeting-' || gen_random_uuid(), 1, 'place-taken', 1, %s, '{}', now())",
            '{"member": {"Ann Lee": 1}}',
        )
        # Of another version, so that it is built from what no reader was told of yet.
        db.execute("update projections set version = 0 where name = 'replies'")
    told = copse(migrated, "projections", "rebuild", "meetings", "replies")
    with database.transaction() as db:
        db.execute("delete from events")
    database.close()
    assert copse(migrated, "projections", "rebuild", "meetings", "replies").exit_code == 0
    assert told.exit_code == 2
    assert "replies could not be built, and the tables in use are as they were: its fields are not those" in told.output
    assert "Ann Lee" not in told.output


def test_a_projection_that_there_is_not_is_said_so(migrated: dict[str, str]) -> None:
    told = copse(migrated, "projections", "rebuild", "meetings", "gardens")
    assert told.exit_code == 2
    assert "no projection gardens" in told.output
    told = copse(migrated, "projections", "switch", "meetings", "replies")
    assert told.exit_code == 2
    assert "nothing to switch to" in told.output
