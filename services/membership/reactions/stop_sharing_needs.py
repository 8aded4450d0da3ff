"""When somebody takes the consent back, leaves or is erased, her needs are shared no more.

A break is no end: meetings arrange nothing for who takes one, and what she agreed to holds when she comes back.
"""

from collections.abc import Iterable

from services.membership.domain.access_needs import AccessNeedsShared, StopSharing
from services.membership.domain.member import ConsentWithdrawn, MemberErased, MemberLeft
from services.membership.domain.needs_list import IN_FORCE
from services.membership.domain.purposes import ACCESS_NEEDS
from shared.database.pool import Transaction
from shared.identity.people import person
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Do, Reaction, Step

stop_sharing_needs = Reaction("stop_sharing_needs")


@stop_sharing_needs.on(MemberLeft)
def _left(event: MemberLeft, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return stops(recorded)


@stop_sharing_needs.on(MemberErased)
def _erased(event: MemberErased, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return stops(recorded)


@stop_sharing_needs.on(ConsentWithdrawn)
def _taken_back(event: ConsentWithdrawn, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return stops(recorded) if event.purpose == ACCESS_NEEDS else []


@stop_sharing_needs.on(AccessNeedsShared)
def _late(event: AccessNeedsShared, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    """What was on its way when she left ends too."""
    known = person(db, recorded.id)
    return stops(recorded) if known and known.standing in ("left", "erased") else []


def stops(recorded: Recorded) -> list[Step]:
    """For every purpose. Who never shared anything is refused, and nothing is lost."""
    return [Do(recorded.id, StopSharing(purpose=purpose)) for purpose in IN_FORCE]
