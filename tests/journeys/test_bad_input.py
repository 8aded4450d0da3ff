"""What is wrong is told plainly, and nothing of it is stored."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import psycopg2
import pytest
import requests

from deploy.demo.client import Client
from deploy.demo.configuration import SERVICES, Configuration
from tests.system import RunningSystem

Clients = Callable[[str | None], Client]

NOBODY = "00000000-0000-7000-8000-000000000000"
CREATING = [
    ("membership", "applications", None),
    ("membership", "communities", "coordinator"),
    ("meetings", "meetings", "coordinator"),
    ("meetings", "priorities", "coordinator"),
    ("ppi", "support-requests", "researcher"),
]
MISSING = [
    ("membership", f"members/{NOBODY}"),
    ("membership", f"communities/{NOBODY}"),
    ("meetings", f"meetings/{NOBODY}"),
    ("ppi", f"support-requests/{NOBODY}"),
    ("notifications", f"deliveries/{NOBODY}"),
    ("ppi", f"people/{NOBODY}"),
]


@pytest.fixture
def stored(system: RunningSystem) -> Callable[[], dict[str, int]]:
    """How many events and remembered answers each service holds."""

    def count() -> dict[str, int]:
        counts = {}
        for name in SERVICES:
            address = system.processes[f"{name}-web"].environment[f"{name.upper()}_DATABASE_URL"]
            connection = psycopg2.connect(address)
            with connection, connection.cursor() as cursor:
                cursor.execute("select (select count(*) from events) + (select count(*) from requests)")
                counts[name] = int((cursor.fetchone() or (0,))[0])
            connection.close()
        return counts

    return count


@pytest.fixture
def nothing_is_stored(stored: Callable[[], dict[str, int]], settled: None) -> Iterator[None]:
    before = stored()
    yield
    assert stored() == before


@pytest.fixture(scope="module")
def at_rest() -> list[dict[str, int]]:
    """What was stored when all had come to rest, the latest last."""
    return []


@pytest.fixture
def settled(stored: Callable[[], dict[str, int]], at_rest: list[dict[str, int]]) -> None:
    """Returns when what earlier tests set in motion has come to rest: at once, when nothing was stored since it had."""
    from tests.servers import eventually

    seen: list[dict[str, int]] = []

    def quiet() -> bool:
        seen.append(stored())
        return seen[-1] in at_rest[-1:] or (len(seen) > 20 and all(each == seen[-1] for each in seen[-20:]))

    eventually(quiet, "the services come to rest", seconds=60)
    at_rest.append(seen[-1])


def is_a_problem(response: requests.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["status"] == status
    assert problem["type"].startswith("urn:copse:problem:")
    assert problem["detail"].endswith((".", ")"))
    return problem


@pytest.mark.usefixtures("nothing_is_stored")
@pytest.mark.parametrize(("service", "path", "account"), CREATING)
def test_unknown_and_missing_fields_are_pointed_at(client: Clients, service: str, path: str, account: str) -> None:
    answer = client(account).post(service, path, {"surprise": 1}, expect=422)

    pointers = {error["pointer"] for error in answer.body["errors"]}
    assert "#/surprise" in pointers
    assert len(pointers) > 1


@pytest.mark.usefixtures("nothing_is_stored")
@pytest.mark.parametrize(("service", "path"), MISSING)
def test_what_is_not_there_is_404(client: Clients, service: str, path: str) -> None:
    assert client("coordinator").get(service, path, expect=404).media_type == "application/problem+json"


@pytest.mark.usefixtures("nothing_is_stored")
@pytest.mark.parametrize(("service", "path", "account"), CREATING[1:])
def test_without_a_token_nothing_is_done(configuration: Configuration, service: str, path: str, account: str) -> None:
    is_a_problem(requests.post(f"{configuration.service(service)}/v1/{path}", json={}, timeout=10), 401)


@pytest.mark.usefixtures("nothing_is_stored")
@pytest.mark.parametrize(("service", "path", "account"), CREATING[1:])
def test_without_the_permission_nothing_is_done(client: Clients, service: str, path: str, account: str) -> None:
    client("practitioner").post(service, path, {}, expect=403)


@pytest.mark.usefixtures("nothing_is_stored")
@pytest.mark.parametrize("service", SERVICES)
def test_a_token_that_was_tampered_with_is_refused(configuration: Configuration, service: str) -> None:
    address = f"{configuration.service(service)}/v1/people/{NOBODY}"
    is_a_problem(requests.get(address, headers={"Authorization": "Bearer a.b.c"}, timeout=10), 401)


@pytest.mark.usefixtures("nothing_is_stored")
def test_a_change_needs_the_version_that_was_seen(client: Clients) -> None:
    coordinator = client("coordinator")
    waiting = coordinator.get("membership", "applications").items[0]["id"]

    coordinator.post("membership", f"applications/{waiting}/approval", {}, expect=428)
    coordinator.post("membership", f"applications/{waiting}/approval", {}, if_match='"99"', expect=412)


@pytest.mark.usefixtures("nothing_is_stored")
def test_a_body_that_is_too_large_is_refused(configuration: Configuration) -> None:
    large = {"name": "Ann", "about": "x" * 100_000}
    is_a_problem(requests.post(f"{configuration.membership}/v1/applications", json=large, timeout=10), 413)


def test_the_same_request_twice_is_stored_once(client: Clients, configuration: Configuration) -> None:
    application = {
        "name": "Twice Sent (synthetic)",
        "phone": "01632 960199",
        "stakeholder_group": "other",
        "communities": [],
    }
    headers = {"Idempotency-Key": str(uuid4())}
    address = f"{configuration.membership}/v1/applications"
    first, second = (requests.post(address, json=application, headers=headers, timeout=10) for _ in range(2))

    assert (first.status_code, first.json()) == (second.status_code, second.json())
    other = requests.post(address, json={**application, "name": "Somebody else"}, headers=headers, timeout=10)
    assert is_a_problem(other, 422)["type"] == "urn:copse:problem:idempotency-key-reused"
