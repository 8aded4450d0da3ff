"""Notices that two records may be of one person, without anybody being able to read from the index who that is.

An email, phone number or postal address is brought into one form and hashed under the keyring's index key; the hash is
kept beside the person's key and destroyed with it (a foreign key sees to that). Two people may share an address: the
index says so, and what follows from it is for people to decide.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from shared.database.pool import Database
from shared.privacy.keyring import Keyring

EMAIL, PHONE, POST = "email", "phone", "postal_address"


def normal_email(text: str) -> str:
    """Capitals and the spaces around it do not tell two addresses apart; dots and tags in it may."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def normal_phone(text: str) -> str:
    """The digits, with a British number as it is dialled at home: `+44 (0)1632 960001` is `01632960001`.

    Empty when there are too few digits to tell anybody by.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    digits = re.sub(r"\D", "", re.sub(r"(?:ext|x)[.:\s]*\d+\s*$", "", plain, flags=re.IGNORECASE))
    if plain.startswith("+"):
        digits = "00" + digits
    if digits.startswith("0044"):
        digits = "0" + digits[4:].removeprefix("0")
    return digits if len(digits) >= 6 else ""


def normal_address(text: str) -> str:
    """Letters and digits alone: commas and line breaks do not tell two addresses apart."""
    return "".join(each for each in unicodedata.normalize("NFKC", text).casefold() if each.isalnum())


_NORMAL = {EMAIL: normal_email, PHONE: normal_phone, POST: normal_address}


Ways = Mapping[str, str | None]
"""`email`, `phone` and `postal_address` of one person, as they were typed."""

Mark = tuple[str, str]
"""What a person is known by: the kind, and the keyed hash."""


@dataclass(frozen=True)
class _Marked:
    kind: str
    mark: str
    subject: UUID


@dataclass(frozen=True)
class _Shared:
    subject: UUID
    other: UUID
    kind: str


class BlindIndex:
    """Cheap to make; safe to share between threads."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        """`database` is the keyring's own."""
        self._database, self._keyring = database, keyring

    def note(self, ways_of: Mapping[UUID, Ways]) -> None:
        """Remembers by what each of these people is known, beside what was noted before. Twice is as once.

        Raises Erased. Of somebody whose key is destroyed meanwhile nothing stays: the row of her key is held.
        """
        rows = [(str(subject), *mark) for subject, ways in ways_of.items() for mark in self.marks(ways)]
        for subject in {row[0] for row in rows}:
            self._keyring.seal(UUID(subject), "", "blind index")  # makes a key where there is none: marks hang on it
        if rows:
            with self._database.transaction() as db:
                db.execute(
                    "insert into blind_index (subject, kind, mark) select new.* from"
                    " unnest(%s::uuid[], %s::text[], %s::uuid[]) as new (subject, kind, mark)"
                    " join (select subject from subject_keys where subject = any(%s::uuid[]) and wrapped is not null"
                    " order by subject for share) there using (subject) on conflict do nothing",
                    [row[0] for row in rows],
                    [row[1] for row in rows],
                    [row[2] for row in rows],
                    [row[0] for row in rows],
                )

    def keep_only(self, subject: UUID, ways: Sequence[Ways]) -> None:
        """Forgets by what a person was known, but for these: call it when some of it is hers no more."""
        kept = [mark for each in ways for mark in self.marks(each)]
        with self._database.transaction() as db:
            db.execute(
                "delete from blind_index where subject = %s"
                " and (kind, mark) not in (select * from unnest(%s::text[], %s::uuid[]))",
                str(subject),
                [kind for kind, _ in kept],
                [mark for _, mark in kept],
            )

    def known_by(self, marks: Collection[Mark]) -> dict[Mark, set[UUID]]:
        """For each of these: everybody who is known by it. One that is nobody's is missing."""
        with self._database.transaction() as db:
            rows = db.all(
                _Marked,
                "select kind, mark::text as mark, subject from blind_index"
                " where (kind, mark) in (select * from unnest(%s::text[], %s::uuid[]))",
                [kind for kind, _ in marks],
                [mark for _, mark in marks],
            )
        found: dict[Mark, set[UUID]] = {}
        for row in rows:
            found.setdefault((row.kind, row.mark), set()).add(row.subject)
        return found

    def shared_with(self, subjects: Collection[UUID]) -> dict[UUID, dict[UUID, set[str]]]:
        """For each of these: the others who are known by the same, and what it is."""
        with self._database.transaction() as db:
            rows = db.all(
                _Shared,
                "select mine.subject, theirs.subject as other, mine.kind from blind_index mine"
                " join blind_index theirs using (kind, mark)"
                " where mine.subject = any(%s::uuid[]) and theirs.subject <> mine.subject",
                [str(each) for each in subjects],
            )
        found: dict[UUID, dict[UUID, set[str]]] = {}
        for row in rows:
            found.setdefault(row.subject, {}).setdefault(row.other, set()).add(row.kind)
        return found

    def marks(self, ways: Ways) -> list[Mark]:
        """The keyed hashes of these; none of what tells nobody."""
        normal = ((kind, _NORMAL[kind](text or "")) for kind, text in ways.items())
        return [(kind, str(self._keyring.pseudonym(f"blind index of {kind}", text))) for kind, text in normal if text]
