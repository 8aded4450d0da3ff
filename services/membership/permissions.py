"""Who may do what in membership. What is not here is denied.

`...-own` permissions are for everybody who is signed in; the route itself sees to it that the record is her own.
`communities:lead` is for every member: the route itself sees to it that she facilitates this community.
"""

from shared.identity.identity import Permissions

PERMISSIONS: Permissions = {
    "applications:read": frozenset({"coordinator"}),
    "applications:take": frozenset({"coordinator"}),
    "applications:decide": frozenset({"coordinator"}),
    "members:read": frozenset({"coordinator"}),
    "members:change": frozenset({"coordinator"}),
    "members:import": frozenset({"coordinator"}),
    "members:export": frozenset({"coordinator"}),
    "members:link-account": frozenset({"coordinator"}),
    "members:read-own": frozenset({"signed-in"}),
    "members:change-own": frozenset({"signed-in"}),
    "communities:found": frozenset({"coordinator"}),
    "communities:read-all": frozenset({"coordinator"}),
    "communities:add-member": frozenset({"coordinator"}),
    "communities:read-members": frozenset({"coordinator"}),
    "communities:take-part": frozenset({"member", "coordinator"}),
    "communities:lead": frozenset({"member", "coordinator"}),
    "communities:appoint": frozenset({"coordinator"}),
    "communities:note-milestone": frozenset({"coordinator"}),
    "project-groups:take-part": frozenset({"member", "coordinator"}),
    "project-groups:run-any": frozenset({"coordinator"}),
    "assisted-sessions:open": frozenset({"coordinator"}),
    "assisted-sessions:read": frozenset({"coordinator", "data-protection"}),
    "assisted-sessions:read-all": frozenset({"data-protection"}),
    "members:invite-account": frozenset({"coordinator"}),
    "members:take-over": frozenset({"signed-in"}),
    "people:read": frozenset({"coordinator", "operator"}),
}
