"""What an operator can do about dead letters, over HTTP and at the command line, and what nobody is ever shown."""

import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from services.meetings.service import service as meetings
from shared.configuration import Settings
from shared.database.pool import Database
from shared.dead_letters import letters, patience
from shared.dead_letters.at_service import mending_of
from shared.dead_letters.shown import details
from shared.http.app import create_app
from shared.messages.events import Fields
from shared.messages.recorded import Position, Stored
from shared.projections.projection import make_tables
from shared.projections.subscriber import Subscriber
from shared.service import Running
from shared.streaming.broker import Broker
from shared.streaming.cloudevents import Received, headers_of, topic_of
from shared.streaming.consumer import Consumer
from tests.kernel.conftest import NOW
from tests.kernel.provider import Provider, provider
from tests.servers import Databases

ANN, BEN, GROUP = UUID(int=1), UUID(int=2), UUID(int=3)


@pytest.fixture(scope="module")
def at_provider() -> Iterator[Provider]:
    with provider() as running_provider:
        yield running_provider


@pytest.fixture
def here(
    new_database: Callable[[Callable[[Databases], str]], str],
    keys: Database,
    master_key: bytes,
    at_provider: Provider,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Running]:
    """Meetings, which reads membership."""
    monkeypatch.setattr(patience, "PAUSES_SECONDS", ())
    settings = Settings(
        database_url=new_database(Databases.for_events),
        keyring_url=keys.url,
        master_key=master_key,
        kafka="127.0.0.1:1",
        kafka_replicas=1,
        issuer=at_provider.issuer,
        internal_issuer=at_provider.issuer,
        audience="copse",
        roles_claim="groups",
        algorithms=("RS256",),
    )
    running = Running(meetings, settings)
    for projection in meetings.projections:
        make_tables(projection, running.database)
    yield running
    running.close()


class Membership:
    """Sends meetings what membership might."""

    def __init__(self, here: Running) -> None:
        subscribers: list[Subscriber[Any]] = [*meetings.projections, *meetings.reactions]
        self._consumer = Consumer("meetings", here.database, Broker("127.0.0.1:1"), here.contracts, subscribers)
        self._here = here
        self._sent = 0

    def send(self, stream: str, version: int, type: str, fields: Fields) -> None:
        stored = Stored(
            position=Position(1, self._sent),
            event_id=UUID(int=self._sent),
            stream=stream,
            version=version,
            type=type,
            schema_version=1,
            data=json.dumps(fields),
            metadata=json.dumps({"actor": "anonymous", "channel": "web", "correlation_id": str(ANN)}),
            recorded_at=NOW,
        )
        record = Received(self._sent, stream.encode(), headers_of(stored, "membership"), stored.data.encode())
        self._consumer.handle(topic_of("membership"), 0, [record])
        self._sent += 1

    def approve_ann_with_her_name_for_all_to_see(self) -> UUID:
        """Her approval cannot be handled, and two facts about her wait behind it. Gives the approval's letter."""
        stream = f"member-{ANN}"
        plain: Fields = {"name": "Ann Lee", "stakeholder_group": "carer", "Ann Lee's phone": "01227 000000"}
        self.send(stream, 1, "member-approved", plain)
        self.send(stream, 2, "account-linked", {"account": str(BEN)})
        self.send(stream, 3, "account-linked", {"account": str(BEN)})
        with self._here.database.transaction() as db:
            [holder] = letters.holders(db)
        return holder.id


@pytest.fixture
def membership(here: Running) -> Membership:
    return Membership(here)


@pytest.fixture
def client(here: Running) -> FlaskClient:
    return create_app(here).test_client()


@pytest.fixture
def operator(at_provider: Provider) -> dict[str, str]:
    return {"Authorization": f"Bearer {at_provider.token('olive', ('operator',))}"}


