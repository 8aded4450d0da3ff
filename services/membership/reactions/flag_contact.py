"""When a letter came back for good because of the address, that contact is flagged: she and coordinators see it."""

from collections.abc import Iterable

from services.membership.contracts.notifications import DeliveryFailed
from services.membership.domain.contact_details import FlagContact
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Do, Reaction, Step

flag_contact = Reaction("flag_contact")


@flag_contact.on(DeliveryFailed)
def _(event: DeliveryFailed, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [Do(event.member, FlagContact(contact=event.contact))] if event.contact else []
