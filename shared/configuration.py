"""Configuration comes from the environment alone, is checked at start, and all mistakes are told at once."""

import os
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from shared.errors import CannotGoOn
from shared.http.clients import ON_THIS_MACHINE, THIS_MACHINE, Networks, networks
from shared.http.rate_limits import Limit

T = TypeVar("T")


class Misconfigured(CannotGoOn):
    """What is missing or wrong in the environment, one sentence a line."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class Environment:
    """Reads settings, remembers every mistake, and raises them together in `check`. `X_FILE` names a file with X."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = os.environ if variables is None else variables
        self._mistakes: list[str] = []

    def text(self, name: str, default: str | None = None) -> str:
        value = self._variables.get(name)
        if value is None and (file := self._variables.get(f"{name}_FILE")):
            try:
                value = Path(file).read_text().strip()
            except OSError as error:
                self._mistakes.append(f"{name}_FILE names a file that cannot be read: {error.strerror}.")
                return ""
        if value is None or value == "":
            if default is None:
                self._mistakes.append(f"{name} is not set. Set it, or {name}_FILE to a file that holds it.")
            return default or ""
        return value

    def parsed(self, name: str, parse: Callable[[str], T], example: str, default: str | None = None) -> T | None:
        """A setting in a form; None (and a mistake noted) when it is not in that form."""
        text = self.text(name, default)
        try:
            return parse(text) if text else None
        except ValueError:
            self._mistakes.append(f"{name} is not valid. Example: {example}.")
            return None

    def master_key(self) -> bytes | None:
        """The 32 bytes that wrap the keyring's keys; None (and a mistake noted) when it is missing or malformed."""
        return self.parsed("KEYRING_MASTER_KEY", _key, "the output of `openssl rand -base64 32`")

    def second_master_key(self) -> bytes | None:
        """Opens what the first does not, while the keyring is given another master key; None when it is not set."""
        return self.parsed("KEYRING_SECOND_MASTER_KEY", _key, "the output of `openssl rand -base64 32`", "")

    @property
    def mistakes(self) -> list[str]:
        return list(self._mistakes)

    def check(self) -> None:
        """Raises Misconfigured with every mistake so far."""
        if self._mistakes:
            raise Misconfigured(self._mistakes)


@dataclass(frozen=True, slots=True)
class Settings:
    """What every service needs to know."""

    database_url: str
    keyring_url: str
    master_key: bytes
    kafka: str
    kafka_replicas: int
    issuer: str
    internal_issuer: str
    audience: str
    roles_claim: str
    algorithms: tuple[str, ...]
    instance: str | None = None
    session_seconds: int = 10
    second_master_key: bytes | None = None
    trusted_proxies: Networks = ON_THIS_MACHINE
    public_reads: Limit | None = None
    public_changes: Limit | None = None

    @classmethod
    def read(cls, service: str, variables: Mapping[str, str] | None = None) -> "Settings":
        """Raises Misconfigured."""
        environment = Environment(variables)
        issuer = environment.text("OIDC_ISSUER").rstrip("/")
        settings = cls(
            database_url=environment.text(f"{service.upper()}_DATABASE_URL"),
            keyring_url=environment.text("KEYRING_DATABASE_URL"),
            master_key=environment.master_key() or b"",
            kafka=environment.text("KAFKA_BOOTSTRAP_SERVERS"),
            kafka_replicas=environment.parsed("KAFKA_REPLICAS", int, "3", "1") or 1,
            issuer=issuer,
            internal_issuer=environment.text("OIDC_INTERNAL_URL", issuer).rstrip("/"),
            audience=environment.text("OIDC_AUDIENCE", "copse"),
            roles_claim=environment.text("OIDC_ROLES_CLAIM", "groups"),
            algorithms=environment.parsed("OIDC_ALGORITHMS", _algorithms, "RS256,PS256,ES256", "RS256") or (),
            instance=environment.parsed("COPSE_INSTANCE", _instance, "worker-1", ""),
            session_seconds=environment.parsed("KAFKA_SESSION_SECONDS", _session, "10 (6 to 1800)", "10") or 10,
            second_master_key=environment.second_master_key(),
            trusted_proxies=environment.parsed("TRUSTED_PROXIES", networks, "172.16.0.0/12, or none", THIS_MACHINE)
            or (),
            public_reads=environment.parsed("PUBLIC_READS_PER_MINUTE", _per(60), "1200 (0: no limit)", "1200"),
            public_changes=environment.parsed("PUBLIC_CHANGES_PER_HOUR", _per(3600), "60 (0: no limit)", "60"),
        )
        environment.check()
        return settings


def _per(seconds: float) -> Callable[[str], Limit | None]:
    return lambda text: Limit.per(seconds, text)


def _algorithms(text: str) -> tuple[str, ...]:
    """Signatures by a private key alone: with `none` or a shared secret, whoever asks could sign for herself."""
    names = tuple(name.strip() for name in text.split(","))
    if not all(re.fullmatch(r"(RS|PS|ES)(256|384|512)|EdDSA", name) for name in names):
        raise ValueError
    return names


def _instance(text: str) -> str:
    """A name that Kafka takes for a member of a group."""
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,248}", text):
        raise ValueError
    return text


def _session(text: str) -> int:
    """Within what a broker allows by default (group.min.session.timeout.ms and group.max.session.timeout.ms)."""
    if not 6 <= int(text) <= 1800:
        raise ValueError
    return int(text)


def _key(text: str) -> bytes:
    key = b64decode(text, validate=True)
    if len(key) != 32:
        raise ValueError
    return key
