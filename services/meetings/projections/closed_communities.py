"""Which communities keep their meetings to themselves, as membership tells: the private and the confidential ones."""

from pathlib import Path
from uuid import UUID

from services.meetings.contracts.membership import CommunityFounded, PrivacyChanged
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

closed_communities = Projection("closed_communities", version=1, tables=Path(__file__).with_suffix(".sql"))

_CLOSED = ("private", "confidential")

SEEN = (
    "(%s or not exists (select from closed_communities c where c.community_id = m.community_id) or exists"
    " (select from people_groups g where g.community_id = m.community_id and g.member_id = %s))"
)
"""A condition on meetings `m`; its two parameters: whether everything is seen, and the member who looks."""


@closed_communities.on(CommunityFounded)
def _(event: CommunityFounded, recorded: Recorded, db: Transaction) -> None:
    _close(db, recorded.id, event.privacy)


@closed_communities.on(PrivacyChanged)
def _(event: PrivacyChanged, recorded: Recorded, db: Transaction) -> None:
    _close(db, recorded.id, event.privacy)


def _close(db: Transaction, community: UUID, privacy: str) -> None:
    if privacy in _CLOSED:
        db.write("insert into closed_communities values (%s) on conflict do nothing", community)
    else:
        db.write("delete from closed_communities where community_id = %s", community)
