"""Who may do what in membership. What is not here is denied.

`...-own` permissions are for everybody who is signed in; the route itself sees to it that the record is her own.
`communities:lead` is for every member: the route itself sees to it that she facilitates this community.
"""

from shared.identity.identity import Permissions

PERMISSIONS: Permissions = {
    "applications:read": frozenset({"coordinator"}),
    "applications:take": frozenset({"coordinator"}),
    "applications:decide": frozenset({"coordinator"}),
    "members:read": frozenset({"coordinator", "data-protection"}),
    "members:change": frozenset({"coordinator"}),
    "members:import": frozenset({"coordinator"}),
    "members:export": frozenset({"coordinator"}),
    "members:link-account": frozenset({"coordinator"}),
    "members:read-own": frozenset({"signed-in"}),
    "members:change-own": frozenset({"signed-in"}),
    "consents:read-record": frozenset({"data-protection", "coordinator"}),
    "consents:read-members": frozenset({"coordinator"}),
    "directory:read": frozenset({"member"}),
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
    "erasures:ask": frozenset({"data-protection"}),
    "erasures:read": frozenset({"data-protection"}),
    "access-needs:read-own": frozenset({"signed-in"}),
    "access-needs:change-own": frozenset({"signed-in"}),
    "access-needs:read": frozenset({"coordinator"}),
    "access-needs:change": frozenset({"coordinator"}),
    "people:read": frozenset({"coordinator", "operator"}),
    "complaints:take": frozenset({"coordinator", "data-protection"}),
    "complaints:read-own": frozenset({"signed-in"}),
    "complaints:read": frozenset({"data-protection"}),
    "complaints:handle": frozenset({"data-protection"}),
    "rights:request": frozenset({"signed-in"}),
    "rights:read-own": frozenset({"signed-in"}),
    "rights:take": frozenset({"coordinator", "data-protection"}),
    "rights:read": frozenset({"data-protection"}),
    "rights:handle": frozenset({"data-protection"}),
    "safeguarding:raise": frozenset({"signed-in"}),
    "safeguarding:read": frozenset({"safeguarding-lead"}),
    "safeguarding:handle": frozenset({"safeguarding-lead"}),
}
