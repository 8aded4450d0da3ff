"""Who looks at meetings."""

from services.meetings.projections.upcoming_meetings import Viewer
from shared.http.authorization import caller, may


def viewer() -> Viewer:
    """The caller, as the read model wants to know her."""
    return Viewer(caller().member, may("meetings:read-all"))
