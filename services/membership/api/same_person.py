"""Perhaps the same person twice: other records with the same email or phone. A hint to coordinators, never a bar.

A family may share one phone, so nobody is refused for it; and an applicant is told nothing, since the answer would
tell anybody whose address is known here.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from marshmallow import Schema, fields

from services.membership.projections.members import MemberRow, member
from shared.database.pool import Transaction
from shared.http.authorization import running
from shared.privacy.blind_index import POST, BlindIndex, Ways


class AlikeSchema(Schema):
    id = fields.UUID()
    name = fields.String()
    standing = fields.String()
    shares = fields.List(fields.String(), metadata={"description": "What both have: email, phone, name."})


@dataclass(frozen=True)
class Alike:
    id: UUID
    name: str
    standing: str
    shares: list[str]


def blind_index() -> BlindIndex:
    here = running()
    return BlindIndex(here.keyring_database, here.keyring)


def note(ways_of: Mapping[UUID, Ways]) -> None:
    """To be called before records are stored: a mark without a record is passed over, the reverse would be missed."""
    blind_index().note(ways_of)


def alike(db: Transaction, rows: Sequence[MemberRow]) -> dict[UUID, list[Alike]]:
    """For each record: the others that may be the same person, those with the same name first."""
    found: dict[UUID, list[Alike]] = {}
    by_id = {row.id: row for row in rows}
    for id, others in blind_index().shared_with(list(by_id)).items():
        for other, shared in others.items():
            row = member(db, other) if shared - {POST} else None  # forty people may live in one care home
            if row is not None:
                same_name = ["name"] if normal_name(row.name) == normal_name(by_id[id].name) else []
                found.setdefault(id, []).append(
                    Alike(row.id, row.name, row.standing, sorted(shared - {POST}) + same_name)
                )
    for each in found.values():
        each.sort(key=lambda one: ("name" not in one.shares, one.name, one.id))
    return found


def normal_name(name: str) -> str:
    """Without capitals, accents and doubled spaces."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each))
    return " ".join(plain.casefold().split())
