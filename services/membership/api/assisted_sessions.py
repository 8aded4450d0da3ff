"""Assisted sessions: a coordinator opens one, acts in it for a member (Copse-On-Behalf-Of), ends it; the register."""

from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from services.membership.domain.assisted_session import AssistedSession, EndSession, IdentityCheck, OpenSession
from services.membership.domain.being_helped import MustAcceptHelp
from services.membership.projections.assisted_sessions import (
    SessionRow,
    assisted_sessions,
    open_of,
    session,
    sessions,
)
from services.membership.projections.members import members
from shared.http.authorization import caller, may, needs, running
from shared.http.blueprint import Blueprint
from shared.http.changes import change
from shared.http.problems import Problem, not_found
from shared.http.reads import PageSchema, one, page, wait_for
from shared.http.schemas import RequestSchema, line
from shared.messages.decisions import Channel
from shared.messages.events import MemberId
from shared.messages.ids import uuid7

blueprint = Blueprint("assisted-sessions", "assisted-sessions", url_prefix="/v1", description="Acting for a member")


class NewSessionSchema(RequestSchema):
    member_id = fields.UUID(required=True)
    reason = line(500, required=True, metadata={"description": "What she asked for, in a few words."})
    channel = fields.Enum(Channel, by_value=True, required=True, metadata={"description": "How she asked. Not `web`."})
    checked = fields.Enum(
        IdentityCheck, by_value=True, required=True, metadata={"description": "How you know that it was she."}
    )


class SessionSchema(Schema):
    id = fields.UUID()
    member_id = fields.UUID()
    member_name = fields.String(allow_none=True)
    opened_by = fields.String(metadata={"description": "The coordinator as events name her."})
    opened_by_name = fields.String(allow_none=True)
    channel = fields.String()
    checked = fields.String()
    reason = fields.String()
    opened_at = fields.AwareDateTime()
    closes_at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)
    because = fields.String(allow_none=True, metadata={"description": "Why it ended."})
    version = fields.Integer()


@blueprint.route("/assisted-sessions")
class Sessions(MethodView):
    @needs("assisted-sessions:open")
    @blueprint.arguments(NewSessionSchema)
    @blueprint.response(201)
    def post(self, new: dict[str, Any]) -> Response:
        """Begin to act for a member who asked for it, for half an hour. One at a time."""
        account = _account()
        _none_is_open(account)
        id, member = uuid7(), MemberId(new["member_id"])
        return change(
            id,
            OpenSession(
                member=member, account=account, reason=new["reason"], channel=new["channel"], checked=new["checked"]
            ),
            also=[(member, MustAcceptHelp(account=account))],
            created=f"/v1/assisted-sessions/{id}",
            answer=lambda after: {"id": str(id), "closes_at": after.closes_at.isoformat()},
        )

    @needs("assisted-sessions:read")
    @blueprint.arguments(PageSchema, location="query")
    @blueprint.response(200, SessionSchema(many=True))
    def get(self, query: dict[str, Any]) -> Response:
        """The register, the newest first: a coordinator's own sessions; all of them for data protection."""
        wait_for(assisted_sessions)
        wait_for(members)
        whose = None if may("assisted-sessions:read-all") else _account()
        with running().database.transaction() as db:
            rows = sessions(db, whose, query["after"], query["limit"])
        return page(SessionSchema(), rows, query["limit"], lambda row: row.id)


@blueprint.route("/assisted-sessions/<uuid:session_id>")
class OneSession(MethodView):
    @needs("assisted-sessions:read")
    @blueprint.response(200, SessionSchema)
    def get(self, session_id: UUID) -> Response:
        """One session: for the coordinator who opened it and for data protection."""
        wait_for(assisted_sessions)
        wait_for(members)
        with running().database.transaction() as db:
            row = session(db, session_id)
        if row is None or not _sees(row):
            raise not_found("assisted session", session_id)
        return one(SessionSchema().dump(row), row.version)


@blueprint.route("/assisted-sessions/<uuid:session_id>/end")
class End(MethodView):
    @needs("assisted-sessions:open")
    @blueprint.arguments(RequestSchema)
    @blueprint.response(200)
    def post(self, _: dict[str, Any], session_id: UUID) -> Response:
        """Stop acting for her. The member is told what was done."""
        state, _version = running().commands.load(AssistedSession, session_id)
        if state.opened is None or state.opened.account != _account():
            raise not_found("assisted session", session_id)
        return change(session_id, EndSession())


def _account() -> UUID:
    """The caller's own sign-in: nobody opens a session while she acts for somebody."""
    account = caller().account
    if account is None:
        raise Problem(403, "acting", "You act for somebody. End that session first.")
    return account


def _none_is_open(account: UUID) -> None:
    wait_for(assisted_sessions)
    now = running().clock.now()
    with running().database.transaction() as db:
        rows = [session(db, id) for id in open_of(db, account)]
    if any(row and row.closes_at > now for row in rows):
        raise Problem(409, "already-acting", "You act for somebody already. End that session first, then open another.")


def _sees(row: SessionRow) -> bool:
    return may("assisted-sessions:read-all") or row.account == caller().account
