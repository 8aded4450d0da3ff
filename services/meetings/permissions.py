"""Who may do what in meetings. What is not here is denied.

`arrangements:read` and `arrangements:settle` are for every member: the route itself sees to it that she runs this
meeting, or that the arrangement is her own.
"""

from shared.identity.identity import Permissions

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
