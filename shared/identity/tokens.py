"""Verifies access tokens of any OIDC provider: issuer, audience, expiry, and a fixed list of algorithms."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic, time
from typing import Any, cast

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from shared.identity.provider import said_at

_KEYS_KEPT_SECONDS = 300.0
_LEAST_PAUSE_SECONDS = 5.0  # a flood of tokens with invented key ids must not become a flood to the provider
_LEEWAY_SECONDS = 10
_TOKENS_REMEMBERED = 2_000  # about a kilobyte each


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


@dataclass(frozen=True, slots=True)
class _Keys:
    """The provider's keys as they were fetched, and what was verified with them.

    A token that was found good stays good until it expires or the keys are fetched again: it is remembered by its
    hash, with its claims, so that its signature is not worked out with every request. What a member may do by now is
    never remembered.
    """

    keys: KeySet
    fetched_at: float
    verified: dict[bytes, tuple[float, Claims]] = field(default_factory=dict)

    def known(self, print: bytes) -> Claims | None:
        found = self.verified.get(print)
        return found[1] if found and time() <= found[0] else None

    def remember(self, print: bytes, expires: float, claims: Claims) -> None:
        if len(self.verified) >= _TOKENS_REMEMBERED:
            self.verified.clear()
        self.verified[print] = (expires, claims)


class TokenVerifier:
    """Verifies tokens of one issuer. Keys come from its discovery document, again when one is unknown."""

    def __init__(
        self, issuer: str, internal_issuer: str, audience: str, roles_claim: str, algorithms: Sequence[str]
    ) -> None:
        """`internal_issuer` is how this process reaches it; `roles_claim` may be a path: `realm_access.roles`."""
        self._issuer, self._internal, self._audience = issuer, internal_issuer, audience
        self._roles_path, self._algorithms = roles_claim.split("."), list(algorithms)
        self._keys: _Keys | None = None
        self._fetching = threading.Lock()

    def verify(self, token: str) -> Claims:
        """Raises InvalidToken or ProviderUnavailable."""
        keys, print = self._current(_KEYS_KEPT_SECONDS), sha256(token.encode("utf-8", "surrogatepass")).digest()
        if known := keys.known(print):
            return known
        try:
            keys, said = self._decode(token, keys)
            jwt.JWTClaimsRegistry(
                leeway=_LEEWAY_SECONDS,
                iss={"essential": True, "value": self._issuer},
                aud={"essential": True, "value": self._audience},
                exp={"essential": True},
                sub={"essential": True},
            ).validate(said)
        except (JoseError, ValueError) as error:
            raise InvalidToken(f"The access token is not accepted: {error}. Sign in again.") from error
        claims = Claims(self._issuer, str(said["sub"]), frozenset(self._roles(said)))
        keys.remember(print, float(said["exp"]), claims)
        return claims

    def _decode(self, token: str, keys: _Keys) -> tuple[_Keys, dict[str, Any]]:
        """The keys that the token was signed by one of, and what it says."""
        try:
            return keys, jwt.decode(token, keys.keys, algorithms=self._algorithms).claims
        except (JoseError, ValueError):
            # The provider may have a new key. Once more with fresh keys, if they are not fresh already.
            fresh = self._current(_LEAST_PAUSE_SECONDS)
            if fresh is keys:
                raise
            return fresh, jwt.decode(token, fresh.keys, algorithms=self._algorithms).claims

    def _current(self, kept_seconds: float) -> _Keys:
        """The provider's keys, not older than `kept_seconds`."""
        keys = self._keys
        if keys is not None and monotonic() - keys.fetched_at <= kept_seconds:
            return keys
        with self._fetching:
            if self._keys is None or monotonic() - self._keys.fetched_at > kept_seconds:
                self._keys = _Keys(self._fetch(), monotonic())
            return self._keys

    def _fetch(self) -> KeySet:
        try:
            discovery = said_at(f"{self._internal}/.well-known/openid-configuration")
            return KeySet.import_key_set(said_at(discovery["jwks_uri"].replace(self._issuer, self._internal, 1)))
        except (OSError, LookupError, TypeError, AttributeError, ValueError) as error:
            raise ProviderUnavailable(f"The identity provider at {self._internal} does not answer.") from error

    def _roles(self, claims: Mapping[str, Any]) -> list[str]:
        found: Any = claims
        for step in self._roles_path:
            found = found.get(step, {}) if isinstance(found, Mapping) else {}
        return [str(role) for role in cast(list[object], found)] if isinstance(found, list) else []
