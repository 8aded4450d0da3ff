"""One key per person: what it seals opens again until the key is destroyed, and never anywhere else."""

import secrets
from base64 import b64decode, b64encode
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import monotonic
from uuid import UUID, uuid4

import pytest

from shared.database.pool import Database
from shared.privacy import keyring as module
from shared.privacy.keyring import Keyring, WrongMasterKey

ANN, BEN = uuid4(), uuid4()
PLACE = "event-1/name"


def destroy(keys: Database, subject: UUID) -> None:
    with keys.transaction() as db:
        assert db.execute("delete from subject_keys where subject = %s", subject) == 1


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys are read anew for each use, so that nobody has to wait for them to be forgotten."""
    monkeypatch.setattr(module, "_REMEMBERED_SECONDS", 0.0)


@pytest.mark.parametrize("text", ["", "Ann Lee", "Zoë 東京 🎉", "a:b:c", "x" * 10_000])
def test_what_was_sealed_is_opened_by_any_process_that_has_the_master_key(
    keys: Database, keyring: Keyring, master_key: bytes, text: str
) -> None:
    sealed = keyring.seal(ANN, text, PLACE)
    assert Keyring(keys, master_key).unseal(sealed, PLACE) == text


def test_the_same_text_looks_different_each_time(keyring: Keyring) -> None:
    assert keyring.seal(ANN, "Ann Lee", PLACE) != keyring.seal(ANN, "Ann Lee", PLACE)


def test_a_sealed_text_opens_in_its_own_place_alone(keyring: Keyring) -> None:
    sealed = keyring.seal(ANN, "Ann Lee", PLACE)
    with pytest.raises(ValueError, match="altered or moved"):
        keyring.unseal(sealed, "event-2/name")


def test_a_sealed_text_does_not_open_under_another_persons_key(keyring: Keyring) -> None:
    sealed = keyring.seal(ANN, "Ann Lee", PLACE)
    keyring.seal(BEN, "Ben Oduya", PLACE)
    assert keyring.unseal(sealed.replace(str(ANN), str(BEN)), PLACE) is None


def test_an_altered_text_is_refused(keyring: Keyring) -> None:
    sealed = keyring.seal(ANN, "Ann Lee", PLACE)
    before, body = sealed.rsplit(":", 1)
    raw = bytearray(b64decode(body))
    raw[-1] ^= 1
    with pytest.raises(ValueError, match="altered or moved"):
        keyring.unseal(f"{before}:{b64encode(raw).decode()}", PLACE)


@pytest.mark.parametrize("text", ["Ann Lee", "", "opened:x:y:z", "sealed:x", "sealed:x:y:z"])
def test_text_that_was_never_sealed_is_refused(keyring: Keyring, text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        keyring.unseal(text, PLACE)


@pytest.mark.usefixtures("forgetful")
def test_without_the_key_every_copy_is_unreadable(keys: Database, keyring: Keyring) -> None:
    anns, bens = keyring.seal(ANN, "Ann Lee", PLACE), keyring.seal(BEN, "Ben Oduya", PLACE)
    destroy(keys, ANN)
    assert keyring.unseal(anns, PLACE) is None
    assert keyring.unseal(bens, PLACE) == "Ben Oduya"


@pytest.mark.usefixtures("forgetful")
def test_what_was_erased_stays_erased_when_the_person_gets_a_new_key(keys: Database, keyring: Keyring) -> None:
    """Something new about her must not make her old events look altered: nobody could read the stream any more."""
    before = keyring.seal(ANN, "Ann Lee", PLACE)
    destroy(keys, ANN)
    after = keyring.seal(ANN, "A. Lee", PLACE)
    assert keyring.unseal(before, PLACE) is None
    assert keyring.unseal(after, PLACE) == "A. Lee"


def test_a_process_that_remembers_the_old_key_finds_the_new_one(
    keys: Database, keyring: Keyring, master_key: bytes
) -> None:
    keyring.seal(ANN, "Ann Lee", PLACE)
    destroy(keys, ANN)
    elsewhere = Keyring(keys, master_key).seal(ANN, "A. Lee", PLACE)
    assert keyring.unseal(elsewhere, PLACE) == "A. Lee"


def test_a_key_is_looked_up_once_and_forgotten_within_seconds(
    keys: Database, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = monotonic()
    monkeypatch.setattr(module, "monotonic", lambda: now)
    sealed = keyring.seal(ANN, "Ann Lee", PLACE)
    destroy(keys, ANN)
    assert keyring.unseal(sealed, PLACE) == "Ann Lee"
    monkeypatch.setattr(module, "monotonic", lambda: now + 6)
    assert keyring.unseal(sealed, PLACE) is None


def test_processes_that_meet_a_person_at_the_same_moment_agree_on_her_key(keys: Database, master_key: bytes) -> None:
    keyrings = [Keyring(keys, master_key) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        sealed = list(pool.map(lambda keyring: keyring.seal(ANN, "Ann Lee", PLACE), keyrings))
    fresh = Keyring(keys, master_key)
    assert [fresh.unseal(text, PLACE) for text in sealed] == ["Ann Lee"] * 4


def test_the_database_holds_no_key_that_opens_anything_by_itself(
    keys: Database, keyring: Keyring, master_key: bytes
) -> None:
    sealed = keyring.seal(ANN, "Ann Lee", PLACE)
    with pytest.raises(WrongMasterKey, match="Use the key that the keyring was made with"):
        Keyring(keys, secrets.token_bytes(32)).unseal(sealed, PLACE)
    with keys.transaction() as db:
        wrapped = db.value(memoryview, "select wrapped from subject_keys")
    assert wrapped is not None
    assert master_key not in bytes(wrapped)


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_master_key_of_another_length_is_refused_at_once(keys: Database, length: int) -> None:
    with pytest.raises(WrongMasterKey, match="32 bytes"):
        Keyring(keys, b"k" * length)


def test_a_pseudonym_is_the_same_everywhere_and_tells_nothing(
    keys: Database, keyring: Keyring, master_key: bytes
) -> None:
    one = keyring.pseudonym("account", "issuer subject-1")
    assert Keyring(keys, master_key).pseudonym("account", "issuer subject-1") == one
    assert keyring.pseudonym("account", "issuer subject-2") != one
    assert keyring.pseudonym("email", "issuer subject-1") != one


def test_another_keyring_gives_other_pseudonyms(keys: Database, keyring: Keyring, master_key: bytes) -> None:
    one = keyring.pseudonym("account", "issuer subject-1")
    with keys.transaction() as db:
        db.execute("delete from index_key")
    assert Keyring(keys, master_key).pseudonym("account", "issuer subject-1") != one


def test_processes_that_need_the_first_pseudonym_at_the_same_moment_agree(keys: Database, master_key: bytes) -> None:
    keyrings = [Keyring(keys, master_key) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(partial(each.pseudonym, "account", "issuer subject-1")) for each in keyrings]
    assert len({each.result() for each in asked}) == 1
