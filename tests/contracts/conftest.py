"""A keyring, so that samples are sealed as they are in the topic."""

import secrets
from collections.abc import Iterator

import pytest

from shared.database.pool import Database
from shared.privacy.keyring import Keyring
from tests.servers import Databases


@pytest.fixture(scope="session")
def keyring(databases: Databases) -> Iterator[Keyring]:
    keys = Database(databases.for_keys(), application="copse-test", size=2)
    yield Keyring(keys, secrets.token_bytes(32))
    keys.close()
