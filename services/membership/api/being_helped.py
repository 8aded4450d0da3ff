"""Whether a member accepts help, and how she takes her record over with a sign-in of her own."""

import secrets
from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from services.membership.api.own import own_or
from services.membership.domain.being_helped import AcceptHelp, InviteAccount, RefuseHelp, TakeOver
from services.membership.projections.assisted_sessions import assisted_sessions, member_invited_by, refuses_help
from services.membership.projections.members import member_of_account, members
from shared.http.authorization import caller, needs, running
from shared.http.blueprint import Blueprint
from shared.http.changes import change
from shared.http.problems import Problem
from shared.http.reads import one, wait_for
from shared.http.schemas import RequestSchema, line

blueprint = Blueprint("being-helped", "being-helped", url_prefix="/v1", description="Help by a coordinator")

_LETTERS = "BCDFGHJKLMNPQRSTVWXZ23456789"
"""Nothing that is mistaken for another in print or on the phone, and no words."""
_GROUPS, _LETTERS_IN_ONE = 4, 4


class HelpSchema(RequestSchema):
    accepted = fields.Boolean(required=True)


class HelpShownSchema(Schema):
    accepted = fields.Boolean()


class TakeOverSchema(RequestSchema):
    code = line(40, required=True)


class InvitationSchema(Schema):
    id = fields.UUID()
    code = fields.String(metadata={"description": "Shown this once: only a digest of it is kept."})
    until = fields.AwareDateTime()


@blueprint.route("/members/<uuid:member_id>/help")
class Help(MethodView):
    @needs("members:read-own")
    @blueprint.response(200, HelpShownSchema)
    def get(self, member_id: UUID) -> Response:
        """Whether a coordinator may act for her when she asks."""
        own_or(member_id, "members:read")
        wait_for(assisted_sessions)
        with running().database.transaction() as db:
            return one({"accepted": not refuses_help(db, member_id)}, None)

    @needs("members:change-own")
    @blueprint.arguments(HelpSchema)
    @blueprint.response(200)
    def put(self, wish: dict[str, Any], member_id: UUID) -> Response:
        """Say whether a coordinator may act for her: she herself, or a coordinator whom she told."""
        own_or(member_id, "members:change")
        return change(member_id, AcceptHelp() if wish["accepted"] else RefuseHelp())


@blueprint.route("/members/<uuid:member_id>/account-invitation")
class AccountInvitation(MethodView):
    @needs("members:invite-account")
    @blueprint.arguments(RequestSchema)
    @blueprint.response(201, InvitationSchema)
    def post(self, _: dict[str, Any], member_id: UUID) -> Response:
        """A code with which this member takes over her record, once. A new one makes the last one worthless."""
        code = "-".join("".join(secrets.choice(_LETTERS) for _ in range(_LETTERS_IN_ONE)) for _ in range(_GROUPS))
        return change(
            member_id,
            InviteAccount(code=_digest(code)),
            created=f"/v1/members/{member_id}",
            answer=lambda after: {
                "id": str(member_id),
                "code": code,
                "until": after.invited.until.isoformat() if after.invited else None,
            },
        )


@blueprint.route("/me/record")
class Record(MethodView):
    @needs("members:take-over")
    @blueprint.arguments(TakeOverSchema)
    @blueprint.response(200)
    def post(self, body: dict[str, Any]) -> Response:
        """Take over the record that a code was given for: from now on it is the caller's, with its whole history."""
        account = caller().account
        if account is None:
            raise Problem(403, "acting", "You act for somebody. She uses the code with her own sign-in.")
        wait_for(members)
        code = _digest(body["code"])
        with running().database.transaction() as db:
            member_id = member_invited_by(db, code)
            already = member_of_account(db, account)
        if member_id is None:
            raise Problem(409, "code-not-known", "This code is not known, or too old. Ask us for a new one.")
        if already and already.standing not in ("declined", "withdrawn", "left", "erased"):
            raise Problem(409, "has-a-record", "Your sign-in belongs to a member or an application already.")
        return change(member_id, TakeOver(code=code, account=account))


def _digest(code: str) -> UUID:
    """What is kept of a code. Small letters, spaces and hyphens are as they were typed."""
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return running().keyring.pseudonym("account-invitation", plain)
