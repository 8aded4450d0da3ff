"""When a member is approved, she is welcomed; who came with a list that was brought in, with words of her own."""

from collections.abc import Iterable

from services.notifications.channels import to_tell
from services.notifications.contracts.membership import MemberApproved
from services.notifications.domain.delivery import Kind
from shared.database.pool import Transaction
from shared.messages.events import MemberId
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Reaction, Step

welcome_member = Reaction("welcome_member")


@welcome_member.on(MemberApproved)
def _(event: MemberApproved, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [to_tell(db, MemberId(recorded.id), Kind.WELCOME_FROM_LIST if event.from_list else Kind.WELCOME)]
