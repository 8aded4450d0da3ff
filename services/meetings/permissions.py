"""Who may do what in meetings. What is not here is denied."""

from shared.identity.identity import Permissions

PERMISSIONS: Permissions = {
    "meetings:plan": frozenset({"coordinator", "facilitator"}),
    "meetings:read-all": frozenset({"coordinator"}),
    "meetings:read-joining-details": frozenset({"member", "coordinator", "facilitator"}),
    "replies:send": frozenset({"member"}),
    "replies:read": frozenset({"coordinator", "facilitator"}),
    "priorities:publish": frozenset({"coordinator"}),
    "people:read": frozenset({"coordinator", "operator"}),
}
