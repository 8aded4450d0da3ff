"""Who is asking, and what that lets them do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from shared.database.pool import Transaction
from shared.messages.events import MemberId

Permissions = Mapping[str, frozenset[str]]
"""Permission -> the roles that grant it. What is not granted is denied. `member` is everybody with an approved
membership; `signed-in` is everybody with a valid token."""

OF_EVERY_SERVICE: Permissions = {
    "operations:dead-letters": frozenset({"operator"}),
    "people:export": frozenset({"data-protection"}),
    "people:export-own": frozenset({"signed-in"}),
    "sensitive-reads:read": frozenset({"data-protection"}),
    "sensitive-reads:read-own": frozenset({"signed-in"}),
}
"""What the kernel's own routes need."""

FindMember = Callable[[Transaction, UUID], MemberId | None]
"""(transaction, account) -> the active member whose account this is, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A caller: their account (a pseudonym of issuer and subject), their roles, and the member they are, if any."""

    account: UUID | None = None
    roles: frozenset[str] = field(default_factory=frozenset)
    member: MemberId | None = None

    @property
    def actor(self) -> str:
        """How events name who did it: opaque, never a name or an address."""
        if self.member:
            return f"member:{self.member}"
        return f"account:{self.account}" if self.account else "anonymous"

    @property
    def requester(self) -> str:
        """Whose idempotency keys these are: the same before and after an account becomes a member's."""
        return f"account:{self.account}" if self.account else "anonymous"

    @property
    def all_roles(self) -> frozenset[str]:
        relations = {"signed-in"} if self.account else set()
        if self.member:
            relations.add("member")
        return self.roles | relations

    def may(self, permission: str, permissions: Permissions) -> bool:
        return bool(self.all_roles & permissions.get(permission, frozenset()))


ANONYMOUS = Identity()
