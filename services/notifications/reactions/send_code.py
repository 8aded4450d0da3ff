"""When an email address is to be confirmed, a code goes there: to that address alone, whatever way she prefers."""

from collections.abc import Iterable

from services.notifications.contracts.membership import EmailCheckAsked
from services.notifications.domain.delivery import Channel, Kind, QueueDelivery, delivery_id
from shared.database.pool import Transaction
from shared.messages.events import MemberId
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Do, Reaction, Step

send_code = Reaction("send_code")


@send_code.on(EmailCheckAsked)
def _(event: EmailCheckAsked, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    member = MemberId(recorded.id)
    return [
        Do(
            delivery_id(member, Kind.EMAIL_CHECK, occasion=event.check),
            QueueDelivery(
                member=member,
                kind=Kind.EMAIL_CHECK,
                channel=Channel.EMAIL,
                contact=event.contact,
                check=event.check,
            ),
        )
    ]
