"""Access needs: the list to choose from, and what one member said, shares and looked at.

For herself and for coordinators, who may type what she says on the phone or writes in a letter (Copse-Channel).
"""

from contextlib import suppress
from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, post_load, validate

from services.membership.api.own import own_or
from services.membership.domain.access_needs import (
    AccessNeeds,
    Need,
    SayFirstNeeds,
    SayNeeds,
    ShareNeeds,
    StillRight,
    StopSharing,
)
from services.membership.domain.consenting import GiveConsent, WithdrawConsent
from services.membership.domain.member import TAKING_PART, Standing
from services.membership.domain.needs_list import IN_FORCE, LISTED, VERSION, WORDINGS
from services.membership.domain.purposes import ACCESS_NEEDS
from services.membership.projections.access_needs import access_needs, needs_of, shared_by
from services.membership.projections.members import member
from shared.http.authorization import needs, public, running
from shared.http.blueprint import Blueprint
from shared.http.changes import change, context_of_request
from shared.http.problems import Problem
from shared.http.reads import one, wait_for
from shared.http.schemas import RequestSchema, line, paragraphs
from shared.http.sensitive import note_read
from shared.messages.decisions import Refused

blueprint = Blueprint("access_needs", "access_needs", url_prefix="/v1", description="Access needs")


class NewNeedSchema(RequestSchema):
    code = fields.String(
        required=True, validate=validate.OneOf(list(LISTED), error="Choose from the list: GET /v1/access-needs.")
    )
    detail = line(load_default=None, metadata={"description": "What to arrange, such as which language. Never why."})

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Need:
        return Need(**data)


class NewNeedsSchema(RequestSchema):
    needs = fields.List(
        fields.Nested(NewNeedSchema),
        required=True,
        validate=validate.Length(max=len(LISTED), error="Name each need once."),
    )
    words = paragraphs(
        2_000,
        load_default=None,
        metadata={"description": "In her own words: for coordinators, and shared if she says."},
    )


class SharingSchema(RequestSchema):
    wording = line(20, required=True, metadata={"description": "The version of the wording that she agreed to."})
    words_too = fields.Boolean(load_default=False, metadata={"description": "Whether her own words go along."})


class ListedSchema(Schema):
    code = fields.String()
    text = fields.String()
    arrangement = fields.String(metadata={"description": "What whoever runs a meeting reads."})
    detail = fields.String(allow_none=True, metadata={"description": "What to ask beside it."})
    detail_needed = fields.Boolean()
    ways = fields.List(fields.String(), metadata={"description": "Where it matters; empty: however she takes part."})


class WordingSchema(Schema):
    purpose = fields.String()
    version = fields.String()
    wording = fields.List(fields.String())


class NeedsListSchema(Schema):
    version = fields.String()
    needs = fields.List(fields.Nested(ListedSchema))
    sharing = fields.List(fields.Nested(WordingSchema), metadata={"description": "What is agreed to now."})


class NeedSchema(Schema):
    code = fields.String()
    detail = fields.String(allow_none=True)


class SharedForSchema(WordingSchema):
    words_too = fields.Boolean()
    since = fields.AwareDateTime()


class AccessNeedsSchema(Schema):
    """`needs` is empty and the dates are null for somebody who never said anything (version 0)."""

    needs = fields.List(fields.Nested(NeedSchema))
    words = fields.String(allow_none=True)
    said_at = fields.AwareDateTime(allow_none=True)
    channel = fields.String(allow_none=True)
    checked_at = fields.AwareDateTime(allow_none=True)
    review_due_at = fields.AwareDateTime(allow_none=True)
    review_due = fields.Boolean()
    sharing = fields.List(fields.Nested(SharedForSchema))
    version = fields.Integer()


@blueprint.route("/access-needs")
class NeedsList(MethodView):
    @public
    @blueprint.response(200, NeedsListSchema)
    def get(self) -> Response:
        """What can be chosen, and how sharing it is worded, word for word."""
        offered = [each for each in LISTED.values() if not each.ended]
        return one(
            NeedsListSchema().dump({"version": VERSION, "needs": offered, "sharing": list(IN_FORCE.values())}), None
        )


