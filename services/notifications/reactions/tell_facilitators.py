"""When somebody asks to join a community, each of those who lead it is told that an answer is awaited."""

from collections.abc import Iterable

from services.notifications.channels import to_tell
from services.notifications.contracts.membership import JoiningAsked
from services.notifications.domain.delivery import Kind
from services.notifications.projections.facilitators import facilitators_of
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Reaction, Step

tell_facilitators = Reaction("tell_facilitators")


@tell_facilitators.on(JoiningAsked)
def _(event: JoiningAsked, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [
        to_tell(db, each, Kind.JOINING_ASKED, community=recorded.id, occasion=recorded.event_id)
        for each in facilitators_of(db, recorded.id)
        if each != event.member
    ]
