"""Who may do what in notifications. What is not here is denied."""

from shared.identity.identity import Permissions

PERMISSIONS: Permissions = {
    "deliveries:read": frozenset({"coordinator"}),
    "deliveries:read-own": frozenset({"signed-in"}),
    "deliveries:do-by-hand": frozenset({"coordinator"}),
    "people:read": frozenset({"coordinator", "operator"}),
}
