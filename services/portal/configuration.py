"""What the portal must be told by its environment, checked at start with all mistakes told at once."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from shared.http.clients import ON_THIS_MACHINE, THIS_MACHINE, Networks, networks
from shared.http.rate_limits import Limit

T = TypeVar("T")
SERVICES = ("membership", "meetings", "ppi", "notifications")


class ConfigurationMistakes(Exception):
    """Raised at start. Its text names every variable that is missing or wrong, one a line."""


@dataclass(frozen=True)
class Configuration:
    """Addresses have no slash at the end. `secret_key` signs form tokens; a public client has no secret."""

    portal_url: str
    service_urls: Mapping[str, str]
    issuer: str
    client_id: str
    session_directory: Path
    secret_key: str = field(repr=False)
    client_secret: str = field(default="", repr=False)
    internal_issuer: str = ""  # how this server reaches the provider, where browsers use another address
    roles_claim: str = "groups"
    scopes: str = "openid profile email groups"
    demonstration: bool = False
    contact_email: str = ""  # whom people may ask; shown only when it is set
    trusted_proxies: Networks = ON_THIS_MACHINE
    sign_ins: Limit | None = None

    @property
    def secure(self) -> bool:
        return self.portal_url.startswith("https://")


def from_environment(environment: Mapping[str, str] | None = None) -> Configuration:
    """Read the variables. Raises ConfigurationMistakes with a sentence for each missing or wrong one."""
    values = os.environ if environment is None else environment
    mistakes: list[str] = []

    def secret(name: str) -> str:
        path = values.get(f"{name}_FILE")
        if not path:
            return values.get(name, "")
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as problem:
            mistakes.append(f"{name}_FILE: {path} cannot be read ({problem.strerror}).")
            return "unreadable"

    def needed(name: str, value: str, purpose: str) -> str:
        if not value:
            mistakes.append(f"{name} is missing. It is {purpose}.")
        return value

    def address(name: str, purpose: str, optional: bool = False) -> str:
        value = values.get(name, "").rstrip("/")
        if optional and not value:
            return ""
        parts = urlsplit(needed(name, value, purpose))
        if value and (parts.scheme not in ("http", "https") or not parts.netloc):
            mistakes.append(f"{name} is {value!r}. It must be an address that starts with http:// or https://.")
        return value

    directory = needed(
        "PORTAL_SESSION_DIRECTORY",
        values.get("PORTAL_SESSION_DIRECTORY", ""),
        "the folder for the sessions of people who are signed in",
    )
    contact = values.get("CONTACT_EMAIL", "").strip()
    if contact and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", contact):
        mistakes.append(f"CONTACT_EMAIL is {contact!r}. It must be one email address, such as copse@example.org.")

    def parsed(name: str, parse: Callable[[str], T], default: str, example: str) -> T:
        try:
            return parse(values.get(name) or default)
        except ValueError:
            mistakes.append(f"{name} is {values[name]!r}. Example: {example}.")
            return parse(default)

    configuration = Configuration(
        portal_url=address("PORTAL_URL", "the portal's own public address"),
        service_urls={name: address(f"{name.upper()}_URL", f"where the {name} service answers") for name in SERVICES},
        issuer=address("OIDC_ISSUER", "the identity provider, as browsers see it"),
        internal_issuer=address("OIDC_INTERNAL_URL", "the identity provider, as this server sees it", True),
        client_id=needed(
            "PORTAL_CLIENT_ID",
            values.get("PORTAL_CLIENT_ID", ""),
            "the portal's name at the identity provider",
        ),
        client_secret=secret("PORTAL_CLIENT_SECRET"),
        secret_key=needed("PORTAL_SECRET_KEY", secret("PORTAL_SECRET_KEY"), "a long random text that signs forms"),
        session_directory=Path(directory),
        roles_claim=values.get("OIDC_ROLES_CLAIM") or "groups",
        scopes=values.get("OIDC_SCOPES") or "openid profile email groups",
        demonstration=values.get("COPSE_DEMO", "") == "1",
        contact_email=contact,
        trusted_proxies=parsed("TRUSTED_PROXIES", networks, THIS_MACHINE, "172.16.0.0/12, or none"),
        sign_ins=parsed("SIGN_INS_PER_HOUR", lambda text: Limit.per(3600, text), "240", "240 (0: no limit)"),
    )
    if mistakes:
        raise ConfigurationMistakes("The portal cannot start:\n" + "\n".join(f"- {line}" for line in mistakes))
    return configuration
