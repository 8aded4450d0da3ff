"""The `people` read model that every service keeps: fed from membership's events, each service naming what it needs.

A service binds its own contract's events to these functions (see `services/*/projections/people.py`).
"""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid5

from shared.database.pool import Prepared, Transaction
from shared.identity.identity import AssistedSession
from shared.messages.events import ERASED, MemberId

TABLES = Path(__file__).with_name("people.sql")
ACTIVE = "active"
_FIND_MEMBER = Prepared("find_member", "select member_id from people where account = %s and standing = 'active'")
_FIND_SESSION = Prepared(
    "find_session",
    "select session_id as id, s.account, member_id as member, channel, closes_at, ended,"
    " coalesce(standing = 'active', false) as member_active"
    " from people_sessions s left join people using (member_id) where session_id = %s",
)
_COMMUNITY = Prepared("community", "select community_id, name, kind from people_communities where community_id = %s")


@dataclass(frozen=True)
class Person:
    """What a service knows of a person. Contact details are filled in where the service needs them."""

    member_id: UUID
    name: str
    standing: str
    stakeholder_group: str
    email: str | None
    phone: str | None
    postal_address: str | None


@dataclass(frozen=True)
class Community:
    """A community or working group, as other services know it."""

    community_id: UUID
    name: str
    kind: str


@dataclass(frozen=True)
class Known:
    """The answer to "what do you know of this member?"."""

    member_id: UUID
    standing: str
    communities: list[UUID] = field(default_factory=list)
    groups: list[UUID] = field(default_factory=list)


def admit(
    db: Transaction,
    member: UUID,
    *,
    name: str,
    stakeholder_group: str,
    account: UUID | None,
    email: str | None = None,
    phone: str | None = None,
    postal_address: str | None = None,
    standing: str = ACTIVE,
) -> None:
    """An approved member; with another `standing` somebody who is not, and whom only a letter must reach."""
    _free(db, account, member)
    db.write(
        "insert into people (member_id, account, standing, name, stakeholder_group, email, phone, postal_address)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s)"
        " on conflict (member_id) do update set account = excluded.account, standing = excluded.standing,"
        " name = excluded.name, stakeholder_group = excluded.stakeholder_group, email = excluded.email,"
        " phone = excluded.phone, postal_address = excluded.postal_address",
        member,
        account,
        standing,
        name,
        stakeholder_group,
        email,
        phone,
        postal_address,
    )


def stand(db: Transaction, member: UUID, standing: str) -> None:
    """A member takes a break, is back, or has left. Only who is `active` is found, listed or invited."""
    db.write("update people set standing = %s where member_id = %s", standing, member)


def erase(db: Transaction, member: UUID) -> None:
    """Nothing is left but that she was here and was erased: as it would be if she had been told of so from the first.

    Somebody who was declined was known for one letter, and is not known at all any more.
    """
    db.write("delete from people where member_id = %s and standing = 'declined'", member)
    db.write(
        "update people set standing = 'erased', name = %s, account = null, stakeholder_group = 'erased', email = null,"
        " phone = null, postal_address = null where member_id = %s",
        ERASED,
        member,
    )
    db.write("delete from people_groups where member_id = %s", member)


def link_account(db: Transaction, member: UUID, account: UUID) -> None:
    """Says which account is a member's."""
    _free(db, account, member)
    db.write("update people set account = %s where member_id = %s", account, member)


def rename(db: Transaction, member: UUID, name: str) -> None:
    """Her name was put right."""
    db.write("update people set name = %s where member_id = %s", name, member)


def contact_of_application(member: UUID, way: str) -> UUID:
    """The id under which a contact from the application is known everywhere. `way`: email, phone or post."""
    return uuid5(member, f"contact of the application: {way}")


def _free(db: Transaction, account: UUID | None, member: UUID) -> None:
    """An account belongs to one person: the newest link counts."""
    if account:
        db.write("update people set account = null where account = %s and member_id <> %s", account, member)


def found_community(db: Transaction, community: UUID, name: str, kind: str) -> None:
    db.write(
        "insert into people_communities (community_id, name, kind) values (%s, %s, %s) on conflict do nothing",
        community,
        name,
        kind,
    )


def join(db: Transaction, member: UUID, community: UUID, at: datetime) -> None:
    db.write(
        "insert into people_groups (member_id, community_id, joined_at) values (%s, %s, %s) on conflict do nothing",
        member,
        community,
        at,
    )


def leave(db: Transaction, member: UUID, community: UUID) -> None:
    db.write("delete from people_groups where member_id = %s and community_id = %s", member, community)


def find_member(db: Transaction, account: UUID) -> MemberId | None:
    """The active member whose account this is."""
    rows = db.rows(_FIND_MEMBER, account)  # each request asks this: without the steps that only other types need
    return MemberId(rows[0][0]) if rows else None


def whose(db: Transaction, account: UUID) -> UUID | None:
    """The person whose account this is, whatever her standing: for what is her own even while she takes a break."""
    return db.value(UUID, "select member_id from people where account = %s", account)


def open_session(
    db: Transaction, session: UUID, *, account: UUID, member: UUID, channel: str, closes_at: datetime
) -> None:
    """From now until `closes_at` the owner of the account may act for the member."""
    db.write(
        "insert into people_sessions (session_id, account, member_id, channel, closes_at) values (%s, %s, %s, %s, %s)",
        session,
        account,
        member,
        channel,
        closes_at,
    )


def end_session(db: Transaction, session: UUID) -> None:
    db.write("update people_sessions set ended = true where session_id = %s", session)


def find_session(db: Transaction, session: UUID) -> AssistedSession | None:
    """What is known of an assisted session here, whether it is still open or not."""
    return db.one(AssistedSession, _FIND_SESSION, session)


def person(db: Transaction, member: UUID) -> Person | None:
    return db.one(
        Person,
        "select member_id, name, standing, stakeholder_group, email, phone, postal_address from people"
        " where member_id = %s",
        member,
    )


def name_of(db: Transaction, member: UUID) -> str:
    """The member's name, or a plain stand-in when she is not known here (yet, or any more)."""
    return db.value(str, "select name from people where member_id = %s", member) or "A member"


def community(db: Transaction, community: UUID) -> Community | None:
    return db.one(Community, _COMMUNITY, community)


def members_of(db: Transaction, community: UUID) -> list[Person]:
    """The active members of a community or group, in the order in which they joined."""
    return db.all(
        Person,
        "select p.member_id, name, standing, stakeholder_group, email, phone, postal_address"
        " from people p join people_groups g using (member_id)"
        " where community_id = %s and standing = %s order by joined_at, member_id",
        community,
        ACTIVE,
    )


def belongs(db: Transaction, member: UUID, kind: str) -> bool:
    """Whether an active member belongs to any group of a kind, such as `working-group`."""
    return bool(
        db.value(
            int,
            "select 1 from people_groups join people_communities using (community_id) join people using (member_id)"
            " where member_id = %s and kind = %s and standing = %s limit 1",
            member,
            kind,
            ACTIVE,
        )
    )


def known(db: Transaction, member: UUID) -> Known | None:
    """What this service knows of a member, without a name."""
    standing = db.value(str, "select standing from people where member_id = %s", member)
    if standing is None:
        return None
    joined = db.all(
        Community,
        "select community_id, name, kind from people_groups join people_communities using (community_id)"
        " where member_id = %s order by joined_at",
        member,
    )
    return Known(
        member,
        standing,
        [each.community_id for each in joined if each.kind != "working-group"],
        [each.community_id for each in joined if each.kind == "working-group"],
    )
