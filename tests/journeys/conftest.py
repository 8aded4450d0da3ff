"""What a journey needs: clients of the running system, each as one account."""

from collections.abc import Callable

import pytest

from deploy.demo.client import Client
from deploy.demo.configuration import Configuration
from tests.system import RunningSystem


@pytest.fixture(scope="session")
def configuration(system: RunningSystem) -> Configuration:
    return system.configuration


@pytest.fixture(scope="session")
def client(configuration: Configuration) -> Callable[[str | None], Client]:
    """`client("coordinator")` is signed in once for the whole run; `client(None)` is anybody."""
    known: dict[str | None, Client] = {}

    def of(account: str | None) -> Client:
        if account not in known:
            known[account] = Client(configuration, account)
        return known[account]

    return of
