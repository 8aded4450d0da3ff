"""Two records of one person are noticed by her email or phone; nobody reads either from the index."""

from uuid import UUID, uuid4

import pytest

from shared.database.pool import Database
from shared.privacy.blind_index import BlindIndex, normal_email, normal_phone
from shared.privacy.keyring import Keyring

ANN, BEN, CAZ = (uuid4() for _ in range(3))


def known_by(index: BlindIndex, **ways: str | None) -> set[UUID]:
    return {id for ids in index.known_by(index.marks(ways)).values() for id in ids}


@pytest.fixture
def index(keys: Database, keyring: Keyring) -> BlindIndex:
    return BlindIndex(keys, keyring)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann@example.org", " Ann@Example.ORG "),
        ("jose\u0301@example.org", "jos\u00e9@example.org"),
        ("\uff41nn@example.org", "ann@example.org"),
    ],
)
def test_an_address_is_the_same_however_it_is_typed(one: str, other: str) -> None:
    assert normal_email(one) == normal_email(other)


def test_addresses_that_may_be_two_people_stay_two() -> None:
    assert len({normal_email(each) for each in ("a.nn@example.org", "ann@example.org", "ann+x@example.org")}) == 3


@pytest.mark.parametrize(
    "typed",
    [
        "01632 960001",
        "+44 1632 960001",
        "+44 (0)1632 960001",
        "0044-1632-960001",
        "(01632) 960 001",
        "01632 960001 x12",
    ],
)
def test_a_british_number_is_the_same_however_it_is_written(typed: str) -> None:
    assert normal_phone(typed) == "01632960001"


@pytest.mark.parametrize("typed", ["", "none", "999", "ask the office", "ext 12345678"])
def test_what_is_no_number_tells_nobody(typed: str) -> None:
    assert normal_phone(typed) == ""


def test_numbers_abroad_keep_their_country() -> None:
    assert normal_phone("+353 1632 960001") == "003531632960001"


def test_who_shares_an_address_or_a_number_is_told_with_what_is_shared(index: BlindIndex) -> None:
    index.note({ANN: {"email": "ann@example.org", "phone": "01632 960001"}})
    index.note({BEN: {"email": "ANN@example.org", "phone": "+44 1632 960001"}})
    index.note({CAZ: {"email": "caz@example.org", "phone": "01632960001"}})
    assert index.shared_with([ANN]) == {ANN: {BEN: {"email", "phone"}, CAZ: {"phone"}}}
    assert known_by(index, email="Ann@example.org") == {ANN, BEN}
    assert known_by(index, email="caz@example.org", phone=None) == {CAZ}


def test_an_email_is_no_phone_and_nothing_is_nobody(index: BlindIndex) -> None:
    index.note({ANN: {"email": "01632960001", "phone": None}})
    index.note({BEN: {"email": None, "phone": "01632960001"}})
    index.note({CAZ: {"email": "", "phone": ""}})
    assert index.shared_with([ANN, BEN, CAZ]) == {}
    assert known_by(index, email="", phone="12") == set()


def test_noting_twice_is_as_noting_once_and_a_new_number_is_added(index: BlindIndex, keys: Database) -> None:
    for phone in ("01632 960001", "01632 960001", "01632 960002"):
        index.note({ANN: {"phone": phone}})
    assert known_by(index, phone="01632 960001") == known_by(index, phone="01632 960002") == {ANN}
    with keys.transaction() as db:
        assert db.value(int, "select count(*)::int from blind_index") == 2


def test_her_marks_are_destroyed_with_her_key(index: BlindIndex, keys: Database) -> None:
    index.note({ANN: {"email": "ann@example.org"}})
    index.note({BEN: {"email": "ann@example.org"}})
    with keys.transaction() as db:
        db.execute("delete from subject_keys where subject = %s", ANN)
        assert db.all(UUID, "select subject from blind_index") == [BEN]
    assert known_by(index, email="ann@example.org") == {BEN}


def test_the_index_shows_nobody_and_cannot_be_tried_out_without_its_key(
    index: BlindIndex, keys: Database, keyring: Keyring
) -> None:
    index.note({ANN: {"email": "ann@example.org", "phone": "01632 960001"}})
    with keys.transaction() as db:
        rows = str(db.all(str, "select blind_index::text from blind_index"))
        db.execute("delete from index_key")
    assert "ann" not in rows.casefold().replace(str(ANN), "")
    assert "960001" not in rows
    other = Keyring(keys, keyring._master)  # another index key, as of another Copse
    assert known_by(BlindIndex(keys, other), email="ann@example.org") == set()
