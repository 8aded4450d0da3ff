"""Somebody without a sign-in may ask every public route so often, and no way of saying who one is gets round that."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from shared.http.app import create_app
from shared.http.clients import networks
from shared.http.rate_limits import Limit
from shared.service import Running
from tests.permissions.knocking import House, Route
from tests.permissions.people import ANYBODY, OUTSIDER, granted

GATEWAY, ELSEWHERE = "10.0.0.1", "198.51.100.7"


@contextmanager
def limited(house: House) -> Iterator[FlaskClient]:
    """The same service, with three requests of each kind an hour."""
    settings = replace(
        house.world.running.settings,
        trusted_proxies=networks("10.0.0.0/8"),
        public_reads=Limit(3, 3_600),
        public_changes=Limit(3, 3_600),
    )
    running = Running(house.service, settings)
    yield create_app(running).test_client()
    running.close()


def public_routes(house: House) -> list[Route]:
    written = granted(house.service.name)
    document = house.client.get("/openapi.json").get_json()["paths"]
    found = [each for each in house.routes if document[each.path][each.method.lower()]["x-permission"] == "public"]
    assert all(written[str(each)].expects(ANYBODY) != "refused" for each in found)
    return found


def asked(client: FlaskClient, house: House, route: Route, peer: str, **headers: str) -> int:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.open(
        house.address(route.path), method=route.method, headers=sent, environ_overrides={"REMOTE_ADDR": peer}
    ).status_code


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_the_fourth_request_to_public_routes_must_wait(house: House, method: str) -> None:
    kind = [each for each in public_routes(house) if each.method == method.replace("HEAD", "GET")]
    for route in kind:
        with limited(house) as client:
            same = Route(method, route.path)
            assert 429 not in [asked(client, house, same, ELSEWHERE) for _ in range(3)]
            refused = client.open(
                house.address(route.path), method=method, environ_overrides={"REMOTE_ADDR": ELSEWHERE}
            )
            assert (refused.status_code, refused.mimetype) == (429, "application/problem+json")
            assert 1_190 <= int(refused.headers["Retry-After"]) <= 1_200
            assert method == "HEAD" or refused.get_json()["type"] == "urn:copse:problem:too-many-requests"
            assert asked(client, house, same, "198.51.100.8") != 429, "others are not kept waiting"
            token = house.provider.token(OUTSIDER)
            assert asked(client, house, same, ELSEWHERE, Authorization=f"Bearer {token}") != 429, "who is known may ask"


def test_no_header_gives_a_client_another_address(houses: dict[str, House]) -> None:
    house = houses["membership"]
    route = Route("GET", "/v1/ground-rules")
    with limited(house) as client:
        invented = [{"X_Forwarded_For": f"203.0.113.{nth}", "Forwarded": f"for=203.0.113.{nth}"} for nth in range(6)]
        statuses = [asked(client, house, route, ELSEWHERE, **headers) for headers in invented]
        assert statuses == [200] * 3 + [429] * 3
        # Through the gateway, which adds what it saw itself: only its word, the last, counts.
        spoken = [
            asked(client, house, route, GATEWAY, X_Forwarded_For=f"203.0.113.{nth}, 192.0.2.1") for nth in range(6)
        ]
        assert spoken == [200] * 3 + [429] * 3
        assert asked(client, house, route, GATEWAY, X_Forwarded_For="192.0.2.2") == 200


def test_reading_does_not_use_up_what_is_there_for_an_application(houses: dict[str, House]) -> None:
    house = houses["membership"]
    with limited(house) as client:
        reading = [asked(client, house, Route("GET", "/v1/ground-rules"), ELSEWHERE) for _ in range(4)]
        assert reading == [200, 200, 200, 429]
        assert asked(client, house, Route("POST", "/v1/applications"), ELSEWHERE) == 422
