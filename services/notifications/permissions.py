"""Who may do what in notifications. What is not here is denied."""

from shared.identity.identity import Permissions
from shared.identity.roles import Lets, Meanings

PERMISSIONS: Permissions = {
    "deliveries:read": frozenset({"coordinator"}),
    "deliveries:read-own": frozenset({"signed-in"}),
    "deliveries:do-by-hand": frozenset({"coordinator"}),
    "people:read": frozenset({"coordinator", "operator"}),
}

MEANINGS: Meanings = {
    "deliveries:read": Lets("See every letter, with how to reach the member while there is one to send by hand."),
    "deliveries:read-own": Lets("See a letter.", "it is to herself, or she has deliveries:read"),
    "deliveries:do-by-hand": Lets("Say that a letter was posted, or a call made."),
    "people:read": Lets("See what this service knows of a member: standing and groups, no name."),
}