class TestTheApi:
    def test_lists_what_holds_a_stream(
        self, client: FlaskClient, membership: Membership, operator: dict[str, str]
    ) -> None:
        id = membership.approve_ann_with_her_name_for_all_to_see()
        [item] = client.get("/v1/dead-letters", headers=operator).get_json()["items"]
        assert (item["id"], item["stream"], item["version"], item["behind"]) == (str(id), f"member-{ANN}", 1, 2)
        assert item["reason"].startswith("NotSealed in shared/privacy/keyring.py, line ")

    def test_lists_page_by_page(self, client: FlaskClient, membership: Membership, operator: dict[str, str]) -> None:
        for nth in range(3):
            membership.send(f"member-{UUID(int=nth)}", 2, "account-linked", {"account": str(BEN)})
        first = client.get("/v1/dead-letters?limit=2", headers=operator)
        assert [each["missing"] for each in first.get_json()["items"]] == [1, 1]
        following = first.headers["Link"].split(";")[0].strip("<>")
        assert len(client.get(following, headers=operator).get_json()["items"]) == 1

    def test_shows_a_message_without_what_it_says_of_anybody(
        self, client: FlaskClient, membership: Membership, operator: dict[str, str]
    ) -> None:
        id = membership.approve_ann_with_her_name_for_all_to_see()
        shown = client.get(f"/v1/dead-letters/{id}", headers=operator)
        assert shown.get_json()["value"] == {
            "name": "[text of 7 characters]",
            "stakeholder_group": "[text of 5 characters]",
            "[a name of 15 characters]": "[text of 12 characters]",
        }
        assert {"name": "ce_sequence", "value": "1"} in shown.get_json()["headers"]
        listed = client.get("/v1/dead-letters", headers=operator)
        assert "Lee" not in shown.text + listed.text

    def test_retries(self, client: FlaskClient, membership: Membership, operator: dict[str, str]) -> None:
        id = membership.approve_ann_with_her_name_for_all_to_see()
        answer = client.post(f"/v1/dead-letters/{id}/retry", headers=operator)
        assert answer.status_code == 200
        assert answer.get_json()["left"] == 3
        assert "NotSealed" in answer.get_json()["reason"]

    def test_retries_with_the_handlers_of_the_service(
        self, client: FlaskClient, here: Running, membership: Membership, operator: dict[str, str]
    ) -> None:
        with here.database.transaction() as db:
            db.execute("alter table people.people_communities rename to mislaid")
        membership.send(f"community-{GROUP}", 1, "community-founded", {"name": "Carers", "kind": "community"})
        with here.database.transaction() as db:
            db.execute("alter table people.mislaid rename to people_communities")
            [holder] = letters.holders(db)
        answer = client.post(f"/v1/dead-letters/{holder.id}/retry", headers=operator)
        assert answer.get_json() == {"handled": 1, "left": 0, "reason": None}
        with here.database.transaction() as db:
            assert db.all(str, "select name from people.people_communities") == ["Carers"]

    def test_skips_and_writes_down_who_and_why(
        self, client: FlaskClient, here: Running, membership: Membership, operator: dict[str, str]
    ) -> None:
        id = membership.approve_ann_with_her_name_for_all_to_see()
        answer = client.post(f"/v1/dead-letters/{id}/skip", json={"reason": "never sealed"}, headers=operator)
        assert answer.get_json() == {"handled": 2, "left": 0, "reason": None}
        with here.database.transaction() as db:
            [skip] = letters.skips(db)
        assert (skip.letter, skip.reason) == (id, "never sealed")
        assert skip.skipped_by.startswith("account:")
        again = client.post(f"/v1/dead-letters/{id}/skip", json={"reason": "never sealed"}, headers=operator)
        assert again.status_code == 404

    @pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": " "}, {"reason": "x", "by": "me"}])
    def test_skips_nothing_without_a_reason(
        self, client: FlaskClient, here: Running, membership: Membership, operator: dict[str, str], body: object
    ) -> None:
        id = membership.approve_ann_with_her_name_for_all_to_see()
        assert client.post(f"/v1/dead-letters/{id}/skip", json=body, headers=operator).status_code == 422
        with here.database.transaction() as db:
            assert letters.count(db) == letters.Count(3, 1)

    @pytest.mark.parametrize("role", ["coordinator", "facilitator", "data-protection", "signed-in"])
    def test_is_for_operators_alone(
        self, client: FlaskClient, membership: Membership, at_provider: Provider, role: str
    ) -> None:
        id = membership.approve_ann_with_her_name_for_all_to_see()
        somebody = {"Authorization": f"Bearer {at_provider.token('ann', (role,))}"}
        for method, path in (("GET", ""), ("GET", f"/{id}"), ("POST", f"/{id}/retry"), ("POST", f"/{id}/skip")):
            address = f"/v1/dead-letters{path}"
            assert client.open(address, method=method, json={"reason": "x"}, headers=somebody).status_code == 403
            assert client.open(address, method=method, json={"reason": "x"}).status_code == 401

    def test_names_its_permission_in_the_document(self, client: FlaskClient) -> None:
        document = client.get("/openapi.json").get_json()
        skip = document["paths"]["/v1/dead-letters/{letter_id}/skip"]["post"]
        assert skip["x-permission"] == "operations:dead-letters"