@blueprint.route("/members/<uuid:member_id>/access-needs")
class NeedsOfOne(MethodView):
    @needs("access-needs:read-own")
    @blueprint.response(200, AccessNeedsSchema)
    def get(self, member_id: UUID) -> Response:
        """What she said, and with whom she shares it: for herself and for coordinators."""
        herself = own_or(member_id, "access-needs:read")
        wait_for(access_needs)
        with running().database.transaction() as db:
            row, shared = needs_of(db, member_id), shared_by(db, member_id)
        if row is None:
            return one(AccessNeedsSchema().dump(_NOTHING), 0)
        if not herself:
            note_read("access-needs", member_id)
        said = row.said_read()
        with_wording = [{**vars(each), "wording": _wording(each.purpose, each.wording)} for each in shared]
        for each, agreed in zip(with_wording, shared, strict=True):
            each["version"] = agreed.wording
        shown = {**vars(row), "needs": said.needs, "words": said.words, "sharing": with_wording}
        return one(AccessNeedsSchema().dump(shown), row.version)

    @needs("access-needs:change-own")
    @blueprint.arguments(NewNeedsSchema)
    @blueprint.response(200)
    def put(self, new: dict[str, Any], member_id: UUID) -> Response:
        """Say all that she needs, in place of what was said before. What to arrange, never why: no condition."""
        own_or(member_id, "access-needs:change")
        _must_be_a_member(member_id)
        wish = {"needs": tuple(new["needs"]), "words": new["words"]}
        first = not _said_before(member_id)
        return change(member_id, SayFirstNeeds(**wish) if first else SayNeeds(**wish), must_match=True)


@blueprint.route("/members/<uuid:member_id>/access-needs/review")
class Review(MethodView):
    @needs("access-needs:change-own")
    @blueprint.arguments(RequestSchema)
    @blueprint.response(200)
    def post(self, _: dict[str, Any], member_id: UUID) -> Response:
        """She looked at it, and it is still right."""
        own_or(member_id, "access-needs:change")
        _must_have_said(member_id)
        return change(member_id, StillRight(), must_match=True)


@blueprint.route("/members/<uuid:member_id>/access-needs/sharing/<purpose>")
class SharingFor(MethodView):
    @needs("access-needs:change-own")
    @blueprint.arguments(SharingSchema)
    @blueprint.response(200)
    def put(self, agreed: dict[str, Any], member_id: UUID, purpose: str) -> Response:
        """Agree that her needs are told for a purpose. From then on changes are told as well."""
        own_or(member_id, "access-needs:change")
        _must_be_a_member(member_id)
        _must_have_said(member_id)
        consent = GiveConsent(purpose=ACCESS_NEEDS, wording=agreed["wording"])
        running().commands.handle(member_id, consent, context_of_request())
        return change(member_id, ShareNeeds(purpose=purpose, **agreed))

    @needs("access-needs:change-own")
    @blueprint.response(200)
    def delete(self, member_id: UUID, purpose: str) -> Response:
        """Stop it. It needs no reason."""
        own_or(member_id, "access-needs:change")
        _must_have_said(member_id)
        stopped = change(member_id, StopSharing(purpose=purpose))
        with suppress(Refused):  # she took the consent itself back before
            running().commands.handle(member_id, WithdrawConsent(purpose=ACCESS_NEEDS), context_of_request())
        return stopped


_NOTHING = {"needs": [], "review_due": False, "sharing": [], "version": 0} | dict.fromkeys(
    ("words", "said_at", "channel", "checked_at", "review_due_at")
)


def _wording(purpose: str, version: str) -> list[str]:
    """The wording that she agreed to, which may be an older one."""
    return next((list(each.wording) for each in WORDINGS if (each.purpose, each.version) == (purpose, version)), [])


def _said_before(member_id: UUID) -> bool:
    """From the stream, not the read model: whether it begins is what the command depends on."""
    return running().commands.load(AccessNeeds, member_id)[1] > 0


def _must_have_said(member_id: UUID) -> None:
    if not _said_before(member_id):
        raise Problem(409, "nothing-said", "Say first what is needed, even if that is nothing.")


def _must_be_a_member(member_id: UUID) -> None:
    with running().database.transaction() as db:
        row = member(db, member_id)
    if row is None or row.standing not in {*TAKING_PART, Standing.PAUSED}:
        raise Problem(409, "not-a-member", "This is not a member, so nothing is arranged for this person.")
