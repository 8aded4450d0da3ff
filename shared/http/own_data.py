"""`GET /v1/people/<member>/export`: everything that this service holds of somebody. Every service has it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import RAISE, Schema, fields

from shared.http.authorization import caller, needs, require, running
from shared.http.blueprint import Blueprint
from shared.http.problems import Problem
from shared.http.reads import one
from shared.http.sensitive import ReadSchema, note_read, reads_of, without_reader
from shared.identity.people import whose
from shared.privacy.own_data import Held, held_of

EXPORT, EXPORT_OWN = "people:export", "people:export-own"
_MOST_READS = 10_000


class ExportQuerySchema(Schema):
    class Meta:
        unknown = RAISE

    request = fields.UUID(
        load_default=None,
        metadata={
            "description": "The rights request that it answers. Data protection must name it; its identity is"
            " checked by membership."
        },
    )


class HeldSchema(Schema):
    what_happened = fields.String()
    at = fields.AwareDateTime()
    channel = fields.String()
    by_you = fields.Boolean()
    record = fields.String()
    record_id = fields.UUID()
    data = fields.Dict()


class ExportSchema(Schema):
    service = fields.String()
    title = fields.String()
    member_id = fields.UUID()
    made_at = fields.AwareDateTime()
    events = fields.List(fields.Nested(HeldSchema))
    reads = fields.List(fields.Nested(ReadSchema), metadata={"description": "Who read special-category data of hers."})
    left_out = fields.List(fields.String(), metadata={"description": "What is not in here, and why."})


@dataclass(frozen=True)
class _Export:
    service: str
    title: str
    member_id: UUID
    made_at: Any
    events: list[Held]
    reads: list[Any]
    left_out: list[str]


def own_data_resource() -> Blueprint:
    blueprint = Blueprint("own-data", "own-data", url_prefix="/v1", description="Everything held of one person")

    @blueprint.route("/people/<uuid:member_id>/export")
    class Export(MethodView):
        @needs(EXPORT_OWN)
        @blueprint.arguments(ExportQuerySchema, location="query")
        @blueprint.response(200, ExportSchema)
        def get(self, query: dict[str, Any], member_id: UUID) -> Response:
            """All that this service holds of somebody: for herself, or for the answer to her checked request."""
            if not _is_own(member_id):
                require(EXPORT)
                _must_answer_a_request(query["request"], member_id)
                note_read("export-of-everything", member_id)
            here, service = running(), running().service
            with here.database.transaction() as db:
                reads = [without_reader(each, member_id) for each in reads_of(db, member_id, None, _MOST_READS)]
            held = list(held_of(here.database, member_id, here.keyring.unseal, service.confined))
            left_out = ["Texts about other people: each says “[about somebody else]”."]
            if service.confined:
                left_out.append("What was told to the safeguarding leads. Ask a lead what may be told.")
            whole = _Export(service.name, service.title, member_id, here.clock.now(), held, reads, left_out)
            return one(ExportSchema().dump(whole), None)

    return blueprint


def _is_own(member_id: UUID) -> bool:
    """Of any standing: who takes a break or has left may see what is held of her. Not whoever acts for her."""
    me = caller()
    if me.member == member_id and not me.acting:
        return True
    with running().database.transaction() as db:
        return me.account is not None and whose(db, me.account) == member_id


def _must_answer_a_request(request: UUID | None, member_id: UUID) -> None:
    here = running()
    if request is not None:
        with here.database.transaction() as db:
            if here.service.may_export(db, request, member_id):
                return
    raise Problem(
        403,
        "no-checked-request",
        "This is given out only for an open request for access or portability whose identity was checked. Name it.",
    )
