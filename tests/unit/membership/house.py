"""The membership service in one process: its API, and what its worker does, one step after the other."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from werkzeug.test import TestResponse

from services.membership.service import service
from shared.configuration import Settings
from shared.eventstore.store import NewEvent, Write
from shared.http.app import create_app
from shared.messages.clock import Clock
from shared.messages.decisions import Context
from shared.messages.events import Event
from shared.messages.ids import uuid7
from shared.messages.recorded import Metadata
from shared.operations.watched import Watched
from shared.projections.projection import make_tables
from shared.projections.reader import Reader, begin_reading
from shared.reactions.agenda import Agenda
from shared.service import Running
from tests.kernel.provider import Provider
from tests.servers import emptied, eventually

APPLICATION = {
    "name": "Ann Example",
    "email": "ann@example.org",
    "stakeholder_group": "unpaid-carer",
    "communities": [],
}


class TurnedClock(Clock):
    """The real time, and `by`."""

    by = timedelta(0)

    def _turned(self) -> timedelta:
        return self.by


class House:
    """`house.as_("ann").post("applications", {...})`: every call lets the worker finish what came of it."""

    def __init__(self, running: Running, provider: Provider, clock: TurnedClock) -> None:
        self.running, self._provider, self._clock = running, provider, clock
        self._app: Flask = create_app(running)
        self._reader = Reader(running.database, running.codec, [*service.projections, *service.reactions])
        self._agenda = Agenda(
            service.name,
            running.database,
            running.codec,
            service.commands,
            service.effects,
            running.clock,
            lambda: None,
        )

    def empty(self) -> None:
        """Forgets everything, the keyring too."""
        emptied(self.running.database)
        with self.running.keyring_database.transaction() as db:
            db.execute("delete from subject_keys")
        for projection in service.projections:
            make_tables(projection, self.running.database)
        begin_reading(self.running.database, Watched(service, self.running.database).own_readers())

    def settle(self) -> None:
        """Returns when projections, reactions and the agenda have nothing left to do.

        An autovacuum anywhere on the server may hold the horizon for a moment, and with it what was just appended.
        """
        eventually(self._all_is_done, "readers and agenda are done")

    def _all_is_done(self) -> bool:
        while self._reader.advance_all() + self._agenda.work():
            pass
        with self.running.database.statement() as db:
            beyond = "select 1 from events e join readers r on (e.xid, e.position) > (r.xid, r.position) limit 1"
            return db.value(int, beyond) is None

    @contextmanager
    def turned(self, by: timedelta) -> Iterator[None]:
        """As if it were so much later."""
        self._clock.by = by
        try:
            self.settle()
            yield
        finally:
            self._clock.by = timedelta(0)

    def happened(self, stream: str, event: Event) -> None:
        """What no route of this release records, as the newest event of a stream."""
        store, event_id = self.running.store, uuid7()
        new = NewEvent(event_id, *self.running.codec.encode(event, event_id, stream))
        context = Context(now=self.running.clock.now(), actor="service:membership", correlation_id=event_id)
        store.append([Write(stream, len(store.read(stream)), (new,))], Metadata.of(context), context.now)
        self.settle()

    def as_(self, account: str | None, *roles: str) -> "Caller":
        token = self._provider.token(account, roles) if account else None
        return Caller(self, self._app, token)

    @property
    def coordinator(self) -> "Caller":
        return self.as_("carys", "coordinator")

    def member(self, account: str, **changes: object) -> UUID:
        """Somebody who applied with her own sign-in and was approved."""
        body = {**APPLICATION, "name": account.title(), "email": f"{account}@example.org", **changes}
        id = UUID(self.as_(account).post("applications", body).get_json()["id"])
        self.coordinator.act(f"applications/{id}/approval", of=f"members/{id}")
        return id

    def community(self, **changes: object) -> UUID:
        body = {"name": f"Community {uuid4()}", "kind": "community", "about": "Monthly.", **changes}
        return UUID(self.coordinator.post("communities", body).get_json()["id"])


class Caller:
    def __init__(self, house: House, app: Flask, token: str | None) -> None:
        self._house, self._client = house, app.test_client()
        self.token, self.app = token, app

    def get(self, path: str, expect: int = 200, **headers: str) -> TestResponse:
        return self._send("GET", path, None, expect, headers)

    def post(self, path: str, body: Any, expect: int = 201, **headers: str) -> TestResponse:
        return self._send("POST", path, body, expect, headers)

    def put(self, path: str, body: Any, expect: int = 200, **headers: str) -> TestResponse:
        return self._send("PUT", path, body, expect, headers)

    def delete(self, path: str, expect: int = 200, **headers: str) -> TestResponse:
        return self._send("DELETE", path, None, expect, headers)

    def act(
        self, path: str, body: Any = None, *, of: str, expect: int = 200, method: str = "POST", **headers: str
    ) -> TestResponse:
        """A change to the resource at `of`, with the ETag that it has now (as a coordinator reads it)."""
        etag = self._house.coordinator.get(of).headers["ETag"]
        return self._send(method, path, {} if body is None else body, expect, {"If-Match": etag, **headers})

    def _send(self, method: str, path: str, body: Any, expect: int, headers: dict[str, str]) -> TestResponse:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        raw = {"data": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
        response = self._client.open(f"/v1/{path}", method=method, headers=sent, **raw)
        self._house.settle()
        assert response.status_code == expect, f"{method} {path}: {response.status_code} {response.text}"
        return response


def code_of(response: TestResponse) -> str:
    """`already-left`: the last part of a problem's type."""
    return str(response.get_json()["type"]).rpartition(":")[2]


@contextmanager
def house_in(events_url: str, keys_url: str, provider: Provider) -> Iterator[House]:
    clock = TurnedClock()
    running = Running(
        service,
        Settings(
            database_url=events_url,
            keyring_url=keys_url,
            master_key=secrets.token_bytes(32),
            kafka="127.0.0.1:1",
            kafka_replicas=1,
            issuer=provider.issuer,
            internal_issuer=provider.issuer,
            audience="copse",
            roles_claim="groups",
            algorithms=("RS256",),
        ),
        clock,
    )
    yield House(running, provider, clock)
    running.close()
