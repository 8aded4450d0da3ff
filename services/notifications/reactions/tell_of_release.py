"""When the reviews are released, the researcher is told, and asked what she will change."""

from collections.abc import Iterable

from services.notifications.channels import to_tell
from services.notifications.contracts.ppi import ReviewsReleased
from services.notifications.domain.delivery import Kind
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Reaction, Step

tell_of_release = Reaction("tell_of_release")


@tell_of_release.on(ReviewsReleased)
def _(event: ReviewsReleased, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [to_tell(db, event.requester, Kind.REVIEWS_RELEASED, request=recorded.id)]
