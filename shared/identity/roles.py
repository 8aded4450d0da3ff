"""The roles there are, and what a row of a permission table may say in words. All of them, in this one place."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.errors import CannotGoOn
from shared.identity.identity import Permissions

ROLES: Mapping[str, str] = {
    "coordinator": "Holds the community together: decides on applications, plans, asks members to review, releases.",
    "facilitator": "Plans and runs meetings.",
    "researcher": "Brings ideas and asks for support with them; needs a membership as well.",
    "finance": "Sees what is owed to whom, and pays it.",
    "evaluator": "Reads figures and outcomes to tell what the partnership achieves; sees no person.",
    "data-protection": "Answers for people's rights: sees requests about personal data and who read what.",
    "operator": "Looks after the machinery; sees no person.",
    "safeguarding-lead": "Reads safeguarding concerns, which nobody else does.",
}
"""What the identity provider gives, in the claim that OIDC_ROLES_CLAIM names."""

RELATIONS: Mapping[str, str] = {
    "member": "Whoever has an approved membership and takes part now: not on a break, not left, not erased.",
    "signed-in": "Whoever has a valid access token.",
}
"""What the services find out themselves. A table may name them as it names roles."""


@dataclass(frozen=True, slots=True)
class Lets:
    """What a permission lets somebody do. `provided` says what else must be so: where a relation decides."""

    do: str
    provided: str = ""


Meanings = Mapping[str, Lets]
"""Permission -> what it lets somebody do."""

OF_EVERY_SERVICE_MEANS: Meanings = {
    "operations:dead-letters": Lets("See messages that could not be handled, without their text; retry or skip them."),
    "people:export": Lets(
        "Take out all that this service holds of somebody.",
        "it answers her open request for access or portability, and her identity was checked",
    ),
    "people:export-own": Lets(
        "Take out all that this service holds of oneself, also on a break or after leaving.",
        "it is about herself (or she has people:export), and nobody acts for her just now",
    ),
    "sensitive-reads:read": Lets("See who read special-category data of whom, and in which role."),
    "sensitive-reads:read-own": Lets(
        "See in which role special-category data of oneself was read, and when.",
        "they are reads of her own data, or she has sensitive-reads:read",
    ),
    "assisted-sessions:act": Lets(
        "Name an assisted session in the header Copse-On-Behalf-Of, and be that member for this request: with what she"
        " may do, and nothing of what one's own roles allow.",
        "she opened the session herself, it is not over, and the member takes part",
    ),
}


class UnknownRole(CannotGoOn):
    """A permission table names what is neither a role nor a relation: so a typing mistake would deny silently."""


def check_roles(permissions: Permissions) -> None:
    """Raises UnknownRole, with every name that is none."""
    wrong = [
        f"{permission} is granted to “{role}”, which is no role. See shared/identity/roles.py."
        for permission, granted in permissions.items()
        for role in sorted(granted - ROLES.keys() - RELATIONS.keys())
    ]
    if wrong:
        raise UnknownRole("\n".join(wrong))
