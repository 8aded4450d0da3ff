"""When a member leaves, she is thanked, and told what happens with what we hold about her."""

from collections.abc import Iterable

from services.notifications.channels import to_tell
from services.notifications.contracts.membership import MemberLeft
from services.notifications.domain.delivery import Kind
from shared.database.pool import Transaction
from shared.messages.events import MemberId
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Reaction, Step

say_goodbye = Reaction("say_goodbye")


@say_goodbye.on(MemberLeft)
def _(event: MemberLeft, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [to_tell(db, MemberId(recorded.id), Kind.GOODBYE)]
