"""The four services, each once for the whole run, with one small identity provider."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from shared.testing.catalogue import services
from tests.kernel.provider import Provider, provider
from tests.permissions.knocking import House, house_of
from tests.servers import Databases

_MAIL = {"SMTP_URL": "smtp://127.0.0.1:1", "MAIL_FROM": "Copse <copse@example.org>", "PORTAL_URL": "http://127.0.0.1:1"}


@pytest.fixture(scope="package")
def at_provider() -> Iterator[Provider]:
    with provider() as running:
        yield running


@pytest.fixture(scope="package")
def houses(databases: Databases, at_provider: Provider) -> Iterator[dict[str, House]]:
    """By the service's name. Nothing that the tests ask changes anything in them."""
    before = {name: os.environ.get(name) for name in _MAIL}
    os.environ.update(_MAIL)  # what notifications asks its environment for
    with ExitStack() as open_houses:
        yield {
            service.name: open_houses.enter_context(
                house_of(service, databases.for_events(), databases.for_keys(), at_provider)
            )
            for service in services()
        }
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


@pytest.fixture(params=[service.name for service in services()])
def house(request: pytest.FixtureRequest, houses: dict[str, House]) -> House:
    return houses[request.param]
