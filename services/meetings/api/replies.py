"""Replies to a meeting: each member's own, and the list for whoever runs it."""

from typing import Any, cast
from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from services.meetings.api.viewing import viewer
from services.meetings.domain.meeting import Answer, Reply
from services.meetings.projections.replies import replies, replies_to
from services.meetings.projections.upcoming_meetings import is_hidden, meeting, upcoming_meetings
from shared.http.authorization import caller, needs, running
from shared.http.blueprint import Blueprint
from shared.http.changes import change
from shared.http.problems import not_found
from shared.http.reads import PageSchema, page, wait_for
from shared.http.schemas import RequestSchema
from shared.messages.events import MemberId

blueprint = Blueprint("replies", "replies", url_prefix="/v1", description="Replies to meetings")


class NewReplySchema(RequestSchema):
    answer = fields.Enum(Answer, by_value=True, required=True)


class RepliedSchema(Schema):
    reply = fields.String(metadata={"description": "in-person, online, by-phone, waiting-list or no"})


class ReplySchema(RepliedSchema):
    member_id = fields.UUID()
    name = fields.Function(lambda row: row.name or "A member")
    replied_at = fields.AwareDateTime()
    channel = fields.String()


@blueprint.route("/meetings/<uuid:meeting_id>/replies")
class Replies(MethodView):
    @needs("replies:send")
    @blueprint.arguments(NewReplySchema)
    @blueprint.response(201, RepliedSchema)
    def post(self, new: dict[str, Any], meeting_id: UUID) -> Response:
        """Say how you take part, or that you cannot come. When the meeting is full, you join its waiting list."""
        member = cast(MemberId, caller().member)  # `replies:send` is granted to members alone
        with running().database.transaction() as db:
            if is_hidden(db, meeting_id, viewer()):
                raise not_found("meeting", meeting_id)
        return change(
            meeting_id,
            Reply(member=member, **new),
            created=f"/v1/meetings/{meeting_id}",
            answer=lambda meeting: {"reply": meeting.reply_of(member)},
        )

    @needs("replies:read")
    @blueprint.arguments(PageSchema, location="query")
    @blueprint.response(200, ReplySchema(many=True))
    def get(self, query: dict[str, Any], meeting_id: UUID) -> Response:
        """Who replied what, in the order of replying."""
        wait_for(upcoming_meetings)
        wait_for(replies)
        with running().database.transaction() as db:
            if meeting(db, meeting_id, viewer()) is None:
                raise not_found("meeting", meeting_id)
            rows = replies_to(db, meeting_id, query["after"], query["limit"])
        return page(ReplySchema(), rows, query["limit"], lambda row: row.member_id)
