"""One key per person, in a database of its own. Destroying the key makes every sealed copy unreadable.

Keys are wrapped by a master key (RFC 3394) that only the services' environment holds. Sealing is AES-256-GCM whose
associated data is the event's id and the field's path, so a sealed text cannot be moved to another place.
Encrypted data is still personal data: this aids erasure, it does not replace it.
"""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
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


class Keyring:
    """Seals and opens personal text. Safe to share between threads."""

    def __init__(self, database: Database, master_key: bytes) -> None:
        """`master_key` is 32 bytes."""
        if len(master_key) != 32:
            raise WrongMasterKey(f"KEYRING_MASTER_KEY must hold 32 bytes in base64, not {len(master_key)}.")
        self._database = database
        self._master = master_key
        self._ciphers: dict[UUID, tuple[float, AESGCM | None]] = {}
        self._index_key: bytes | None = None

    def seal(self, subject: UUID, text: str, associated: str) -> str:
        """`sealed:<subject>:<base64 of nonce and ciphertext>`. Makes the person's key when she has none yet."""
        cipher = self._cipher(subject) or self._new_cipher(subject)
        nonce = secrets.token_bytes(12)
        sealed = nonce + cipher.encrypt(nonce, text.encode(), associated.encode())
        return f"{_PREFIX}:{subject}:{b64encode(sealed).decode()}"

    def unseal(self, text: str, associated: str) -> str | None:
        """The text, or None when the person's key is destroyed. Raises ValueError for what was never sealed here."""
        prefix, subject, body = text.split(":", 2)
        if prefix != _PREFIX:
            raise ValueError("a personal field holds text that is not sealed")
        cipher = self._cipher(UUID(subject))
        if cipher is None:
            return None
        raw = b64decode(body)
        try:
            return cipher.decrypt(raw[:12], raw[12:], associated.encode()).decode()
        except InvalidTag as error:
            raise ValueError("a sealed field was altered or moved to another event") from error

    def pseudonym(self, purpose: str, value: str) -> UUID:
        """An id that stands for `value` and that nobody without the keyring can work out, always the same."""
        digest = hmac.digest(self._indexing(), f"{purpose}\0{value}".encode(), hashlib.sha256)
        return UUID(bytes=digest[:16], version=5)  # RFC 9562: a name-based id; 3.11 knows no version 8

    def _cipher(self, subject: UUID) -> AESGCM | None:
        known = self._ciphers.get(subject)
        if known and known[0] > monotonic():
            return known[1]
        with self._database.transaction() as db:
            wrapped = db.value(memoryview, "select wrapped from subject_keys where subject = %s", str(subject))
        return self._remember(subject, wrapped)

    def _new_cipher(self, subject: UUID) -> AESGCM:
        wrapped = aes_key_wrap(self._master, secrets.token_bytes(32))
        with self._database.transaction() as db:
            # Two processes may meet here: the first key wins, both read it back.
            db.execute(
                "insert into subject_keys (subject, wrapped) values (%s, %s) on conflict do nothing",
                str(subject),
                wrapped,
            )
            kept = db.value(memoryview, "select wrapped from subject_keys where subject = %s", str(subject))
        cipher = self._remember(subject, kept)
        if cipher is None:
            raise WrongMasterKey(f"no key could be made for {subject}")
        return cipher

    def _remember(self, subject: UUID, wrapped: memoryview | None) -> AESGCM | None:
        cipher = AESGCM(self._unwrapped(bytes(wrapped))) if wrapped is not None else None
        if len(self._ciphers) >= _REMEMBERED_KEYS:
            self._ciphers.clear()
        self._ciphers[subject] = (monotonic() + _REMEMBERED_SECONDS, cipher)
        return cipher

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
