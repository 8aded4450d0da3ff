"""A destroyed key stays destroyed: no late writer, no backup and no other master key brings it back."""

import os
import secrets
import subprocess
import threading
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Annotated
from uuid import UUID, uuid4

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from deploy.embedded.postgres_programs import Programs
from shared.commands.handler import Commands
from shared.database.pool import Database
from shared.eventstore.postgres import PostgresEventStore
from shared.messages.codec import Codec
from shared.messages.decisions import Context, Refused
from shared.messages.events import ERASED, MemberId, Sealed, event
from shared.messages.recorded import Metadata, Position, Stored
from shared.privacy import keyring as module
from shared.privacy.blind_index import BlindIndex
from shared.privacy.keyring import Erased, Keyring, WrongMasterKey
from shared.privacy.tombstones import erased_here
from tests.kernel.house import answer, copse
from tests.kernel.notebook import Notebook, Open
from tests.servers import Databases

ANN, BEN = uuid4(), uuid4()
PLACE = "event-1/name"
WAYS = {"email": "ann@example.org", "phone": "01632 960001", "postal_address": None}
NOW = datetime(2026, 3, 2, tzinfo=UTC)
METADATA = msgspec.json.encode(Metadata(actor="anonymous", channel="web", correlation_id=uuid4())).decode()


def keys_of(keys: Database) -> set[UUID]:
    with keys.transaction() as db:
        return set(db.all(UUID, "select subject from subject_keys where wrapped is not null"))


def tombstones_of(keys: Database) -> set[UUID]:
    with keys.transaction() as db:
        return set(db.all(UUID, "select subject from subject_keys where erased_at is not null"))


def test_a_destroyed_key_opens_nothing_here_at_once_and_leaves_a_tombstone(keys: Database, keyring: Keyring) -> None:
    sealed, bens = keyring.seal(ANN, "Ann Lee", PLACE), keyring.seal(BEN, "Ben Oduya", PLACE)
    keyring.destroy(ANN)
    assert keyring.unseal(sealed, PLACE) is None
    assert keyring.unseal(bens, PLACE) == "Ben Oduya"
    assert (keys_of(keys), tombstones_of(keys)) == ({BEN}, {ANN})


def test_no_new_key_is_made_for_somebody_who_was_erased(keys: Database, keyring: Keyring, master_key: bytes) -> None:
    keyring.destroy(ANN)
    for each in (keyring, Keyring(keys, master_key)):
        with pytest.raises(Erased, match="was erased"):
            each.seal(ANN, "Ann Lee", PLACE)
    assert keys_of(keys) == set()


def test_destroying_twice_or_somebody_without_a_key_is_as_once(keys: Database, keyring: Keyring) -> None:
    keyring.destroy(ANN)
    keyring.destroy(ANN)
    assert tombstones_of(keys) == {ANN}


