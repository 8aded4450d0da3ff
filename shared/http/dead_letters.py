"""`/v1/dead-letters`: what this service could not handle of other services' messages. Every service has it."""

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask.views import MethodView
from marshmallow import Schema, fields

from shared.dead_letters import letters
from shared.dead_letters.at_service import mending_of
from shared.dead_letters.mending import Mended, NoSuchLetter
from shared.dead_letters.shown import details, summary
from shared.http.authorization import caller, needs, running
from shared.http.blueprint import Blueprint
from shared.http.problems import Problem, not_found
from shared.http.reads import PageSchema, one, page
from shared.http.schemas import RequestSchema, line

PERMISSION = "operations:dead-letters"


class HolderSchema(Schema):
    """What holds a stream; `behind` later messages wait for it. `missing` is a version that never came."""

    id = fields.UUID()
    topic = fields.String()
    partition = fields.Integer()
    offset = fields.Integer()
    stream = fields.String(allow_none=True)
    version = fields.Integer(allow_none=True)
    type = fields.String(allow_none=True)
    attempts = fields.Integer()
    parked_at = fields.String()
    behind = fields.Integer()
    missing = fields.Integer(allow_none=True)
    reason = fields.String()


class LetterSchema(Schema):
    """One parked message: its headers, and the shape of its value without any text."""

    id = fields.UUID()
    topic = fields.String()
    partition = fields.Integer()
    offset = fields.Integer()
    stream = fields.String(allow_none=True)
    version = fields.Integer(allow_none=True)
    type = fields.String(allow_none=True)
    attempts = fields.Integer()
    parked_at = fields.String()
    error = fields.String(allow_none=True)
    headers = fields.List(fields.Dict())
    value = fields.Raw(allow_none=True)


class MendedSchema(Schema):
    """How many messages were handled, how many of the stream are still parked, and why the first of them is."""

    handled = fields.Integer()
    left = fields.Integer()
    reason = fields.String(allow_none=True)


class SkipSchema(RequestSchema):
    reason = line(required=True)


def dead_letters_resource() -> Blueprint:
    blueprint = Blueprint(
        "dead-letters", "dead-letters", url_prefix="/v1", description="Messages that could not be handled"
    )

    @blueprint.route("/dead-letters")
    class DeadLetters(MethodView):
        @needs(PERMISSION)
        @blueprint.arguments(PageSchema, location="query")
        @blueprint.response(200, HolderSchema(many=True))
        def get(self, query: dict[str, Any]) -> Response:
            """What holds each held stream."""
            with running().database.transaction() as db:
                found = letters.holders(db, query["after"], query["limit"] + 1)
            rows = [summary(each) for each in found]
            return page(HolderSchema(), rows, query["limit"], lambda row: row["id"])

    @blueprint.route("/dead-letters/<uuid:letter_id>")
    class OneDeadLetter(MethodView):
        @needs(PERMISSION)
        @blueprint.response(200, LetterSchema)
        def get(self, letter_id: UUID) -> Response:
            """One parked message, without the text that it holds."""
            with running().database.transaction() as db:
                letter = letters.one(db, letter_id)
            if letter is None:
                raise not_found("dead letter", letter_id)
            return one(LetterSchema().dump(details(letter)), None)

    @blueprint.route("/dead-letters/<uuid:letter_id>/retry")
    class Retry(MethodView):
        @needs(PERMISSION)
        @blueprint.response(200, MendedSchema)
        def post(self, letter_id: UUID) -> Response:
            """Handle what its stream has parked, in order, in the normal way."""
            try:
                return _answer(mending_of(running()).retry(letter_id))
            except NoSuchLetter:
                raise _gone(letter_id) from None

    @blueprint.route("/dead-letters/<uuid:letter_id>/skip")
    class Skip(MethodView):
        @needs(PERMISSION)
        @blueprint.arguments(SkipSchema)
        @blueprint.response(200, MendedSchema)
        def post(self, skip: dict[str, Any], letter_id: UUID) -> Response:
            """Pass over it for good (or over the missing versions before it), and handle those behind it."""
            try:
                return _answer(mending_of(running()).skip(letter_id, caller().actor, skip["reason"]))
            except NoSuchLetter:
                raise _gone(letter_id) from None

    return blueprint


def _answer(mended: Mended) -> Response:
    response = jsonify(MendedSchema().dump(mended))
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _gone(letter_id: UUID) -> Problem:
    return Problem(
        404, "not-found", f"There is no dead letter with the id {letter_id}. It may have been handled meanwhile."
    )
