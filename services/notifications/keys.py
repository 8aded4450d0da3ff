"""The keyring, for the one letter that needs it: the code that confirms an email address is worked out, not kept."""

from functools import cache
from uuid import UUID

from shared.configuration import Environment
from shared.database.pool import Database
from shared.privacy.email_code import code_of
from shared.privacy.keyring import Keyring


def code_for(check: UUID) -> str:
    """The code of a check, such as `1234 5678`."""
    return code_of(_keyring(), check)


@cache
def _keyring() -> Keyring:
    """From the environment that the service was started with: an effect is given the service's database alone."""
    environment = Environment()
    url, key = environment.text("KEYRING_DATABASE_URL"), environment.master_key()
    second = environment.second_master_key()
    environment.check()
    return Keyring(Database(url, application="copse-notifications codes", size=1), key or b"", second)
