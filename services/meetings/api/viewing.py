"""Who looks at meetings, and who runs them."""

from uuid import UUID

from services.meetings.projections.hosts import facilitates, planned
from services.meetings.projections.upcoming_meetings import Viewer
from shared.database.pool import Transaction
from shared.http.authorization import caller, may

READ_ALL = "arrangements:read-all"


def viewer() -> Viewer:
    """The caller, as the read model wants to know her."""
    return Viewer(caller().member, may("meetings:read-all"))


def runs(db: Transaction, meeting: UUID) -> bool:
    """Whether the caller runs a meeting, and so reads what to arrange: by facilitating its community, by having planned
    it (for as long as she may plan meetings at all), or as a coordinator, who looks after all of them."""
    if may(READ_ALL):
        return True
    me = caller().member
    return me is not None and (facilitates(db, me, meeting) or (may("meetings:plan") and planned(db, me, meeting)))
