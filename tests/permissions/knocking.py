"""A service's real app over its world, and a knock at one of its routes as somebody."""

import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid5

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shared.configuration import Settings
from shared.http.app import create_app
from shared.http.described import topics
from shared.http.permission_table import plain
from shared.projections.projection import make_tables
from shared.service import Running, Service
from tests.kernel.provider import Provider
from tests.permissions.people import Ids, Person, Question
from tests.permissions.worlds import WORLDS, World

NO_SUCH_VERSION = '"1000000"'
"""Sent with everything: what somebody may do gets as far as the event store, and changes nothing (412)."""


@dataclass(frozen=True)
class Route:
    """`asking` names one of the world's questions, when the route is asked another one than usual."""

    method: str
    path: str
    asking: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path} ({self.asking})" if self.asking else f"{self.method} {self.path}"


@dataclass
class House:
    """One service, its world and the bodies that its routes take, by route."""

    service: Service
    app: Flask
    client: FlaskClient
    world: World
    provider: Provider
    bodies: dict[str, object]
    _tokens: dict[tuple[str, tuple[str, ...]], tuple[float, str]] = field(default_factory=dict)

    @property
    def routes(self) -> list[Route]:
        """Every route under /v1/, from the app's own map."""
        found = [
            Route(method, plain(rule.rule))
            for rule in self.app.url_map.iter_rules()
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
            if rule.rule.startswith("/v1/")
        ]
        return sorted(found, key=str)

    @property
    def questions(self) -> list[Route]:
        """Every route, and what else the world asks of some of them."""
        others = [
            Route(route.method, route.path, asking)
            for route in self.routes
            for (name, asking) in self.world.questions
            if name == str(route) and asking
        ]
        return [*self.routes, *others]

    def knock(self, route: Route, person: Person) -> TestResponse:
        token = person.account and self.token(person.account, person.roles)
        return self.knock_with(route, token, session=person.session)

    def token(self, account: str, roles: tuple[str, ...]) -> str:
        """Signed once in five minutes: signing costs more than most requests."""
        known = self._tokens.get((account, roles))
        if known is None or known[0] < time.monotonic():
            known = self._tokens[account, roles] = (time.monotonic() + 200, self.provider.token(account, roles))
        return known[1]

    def knock_with(
        self, route: Route, token: str | None, scheme: str = "Bearer", session: str | None = None
    ) -> TestResponse:
        headers = {"If-Match": NO_SUCH_VERSION}
        if token is not None:
            headers["Authorization"] = f"{scheme} {token}"
        if session is not None:
            headers["Copse-On-Behalf-Of"] = session
        asked = self.world.questions.get((f"{route.method} {route.path}", route.asking), Question())
        body = self.bodies.get(f"{route.method} {route.path}") if asked.body is None else asked.body
        sent = {"json": body} if body is not None else {}
        address = f"{self.address(route.path)}{asked.query}"
        return self.client.open(address, method=route.method, headers=headers, **sent)  # type: ignore[arg-type]  # a body is JSON

    def address(self, path: str) -> str:
        return path.format_map(ids_for(self.world.ids, path))


class _AnyId(dict[str, UUID | str]):
    """An id that belongs to nothing, for what a world does not hold."""

    def __missing__(self, name: str) -> UUID:
        return uuid5(UUID(int=0), name)


def ids_for(ids: Ids, path: str) -> dict[str, UUID | str]:
    fitting = [beginning for beginning in ids if path.startswith(beginning)]
    return _AnyId(ids[max(fitting, key=len)]) if fitting else _AnyId()


@contextmanager
def house_of(service: Service, events_url: str, keys_url: str, provider: Provider) -> Iterator[House]:
    running = Running(service, settings(events_url, keys_url, provider.issuer))
    for projection in service.projections:
        make_tables(projection, running.database)
    app = create_app(running)
    client = app.test_client()
    world = WORLDS[service.name](running, provider.issuer)
    yield House(service, app, client, world, provider, _bodies(client, running))
    running.close()


def settings(events_url: str, keys_url: str, issuer: str) -> Settings:
    return Settings(
        database_url=events_url,
        keyring_url=keys_url,
        master_key=secrets.token_bytes(32),
        kafka="127.0.0.1:1",
        kafka_replicas=1,
        issuer=issuer,
        internal_issuer=issuer,
        audience="copse",
        roles_claim="groups",
        algorithms=("RS256",),
    )


def _bodies(client: FlaskClient, running: Running) -> dict[str, object]:
    """A body that each route takes: the example of its own documentation."""
    document = client.get("/openapi.json").get_json()
    return {
        f"{each.method} {each.path}": json.loads(each.body_example)
        for topic in topics(document, running.permissions)
        for each in topic.operations
        if each.body_example
    }


def with_permissions(service: Service, **rows: frozenset[str]) -> Service:
    """The service with another table: `people__read` is `people:read`."""
    changed = {name.replace("__", ":").replace("_", "-"): roles for name, roles in rows.items()}
    return replace(service, permissions={**service.permissions, **changed})
