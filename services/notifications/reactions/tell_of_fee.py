"""When a fee is earned, the payee is told how much and for what."""

from collections.abc import Iterable

from services.notifications.channels import to_tell
from services.notifications.contracts.ppi import ClaimAccrued
from services.notifications.domain.delivery import Kind
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Reaction, Step

tell_of_fee = Reaction("tell_of_fee")


@tell_of_fee.on(ClaimAccrued)
def _(event: ClaimAccrued, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [to_tell(db, event.payee, Kind.CLAIM_ACCRUED, claim=recorded.id)]
