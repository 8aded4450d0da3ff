"""What is to be arranged for those who come: the list for who runs a meeting, everybody's own, and what came of it.

Whoever runs a meeting reads what to arrange, with the name, and nothing else of what a member told of herself. That is
the facilitators of its community, the member who planned it, and coordinators.
"""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from services.meetings.api.viewing import READ_ALL, runs, viewer
from services.meetings.domain.arrangements import Progress, SayArranged, SayMet, SayNotMet
from services.meetings.projections.arrangements import (
    ArrangementRow,
    arranged_for,
    arrangement,
    arrangements,
    to_arrange,
)
from services.meetings.projections.hosts import hosts
from services.meetings.projections.upcoming_meetings import meeting, upcoming_meetings
from shared.http.authorization import caller, needs, require, running
from shared.http.blueprint import Blueprint
from shared.http.changes import change
from shared.http.problems import not_found
from shared.http.reads import PageSchema, page, wait_for
from shared.http.schemas import RequestSchema, paragraphs
from shared.http.sensitive import note_read
from shared.messages.events import MemberId

blueprint = Blueprint("arrangements", "arrangements", url_prefix="/v1", description="What to arrange for who comes")

UNMET = [Progress.FLAGGED, Progress.NOT_MET]


class ArrangementsQuerySchema(PageSchema):
    unmet = fields.Boolean(
        load_default=False, metadata={"description": "Only what is not arranged yet, or cannot be, or was not met."}
    )


class NoteSchema(RequestSchema):
    note = paragraphs(500, load_default=None, metadata={"description": "How it is arranged. She reads it."})


class ReasonSchema(RequestSchema):
    reason = paragraphs(500, required=True, metadata={"description": "Why it is not. She reads it."})


class OwnArrangementSchema(Schema):
    id = fields.UUID()
    meeting_id = fields.UUID()
    meeting_starts_at = fields.AwareDateTime(attribute="starts_at")
    arrangement = fields.String()
    detail = fields.String(allow_none=True)
    progress = fields.String(metadata={"description": "flagged, arranged, met or not-met"})
    note = fields.String(allow_none=True, metadata={"description": "How it is arranged, or why it is not met."})
    since = fields.AwareDateTime()


class ArrangementSchema(OwnArrangementSchema):
    member_id = fields.UUID()
    name = fields.Function(lambda row: row.name or "A member")
    reply = fields.String(allow_none=True)
    words = fields.String(allow_none=True, metadata={"description": "Her own, only when she shares them too."})


@blueprint.route("/meetings/<uuid:meeting_id>/arrangements")
class ArrangementsAtMeeting(MethodView):
    @needs("arrangements:read")
    @blueprint.arguments(ArrangementsQuerySchema, location="query")
    @blueprint.response(200, ArrangementSchema(many=True))
    def get(self, query: dict[str, Any], meeting_id: UUID) -> Response:
        """What is to be arranged at a meeting, person by person: for those who run it."""
        wait_for(upcoming_meetings)
        wait_for(hosts)
        wait_for(arrangements)
        progress = [str(each) for each in UNMET] if query["unmet"] else None
        with running().database.transaction() as db:
            if meeting(db, meeting_id, viewer()) is None:
                raise not_found("meeting", meeting_id)
            if not runs(db, meeting_id):
                require(READ_ALL)
            rows = to_arrange(db, meeting_id, progress, query["after"], query["limit"])
        _note(rows[: query["limit"]])
        return page(ArrangementSchema(), rows, query["limit"], lambda row: row.id)


@blueprint.route("/arrangements")
class OwnArrangements(MethodView):
    @needs("arrangements:read-own")
    @blueprint.arguments(PageSchema, location="query")
    @blueprint.response(200, OwnArrangementSchema(many=True))
    def get(self, query: dict[str, Any]) -> Response:
        """What is arranged for the caller herself, the latest meeting first."""
        wait_for(arrangements)
        member = cast(MemberId, caller().member)  # granted to members alone
        with running().database.transaction() as db:
            rows = arranged_for(db, member, query["after"], query["limit"])
        _note(rows[: query["limit"]])
        return page(OwnArrangementSchema(), rows, query["limit"], lambda row: row.id)


@blueprint.route("/arrangements/<uuid:arrangement_id>/arranged")
class Arranged(MethodView):
    @needs("arrangements:read")
    @blueprint.arguments(NoteSchema)
    @blueprint.response(200)
    def post(self, said: dict[str, Any], arrangement_id: UUID) -> Response:
        """Say that it is arranged, and how. She is told."""
        row = _settled_by_who_runs_it(arrangement_id)
        return change(row.member_id, SayArranged(meeting=row.meeting_id, arrangement=row.id, **said))


@blueprint.route("/arrangements/<uuid:arrangement_id>/met")
class Met(MethodView):
    @needs("arrangements:settle")
    @blueprint.arguments(RequestSchema)
    @blueprint.response(200)
    def post(self, _: dict[str, Any], arrangement_id: UUID) -> Response:
        """Say that it was there and was right: she herself, or who ran the meeting. A later word replaces it."""
        row = _hers_or_settled(arrangement_id)
        return change(row.member_id, SayMet(meeting=row.meeting_id, arrangement=row.id))


@blueprint.route("/arrangements/<uuid:arrangement_id>/not-met")
class NotMet(MethodView):
    @needs("arrangements:settle")
    @blueprint.arguments(ReasonSchema)
    @blueprint.response(200)
    def post(self, said: dict[str, Any], arrangement_id: UUID) -> Response:
        """Say that it cannot be arranged, or that it was not there or not right, and why."""
        row = _hers_or_settled(arrangement_id)
        mine = row.member_id == caller().member
        return change(row.member_id, SayNotMet(meeting=row.meeting_id, arrangement=row.id, by_herself=mine, **said))


def _note(rows: Sequence[ArrangementRow]) -> None:
    """What is to be arranged may tell of health: who sees it of others is written down."""
    note_read("arrangements", *(row.member_id for row in rows))


def _hers_or_settled(id: UUID) -> ArrangementRow:
    row = _known(id)
    return row if row.member_id == caller().member else _settled_by_who_runs_it(id)


def _settled_by_who_runs_it(id: UUID) -> ArrangementRow:
    """404 for everybody else: that there is something to arrange is not for them to know."""
    row = _known(id)
    with running().database.transaction() as db:
        if not runs(db, row.meeting_id):
            raise not_found("arrangement", id)
    return row


def _known(id: UUID) -> ArrangementRow:
    wait_for(arrangements)
    wait_for(hosts)
    with running().database.transaction() as db:
        row = arrangement(db, id)
    if row is None:
        raise not_found("arrangement", id)
    return row
