"""The meetings service in one process: its API, what membership told it, and what its worker does."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from werkzeug.test import TestResponse

from services.meetings.service import service
from shared.configuration import Settings
from shared.http.app import create_app
from shared.messages.clock import Clock
from shared.messages.events import Event
from shared.messages.recorded import BEGINNING, Metadata, Recorded
from shared.operations.watched import Watched
from shared.projections.projection import make_tables
from shared.projections.reader import Reader, begin_reading
from shared.reactions.agenda import Agenda
from shared.service import Running
from tests.kernel.provider import Provider
from tests.servers import emptied, eventually


class House:
    """`house.hears(event, id)` is what the consumer does; `house.as_("ann").post(...)` a request. Each settles."""

    def __init__(self, running: Running, provider: Provider, clock_file: Path) -> None:
        self.running, self._provider, self._clock_file = running, provider, clock_file
        self.app = create_app(running)
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
        self._versions: dict[UUID, int] = {}

    def empty(self) -> None:
        emptied(self.running.database)
        for projection in service.projections:
            make_tables(projection, self.running.database)
        begin_reading(self.running.database, Watched(service, self.running.database).own_readers())
        self._clock_file.write_text("0")
        self._versions.clear()

    def later(self, by: timedelta) -> None:
        """Turns the clock of the service."""
        self._clock_file.write_text(str(by.total_seconds()))

    @property
    def now(self) -> datetime:
        return self.running.clock.now()

    def settle(self) -> None:
        eventually(self._all_is_done, "readers and agenda are done")

    def _all_is_done(self) -> bool:
        while self._reader.advance_all() + self._agenda.work():
            pass
        with self.running.database.statement() as db:
            beyond = "select 1 from events e join readers r on (e.xid, e.position) > (r.xid, r.position) limit 1"
            return db.value(int, beyond) is None

    def hears(self, event: Event, id: UUID, settle: bool = True) -> None:
        """An event of membership, told as the consumer tells it: projections and reactions in one transaction."""
        self._versions[id] = self._versions.get(id, 0) + 1
        recorded = Recorded(
            event=event,
            event_id=uuid4(),
            stream=f"anything-{id}",
            version=self._versions[id],
            position=BEGINNING,
            who=Metadata(actor="anonymous", channel="web", correlation_id=uuid4()),
            recorded_at=self.now,
        )
        with self.running.database.transaction() as db:
            for projection in service.projections:
                projection.tell(recorded, db)
            for reaction in service.reactions:
                reaction.tell(recorded, db)
        if settle:
            self.settle()

    def account(self, account: str) -> UUID:
        """The pseudonym under which membership tells of a sign-in."""
        return self.running.keyring.pseudonym("account", f"{self.running.settings.issuer} {account}")

    def as_(self, account: str | None, *roles: str) -> "Caller":
        return Caller(self, self._provider.token(account, roles) if account else None)


class Caller:
    def __init__(self, house: House, token: str | None) -> None:
        self._house, self._client, self._token = house, house.app.test_client(), token

    def get(self, path: str, expect: int = 200) -> TestResponse:
        return self._send("GET", path, None, expect)

    def post(self, path: str, body: Any, expect: int = 200) -> TestResponse:
        return self._send("POST", path, body, expect)

    def _send(self, method: str, path: str, body: Any, expect: int) -> TestResponse:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        raw = {"json": body} if body is not None else {}
        response = self._client.open(f"/v1/{path}", method=method, headers=headers, **raw)
        self._house.settle()
        assert response.status_code == expect, f"{method} {path}: {response.status_code} {response.text}"
        return response


@contextmanager
def house_in(events_url: str, keys_url: str, provider: Provider, clock_file: Path) -> Iterator[House]:
    running = Running(
        service,
        Settings(
            database_url=events_url,
            keyring_url=keys_url,
            master_key=b"k" * 32,
            kafka="127.0.0.1:1",
            kafka_replicas=1,
            issuer=provider.issuer,
            internal_issuer=provider.issuer,
            audience="copse",
            roles_claim="groups",
            algorithms=("RS256",),
        ),
        Clock(str(clock_file)),
    )
    yield House(running, provider, clock_file)
    running.close()
