"""Verifies access tokens of any OIDC provider: issuer, audience, expiry, and a fixed list of algorithms."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, cast

import requests
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

_KEYS_KEPT_SECONDS = 300.0
_LEAST_PAUSE_SECONDS = 5.0  # a flood of tokens with invented key ids must not become a flood to the provider
_LEEWAY_SECONDS = 10


class InvalidToken(Exception):
    """The token is not one that this service accepts. The text says why, for the caller."""


class ProviderUnavailable(Exception):
    """The identity provider's keys could not be fetched."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says: who signed in, and the roles that the provider gives."""

    issuer: str
    subject: str
    roles: frozenset[str]


class TokenVerifier:
    """Verifies tokens of one issuer. Keys come from its discovery document, again when one is unknown."""

    def __init__(
        self, issuer: str, internal_issuer: str, audience: str, roles_claim: str, algorithms: Sequence[str]
    ) -> None:
        """`internal_issuer` is how this process reaches it; `roles_claim` may be a path: `realm_access.roles`."""
        self._issuer, self._internal, self._audience = issuer, internal_issuer, audience
        self._roles_path, self._algorithms = roles_claim.split("."), list(algorithms)
        self._keys: KeySet | None = None
        self._fetched_at = float("-inf")
        self._fetching = threading.Lock()

    def verify(self, token: str) -> Claims:
        """Raises InvalidToken or ProviderUnavailable."""
        try:
            claims = self._decode(token)
            jwt.JWTClaimsRegistry(
                leeway=_LEEWAY_SECONDS,
                iss={"essential": True, "value": self._issuer},
                aud={"essential": True, "value": self._audience},
                exp={"essential": True},
                sub={"essential": True},
            ).validate(claims)
        except (JoseError, ValueError) as error:
            raise InvalidToken(f"The access token is not accepted: {error}. Sign in again.") from error
        return Claims(self._issuer, str(claims["sub"]), frozenset(self._roles(claims)))

    def _decode(self, token: str) -> dict[str, Any]:
        try:
            return jwt.decode(token, self._key_set(_KEYS_KEPT_SECONDS), algorithms=self._algorithms).claims
        except (JoseError, ValueError):
            # The provider may have a new key. Once more with fresh keys, if they are not fresh already.
            before = self._fetched_at
            keys = self._key_set(_LEAST_PAUSE_SECONDS)
            if self._fetched_at == before:
                raise
            return jwt.decode(token, keys, algorithms=self._algorithms).claims

    def _key_set(self, kept_seconds: float) -> KeySet:
        with self._fetching:
            if self._keys is None or monotonic() - self._fetched_at > kept_seconds:
                self._keys = self._fetch()
                self._fetched_at = monotonic()
            return self._keys

    def _fetch(self) -> KeySet:
        try:
            discovery = requests.get(f"{self._internal}/.well-known/openid-configuration", timeout=5)
            discovery.raise_for_status()
            address = str(discovery.json()["jwks_uri"]).replace(self._issuer, self._internal, 1)
            found = requests.get(address, timeout=5)
            found.raise_for_status()
            return KeySet.import_key_set(found.json())
        except (requests.RequestException, KeyError, ValueError) as error:
            raise ProviderUnavailable(f"The identity provider at {self._internal} does not answer.") from error

    def _roles(self, claims: Mapping[str, Any]) -> list[str]:
        found: Any = claims
        for step in self._roles_path:
            found = found.get(step, {}) if isinstance(found, Mapping) else {}
        return [str(role) for role in cast(list[object], found)] if isinstance(found, list) else []
