"""When a member is approved, her contact details begin with what she gave: she can change each from then on.

The command carries ids and kinds and no text, because it waits in the agenda, which nothing seals.
"""

from collections.abc import Iterable

from services.membership.domain.contact_details import BeginContacts, Begun
from services.membership.domain.member import MemberApproved
from services.membership.projections.contacts import told_with_approval
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Do, Reaction, Step

begin_contacts = Reaction("begin_contacts", from_the_beginning=True)  # also for who was approved before it was there


@begin_contacts.on(MemberApproved)
def _(event: MemberApproved, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    given = tuple(Begun(contact, kind) for contact, kind, _ in told_with_approval(event, recorded.id))
    return [Do(recorded.id, BeginContacts(contacts=given))]
