"""What the demonstration's identity provider must be told, by its environment."""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self, cast
from urllib.parse import urlsplit

from joserfc.jwk import RSAKey

from deploy.embedded.places import STATE


@dataclass(frozen=True)
class Settings:
    """`issuer` and `portal_url` without a slash at the end; `folder` keeps what must survive a restart."""

    issuer: str
    portal_url: str
    portal_client_id: str
    portal_client_secret: str
    folder: Path
    password: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Reads OIDC_ISSUER, PORTAL_URL, PORTAL_CLIENT_ID, PORTAL_CLIENT_SECRET, COPSE_IDENTITY_FOLDER and
        COPSE_DEMO_PASSWORD. Both secrets may be given as files (`…_FILE`); missing ones are made and kept.
        """
        folder = Path(environment.get("COPSE_IDENTITY_FOLDER") or STATE / "identity")
        folder.mkdir(parents=True, exist_ok=True)
        return cls(
            issuer=environment.get("OIDC_ISSUER", "http://127.0.0.1:8005").rstrip("/"),
            portal_url=environment.get("PORTAL_URL", "http://127.0.0.1:8000").rstrip("/"),
            portal_client_id=environment.get("PORTAL_CLIENT_ID", "copse-portal"),
            portal_client_secret=given_or_kept(environment, "PORTAL_CLIENT_SECRET", folder / "client_secret"),
            folder=folder,
            password=given_or_kept(environment, "COPSE_DEMO_PASSWORD", folder / "password"),
        )

    @property
    def prefix(self) -> str:
        """'/identity' for an issuer http://localhost:8080/identity, '' for one without a path."""
        return urlsplit(self.issuer).path.rstrip("/")

    @property
    def signing_key(self) -> dict[str, str]:
        """The private RSA key as a JWK. Kept, so that a token stays good when the provider starts again."""
        file = self.folder / "signing_key.json"
        if not file.exists():
            key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
            keep(file, json.dumps(key.as_dict(private=True)))
        return cast(dict[str, str], json.loads(file.read_text()))

    @property
    def session_secret(self) -> str:
        """Signs the browser's cookie. Kept, so that people stay signed in when the provider starts again."""
        return given_or_kept({}, "", self.folder / "session_secret")


def given_or_kept(environment: Mapping[str, str], name: str, file: Path) -> str:
    """The variable `name`, else what the file that `<name>_FILE` names holds, else `file` (made on need)."""
    if environment.get(name):
        return environment[name]
    if environment.get(f"{name}_FILE"):
        return Path(environment[f"{name}_FILE"]).read_text().strip()
    if not file.exists():
        # Letters and digits in groups: the demo's password is read from a screen and typed.
        alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
        keep(file, "-".join("".join(secrets.choice(alphabet) for _ in range(5)) for _ in range(4)))
    return file.read_text().strip()


def keep(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(text)
