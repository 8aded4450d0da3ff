"""Who may do what in meetings. What is not here is denied.

`arrangements:read` and `arrangements:settle` are for every member: the route itself sees to it that she runs this
meeting, or that the arrangement is her own.
"""

from shared.identity.identity import Permissions
from shared.identity.roles import Lets, Meanings

PERMISSIONS: Permissions = {
    "meetings:plan": frozenset({"coordinator", "facilitator"}),
    "meetings:read-all": frozenset({"coordinator"}),
    "meetings:read-joining-details": frozenset({"member", "coordinator", "facilitator"}),
    "replies:send": frozenset({"member"}),
    "replies:read": frozenset({"coordinator", "facilitator"}),
    "arrangements:read": frozenset({"member", "coordinator"}),
    "arrangements:read-all": frozenset({"coordinator"}),
    "arrangements:read-own": frozenset({"member"}),
    "arrangements:settle": frozenset({"member", "coordinator"}),
    "priorities:publish": frozenset({"coordinator"}),
    "people:read": frozenset({"coordinator", "operator"}),
}

MEANINGS: Meanings = {
    "meetings:plan": Lets("Plan a meeting, or put a past public one on record."),
    "meetings:read-all": Lets("See the meetings of private and confidential communities without belonging to them."),
    "meetings:read-joining-details": Lets("See the link and the number by which a meeting is joined."),
    "replies:send": Lets("Say whether and how one takes part in a meeting.", "the meeting is there for her"),
    "replies:read": Lets("See who replied what to a meeting.", "the meeting is there for her"),
    "arrangements:read": Lets(
        "See what is to be arranged at a meeting, person by person, and say that it is arranged.",
        "she facilitates its community, planned it and may still plan meetings, or has arrangements:read-all",
    ),
    "arrangements:read-all": Lets("See and settle what is to be arranged at every meeting."),
    "arrangements:read-own": Lets("See what is arranged for oneself."),
    "arrangements:settle": Lets(
        "Say that an arrangement was met or not met, and why.",
        "it is made for her, or she runs the meeting (as for arrangements:read)",
    ),
    "priorities:publish": Lets("Publish what a community agreed to matter most."),
    "people:read": Lets("See what this service knows of a member: standing and groups, no name."),
}
