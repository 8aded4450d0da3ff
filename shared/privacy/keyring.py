"""One key per person, in a database of its own. Destroying the key makes every sealed copy unreadable.

Keys are wrapped by a master key (RFC 3394) that only the services' environment holds. Sealing is AES-256-GCM whose
associated data is the event's id and the field's path, so a sealed text cannot be moved to another place.
Encrypted data is still personal data: this aids erasure, it does not replace it.
"""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from shared.database.pool import Database

_PREFIX = "sealed"
_REMEMBERED_SECONDS = 5.0  # a destroyed key stops working everywhere within this time
_REMEMBERED_KEYS = 10_000


class WrongMasterKey(Exception):
    """The master key does not open this keyring."""


class NotSealed(ValueError):
    """A text that was not sealed here, or that was altered or moved since."""


@dataclass(frozen=True, slots=True)
class _Key:
    """`mark` tells a person's later key from her destroyed one; it says nothing about either."""

    cipher: AESGCM
    mark: str

    @classmethod
    def of(cls, key: bytes) -> "_Key":
        return cls(AESGCM(key), hashlib.sha256(b"mark of a key" + key).hexdigest()[:8])


class Keyring:
    """Seals and opens personal text. Safe to share between threads."""

    def __init__(self, database: Database, master_key: bytes) -> None:
        """`master_key` is 32 bytes."""
        if len(master_key) != 32:
            raise WrongMasterKey(f"KEYRING_MASTER_KEY must hold 32 bytes in base64, not {len(master_key)}.")
        self._database = database
        self._master = master_key
        self._keys: dict[UUID, tuple[float, _Key | None]] = {}
        self._index_key: bytes | None = None

    def seal(self, subject: UUID, text: str, associated: str) -> str:
        """`sealed:<subject>:<mark of her key>:<base64 of nonce and ciphertext>`. Makes her key when she has none."""
        key = self._key(subject) or self._new_key(subject)
        nonce = secrets.token_bytes(12)
        sealed = nonce + key.cipher.encrypt(nonce, text.encode(), associated.encode())
        return f"{_PREFIX}:{subject}:{key.mark}:{b64encode(sealed).decode()}"

    def unseal(self, text: str, associated: str) -> str | None:
        """The text, or None when the key that sealed it is destroyed. Raises NotSealed."""
        match text.split(":"):
            case [prefix, subject, mark, body] if prefix == _PREFIX:
                key = self._marked(UUID(subject), mark)
            case _:
                raise NotSealed("a personal field holds text that is not sealed")
        if key is None:
            return None
        raw = b64decode(body)
        try:
            return key.cipher.decrypt(raw[:12], raw[12:], associated.encode()).decode()
        except InvalidTag as error:
            raise NotSealed("a sealed field was altered or moved to another event") from error

    def pseudonym(self, purpose: str, value: str) -> UUID:
        """An id that stands for `value` and that nobody without the keyring can work out, always the same."""
        digest = hmac.digest(self._indexing(), f"{purpose}\0{value}".encode(), hashlib.sha256)
        return UUID(bytes=digest[:16], version=5)  # RFC 9562: a name-based id; 3.11 knows no version 8

    def try_master_key(self) -> bool:
        """Whether there is a key yet to try it with. Raises WrongMasterKey when it does not open it; makes none."""
        with self._database.transaction() as db:
            wrapped = db.all(
                memoryview,
                "(select wrapped from index_key) union all (select wrapped from subject_keys order by made_at limit 1)",
            )
        for each in wrapped:
            self._unwrapped(bytes(each))
        return bool(wrapped)

    def _marked(self, subject: UUID, mark: str) -> _Key | None:
        """The key with a mark, or None when it is destroyed: the person may have a later one."""
        key = self._key(subject)
        if key is not None and key.mark != mark:
            key = self._read(subject)  # the one remembered here may be the older one
        return key if key is not None and key.mark == mark else None

    def _key(self, subject: UUID) -> _Key | None:
        known = self._keys.get(subject)
        if known and known[0] > monotonic():
            return known[1]
        return self._read(subject)

    def _read(self, subject: UUID) -> _Key | None:
        with self._database.statement() as db:
            wrapped = db.value(memoryview, "select wrapped from subject_keys where subject = %s", str(subject))
        return self._remember(subject, wrapped)

    def _new_key(self, subject: UUID) -> _Key:
        wrapped = aes_key_wrap(self._master, secrets.token_bytes(32))
        with self._database.statement() as db:
            # Two processes may meet here: the first key wins, and the other reads it back.
            stored = db.value(
                memoryview,
                "insert into subject_keys (subject, wrapped) values (%s, %s) on conflict do nothing returning wrapped",
                str(subject),
                wrapped,
            )
        key = self._read(subject) if stored is None else self._remember(subject, stored)
        if key is None:
            raise WrongMasterKey(f"no key could be made for {subject}")
        return key

    def _remember(self, subject: UUID, wrapped: memoryview | None) -> _Key | None:
        key = _Key.of(self._unwrapped(bytes(wrapped))) if wrapped is not None else None
        if len(self._keys) >= _REMEMBERED_KEYS:
            self._keys.clear()
        self._keys[subject] = (monotonic() + _REMEMBERED_SECONDS, key)
        return key

    def _unwrapped(self, wrapped: bytes) -> bytes:
        try:
            return aes_key_unwrap(self._master, wrapped)
        except InvalidUnwrap as error:
            raise WrongMasterKey(
                "KEYRING_MASTER_KEY does not open this keyring. Use the key that the keyring was made with."
            ) from error

    def _indexing(self) -> bytes:
        if self._index_key is None:
            with self._database.transaction() as db:
                db.execute(
                    "insert into index_key (wrapped) values (%s) on conflict do nothing",
                    aes_key_wrap(self._master, secrets.token_bytes(32)),
                )
                wrapped = db.value(memoryview, "select wrapped from index_key")
            self._index_key = self._unwrapped(bytes(wrapped)) if wrapped is not None else b""
        return self._index_key
