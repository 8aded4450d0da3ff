"""Who may do what in membership. What is not here is denied.

`...-own` permissions are for everybody who is signed in; the route itself sees to it that the record is her own.
`communities:lead` is for every member: the route itself sees to it that she facilitates this community.
"""

from shared.identity.identity import Permissions
from shared.identity.roles import Lets, Meanings

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
    "assisted-sessions:open": frozenset({"coordinator"}),
    "assisted-sessions:read": frozenset({"coordinator", "data-protection"}),
    "assisted-sessions:read-all": frozenset({"data-protection"}),
    "members:invite-account": frozenset({"coordinator"}),
    "members:take-over": frozenset({"signed-in"}),
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

MEANINGS: Meanings = {
    "applications:read": Lets("See who applied and waits for an answer."),
    "applications:take": Lets("Take down an application from a call, a letter or a conversation."),
    "applications:decide": Lets("Approve or decline an application, or have a conversation first."),
    "members:read": Lets("See everybody who applied or joined, with how to reach them."),
    "members:change": Lets("Do for a member what she may do herself: agree to the ground rules, take a break, leave."),
    "members:import": Lets("Bring in a list of members."),
    "members:export": Lets("Take the list of members out."),
    "members:link-account": Lets("Say which sign-in is a member's."),
    "members:read-own": Lets("See a member's record.", "it is her own, or she has members:read"),
    "members:change-own": Lets(
        "Agree to the ground rules, take a break, come back, leave, withdraw an application.",
        "the record is her own, or she has members:change (applications: applications:decide)",
    ),
    "consents:read-record": Lets("See the wordings of all purposes, and how many consent. Nobody is named."),
    "consents:read-members": Lets(
        "See who consents to a purpose, such as the newsletter.", "the purpose tells nothing of health"
    ),
    "directory:read": Lets(
        "Search the directory, and see roughly how many take part from each group.",
        "each field is shown to her: to all members, or to a community to which both belong",
    ),
    "communities:found": Lets("Begin a community, a working group or a partnership, and say who sees it."),
    "communities:read-all": Lets("See inside every community, the confidential ones too."),
    "communities:add-member": Lets("Let members into any community, and take them out."),
    "communities:read-members": Lets("See who belongs to any community, and who asks to."),
    "communities:take-part": Lets(
        "Join a community or ask to, and leave it.", "she is a member and speaks for herself"
    ),
    "communities:lead": Lets(
        "Describe a community, see its members, let them in, take them out, agree terms, write down training.",
        "she facilitates this community, or has the coordinators' permission for the same",
    ),
    "communities:appoint": Lets(
        "Say who facilitates a community and who no more, and who has which role in a working group."
    ),
    "communities:note-milestone": Lets("Add to a community's story."),
    "project-groups:take-part": Lets(
        "See, propose, join and leave small groups; begin and close one.",
        "she belongs to the community; to begin and close it, she leads the group",
    ),
    "project-groups:run-any": Lets("Begin and close any small group, and take somebody out."),
    "erasures:ask": Lets("Erase somebody for good.", "the person's name, or her id, is typed exactly"),
    "erasures:read": Lets("See what was erased, what is kept and why, and what is left to do by hand."),
    "access-needs:read-own": Lets("See access needs.", "they are her own, or she has access-needs:read"),
    "access-needs:change-own": Lets(
        "Say access needs, look at them again, share them or stop that.",
        "they are her own, or she has access-needs:change",
    ),
    "access-needs:read": Lets("See what any member said that she needs, to arrange it."),
    "access-needs:change": Lets("Write down what a member says that she needs, and with whom it is shared."),
    "assisted-sessions:open": Lets(
        "Begin to act for a member who asked for it, and end it.",
        "the member takes part and has not said that she wants nobody to act for her; to end it, she opened it",
    ),
    "assisted-sessions:read": Lets(
        "See the register of assisted sessions.", "she opened them, or she has assisted-sessions:read-all"
    ),
    "assisted-sessions:read-all": Lets("See everybody's assisted sessions."),
    "members:invite-account": Lets("Make a code with which a member without a sign-in takes over her record."),
    "members:take-over": Lets(
        "Link one's own sign-in to the record that a code was made for.",
        "she has the code, which somebody else made, and no record yet; nobody acts for her just now",
    ),
    "people:read": Lets("See what this service knows of a member: standing and groups, no name."),
    "complaints:take": Lets("Write down a complaint that came by phone or post."),
    "complaints:read-own": Lets("See complaints, with the answers.", "they are her own, or she has complaints:read"),
    "complaints:read": Lets("See every complaint, with what was found out."),
    "complaints:handle": Lets("Acknowledge a complaint, look into it and answer it."),
    "rights:request": Lets(
        "Ask for access, a copy, correction, restriction or erasure, or object; lift a restriction.",
        "it is about her own data, or she has rights:take (to lift: rights:handle)",
    ),
    "rights:read-own": Lets("See requests about data.", "they are her own, or she has rights:read"),
    "rights:take": Lets("Write down a request that came by phone or post, with the day on which it came."),
    "rights:read": Lets("See everybody's requests about data, with notes."),
    "rights:handle": Lets("Check who asks, pause and extend the clock, act on requests and answer them."),
    "safeguarding:raise": Lets("Tell the safeguarding leads of a worry, and see that it was received."),
    "safeguarding:read": Lets("Read safeguarding concerns. Each read is noted."),
    "safeguarding:handle": Lets("Take up, refer, support and close safeguarding concerns."),
}
