"""Reviews: sent by those who said yes, released to the researcher by a coordinator."""

from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from flask_smorest import Blueprint

from services.ppi.api.relations import calling_member, must_have_part_in
from services.ppi.domain.support_request import ReleaseReviews, SendReview
from shared.http.authorization import needs
from shared.http.changes import change
from shared.http.schemas import RequestSchema, paragraphs

blueprint = Blueprint("reviews", "reviews", url_prefix="/v1", description="Reviews by members")


class NewReviewSchema(RequestSchema):
    text = paragraphs(20_000, required=True)


@blueprint.route("/support-requests/<uuid:request_id>/reviews")
class Reviews(MethodView):
    @needs("reviews:send")
    @blueprint.arguments(NewReviewSchema)
    @blueprint.response(201)
    def post(self, new: dict[str, Any], request_id: UUID) -> Response:
        """Hand in the review. The coordinator reads it first; the researcher gets it without the name."""
        must_have_part_in(request_id)
        return change(
            request_id,
            SendReview(member=calling_member(), **new),
            created=f"/v1/support-requests/{request_id}",
        )


@blueprint.route("/support-requests/<uuid:request_id>/release")
class Release(MethodView):
    @needs("reviews:release")
    @blueprint.arguments(RequestSchema)
    @blueprint.response(200)
    def post(self, _: dict[str, Any], request_id: UUID) -> Response:
        """Let the researcher read the reviews. The reviewers have earned their fee; the researcher owes an answer."""
        return change(request_id, ReleaseReviews(), must_match=True)
