"""The log of reads of special-category data (UK GDPR, article 9): who read what of whom, and when. Never what it says.

A route that shows such data to somebody else than the person calls `note_read` before it answers; when the log cannot
be written, nothing is shown. What counts is listed in docs/how-to/answer-a-rights-request.md.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from shared.database.pool import Transaction
from shared.http.authorization import caller, may, needs, running
from shared.http.blueprint import Blueprint
from shared.http.reads import PageSchema, page
from shared.http.tracing import request_id
from shared.identity.identity import OF_EVERY_SERVICE, Identity
from shared.identity.people import whose
from shared.messages.ids import uuid7

READ_ALL, READ_OWN = "sensitive-reads:read", "sensitive-reads:read-own"


@dataclass(frozen=True)
class Read:
    id: UUID
    read_at: datetime
    account: UUID | None
    member: UUID | None
    roles: list[str]
    what: str
    of_whom: list[UUID]
    request_id: str


class ReadSchema(Schema):
    """To the person herself only in which role somebody read, not who it was."""

    id = fields.UUID()
    read_at = fields.AwareDateTime()
    account = fields.UUID(allow_none=True)
    member = fields.UUID(allow_none=True)
    roles = fields.List(fields.String())
    what = fields.String()
    of_whom = fields.List(fields.UUID())
    request_id = fields.String()


class ReadsQuerySchema(PageSchema):
    of = fields.UUID(load_default=None, metadata={"description": "Only reads of this member's data."})


def note_read(what: str, *of: UUID) -> None:
    """Writes down that the caller is shown special-category data of these members. Her own are nobody's business.

    Whoever acts for a member in an assisted session reads as somebody else, and under her own name. `what` names the
    kind of record in a few fixed words, such as `access-needs`: never anything that it says. For a record of nobody who
    is a member, `of` is the record's own id. Raises Unavailable, and then nothing may be shown.
    """
    me, here = caller(), running()
    others = [str(each) for each in dict.fromkeys(of) if me.acting or each != me.member]
    if not others:
        return
    account, member = _who_reads(me)
    roles = sorted(me.all_roles - {"signed-in"})
    if me.acting:
        roles = [*sorted(OF_EVERY_SERVICE["assisted-sessions:act"]), "assisted-session"]
    with here.database.statement() as db:
        db.execute(
            "insert into sensitive_reads (id, read_at, account, member, roles, what, of_whom, request_id)"
            " values (%s, %s, %s, %s, %s::text[], %s, %s::uuid[], %s)",
            str(uuid7()),
            here.clock.now(),
            str(account) if account else None,
            str(member) if member else None,
            roles,
            what,
            others,
            request_id(),
        )


def _who_reads(me: Identity) -> tuple[UUID | None, UUID | None]:
    """Account and member; of somebody who acts for a member the one of them that her name says, `account:0190...`."""
    if me.acting is None:
        return me.account, me.member
    kind, _, id = me.acting.actor.partition(":")
    return (UUID(id), None) if kind == "account" else (None, UUID(id))


def reads_of(db: Transaction, of: UUID | None, after: UUID | None, limit: int) -> list[Read]:
    """Newest first, up to `limit` + 1; of one member, or of all."""
    return db.all(
        Read,
        "select * from sensitive_reads where (%s::uuid is null or of_whom @> array[%s::uuid])"
        " and (%s::uuid is null or id < %s::uuid) order by id desc limit %s",
        *(str(of) if of else None,) * 2,
        *(str(after) if after else None,) * 2,
        limit + 1,
    )


def sensitive_reads_resource() -> Blueprint:
    blueprint = Blueprint("sensitive-reads", "sensitive-reads", url_prefix="/v1", description="The log of reads")

    @blueprint.route("/sensitive-reads")
    class SensitiveReads(MethodView):
        @needs(READ_OWN)
        @blueprint.arguments(ReadsQuerySchema, location="query")
        @blueprint.response(200, ReadSchema(many=True))
        def get(self, query: dict[str, Any]) -> Response:
            """Who read special-category data here: all of it for data protection, for others those of themselves."""
            everything, rows = may(READ_ALL), list[Read]()
            with running().database.transaction() as db:
                of = query["of"] if everything else _herself(db)
                if everything or of:
                    rows = reads_of(db, of, query["after"], query["limit"])
            shown = rows if everything else [without_reader(each, of) for each in rows]
            return page(ReadSchema(), shown, query["limit"], lambda row: row.id)

    return blueprint


def _herself(db: Transaction) -> UUID | None:
    """Of any standing: who takes a break or has left may see who read what of her. For whoever acts, the member."""
    me = caller()
    return me.member or (whose(db, me.account) if me.account else None)


def without_reader(read: Read, of: UUID | None) -> Read:
    """As the person herself is told of it."""
    return Read(read.id, read.read_at, None, None, read.roles, read.what, [of] if of else [], read.request_id)
