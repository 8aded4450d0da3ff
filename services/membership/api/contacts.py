"""How to reach a member: for herself, and for a coordinator to whom she said it on the phone or in a letter."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.membership.api.own import own_or
from services.membership.api.same_person import blind_index, note
from services.membership.domain.changing_contacts import (
    AddContact,
    AskForCode,
    ChangeContact,
    ChooseFormats,
    ConfirmEmail,
    PreferChannel,
    RemoveContact,
)
from services.membership.domain.contact_details import (
    CHANNELS,
    MOST_ATTEMPTS,
    Channel,
    ContactDetails,
    ContactKind,
    Format,
    kind_of_number,
)
from services.membership.domain.member import TAKING_PART, Member, Standing
from services.membership.domain.naming import CorrectName
from services.membership.projections.contacts import ContactRow, contacts, reached
from shared.http.authorization import needs, running
from shared.http.blueprint import Blueprint
from shared.http.changes import change
from shared.http.problems import FieldError, Problem, not_found
from shared.http.reads import one, wait_for
from shared.http.schemas import RequestSchema, line, paragraphs
from shared.http.sensitive import note_read
from shared.messages.decisions import Command
from shared.messages.ids import uuid7
from shared.privacy.blind_index import normal_phone
from shared.privacy.email_code import code_of, proof_of

blueprint = Blueprint("contacts", "contacts", url_prefix="/v1", description="How to reach a member")

_WAYS = {
    ContactKind.EMAIL: "email",
    ContactKind.MOBILE: "phone",
    ContactKind.PHONE: "phone",
    ContactKind.POST: "postal_address",
}
_LONGEST = {ContactKind.EMAIL: 254, ContactKind.MOBILE: 40, ContactKind.PHONE: 40, ContactKind.POST: 500}


class ContactSchema(Schema):
    id = fields.UUID(attribute="contact_id")
    kind = fields.Enum(ContactKind, by_value=True)
    value = fields.String()
    label = fields.String(allow_none=True)
    channels = fields.List(fields.String(), metadata={"description": "The ways in which letters can go there."})
    usable = fields.Boolean(metadata={"description": "Letters go there. A new email address waits for its code."})
    confirmed = fields.Boolean(metadata={"description": "The code that was sent there came back."})
    from_application = fields.Boolean()
    flagged = fields.Boolean(metadata={"description": "What was sent there came back for good."})
    replaces = fields.UUID(allow_none=True, metadata={"description": "What goes once this one is confirmed."})
    code_until = fields.AwareDateTime(
        attribute="check_until", allow_none=True, metadata={"description": "Until when the code that was sent counts."}
    )


class ContactsSchema(Schema):
    contacts = fields.List(fields.Nested(ContactSchema))
    preferred = fields.UUID(allow_none=True, metadata={"description": "Null: email first, then phone, then post."})
    channel = fields.String(allow_none=True)
    formats = fields.List(fields.String(), metadata={"description": "None: plain standard print."})
    language = fields.String(allow_none=True, metadata={"description": "Null: English."})


class NewContactSchema(RequestSchema):
    kind = fields.Enum(ContactKind, by_value=True, required=True)
    value = paragraphs(500, required=True)
    label = line(60, load_default=None)
    replaces = fields.UUID(load_default=None, metadata={"description": "For email: which address it takes over from."})

    @validates_schema
    def is_what_it_says(self, data: dict[str, Any], **_: Any) -> None:
        kind, value = data.get("kind"), data.get("value")
        if kind and value and (wrong := _mistake(kind, value)):
            raise ValidationError(wrong, "value")


class ChangedContactSchema(RequestSchema):
    value = paragraphs(500, load_default=None, metadata={"description": "For phone numbers and postal addresses."})
    label = line(60, load_default=None, metadata={"description": "Left out: none."})


class PreferredSchema(RequestSchema):
    contact = fields.UUID(required=True)
    channel = fields.Enum(Channel, by_value=True, required=True)


class FormatsSchema(RequestSchema):
    formats = fields.List(fields.Enum(Format, by_value=True), required=True, validate=validate.Length(max=len(Format)))
    language = line(60, load_default=None, metadata={"description": "Left out: English."})


class CodeSchema(RequestSchema):
    code = line(20, required=True)


class ConfirmedSchema(Schema):
    confirmed = fields.Boolean()
    attempts_left = fields.Integer()


class NameSchema(RequestSchema):
    name = line(required=True)


@blueprint.route("/members/<uuid:member_id>/contacts")
class Contacts(MethodView):
    @needs("members:read-own")
    @blueprint.response(200, ContactsSchema)
    def get(self, member_id: UUID) -> Response:
        """How a member is reached, and in which formats she can read: for herself and for coordinators."""
        herself = own_or(member_id, "members:read")
        wait_for(contacts)
        with running().database.transaction() as db:
            found = reached(db, member_id)
        if found is None:
            raise not_found("member", member_id)
        if not herself and (found.wishes.formats or found.wishes.language):
            note_read("formats", member_id)
        shown = {
            **{name: getattr(found.wishes, name) for name in ("preferred", "channel", "formats", "language")},
            "contacts": [_shown(row) for row in found.contacts],
        }
        return one(ContactsSchema().dump(shown), found.wishes.version)

    @needs("members:change-own")
    @blueprint.arguments(NewContactSchema)
    @blueprint.response(201)
    def post(self, wanted: dict[str, Any], member_id: UUID) -> Response:
        """Add a way to be reached. A code goes to a new email address, which is of no other use until it comes back."""
        _own_member(member_id)
        kind, check = _kind(wanted["kind"], wanted["value"]), uuid4()
        note({member_id: {_WAYS[kind]: wanted["value"]}})
        wish = AddContact(**{**wanted, "kind": kind}, contact=uuid7(), check=check, proof=_proof(check))
        return _changed(member_id, wish, created=f"/v1/members/{member_id}/contacts")


@blueprint.route("/members/<uuid:member_id>/contacts/<uuid:contact_id>")
class OneContact(MethodView):
    @needs("members:change-own")
    @blueprint.arguments(ChangedContactSchema)
    @blueprint.response(200)
    def put(self, wanted: dict[str, Any], member_id: UUID, contact_id: UUID) -> Response:
        """Correct a number, a postal address or a label. An email address is replaced: add one that `replaces` it."""
        _own_member(member_id)
        kind, value = None, wanted["value"]
        if value is not None:
            details, _ = running().commands.load(ContactDetails, member_id)
            if contact_id in details.contacts:
                kind = _kind(details.contacts[contact_id].kind, value)
                if wrong := _mistake(kind, value):
                    raise Problem(422, "invalid", "This cannot be stored.", [FieldError("#/value", wrong)])
                note({member_id: {_WAYS[kind]: value}})
        return _changed(member_id, ChangeContact(contact=contact_id, kind=kind, value=value, label=wanted["label"]))

    @needs("members:change-own")
    @blueprint.arguments(RequestSchema)
    @blueprint.response(200)
    def delete(self, _: dict[str, Any], member_id: UUID, contact_id: UUID) -> Response:
        """Take a way to be reached out. The last one stays."""
        _own_member(member_id)
        return _changed(member_id, RemoveContact(contact=contact_id))


@blueprint.route("/members/<uuid:member_id>/contacts/<uuid:contact_id>/code")
class Code(MethodView):
    @needs("members:change-own")
    @blueprint.arguments(RequestSchema)
    @blueprint.response(200)
    def post(self, _: dict[str, Any], member_id: UUID, contact_id: UUID) -> Response:
        """Send a code to an email address, or another one. It counts for a day, and at most five go out in a day."""
        _own_member(member_id)
        check = uuid4()
        return _changed(member_id, AskForCode(contact=contact_id, check=check, proof=_proof(check)), must_match=False)


@blueprint.route("/members/<uuid:member_id>/contacts/<uuid:contact_id>/confirmation")
class Confirmation(MethodView):
    @needs("members:change-own")
    @blueprint.arguments(CodeSchema)
    @blueprint.response(200, ConfirmedSchema)
    def post(self, body: dict[str, Any], member_id: UUID, contact_id: UUID) -> Response:
        """Bring the code back. A wrong one is an answer too, `confirmed` is false then; five of them end the code."""
        _own_member(member_id)
        details, _ = running().commands.load(ContactDetails, member_id)
        contact = details.contacts.get(contact_id)
        check = contact.check if contact else None
        proof = proof_of(running().keyring, check.id, body["code"]) if check else None

        def outcome(after: ContactDetails) -> dict[str, object]:
            there = after.contacts.get(contact_id)
            left = MOST_ATTEMPTS - there.check.failed if there and there.check else 0
            return {"confirmed": bool(there and there.confirmed), "attempts_left": left}

        response = change(member_id, ConfirmEmail(contact=contact_id, proof=proof), answer=outcome)
        _forget_what_is_gone(member_id)
        return response


@blueprint.route("/members/<uuid:member_id>/preferred-contact")
class Preferred(MethodView):
    @needs("members:change-own")
    @blueprint.arguments(PreferredSchema)
    @blueprint.response(200)
    def put(self, wanted: dict[str, Any], member_id: UUID) -> Response:
        """Say by which way letters should come: email, text, phone or post."""
        _own_member(member_id)
        return _changed(member_id, PreferChannel(**wanted))


@blueprint.route("/members/<uuid:member_id>/formats")
class Formats(MethodView):
    @needs("members:change-own")
    @blueprint.arguments(FormatsSchema)
    @blueprint.response(200)
    def put(self, wanted: dict[str, Any], member_id: UUID) -> Response:
        """Say in which formats and language letters can be read. Large print is made here, the others by people."""
        _own_member(member_id)
        wish = ChooseFormats(formats=tuple(dict.fromkeys(wanted["formats"])), language=wanted["language"])
        return _changed(member_id, wish)


@blueprint.route("/members/<uuid:member_id>/name")
class Name(MethodView):
    @needs("members:change-own")
    @blueprint.arguments(NameSchema)
    @blueprint.response(200)
    def put(self, wanted: dict[str, Any], member_id: UUID) -> Response:
        """Put a name right. Every service follows; letters that went out stay as they were."""
        own_or(member_id, "members:change")
        return change(member_id, CorrectName(**wanted), must_match=True)


def _own_member(member_id: UUID) -> None:
    """Raises a problem unless the caller may change this, and it is a member whose details have begun."""
    own_or(member_id, "members:change")
    member, _ = running().commands.load(Member, member_id)
    if member.standing not in TAKING_PART and member.standing is not Standing.PAUSED:
        raise Problem(
            409, "not-a-member", "Contact details are kept for members only. Ask to join, or come back first."
        )


def _changed(
    member_id: UUID, wish: Command[ContactDetails], *, must_match: bool = True, created: str | None = None
) -> Response:
    _, version = running().commands.load(ContactDetails, member_id)
    if not version:  # the reaction to the approval has not come to it yet
        raise Problem(
            503, "not-yet", "This membership is quite new. Try again in a moment.", headers={"Retry-After": "1"}
        )
    try:
        return change(member_id, wish, must_match=must_match, created=created)
    finally:  # what was refused is noted already
        _forget_what_is_gone(member_id)


def _forget_what_is_gone(member_id: UUID) -> None:
    """The blind index knows a person by what she has now, and no longer by a number that she took out.

    From the streams, for the read model may lag. A crash before this leaves a mark too many: a hint that is wrong,
    until her next change.
    """
    here = running()
    member, _ = here.commands.load(Member, member_id)
    details, _ = here.commands.load(ContactDetails, member_id)
    given: Mapping[str, str | None] = {}
    if member.received:
        received = member.received
        given = {"email": received.email, "phone": received.phone, "postal_address": received.postal_address}
    here_now = [
        {way: given.get(way) if contact.value is None else contact.value}
        for contact in details.contacts.values()
        for way in [_WAYS[contact.kind]]
    ]
    blind_index().keep_only(member_id, here_now)


def _proof(check: UUID) -> UUID:
    keyring = running().keyring
    return proof_of(keyring, check, code_of(keyring, check))


def _shown(row: ContactRow) -> dict[str, object]:
    return {
        **{name: getattr(row, name) for name in ContactRow.__slots__},
        "kind": ContactKind(row.kind),
        "channels": list(CHANNELS[ContactKind(row.kind)]) if row.usable else [],
    }


def _kind(said: ContactKind, value: str) -> ContactKind:
    """A number says by itself whether it is a mobile's, unless it is said to be one that we do not know as such."""
    if said is ContactKind.PHONE:
        return kind_of_number(value)
    return said


def _mistake(kind: ContactKind, value: str) -> str | None:
    """What is wrong with a contact of this kind, if anything."""
    if len(value) > _LONGEST[kind]:
        return f"Write at most {_LONGEST[kind]} characters."
    if kind is not ContactKind.POST and "\n" in value:
        return "Write this on one line."
    if kind is ContactKind.EMAIL and not _is_email(value):
        return "Write an email address, such as ann@example.org."
    if kind in (ContactKind.MOBILE, ContactKind.PHONE) and not normal_phone(value):
        return "Write a phone number, such as 01632 960001."
    return None


def _is_email(value: str) -> bool:
    try:
        validate.Email()(value)
    except ValidationError:
        return False
    return True
