"""Who is asking, and what that lets them do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from shared.database.pool import Transaction
from shared.messages.decisions import Channel
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
    "assisted-sessions:act": frozenset({"coordinator"}),
}
"""What the kernel's own routes need."""

FindMember = Callable[[Transaction, UUID], MemberId | None]
"""(transaction, account) -> the active member whose account this is, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistedSession:
    """A time in which the owner of `account` may act for `member`, as a service knows of it.

    `member_active` is false when she takes a break, has left or is not known here (any more).
    """

    id: UUID
    account: UUID
    member: MemberId
    channel: Channel
    closes_at: datetime
    ended: bool
    member_active: bool


FindSession = Callable[[Transaction, UUID], AssistedSession | None]
"""(transaction, session) -> what this service knows of it, or None."""


@dataclass(frozen=True, slots=True)
class Acting:
    """That somebody acts for another: in which session, who she is (`Identity.actor`), and how she was asked."""

    session: UUID
    actor: str
    channel: Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A caller: their account (a pseudonym of issuer and subject), their roles, and the member they are, if any.

    Whoever is `acting` is the member for whom she acts, and has neither her own account nor her own roles: so nothing
    that she may do herself, such as approve, can be done in another's name.
    """

    account: UUID | None = None
    roles: frozenset[str] = field(default_factory=frozenset)
    member: MemberId | None = None
    acting: Acting | None = None

    @property
    def actor(self) -> str:
        """How events name who did it: opaque, never a name or an address."""
        if self.acting:
            return self.acting.actor
        if self.member:
            return f"member:{self.member}"
        return f"account:{self.account}" if self.account else "anonymous"

    @property
    def on_behalf_of(self) -> str | None:
        """The member for whom the actor acts."""
        return f"member:{self.member}" if self.acting else None

    @property
    def requester(self) -> str:
        """Whose idempotency keys these are: the same before and after an account becomes a member's."""
        if self.acting:
            return f"session:{self.acting.session}"
        return f"account:{self.account}" if self.account else "anonymous"

    @property
    def all_roles(self) -> frozenset[str]:
        relations = {"signed-in"} if self.account or self.acting else set()
        if self.member:
            relations.add("member")
        return self.roles | relations

    def may(self, permission: str, permissions: Permissions) -> bool:
        return bool(self.all_roles & permissions.get(permission, frozenset()))


ANONYMOUS = Identity()
