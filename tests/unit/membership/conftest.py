"""A membership service of our own, emptied before each test."""

from collections.abc import Iterator

import pytest

from tests.kernel.provider import provider
from tests.servers import Databases
from tests.unit.membership.house import House, house_in


@pytest.fixture(scope="session")
def one_house(databases: Databases) -> Iterator[House]:
    with provider() as at_provider, house_in(databases.for_events(), databases.for_keys(), at_provider) as house:
        yield house


@pytest.fixture
def house(one_house: House) -> House:
    one_house.empty()
    return one_house
