"""One key per person, in a database of its own. Destroying the key makes every sealed copy unreadable.

A destroyed key leaves a tombstone: the person's id and the moment, so that no other key is ever made for her.
Keys are wrapped by a master key (RFC 3394) that only the services' environment holds. Sealing is AES-256-GCM whose
associated data is the event's id and the field's path, so a sealed text cannot be moved to another place.
Encrypted data is still personal data: this aids erasure, it does not replace it.
"""

import hashlib
import hmac
import secrets
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from shared.database.pool import Database
from shared.messages.decisions import Refused

_PREFIX = "sealed"
_REMEMBERED_SECONDS = 2.0  # a destroyed key stops working everywhere within this time
_REMEMBERED_KEYS = 10_000


class WrongMasterKey(Exception):
    """The master key does not open this keyring."""


class NotSealed(ValueError):
    """A text that was not sealed here, or that was altered or moved since."""


class Erased(Refused):
    """Something personal was to be recorded about somebody who was erased. Nothing was."""

    def __init__(self) -> None:
        super().__init__("erased", "This person was erased, so nothing about her can be recorded any more.")


@dataclass(frozen=True)
class _Stored:
    wrapped: memoryview | None


@dataclass(frozen=True)
class _Wrapped:
    subject: UUID
    wrapped: memoryview


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

    def __init__(
        self,
        database: Database,
        master_key: bytes,
        second_master_key: bytes | None = None,
        erased: Callable[[], Collection[UUID]] = tuple,
    ) -> None:
        """Both keys are 32 bytes. The second opens what the first does not, while keys are wrapped anew (`rotate`).

        `erased` tells who was erased as far as events say; it is asked once, before the first key is read, because
        the keyring may have been restored from a backup of before.
        """
        if len(master_key) != 32 or len(second_master_key or master_key) != 32:
            raise WrongMasterKey(f"KEYRING_MASTER_KEY must hold 32 bytes in base64, not {len(master_key)}.")
        self._database = database
        self._master, self._second = master_key, second_master_key
        self._erased, self._knows_the_erased, self._burying = erased, False, threading.Lock()
        self._keys: dict[UUID, tuple[float, _Key | None]] = {}
        self._index_key: bytes | None = None

    def seal(self, subject: UUID, text: str, associated: str) -> str:
        """`sealed:<subject>:<mark of her key>:<base64 of nonce and ciphertext>`. Makes her key when she has none.

        Raises Erased, which is a refusal: a late writer is told so, and nothing of what it wanted is recorded.
        """
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

    def destroy(self, subject: UUID) -> None:
        """Ends her key for good, with what the blind index knows her by. Twice is as once.

        This process stops using it at once, others within `_REMEMBERED_SECONDS`.
        """
        self.bury([subject])

    def bury(self, subjects: Collection[UUID]) -> int:
        """Sees to it that these have a tombstone and no key; how many had one still. Safe to repeat."""
        ids = sorted(str(each) for each in subjects)
        if not ids:
            return 0
        with self._database.transaction() as db:
            # In one order, so that two processes that bury the same people do not wait for each other for ever.
            revived = db.all(UUID, "select subject from subject_keys where subject = any(%s::uuid[])"
                             " and wrapped is not null order by subject for update", ids)  # fmt: skip
            db.execute(
                "insert into subject_keys (subject, wrapped, erased_at) select each, null, now()"
                " from unnest(%s::uuid[]) each order by each"
                " on conflict (subject) do update set wrapped = null, erased_at = now()"
                " where subject_keys.wrapped is not null",
                ids,
            )
            db.execute("delete from blind_index where subject = any(%s::uuid[])", ids)
        for subject in subjects:
            self._keys[subject] = (monotonic() + _REMEMBERED_SECONDS, None)
        return len(revived)

    def rotate(self) -> int:
        """Wraps every key anew that only the second master key opens; how many. All of them or, when one opens with
        neither, none (WrongMasterKey). What is sealed stays as it is."""
        with self._database.transaction() as db:
            index = db.all(memoryview, "select wrapped from index_key for update")
            keys = db.all(
                _Wrapped,
                "select subject, wrapped from subject_keys where wrapped is not null order by subject for update",
            )
            old_index = [bytes(each) for each in index if not self._opens_first(bytes(each))]
            old_keys = [
                (each.subject, bytes(each.wrapped)) for each in keys if not self._opens_first(bytes(each.wrapped))
            ]
            for wrapped in old_index:
                db.execute("update index_key set wrapped = %s", self._wrapped_anew(wrapped))
            rewrapped = [(str(subject), self._wrapped_anew(wrapped)) for subject, wrapped in old_keys]
            if rewrapped:
                db.execute_values(
                    "update subject_keys k set wrapped = v.wrapped from (values %s) as v (subject, wrapped)"
                    " where k.subject = v.subject::uuid",
                    rewrapped,
                )
        return len(old_index) + len(rewrapped)

    def _opens_first(self, wrapped: bytes) -> bool:
        try:
            aes_key_unwrap(self._master, wrapped)
        except InvalidUnwrap:
            return False
        return True

    def _wrapped_anew(self, wrapped: bytes) -> bytes:
        return aes_key_wrap(self._master, self._unwrapped(wrapped))

    def pseudonym(self, purpose: str, value: str) -> UUID:
        """An id that stands for `value` and that nobody without the keyring can work out, always the same."""
        digest = hmac.digest(self._indexing(), f"{purpose}\0{value}".encode(), hashlib.sha256)
        return UUID(bytes=digest[:16], version=5)  # RFC 9562: a name-based id; 3.11 knows no version 8

    def try_master_key(self) -> bool:
        """Whether there is a key yet to try it with. Raises WrongMasterKey when it does not open it; makes none."""
        with self._database.transaction() as db:
            wrapped = db.all(
                memoryview,
                "(select wrapped from index_key) union all"
                " (select wrapped from subject_keys where wrapped is not null order by made_at limit 1)",
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
        self._bury_the_erased()
        with self._database.statement() as db:
            wrapped = db.value(memoryview, "select wrapped from subject_keys where subject = %s", str(subject))
        return self._remember(subject, wrapped)

    def _bury_the_erased(self) -> None:
        """Once, before the first key is read."""
        if not self._knows_the_erased:
            with self._burying:
                if not self._knows_the_erased:
                    self.bury(self._erased())
                    self._knows_the_erased = True

    def _new_key(self, subject: UUID) -> _Key:
        """Raises Erased. Her tombstone has the place of a key, so nobody can make one meanwhile either."""
        wrapped = aes_key_wrap(self._master, secrets.token_bytes(32))
        with self._database.statement() as db:
            # Two processes may meet here: the first key wins, and the other reads it back.
            stored = db.one(
                _Stored,
                "insert into subject_keys (subject, wrapped) values (%s, %s) on conflict do nothing returning wrapped",
                str(subject),
                wrapped,
            )
        key = self._read(subject) if stored is None else self._remember(subject, stored.wrapped)
        if key is None:
            raise Erased
        return key

    def _remember(self, subject: UUID, wrapped: memoryview | None) -> _Key | None:
        key = _Key.of(self._unwrapped(bytes(wrapped))) if wrapped is not None else None
        if len(self._keys) >= _REMEMBERED_KEYS:
            self._keys.clear()
        self._keys[subject] = (monotonic() + _REMEMBERED_SECONDS, key)
        return key

    def _unwrapped(self, wrapped: bytes) -> bytes:
        for master in (self._master, self._second):
            try:
                if master is not None:
                    return aes_key_unwrap(master, wrapped)
            except InvalidUnwrap:
                continue
        raise WrongMasterKey(
            "KEYRING_MASTER_KEY does not open this keyring. Use the key that the keyring was made with."
        )

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
