"""A community that a request names must be one that membership told of."""

from uuid import UUID

from shared.http.authorization import running
from shared.http.problems import FieldError, Problem
from shared.identity.people import community


def must_know(id: UUID) -> None:
    """Raises the 422 problem at `#/community_id` when there is no such community (or it has not arrived yet)."""
    with running().database.statement() as db:
        if community(db, id) is None:
            wrong = FieldError(
                "#/community_id", "There is no such community. Choose from membership's GET /v1/communities."
            )
            raise Problem(422, "invalid", wrong.detail, [wrong])
