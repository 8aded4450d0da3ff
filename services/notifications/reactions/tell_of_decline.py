"""When an application is declined, the applicant gets a kind letter with the reason."""

from collections.abc import Iterable

from services.notifications.channels import to_tell
from services.notifications.contracts.membership import ApplicationRefused
from services.notifications.domain.delivery import Kind
from shared.database.pool import Transaction
from shared.messages.events import MemberId
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Reaction, Step

tell_of_decline = Reaction("tell_of_decline")


@tell_of_decline.on(ApplicationRefused)
def _(event: ApplicationRefused, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    """Refusals of before there were letters name nobody: they stay untold."""
    return [to_tell(db, MemberId(recorded.id), Kind.APPLICATION_DECLINED)] if event.name is not None else []
