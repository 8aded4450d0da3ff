"""The permission tables of services as rows: what, who, if what, and by which routes. For people and for programs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import Flask
from flask_smorest import Api

from shared.http.authorization import PUBLIC, rule_of
from shared.http.resources import resources_of
from shared.identity.identity import OF_EVERY_SERVICE
from shared.identity.roles import OF_EVERY_SERVICE_MEANS, Lets
from shared.service import Service


@dataclass(frozen=True)
class Route:
    """`POST /v1/meetings/{meeting_id}/replies`, and the permission that it names (or `public`)."""

    method: str
    path: str
    permission: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Row:
    """One permission. `roles` holds relations (`member`, `signed-in`) too; no routes: a view asks for it inside."""

    permission: str
    roles: tuple[str, ...]
    lets: str
    provided: str
    routes: tuple[str, ...]


def routes_of(service: Service) -> list[Route]:
    """Every route under /v1/, as its app has it, by path. Needs no database."""
    app = Flask(service.name, static_folder=None)
    app.config.update(API_TITLE=service.title, API_VERSION="v1", OPENAPI_VERSION="3.1.0")
    api = Api(app)
    for resource in resources_of(service):
        api.register_blueprint(resource)
    return sorted(_routes(app), key=lambda route: (route.path, route.method))


def _routes(app: Flask) -> Iterator[Route]:
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            if rule.rule.startswith("/v1/"):
                permission = rule_of(app, rule.endpoint, method)
                yield Route(method, plain(rule.rule), permission or "none: it does not start")


def plain(rule: str) -> str:
    """`/v1/members/{member_id}` for werkzeug's `/v1/members/<uuid:member_id>`."""
    return "/".join(
        f"{{{step.strip('<>').rpartition(':')[2]}}}" if step.startswith("<") else step for step in rule.split("/")
    )


def rows_of(service: Service) -> list[Row]:
    """The service's table in its own order, the kernel's rows after it, and what is public last."""
    routes = routes_of(service)
    meanings = {**service.meanings, **OF_EVERY_SERVICE_MEANS}
    rows = [
        _row(permission, tuple(sorted(roles)), meanings.get(permission, Lets("(not said)")), routes)
        for permission, roles in {**service.permissions, **OF_EVERY_SERVICE}.items()
    ]
    return [*rows, _row(PUBLIC, ("everybody",), Lets("Without a sign-in. What is shown may depend on it."), routes)]


def _row(permission: str, roles: tuple[str, ...], lets: Lets, routes: Sequence[Route]) -> Row:
    by = tuple(str(route) for route in routes if route.permission == permission)
    return Row(permission, roles, lets.do, lets.provided, by)
