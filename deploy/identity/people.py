"""Who can sign in at the demonstration. Every person here is invented (synthetic).

Roles become the provider's groups, which the services know. People without one are members by their approved
membership, which is membership's business and not the provider's.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    username: str
    name: str
    email: str
    roles: tuple[str, ...] = ()


ACCOUNTS = (
    Account("coordinator", "Carys Okafor", "carys.okafor@example.org", ("coordinator",)),
    Account("researcher", "Dr Rowan Achebe", "rowan.achebe@example.org", ("researcher",)),
    Account("lewg-one", "Marion Teal", "marion.teal@example.org"),
    Account("lewg-two", "Joseph Adeyemi", "joseph.adeyemi@example.org"),
    Account("practitioner", "Priya Nair", "priya.nair@example.org"),
    Account("data-protection", "Dilys Farrow", "dilys.farrow@example.org", ("data-protection",)),
    Account("safeguarding", "Samira Holt", "samira.holt@example.org", ("safeguarding-lead",)),
    Account("finance", "Fen Whitlock", "fen.whitlock@example.org", ("finance",)),
)