def test_a_key_destroyed_elsewhere_is_forgotten_within_seconds(
    keys: Database, keyring: Keyring, master_key: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = keyring.seal(ANN, "Ann Lee", PLACE)
    Keyring(keys, master_key).destroy(ANN)
    now = monotonic()
    monkeypatch.setattr(module, "monotonic", lambda: now + 2.5)
    assert keyring.unseal(sealed, PLACE) is None
    with pytest.raises(Refused):
        keyring.seal(ANN, "Ann Lee", PLACE)


def test_what_is_to_be_recorded_about_somebody_erased_is_refused_as_a_whole(
    keyring: Keyring, store: PostgresEventStore, commands: Commands, context: Context
) -> None:
    keyring.destroy(ANN)
    with pytest.raises(Refused, match="was erased"):
        commands.handle(ANN, Open(title="Recipes", owner_name="Ann Lee"), context)
    assert store.read(Notebook.stream(ANN)) == []
    commands.handle(ANN, Open(title="Nobody's"), context)  # what says nothing of her is recorded as ever


def test_the_blind_index_goes_with_the_key_and_cannot_be_filled_again(keys: Database, keyring: Keyring) -> None:
    index = BlindIndex(keys, keyring)
    index.note({ANN: WAYS, BEN: WAYS})
    keyring.destroy(ANN)
    assert set().union(*index.known_by(index.marks(WAYS)).values()) == {BEN}
    with pytest.raises(Erased):
        index.note({ANN: WAYS})


def test_a_mark_that_is_written_while_the_key_is_destroyed_does_not_stay(
    keys: Database, keyring: Keyring, master_key: bytes
) -> None:
    """The keyring that notes believes for two seconds that there is a key."""
    for _ in range(20):
        someone, ready = uuid4(), threading.Barrier(2)
        noting, destroying = Keyring(keys, master_key), Keyring(keys, master_key)
        noting.seal(someone, "", PLACE)

        def note(someone: UUID = someone, noting: Keyring = noting, ready: threading.Barrier = ready) -> None:
            ready.wait()
            BlindIndex(keys, noting).note({someone: WAYS})

        def destroy(someone: UUID = someone, it: Keyring = destroying, ready: threading.Barrier = ready) -> None:
            ready.wait()
            it.destroy(someone)

        with ThreadPoolExecutor(2) as both:
            noted, destroyed = both.submit(note), both.submit(destroy)
            destroyed.result()
            if (error := noted.exception()) is not None:
                assert isinstance(error, Erased)
        with keys.transaction() as db:
            assert db.value(int, "select count(*) from blind_index where subject = %s", str(someone)) == 0


# A restored keyring.


def test_a_keyring_restored_from_yesterday_revives_nobody(
    keys: Database, master_key: bytes, new_database: Callable[..., str], tmp_path: Path
) -> None:
    yesterday = Keyring(keys, master_key)
    sealed, bens = yesterday.seal(ANN, "Ann Lee", PLACE), yesterday.seal(BEN, "Ben Oduya", PLACE)
    BlindIndex(keys, yesterday).note({ANN: WAYS})
    dump, programs = tmp_path / "keyring.dump", Programs.find().folder
    run([programs / "pg_dump", "--format=custom", f"--file={dump}", keys.url])
    yesterday.destroy(ANN)

    url = new_database(Databases.empty)
    run([programs / "pg_restore", "--no-owner", f"--dbname={url}", dump])
    restored = Database(url, application="copse-test", size=2)
    try:
        assert keys_of(restored) == {ANN, BEN}
        started = Keyring(restored, master_key, erased=lambda: [ANN])
        assert started.unseal(sealed, PLACE) is None
        assert started.unseal(bens, PLACE) == "Ben Oduya"
        assert (keys_of(restored), tombstones_of(restored)) == ({BEN}, {ANN})
        with restored.transaction() as db:
            assert db.value(int, "select count(*) from blind_index") == 0
    finally:
        restored.close()


@pytest.mark.parametrize("event", ["key-destroyed", "member-erased", "erasure-confirmed"])
def test_who_was_erased_is_told_by_the_events_of_each_service(database: Database, event: str) -> None:
    _record(database, event, f"erasure-here-{ANN}")
    _record(database, "member-left", f"member-{BEN}")
    assert erased_here(database) == [ANN]


def _record(database: Database, type: str, stream: str) -> None:
    with database.transaction() as db:
        db.execute(
            "insert into events (event_id, stream, version, type, schema_version, data, metadata, recorded_at)"
            " values (%s, %s, 1, %s, 1, '{}', '{}', now())",
            uuid4(),
            stream,
            type,
        )


@pytest.fixture
def environment(keys: Database, master_key: bytes, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`environment(KEYRING_SECOND_MASTER_KEY=...)`: bytes are given as base64."""

    def set_to(**variables: str | bytes) -> None:
        for name in [each for each in os.environ if each.endswith("_DATABASE_URL")]:
            monkeypatch.delenv(name)
        monkeypatch.delenv("KEYRING_SECOND_MASTER_KEY", raising=False)
        said = {"KEYRING_DATABASE_URL": keys.url, "KEYRING_MASTER_KEY": master_key, **variables}
        for name, value in said.items():
            monkeypatch.setenv(name, value if isinstance(value, str) else b64encode(value).decode())

    return set_to


def test_copse_restored_keyring_buries_again_whom_events_know_to_be_erased(
    keys: Database, keyring: Keyring, database: Database, environment: Callable[..., None]
) -> None:
    keyring.seal(ANN, "Ann Lee", PLACE)
    keyring.seal(BEN, "Ben Oduya", PLACE)
    _record(database, "member-erased", f"member-{ANN}")
    environment(MEMBERSHIP_DATABASE_URL=database.url)
    assert "1 people were erased, 1 of them had a key again" in copse("restored", "keyring").stdout
    assert "0 of them" in copse("restored", "keyring").stdout
    assert (keys_of(keys), tombstones_of(keys)) == ({BEN}, {ANN})


def test_copse_restored_keyring_wants_to_know_from_membership(environment: Callable[..., None]) -> None:
    environment()
    told = copse("restored", "keyring")
    assert (told.exit_code, "MEMBERSHIP_DATABASE_URL is not set" in told.output) == (2, True)


# Another master key.


def test_another_master_key_opens_everything_and_events_stay_as_they_are(
    keys: Database, keyring: Keyring, master_key: bytes
) -> None:
    sealed, pseudonym = keyring.seal(ANN, "Ann Lee", PLACE), keyring.pseudonym("account", "x")
    keyring.destroy(BEN)
    new = secrets.token_bytes(32)
    with_both = Keyring(keys, new, master_key)
    assert with_both.unseal(sealed, PLACE) == "Ann Lee"
    assert with_both.rotate() == 2
    assert with_both.rotate() == 0
    assert Keyring(keys, new).unseal(sealed, PLACE) == "Ann Lee"
    assert Keyring(keys, new).pseudonym("account", "x") == pseudonym
    assert Keyring(keys, master_key, new).unseal(sealed, PLACE) == "Ann Lee", "who has both in the old order goes on"
    with pytest.raises(WrongMasterKey):
        Keyring(keys, master_key).unseal(sealed, PLACE)
    assert tombstones_of(keys) == {BEN}


def test_a_rotation_with_a_wrong_key_changes_nothing_and_says_what_is_wrong(
    keys: Database, keyring: Keyring, master_key: bytes, environment: Callable[..., None]
) -> None:
    sealed, new = keyring.seal(ANN, "Ann Lee", PLACE), secrets.token_bytes(32)
    Keyring(keys, new).seal(BEN, "Ben Oduya", PLACE)
    for wrong in ({}, {"KEYRING_SECOND_MASTER_KEY": secrets.token_bytes(32)}):
        environment(KEYRING_MASTER_KEY=new, **wrong)
        told = copse("keyring", "rotate")
        assert (told.exit_code, "Nothing was changed" in told.output) == (2, True)
        assert Keyring(keys, master_key).unseal(sealed, PLACE) == "Ann Lee"
    environment(KEYRING_MASTER_KEY=new, KEYRING_SECOND_MASTER_KEY=master_key)
    assert answer("keyring", "rotate", status=0) == {"wrapped_anew": 1}
    environment(KEYRING_MASTER_KEY=new)
    assert "Nothing to do" in copse("keyring", "rotate").stdout
    assert Keyring(keys, new).unseal(sealed, PLACE) == "Ann Lee"


def test_services_with_both_keys_seal_and_open_while_the_keyring_is_rotated(
    keys: Database, keyring: Keyring, master_key: bytes
) -> None:
    people, new = [uuid4() for _ in range(30)], secrets.token_bytes(32)
    sealed = [keyring.seal(each, "Ann Lee", PLACE) for each in people]
    keyring.pseudonym("account", "x")
    stop = threading.Event()

    def go_on(master: bytes, second: bytes) -> int:
        done = 0
        while not stop.is_set():
            someone = uuid4()
            late = Keyring(keys, master, second).seal(someone, "Late", PLACE)
            assert Keyring(keys, second, master).unseal(late, PLACE) == "Late"
            assert Keyring(keys, master, second).unseal(sealed[done % 30], PLACE) == "Ann Lee"
            done += 1
        return done

    with ThreadPoolExecutor(2) as services:
        both = [services.submit(go_on, master_key, new), services.submit(go_on, new, master_key)]
        Keyring(keys, new, master_key).rotate()
        stop.set()
        assert all(each.result() for each in both)
    Keyring(keys, new, master_key).rotate()
    assert [Keyring(keys, new).unseal(each, PLACE) for each in sealed] == ["Ann Lee"] * 30


# Several people in one text.


@event("letter-sent")
class LetterSent:
    member: MemberId
    text: Annotated[str, Sealed(of="member", also="quoted")]
    quoted: tuple[MemberId, ...] = ()


@given(st.sets(st.integers(0, 3)), st.lists(st.integers(1, 3), unique=True), st.text(max_size=50))
def test_a_text_that_quotes_people_is_there_until_one_of_them_is_erased(
    erased: set[int], quoted: list[int], text: str
) -> None:
    """In the kernel's codec, with a key for each that needs no database."""
    people = [UUID(int=nth + 1) for nth in range(4)]
    keys = {each: AESGCM(secrets.token_bytes(32)) for each in people}

    def seal(subject: UUID, plain: str, associated: str) -> str:
        return f"{subject}:{keys[subject].encrypt(b'0' * 12, plain.encode(), associated.encode()).hex()}"

    def unseal(sealed: str, associated: str) -> str | None:
        subject, _, body = sealed.partition(":")
        key = keys.get(UUID(subject))
        return key.decrypt(b"0" * 12, bytes.fromhex(body), associated.encode()).decode() if key else None

    codec = Codec([LetterSent], seal=seal, unseal=unseal)
    sent = LetterSent(member=MemberId(people[0]), text=text, quoted=tuple(MemberId(people[nth]) for nth in quoted))
    id, stream = uuid4(), f"delivery-{uuid4()}"
    name, version, data = codec.encode(sent, id, stream)
    for nth in erased:
        del keys[people[nth]]
    stored = Stored(
        position=Position(1, 1),
        event_id=id,
        stream=stream,
        version=1,
        type=name,
        schema_version=version,
        data=data,
        metadata=METADATA,
        recorded_at=NOW,
    )
    read = codec.decode(stored).event
    gone = erased & {0, *quoted}
    assert read == replace(sent, text=ERASED if gone else text)


def run(words: list[object]) -> None:
    subprocess.run([str(each) for each in words], check=True, capture_output=True)
