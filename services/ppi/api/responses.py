"""Responses: the researcher tells the reviewers what changed because of them."""

from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from flask_smorest import Blueprint

from services.ppi.api.relations import calling_member, must_have_part_in
from services.ppi.domain.support_request import GiveResponse
from shared.http.authorization import needs
from shared.http.changes import change
from shared.http.schemas import RequestSchema, paragraphs

blueprint = Blueprint("responses", "responses", url_prefix="/v1", description="What we changed")


class NewResponseSchema(RequestSchema):
    what_we_changed = paragraphs(10_000, required=True)


@blueprint.route("/support-requests/<uuid:request_id>/response")
class ResponseToReviewers(MethodView):
    @needs("responses:give")
    @blueprint.arguments(NewResponseSchema)
    @blueprint.response(201)
    def post(self, new: dict[str, Any], request_id: UUID) -> Response:
        """Say what changed, and what did not and why. The reviewers get it, and the request closes."""
        must_have_part_in(request_id)
        return change(
            request_id,
            GiveResponse(member=calling_member(), **new),
            created=f"/v1/support-requests/{request_id}",
        )
