"""When the researcher says what she changed, every reviewer hears of it: nobody gives her view into the void."""

from collections.abc import Iterable

from services.notifications.channels import to_tell
from services.notifications.contracts.ppi import ResponseGiven
from services.notifications.domain.delivery import Kind
from services.notifications.projections.support_requests import support_request
from shared.database.pool import Transaction
from shared.messages.events import MemberId
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Reaction, Step

tell_what_changed = Reaction("tell_what_changed")


@tell_what_changed.on(ResponseGiven)
def _(event: ResponseGiven, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    request = support_request(db, recorded.id)
    reviewers = request.reviewers if request else []
    return [to_tell(db, MemberId(each), Kind.WHAT_WE_CHANGED, request=recorded.id) for each in reviewers]
