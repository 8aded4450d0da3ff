"""Makes the secrets of docker-compose.yml at its first start, and gives each container those that it needs.

python -m deploy.compose.make_secrets FOLDER SERVICE…

FOLDER is a volume. `made/` keeps each secret once; the other folders hold copies, and a container is given one of
them only. Running it again changes nothing, except that COPSE_DEMO_PASSWORD, when it is set, is taken over, and that
services are given KEYRING_SECOND_MASTER_KEY for as long as it is set.
"""

import base64
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

# Who reads them has another user id. They are safe by what is mounted where, as Docker's own secrets are.
_READABLE = 0o444
# Read from a screen and typed, so: no 0, O, 1, l or i.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"

Shares = Mapping[str, Mapping[str, str]]


def make(folder: Path, services: Sequence[str], demo_password: str = "", second_master_key: str = "") -> None:
    """Fill `folder`. Secrets that are there stay, because databases and sealed events depend on them."""
    made = Made(folder / "made")
    if demo_password:
        write(made.folder / "demo_password", demo_password)
    for owner, files in shares(made, services, second_master_key).items():
        for name, content in files.items():
            write(folder / owner / name, content)


class Made:
    """Every secret by its name, made when it is asked for the first time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def password(self, name: str) -> str:
        return self._kept(name, secrets.token_urlsafe(32))

    def key(self, name: str) -> str:
        """32 bytes in base64."""
        return self._kept(name, base64.b64encode(secrets.token_bytes(32)).decode())

    def typed(self, name: str) -> str:
        return self._kept(name, "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(4)))

    def database_url(self, database: str) -> str:
        password = self.password(f"{database}_database_password")
        return f"postgresql://copse:{password}@{database}-postgres:5432/copse_{database}"

    def _kept(self, name: str, new: str) -> str:
        file = self.folder / name
        if not file.exists():
            write(file, new)
        return file.read_text()


def shares(made: Made, services: Sequence[str], second_master_key: str) -> Shares:
    """Which container may read what: folder → file → content. An empty second master key is none."""
    keyring = made.database_url("keyring")
    for_services = {
        service: {
            "database_url": made.database_url(service),
            "keyring_database_url": keyring,
            "keyring_master_key": made.key("keyring_master_key"),
            "keyring_second_master_key": second_master_key,
        }
        for service in services
    }
    for_databases = {
        f"{database}-postgres": {
            "superuser_password": made.password(f"{database}_superuser_password"),
            "password": made.password(f"{database}_database_password"),
        }
        for database in (*services, "keyring")
    }
    client_secret, demo_password = made.password("portal_client_secret"), made.typed("demo_password")
    return {
        **for_services,
        **for_databases,
        "keyring": {"keyring_database_url": keyring},
        "portal": {"client_secret": client_secret, "secret_key": made.key("portal_secret_key")},
        "identity": {"client_secret": client_secret, "demo_password": demo_password},
        "demo": {"demo_password": demo_password},
    }


def write(file: Path, content: str) -> None:
    """Whole or not at all: a start that is cut short must not leave half a key."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    unfinished.write_text(content)
    unfinished.chmod(_READABLE)
    unfinished.replace(file)


if __name__ == "__main__":
    demo_password, second_master_key = (
        os.environ.get(name, "") for name in ("COPSE_DEMO_PASSWORD", "KEYRING_SECOND_MASTER_KEY")
    )
    make(Path(sys.argv[1]), sys.argv[2:], demo_password, second_master_key)
