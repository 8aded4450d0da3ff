"""The members' directory: what each member shows of herself, and the search among those who are shown."""

from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from services.membership.api.own import own_or
from services.membership.domain.directory_entry import (
    Audience,
    BeginEntry,
    DescribeEntry,
    DirectoryEntry,
    DirectoryField,
    EntryField,
)
from services.membership.domain.member import ENDED, WAITING, StakeholderGroup, Standing
from services.membership.projections.communities import communities
from services.membership.projections.directory import Found, directory, directory_row, group_counts, search
from services.membership.projections.members import member
from services.membership.projections.people import people
from shared.http.authorization import caller, needs, running
from shared.http.blueprint import Blueprint
from shared.http.changes import change
from shared.http.problems import Problem, not_found
from shared.http.reads import PageSchema, one, page, wait_for
from shared.http.schemas import RequestSchema, line, paragraphs
from shared.http.sensitive import note_read

blueprint = Blueprint("directory", "directory", url_prefix="/v1", description="The members' directory")

STEP = 5
"""Counts are rounded down to these, and fewer are not told: so nobody is in a count below five, nor can one be worked
out from what the directory lists or from what was told before."""


class _AudienceSchema(RequestSchema):
    audience = fields.Enum(Audience, by_value=True, load_default=Audience.NOBODY)


class _LineSchema(_AudienceSchema):
    text = line(200, load_default=None, allow_none=True)


class _TextSchema(_AudienceSchema):
    text = paragraphs(1_000, load_default=None, allow_none=True)


class EntrySchema(RequestSchema):
    """A field that is left out is empty, and seen by nobody."""

    name = fields.Nested(_LineSchema)
    interests = fields.Nested(_TextSchema)
    expertise = fields.Nested(_TextSchema)
    about = fields.Nested(_TextSchema)
    organisation = fields.Nested(_LineSchema)
    stakeholder_group = fields.Nested(_AudienceSchema)
    contact = fields.Nested(_TextSchema)


class OwnEntrySchema(EntrySchema):
    id = fields.UUID()
    consented = fields.Boolean(metadata={"description": "Whether she consents to be in the directory."})
    stakeholder_groups = fields.List(fields.String(), metadata={"description": "What would be shown as her group."})


class SearchSchema(PageSchema):
    q = fields.String(load_default=None, validate=validate.Length(1, 200, error="Write 1 to 200 characters."))
    group = fields.Enum(StakeholderGroup, by_value=True, load_default=None)


class FoundSchema(Schema):
    """Only what the caller may see: a field that is hidden from her is not there."""

    id = fields.UUID(metadata={"description": "Of the entry. It is not the member's."})
    name = fields.String()
    interests = fields.String()
    expertise = fields.String()
    about = fields.String()
    organisation = fields.String()
    stakeholder_groups = fields.List(fields.String())
    contact = fields.String()


class GroupCountSchema(Schema):
    stakeholder_group = fields.String()
    at_least = fields.Integer(
        allow_none=True, metadata={"description": "How many take part, rounded down to five. Null: fewer than five."}
    )


@blueprint.route("/members/<uuid:member_id>/directory-entry")
class MemberEntry(MethodView):
    @needs("members:read-own")
    @blueprint.response(200, OwnEntrySchema)
    def get(self, member_id: UUID) -> Response:
        """The whole entry, hidden fields too: for her, and for a coordinator who helps her."""
        herself = own_or(member_id, "members:change")
        wait_for(directory)
        entry, version = running().commands.load(DirectoryEntry, member_id)
        with running().database.transaction() as db:
            row = directory_row(db, member_id)
        if row is None:
            raise not_found("member", member_id)
        if not herself:
            note_read("directory-entry", member_id)
        empty = (EntryField(field=each, audience=Audience.NOBODY) for each in DirectoryField)
        shown = {str(each.field): {"text": each.text, "audience": each.audience} for each in (*empty, *entry.fields)}
        if shown[DirectoryField.NAME]["text"] in row.former_names:  # as the directory shows it
            shown[DirectoryField.NAME]["text"] = row.recorded_name
        body = {"id": member_id, "consented": row.consented, "stakeholder_groups": row.stakeholder_groups, **shown}
        return one(OwnEntrySchema().dump(body), version)

    @needs("members:change-own")
    @blueprint.arguments(EntrySchema)
    @blueprint.response(200)
    def put(self, wanted: dict[str, Any], member_id: UUID) -> Response:
        """Say what is shown, field by field, and to whom. Nothing is, until she consents to be in the directory."""
        own_or(member_id, "members:change")
        _must_be_a_member(member_id)
        chosen = tuple(EntryField(field=DirectoryField(name), **said) for name, said in wanted.items())
        _, version = running().commands.load(DirectoryEntry, member_id)
        command = DescribeEntry(fields=chosen) if version else BeginEntry(fields=chosen)
        return change(member_id, command, must_match=True)


@blueprint.route("/directory")
class Directory(MethodView):
    @needs("directory:read")
    @blueprint.arguments(SearchSchema, location="query")
    @blueprint.response(200, FoundSchema(many=True))
    def get(self, query: dict[str, Any]) -> Response:
        """Members who show something to the caller; `q` searches what she sees of them, and nothing else."""
        me = caller().member
        assert me is not None, "directory:read is for members alone"
        _wait()
        with running().database.transaction() as db:
            rows = search(db, me, query["q"], query["group"], query["after"], query["limit"])
        return page(_Shown(), rows, query["limit"], lambda row: row.entry_id)


@blueprint.route("/directory/groups")
class Groups(MethodView):
    @needs("directory:read")
    @blueprint.response(200, GroupCountSchema(many=True))
    def get(self) -> Response:
        """How many take part from each stakeholder group, roughly: no small group is told, and no total."""
        wait_for(directory)
        with running().database.transaction() as db:
            rows = [
                {"stakeholder_group": each.stakeholder_group, "at_least": each.people // STEP * STEP or None}
                for each in group_counts(db)
            ]
        return page(GroupCountSchema(), rows, len(rows), None)


class _Shown(FoundSchema):
    """From a row: what it lacks is left out."""

    def dump(self, obj: Any, *, many: bool | None = None) -> Any:
        return super().dump([_found(each) for each in obj] if many else _found(obj), many=many)


def _found(row: Found) -> dict[str, object]:
    shown: dict[str, object] = {**row.fields_read(), "id": row.entry_id}
    if row.stakeholder_groups:
        shown["stakeholder_groups"] = row.stakeholder_groups
    return shown


def _wait() -> None:
    for projection in (directory, communities, people):
        wait_for(projection)


def _must_be_a_member(member_id: UUID) -> None:
    with running().database.transaction() as db:
        row = member(db, member_id)
    if row is None or Standing(row.standing) in WAITING | ENDED:
        raise Problem(409, "not-a-member", "Only members have an entry in the directory.")