@pytest.fixture
def copse(here: Running) -> Callable[..., subprocess.CompletedProcess[str]]:
    said = here.settings
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.getcwd(),
        "MEETINGS_DATABASE_URL": said.database_url,
        "KEYRING_DATABASE_URL": said.keyring_url,
        "KEYRING_MASTER_KEY": b64encode(said.master_key).decode(),
        "KAFKA_BOOTSTRAP_SERVERS": said.kafka,
        "OIDC_ISSUER": said.issuer,
    }

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "shared.cli", "dead-letters", *words],
            env=environment,
            cwd=Path.cwd(),
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    return run


class TestTheCommandLine:
    def test_lists_shows_retries_and_skips(
        self, copse: Callable[..., subprocess.CompletedProcess[str]], membership: Membership
    ) -> None:
        id = str(membership.approve_ann_with_her_name_for_all_to_see())
        listed = copse("list", "meetings")
        assert f"{id}  member-{ANN} version 1, 2 behind it" in listed.stdout
        assert json.loads(copse("list", "meetings", "--json").stdout)["items"][0]["id"] == id
        shown = copse("show", "meetings", id)
        assert json.loads(shown.stdout)["value"]["name"] == "[text of 7 characters]"
        retried = copse("retry", "meetings", "--all")
        assert retried.returncode == 1
        assert "0 handled, 3 still parked. The first: NotSealed" in retried.stdout
        skipped = copse("skip", "meetings", id, "--reason", "never sealed", "--by", "olive", "--json")
        assert skipped.returncode == 0
        assert json.loads(skipped.stdout) == {"handled": 2, "left": 0, "reason": None}
        assert "by olive: never sealed" in copse("list", "meetings", "--skipped").stdout
        [passed_over] = json.loads(copse("list", "meetings", "--skipped", "--json").stdout)["items"]
        assert (passed_over["letter"], passed_over["skipped_by"], passed_over["reason"]) == (
            id,
            "olive",
            "never sealed",
        )
        assert "Lee" not in "".join(each.stdout + each.stderr for each in (listed, shown, retried, skipped))

    def test_says_plainly_what_cannot_be_done(
        self, copse: Callable[..., subprocess.CompletedProcess[str]], membership: Membership, here: Running
    ) -> None:
        membership.approve_ann_with_her_name_for_all_to_see()
        with here.database.transaction() as db:
            last = db.value(UUID, "select id from dead_letters where version = 3")
        behind = copse("skip", "meetings", str(last), "--reason", "why not")
        assert behind.returncode == 2
        assert "Another message holds this stream" in behind.stderr
        gone = copse("retry", "meetings", str(ANN))
        assert (gone.returncode, gone.stdout) == (2, "")
        assert "no such dead letter" in gone.stderr
        assert copse("skip", "meetings", str(last), "--reason", " ").returncode == 2
        assert "Traceback" not in behind.stderr + gone.stderr


def test_sealed_text_stays_sealed_and_ids_and_times_are_shown(here: Running, membership: Membership) -> None:
    fields: Fields = {
        "member": str(ANN),
        "at": "2026-03-02T10:00:00Z",
        "places": 12,
        "name": here.keyring.seal(ANN, "Ann Lee", "elsewhere"),
        "speakers": [{"name": "Ben Ash"}],
    }
    membership.send(f"member-{ANN}", 1, "member-approved", fields)
    with here.database.transaction() as db:
        letter = letters.one(db, letters.holders(db)[0].id)
    assert letter
    assert details(letter)["value"] == {
        "member": str(ANN),
        "at": "2026-03-02T10:00:00Z",
        "places": 12,
        "name": "[sealed]",
        "speakers": [{"name": "[text of 7 characters]"}],
    }
    assert mending_of(here).retry(letter.id).left == 1
