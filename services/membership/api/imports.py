"""The coordinator's own list, in and out: a dry run first, then all of it or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Response, jsonify, request
from flask.views import MethodView
from marshmallow import RAISE, Schema, fields

from services.membership.api.members import reached_now
from services.membership.api.same_person import blind_index, normal_name, note
from services.membership.api.special_category import note_members_read
from services.membership.domain.community import Kind
from services.membership.domain.joining import Apply, Approve
from services.membership.domain.member import Member
from services.membership.domain.members_list import (
    COLUMNS,
    MOST_BYTES,
    MembersList,
    Mistake,
    NoList,
    Row,
    read_list,
    write_list,
)
from services.membership.projections.communities import all_communities, communities
from services.membership.projections.members import MemberRow, members, members_with
from services.membership.projections.people import people
from shared.commands.handler import fold
from shared.database.pool import Transaction
from shared.eventstore.postgres import StoreInTransaction
from shared.eventstore.store import NewEvent, Write
from shared.http.authorization import needs, running
from shared.http.blueprint import Blueprint
from shared.http.changes import context_of_request
from shared.http.problems import FieldError, Problem
from shared.http.reads import wait_for
from shared.identity.people import known
from shared.messages.decisions import Context
from shared.messages.events import Event
from shared.messages.ids import uuid7
from shared.messages.recorded import Metadata, Position
from shared.privacy.blind_index import Mark

blueprint = Blueprint("imports", "imports", url_prefix="/v1", description="The coordinator's list, in and out")

_MEMBERS = ("approved", "active", "paused")


class ImportQuerySchema(Schema):
    class Meta:
        unknown = RAISE

    dry_run = fields.Boolean(load_default=False, metadata={"description": "Only say what would happen."})


class MistakeSchema(Schema):
    row = fields.Integer()
    column = fields.String()
    sentence = fields.String()


class OutcomeSchema(Schema):
    row = fields.Integer()
    name = fields.String()
    outcome = fields.String(metadata={"description": "new, or here-already."})
    member_id = fields.UUID(allow_none=True, metadata={"description": "Of the record that is here already."})


class ReportSchema(Schema):
    dry_run = fields.Boolean()
    new = fields.Integer()
    here_already = fields.Integer()
    rows = fields.List(fields.Nested(OutcomeSchema))
    mistakes = fields.List(fields.Nested(MistakeSchema))
    ignored_columns = fields.List(fields.String())


@dataclass(frozen=True)
class Outcome:
    row: int
    name: str
    outcome: str
    member_id: UUID | None


@blueprint.route("/imports")
class Imports(MethodView):
    @needs("members:import")
    @blueprint.arguments(ImportQuerySchema, location="query")
    @blueprint.response(200, ReportSchema)
    @blueprint.doc(requestBody={"content": {"text/csv": {"schema": {"type": "string"}}}, "required": True})
    def post(self, query: dict[str, Any]) -> Response:
        """Take over a list of members as CSV: name, email, phone, postal address, group, also, communities.

        With `dry_run` it says what would happen and what is wrong, row by row. Without, everybody in it becomes a
        member in one step, or nobody when a row is wrong. Who is here already, by name and a way to reach her, is
        passed over: sending the same list again changes nothing, so no Idempotency-Key is needed.
        """
        request.max_content_length = MOST_BYTES + 1  # Flask's own limit for this app is for JSON
        try:
            found = read_list(request.get_data())
        except NoList as error:
            raise Problem(422, "no-list", str(error)) from None
        wanted, unknown = _communities(found)
        mistakes = sorted([*found.mistakes, *unknown], key=lambda each: (each.row, each.column))
        if mistakes and not query["dry_run"]:
            errors = [FieldError(f"#/{each.row}/{each.column}", each.sentence) for each in mistakes]
            raise Problem(422, "list-with-mistakes", "Nobody was imported, because some rows are wrong.", errors)
        context, wrong = context_of_request(), {each.row for each in mistakes}
        rows = [row for row in found.rows if row.number not in wrong]
        outcomes, position = _outcomes(rows), None
        if not query["dry_run"]:
            # The new ones are marked before the lock, because each gets a key, and that takes its time.
            ids = {out.row: uuid7() for out in outcomes if _new(out)}
            note({ids[row.number]: _ways(row) for row in rows if row.number in ids})
            with running().database.transaction() as db:
                # One import at a time: two of the same list at once would each find nobody of it here.
                db.execute("select pg_advisory_xact_lock(hashtextextended('membership/imports', 0))")
                outcomes = _outcomes(rows, db)
                still_new = {out.row for out in outcomes if _new(out)} & ids.keys()
                admitted = {ids[row.number]: row for row in rows if row.number in still_new}
                position = _admit(db, admitted, wanted, context)
        response = jsonify(
            ReportSchema().dump(
                {
                    "dry_run": query["dry_run"],
                    "new": sum(map(_new, outcomes)),
                    "here_already": sum(not _new(each) for each in outcomes),
                    "rows": outcomes,
                    "mistakes": mistakes,
                    "ignored_columns": found.ignored,
                }
            )
        )
        response.headers["Cache-Control"] = "private, no-store"
        if position:
            running().doorbell.ring()
            response.headers["Copse-Position"] = f"{running().service.name}:{position}"
        return response


@blueprint.route("/exports/members.csv")
class Exports(MethodView):
    @needs("members:export")
    @blueprint.response(200, content_type="text/csv")
    def get(self) -> Response:
        """Everybody who is a member, as a list that can be imported again. No cell of it is taken for a formula."""
        for projection in (members, communities, people):
            wait_for(projection)
        with running().database.transaction() as db:
            names = {row.id: row.name for row in all_communities(db, None, 10_000, everything=True)}
            rows = reached_now(db, members_with(db, _MEMBERS, None, 100_000))
            lines = [_line(db, row, names) for row in rows]
        note_members_read("exported-list-of-members", rows)
        response = Response(write_list((*COLUMNS, "standing", "since"), lines), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = 'attachment; filename="members.csv"'
        response.headers["Cache-Control"] = "private, no-store"
        return response


def _line(db: Transaction, row: MemberRow, names: dict[UUID, str]) -> list[str]:
    here = known(db, row.id)
    belongs = [names.get(each, "") for each in here.communities] if here else []
    return [
        row.name,
        row.email or "",
        row.phone or "",
        row.postal_address or "",
        row.stakeholder_group,
        "; ".join(row.also),
        "; ".join(filter(None, belongs)),
        row.standing,
        f"{row.since:%Y-%m-%d}",
    ]


def _new(outcome: Outcome) -> bool:
    return outcome.outcome == "new"


def _communities(found: MembersList) -> tuple[dict[str, UUID], list[Mistake]]:
    """The communities that the list names, by their plain names, and a mistake for each that is not there."""
    wait_for(communities)
    with running().database.transaction() as db:
        rows = all_communities(db, None, 10_000, everything=True)
    ids = {normal_name(row.name): row.id for row in rows if row.kind == Kind.COMMUNITY}
    unknown = [
        Mistake(row.number, "communities", f"There is no community “{name}”. Write its name as it is shown here.")
        for row in found.rows
        for name in row.communities
        if normal_name(name) not in ids
    ]
    return ids, unknown


def _outcomes(rows: Sequence[Row], waiting: Transaction | None = None) -> list[Outcome]:
    """Who is new. The same person again further down in the list is here already as well."""
    index = blind_index()
    marks = [index.marks(_ways(row)) for row in rows]
    known_by = index.known_by([mark for each in marks for mark in each])
    earlier: set[tuple[str, Mark]] = set()
    outcomes = []
    for row, own in zip(rows, marks, strict=True):
        _still_here(waiting)
        others = sorted({id for mark in own for id in known_by.get(mark, ())})
        here = next((id for id in others if _is_called(id, row.name)), None)
        keys = {(normal_name(row.name), mark) for mark in own}
        double = here is not None or bool(keys & earlier)
        outcomes.append(Outcome(row.number, row.name, "here-already" if double else "new", here))
        earlier |= keys
    return outcomes


def _still_here(db: Transaction | None) -> None:
    """The server ends a transaction that is idle for long, and this one waits while other connections are asked."""
    if db:
        db.execute("select 1")


def _is_called(id: UUID, name: str) -> bool:
    """From the stream itself: read models may lag behind an import of a moment ago. A mark without a record is none."""
    state, _ = running().commands.load(Member, id)
    names = {state.received.name, *state.former_names} if state.received else set()
    return normal_name(name) in {normal_name(each) for each in names}


def _ways(row: Row) -> dict[str, str | None]:
    return {"email": row.email, "phone": row.phone, "postal_address": row.postal_address}


def _admit(db: Transaction, admitted: dict[UUID, Row], wanted: dict[str, UUID], context: Context) -> Position | None:
    """Appends everybody at once: one statement, so that nobody can see half of the list."""
    codec, writes = running().codec, []
    for id, row in admitted.items():
        _still_here(db)
        stream = Member.stream(id)
        applied = list(
            Apply(
                name=row.name,
                email=row.email,
                phone=row.phone,
                postal_address=row.postal_address,
                stakeholder_group=row.group,
                also=row.also,
                communities=tuple(wanted[normal_name(name)] for name in row.communities),
            ).decide(Member(), context)
        )
        events: list[Event] = [*applied, *Approve(from_list=True).decide(fold(Member(), applied), context)]
        new = []
        for event in events:
            event_id = uuid7()
            new.append(NewEvent(event_id, *codec.encode(event, event_id, stream)))
        writes.append(Write(stream, 0, tuple(new)))
    return StoreInTransaction(db).append(writes, Metadata.of(context), context.now) if writes else None
