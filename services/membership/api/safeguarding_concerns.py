"""Safeguarding concerns: anybody who is signed in tells, and only safeguarding leads read."""

from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from services.membership.api.history import HistoryEntrySchema, history
from services.membership.domain.safeguarding_concern import (
    CloseConcern,
    NoteOnConcern,
    RaiseConcern,
    ReferConcern,
    SafeguardingConcern,
    SupportConcern,
    TakeUpConcern,
)
from services.membership.projections.safeguarding_concerns import (
    concern,
    concerns,
    concerns_told_by,
    safeguarding_concerns,
)
from shared.http.authorization import caller, needs, running
from shared.http.blueprint import Blueprint
from shared.http.changes import change
from shared.http.problems import not_found
from shared.http.reads import PageSchema, one, page, wait_for
from shared.http.schemas import RequestSchema, line, paragraphs
from shared.http.sensitive import note_read
from shared.messages.ids import uuid7

blueprint = Blueprint("safeguarding", "safeguarding", url_prefix="/v1", description="Safeguarding concerns")

_TEXTS = ("what", "about", "reach", "told_by", "to", "note")


class NewConcernSchema(RequestSchema):
    what = paragraphs(required=True, metadata={"description": "What worries you."})
    about = line(load_default=None, metadata={"description": "Who may be harmed, as far as is known."})
    reach = line(500, load_default=None, metadata={"description": "How and when it is safe to reach who tells this."})
    told_by = line(load_default=None, metadata={"description": "Who told it, where somebody else writes it down."})


class ReceivedSchema(Schema):
    id = fields.UUID()
    raised_at = fields.AwareDateTime()


class ConcernSchema(Schema):
    id = fields.UUID()
    status = fields.String()
    raised_at = fields.AwareDateTime()
    since = fields.AwareDateTime()
    channel = fields.String()
    version = fields.Integer()


class OneConcernSchema(ConcernSchema):
    history = fields.List(fields.Nested(HistoryEntrySchema))


class NoteSchema(RequestSchema):
    note = paragraphs(required=True)


class ReferralSchema(RequestSchema):
    to = line(required=True)
    note = paragraphs(load_default=None)


@blueprint.route("/safeguarding-concerns")
class Concerns(MethodView):
    @needs("safeguarding:raise")
    @blueprint.arguments(NewConcernSchema)
    @blueprint.response(201)
    def post(self, new: dict[str, Any]) -> Response:
        """Tell the safeguarding leads that you worry about somebody's safety. Nobody else reads it."""
        id, me = uuid7(), caller()
        return change(
            id, RaiseConcern(**new, raised_by=me.member, account=me.account), created="/v1/my-safeguarding-concerns"
        )

    @needs("safeguarding:read")
    @blueprint.arguments(PageSchema, location="query")
    @blueprint.response(200, ConcernSchema(many=True))
    def get(self, query: dict[str, Any]) -> Response:
        """All concerns, oldest first, without what they say: for safeguarding leads."""
        wait_for(safeguarding_concerns)
        with running().database.transaction() as db:
            rows = concerns(db, query["after"], query["limit"])
        return page(ConcernSchema(), rows, query["limit"], lambda row: row.id)


@blueprint.route("/my-safeguarding-concerns")
class MyConcerns(MethodView):
    @needs("safeguarding:raise")
    @blueprint.response(200, ReceivedSchema(many=True))
    def get(self) -> Response:
        """What the caller told, and when it was received: no more than that."""
        wait_for(safeguarding_concerns)
        account = caller().account
        with running().database.transaction() as db:
            rows = concerns_told_by(db, account) if account else []
        return page(ReceivedSchema(), rows, len(rows), lambda row: row.id)


@blueprint.route("/safeguarding-concerns/<uuid:concern_id>")
class OneConcern(MethodView):
    @needs("safeguarding:read")
    @blueprint.response(200, OneConcernSchema)
    def get(self, concern_id: UUID) -> Response:
        """A concern with all that was written about it: for safeguarding leads. Each read is noted."""
        wait_for(safeguarding_concerns)
        with running().database.transaction() as db:
            row = concern(db, concern_id)
        if row is None:
            raise not_found("safeguarding concern", concern_id)
        note_read("safeguarding-concern", concern_id)
        entries = history(SafeguardingConcern.stream(concern_id), _TEXTS)
        body = {
            **ConcernSchema().dump(row),
            "history": HistoryEntrySchema(many=True).dump(entries),
            "version": len(entries),
        }
        return one(body, len(entries))


def _step(name: str, schema: type[RequestSchema], command: type[Any], says: str) -> None:
    """`POST /v1/safeguarding-concerns/<id>/<name>`: one of the steps that a lead takes."""

    @blueprint.route(f"/safeguarding-concerns/<uuid:concern_id>/{name}", endpoint=f"concern-{name}")
    class Step(MethodView):
        @needs("safeguarding:handle")
        @blueprint.arguments(schema)
        @blueprint.response(200)
        def post(self, said: dict[str, Any], concern_id: UUID) -> Response:
            return change(concern_id, command(**said), must_match=True)

        post.__doc__ = says


_step("review", RequestSchema, TakeUpConcern, "Take it up, as a lead.")
_step("notes", NoteSchema, NoteOnConcern, "Write down what was learnt or done.")
_step("referral", ReferralSchema, ReferConcern, "Hand it to those who must act.")
_step("support", NoteSchema, SupportConcern, "Say how the people concerned are supported here.")
_step("closure", NoteSchema, CloseConcern, "End it, with what came of it.")
