"""Who knocks at the routes, and what is true of each of them. Nothing here looks at the tables under test."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

ROLES = (
    "coordinator",
    "facilitator",
    "researcher",
    "finance",
    "evaluator",
    "data-protection",
    "operator",
    "safeguarding-lead",
)
"""Written down a second time on purpose. And a role that nobody ever granted anything:"""
NO_ROLE_OF_OURS = "gardener"

GRANTED = Path(__file__).with_name("granted")


@dataclass(frozen=True)
class Person:
    """`account` None is somebody without a token. `facts` is what is true of her, as the granted tables name it.

    `session` is the assisted session in which she acts: then it is its member of whom the facts are true.
    """

    name: str
    account: str | None
    roles: tuple[str, ...]
    facts: frozenset[str]
    session: str | None = None

    @classmethod
    def of(cls, account: str, *facts: str, roles: tuple[str, ...] = ()) -> "Person":
        """A person of a world: signed in, with relations to its records."""
        return cls(account, account, roles, frozenset({"everybody", "signed-in", *roles, *facts}))

    def helped_in(self, session: UUID) -> "Person":
        """Somebody with every role, who acts for this member: she may what the member may, and nothing by her roles."""
        facts = self.facts - {*self.roles} | {"acting"}
        return Person(f"{HELPER} for {self.name}", HELPER, ROLES, facts, str(session))


ANYBODY = Person("anybody", None, (), frozenset({"everybody"}))
OUTSIDER, STELLA, HELPER = "outsider", "stella", "helper"
"""Accounts: of nobody; of a member who has no part in any record; and of a coordinator who acts for others."""


def strangers() -> list[Person]:
    """With each role and none: signed in, and as a member. None of them has to do with the records of a world."""
    each: list[tuple[str, ...]] = [(), (NO_ROLE_OF_OURS,), *((role,) for role in ROLES)]
    found = [ANYBODY]
    for roles in each:
        for account, facts in ((OUTSIDER, ()), (STELLA, ("member",))):
            name = f"{'member' if facts else 'signed-in'} {' '.join(roles) or 'without a role'}"
            found.append(Person(name, account, roles, Person.of(account, *facts, roles=roles).facts))
    return found


@dataclass(frozen=True)
class Granted:
    """One row of a granted table: alternatives of facts that must all hold, or must not (`!member`)."""

    may: str
    hidden: str = ""

    def expects(self, person: Person) -> str:
        """`in`, `hidden` (404) or `refused` (401 or 403)."""
        if _holds(self.may, person.facts):
            return "in"
        return "hidden" if _holds(self.hidden, person.facts) else "refused"


def _holds(said: str, facts: frozenset[str]) -> bool:
    return any(
        all((one[1:] not in facts) if one.startswith("!") else one in facts for one in alternative.strip().split("+"))
        for alternative in said.split(",")
        if alternative.strip()
    )


def granted(service: str) -> dict[str, Granted]:
    """`POST /v1/meetings` -> its row, from the file of the service and that of every service."""
    said = {
        route: row
        for name in ("every_service", service)
        for route, row in tomllib.loads((GRANTED / f"{name}.toml").read_text("utf-8")).items()
    }
    return {route: Granted(row) if isinstance(row, str) else Granted(**row) for route, row in said.items()}


@dataclass(frozen=True)
class Question:
    """Something else to ask of a route than what its documentation gives as an example."""

    query: str = ""
    body: object = None


Ids = dict[str, dict[str, UUID | str]]
"""The beginning of a path -> the ids to put into it by their names. The longest beginning that fits counts."""
