"""Meetings: planned by a coordinator or facilitator, seen by everybody."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, ValidationError, fields, post_load, validates_schema

from services.meetings.api.known_communities import must_know
from services.meetings.api.viewing import runs, viewer
from services.meetings.domain.meeting import PlanMeeting, Speaker
from services.meetings.projections.replies import replies, reply_of
from services.meetings.projections.upcoming_meetings import MeetingRow, coming_up, meeting, over, upcoming_meetings
from shared.http.authorization import caller, may, needs, public, running
from shared.http.blueprint import Blueprint
from shared.http.changes import change
from shared.http.problems import not_found
from shared.http.reads import PageSchema, one, page, wait_for
from shared.http.schemas import RequestSchema, instant, line, link, paragraphs, whole
from shared.messages.ids import uuid7

blueprint = Blueprint("meetings", "meetings", url_prefix="/v1", description="Meetings")


class When(StrEnum):
    UPCOMING = "upcoming"
    PAST = "past"


class NewSpeakerSchema(RequestSchema):
    name = line(required=True)
    topic = line(300, required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Speaker:
        return Speaker(id=uuid7(), **data)


class NewMeetingSchema(RequestSchema):
    community_id = fields.UUID(required=True)
    title = line(required=True)
    about = paragraphs(required=True)
    starts_at = instant(required=True)
    ends_at = instant(required=True)
    places = whole(
        1,
        1_000,
        load_default=None,
        metadata={"description": "People in all ways together. Only a record with a source may leave it out."},
    )
    venue = line(300, load_default=None)
    online_link = link(load_default=None)
    phone_number = line(40, load_default=None)
    speaker = fields.Nested(NewSpeakerSchema, load_default=None)
    source = link(
        load_default=None,
        metadata={"description": "Where a public meeting can be checked. A meeting in the past needs one."},
    )

    @validates_schema
    def makes_sense(self, data: dict[str, Any], **_: Any) -> None:
        if data["ends_at"] <= data["starts_at"]:
            raise ValidationError("A meeting ends after it starts.", "ends_at")
        if data.get("places") is None and data.get("source") is None:
            raise ValidationError("Say how many people can take part.", "places")


class MeetingSchema(Schema):
    id = fields.UUID()
    community_id = fields.UUID()
    title = fields.String()
    about = fields.String()
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime()
    places = fields.Integer(allow_none=True)
    places_left = fields.Integer(allow_none=True)
    venue = fields.String(allow_none=True)
    speakers = fields.Function(
        lambda row: [{"name": speaker.name, "topic": speaker.topic} for speaker in row.speakers_read()]
    )
    status = fields.Function(lambda row: row.status(running().clock.now()))
    source = fields.String(allow_none=True)
    version = fields.Integer()


class MeetingForMembersSchema(MeetingSchema):
    """With how to join: a link or number that anybody could use is for those who belong."""

    online_link = fields.String(allow_none=True)
    phone_number = fields.String(allow_none=True)


class OneMeetingSchema(MeetingForMembersSchema):
    my_reply = fields.String(allow_none=True)
    run_by_me = fields.Boolean(metadata={"description": "Whether the caller reads what to arrange for who comes."})


class MeetingsQuerySchema(PageSchema):
    community = fields.UUID(load_default=None)
    when = fields.Enum(When, by_value=True, load_default=When.UPCOMING)


@blueprint.route("/meetings")
class Meetings(MethodView):
    @needs("meetings:plan")
    @blueprint.arguments(NewMeetingSchema)
    @blueprint.response(201)
    def post(self, new: dict[str, Any]) -> Response:
        """Plan a meeting, or put a past public one on record with its source."""
        community, speaker = new.pop("community_id"), new.pop("speaker")
        must_know(community)
        id = uuid7()
        return change(
            id,
            PlanMeeting(**new, community=community, speakers=(speaker,) if speaker else ()),
            created=f"/v1/meetings/{id}",
        )

    @public
    @blueprint.arguments(MeetingsQuerySchema, location="query")
    @blueprint.response(200, MeetingForMembersSchema(many=True))
    def get(self, query: dict[str, Any]) -> Response:
        """Meetings to come, the next one first; or past ones, the latest first.

        Those of private and confidential communities are for their members, and for coordinators.
        """
        wait_for(upcoming_meetings)
        found = coming_up if query["when"] is When.UPCOMING else over
        with running().database.transaction() as db:
            rows = found(db, running().clock.now(), query["community"], query["after"], query["limit"], viewer())
        return page(_schema_for_caller(), rows, query["limit"], lambda row: row.id)


@blueprint.route("/meetings/<uuid:meeting_id>")
class OneMeeting(MethodView):
    @public
    @blueprint.response(200, OneMeetingSchema)
    def get(self, meeting_id: UUID) -> Response:
        """One meeting. Members see how to join, and their own reply."""
        wait_for(upcoming_meetings)
        wait_for(replies)
        with running().database.transaction() as db:
            row = meeting(db, meeting_id, viewer())
            if row is None:
                raise not_found("meeting", meeting_id)
            member = caller().member
            mine: dict[str, Any] = {"my_reply": reply_of(db, meeting_id, member)} if member else {}
            mine["run_by_me"] = runs(db, meeting_id)
        return one({**_shown(row), **mine}, row.version)


def _shown(row: MeetingRow) -> dict[str, Any]:
    shown: dict[str, Any] = _schema_for_caller().dump(row)
    return shown


def _schema_for_caller() -> Schema:
    return MeetingForMembersSchema() if may("meetings:read-joining-details") else MeetingSchema()
