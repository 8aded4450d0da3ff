"""`GET /v1/people/<member>`: what a service knows of a member. Every service has it, so that arrival can be seen."""

from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from shared.http.authorization import needs, running
from shared.http.blueprint import Blueprint
from shared.http.problems import not_found
from shared.http.reads import one, wait_for
from shared.identity import people
from shared.projections.projection import Projection


class KnownSchema(Schema):
    member_id = fields.UUID()
    standing = fields.String()
    communities = fields.List(fields.UUID())
    groups = fields.List(fields.UUID())


def people_resource(projection: Projection) -> Blueprint:
    """The resource over a service's own `people` projection."""
    blueprint = Blueprint("people", "people", url_prefix="/v1", description="What this service knows of people")

    @blueprint.route("/people/<uuid:member_id>")
    class People(MethodView):
        @needs("people:read")
        @blueprint.response(200, KnownSchema)
        def get(self, member_id: UUID) -> Response:
            """What this service knows of a member: standing, communities and groups, no name."""
            wait_for(projection)
            with running().database.transaction() as db:
                found = people.known(db, member_id)
            if found is None:
                raise not_found("person", member_id)
            return one(KnownSchema().dump(found), None)

    return blueprint
