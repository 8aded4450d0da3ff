"""How each member is reached: what came with her application, and what was said since."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.membership.domain.contact_details import (
    ChannelPreferred,
    ContactAdded,
    ContactChanged,
    ContactFlagged,
    ContactKind,
    ContactLabelled,
    ContactRemoved,
    ContactsBegun,
    EmailCheckAsked,
    EmailCheckFailed,
    EmailConfirmed,
    FormatsChosen,
    kind_of_number,
)
from services.membership.domain.member import MemberApproved, MemberErased
from shared.database.pool import Transaction
from shared.identity.people import contact_of_application
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

contacts = Projection("contacts", version=1, tables=Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True, slots=True)
class ContactRow:
    contact_id: UUID
    kind: str
    value: str
    label: str | None
    usable: bool
    confirmed: bool
    from_application: bool
    flagged: bool
    replaces: UUID | None
    check_until: datetime | None


@dataclass(frozen=True)
class WishesRow:
    member_id: UUID
    preferred: UUID | None
    channel: str | None
    formats: list[str]
    language: str | None
    version: int


@dataclass(frozen=True)
class Ways:
    """The first of each kind that is of use: what lists and exports show of a person."""

    email: str | None = None
    phone: str | None = None
    postal_address: str | None = None


@dataclass(frozen=True)
class Reached:
    wishes: WishesRow
    contacts: list[ContactRow] = field(default_factory=list)


def told_with_approval(event: MemberApproved, member: UUID) -> list[tuple[UUID, ContactKind, str]]:
    """The contacts that came with an application: id, kind, text."""
    given = [
        ("email", ContactKind.EMAIL, event.email),
        ("phone", kind_of_number(event.phone or ""), event.phone),
        ("post", ContactKind.POST, event.postal_address),
    ]
    return [(contact_of_application(member, way), kind, text) for way, kind, text in given if text]


@contacts.on(MemberApproved)
def _(event: MemberApproved, recorded: Recorded, db: Transaction) -> None:
    db.write("insert into member_wishes (member_id) values (%s)", recorded.id)
    for contact, kind, text in told_with_approval(event, recorded.id):
        _add(db, recorded, contact, kind, text, usable=True, from_application=True)


@contacts.on(ContactsBegun)
def _(event: ContactsBegun, recorded: Recorded, db: Transaction) -> None:
    _note(db, recorded)


@contacts.on(ContactAdded)
def _(event: ContactAdded, recorded: Recorded, db: Transaction) -> None:
    usable = event.kind is not ContactKind.EMAIL
    _add(db, recorded, event.contact, event.kind, event.value, usable=usable, label=event.label)
    _set(db, event.contact, recorded, "replaces = %s", event.replaces)


@contacts.on(ContactChanged)
def _(event: ContactChanged, recorded: Recorded, db: Transaction) -> None:
    _set(db, event.contact, recorded, "kind = %s, value = %s, flagged = false", event.kind, event.value)


@contacts.on(ContactLabelled)
def _(event: ContactLabelled, recorded: Recorded, db: Transaction) -> None:
    _set(db, event.contact, recorded, "label = %s", event.label)


@contacts.on(ContactRemoved)
def _(event: ContactRemoved, recorded: Recorded, db: Transaction) -> None:
    db.write("delete from member_contacts where member_id = %s and contact_id = %s", recorded.id, event.contact)
    db.write(
        "update member_wishes set preferred = null, channel = null where member_id = %s and preferred = %s",
        recorded.id,
        event.contact,
    )
    _note(db, recorded)


@contacts.on(ChannelPreferred)
def _(event: ChannelPreferred, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "update member_wishes set preferred = %s, channel = %s where member_id = %s",
        event.contact,
        event.channel,
        recorded.id,
    )
    _note(db, recorded)


@contacts.on(FormatsChosen)
def _(event: FormatsChosen, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "update member_wishes set formats = %s::text[], language = %s where member_id = %s",
        [each for each in (event.formats or "").split(",") if each],
        event.language,
        recorded.id,
    )
    _note(db, recorded)


@contacts.on(EmailCheckAsked)
def _(event: EmailCheckAsked, recorded: Recorded, db: Transaction) -> None:
    _set(db, event.contact, recorded, "check_until = %s", event.expires_at)


@contacts.on(EmailCheckFailed)
def _(event: EmailCheckFailed, recorded: Recorded, db: Transaction) -> None:
    _note(db, recorded)


@contacts.on(EmailConfirmed)
def _(event: EmailConfirmed, recorded: Recorded, db: Transaction) -> None:
    _set(
        db,
        event.contact,
        recorded,
        "usable = true, confirmed = %s, flagged = false, replaces = null, check_until = null",
        True,
    )


@contacts.on(ContactFlagged)
def _(event: ContactFlagged, recorded: Recorded, db: Transaction) -> None:
    _set(db, event.contact, recorded, "flagged = %s", True)


@contacts.on(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> None:
    for table in ("member_contacts", "member_wishes"):
        db.write(f"delete from {table} where member_id = %s", recorded.id)  # noqa: S608  # the two names above


def _add(
    db: Transaction,
    recorded: Recorded,
    contact: UUID,
    kind: ContactKind,
    text: str,
    *,
    usable: bool,
    label: str | None = None,
    from_application: bool = False,
) -> None:
    db.write(
        "insert into member_contacts"
        " (member_id, contact_id, number, kind, value, label, usable, from_application)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s)",
        recorded.id,
        contact,
        recorded.position.number,
        kind,
        text,
        label,
        usable,
        from_application,
    )


def _set(db: Transaction, contact: UUID, recorded: Recorded, change: str, *values: object) -> None:
    db.write(
        f"update member_contacts set {change} where member_id = %s and contact_id = %s",  # noqa: S608  # from above
        *values,
        recorded.id,
        contact,
    )
    _note(db, recorded)


def _note(db: Transaction, recorded: Recorded) -> None:
    db.write("update member_wishes set version = %s where member_id = %s", recorded.version, recorded.id)


def reached(db: Transaction, member: UUID) -> Reached | None:
    """How a member is reached, the oldest contact first; None for somebody who was never approved, or is erased."""
    wishes = db.one(WishesRow, "select * from member_wishes where member_id = %s", member)
    if wishes is None:
        return None
    rows = db.all(
        ContactRow,
        "select contact_id, kind, value, label, usable, confirmed, from_application, flagged, replaces, check_until"
        " from member_contacts where member_id = %s order by number, kind",
        member,
    )
    return Reached(wishes, rows)


@dataclass(frozen=True)
class _First:
    member_id: UUID
    kind: str
    value: str


def ways_of(db: Transaction, members: Collection[UUID]) -> dict[UUID, Ways]:
    """The first usable email, number and postal address of each member, the preferred one before others.

    Applicants are not among them: theirs are in their application.
    """
    rows = db.all(
        _First,
        "select distinct on (member_id, sort) member_id, sort as kind, value from ("
        " select *, case kind when 'mobile' then 'phone' when 'post' then 'postal_address' else kind end as sort"
        " from member_contacts) as each join member_wishes using (member_id)"
        " where usable and member_id = any(%s::uuid[])"
        " order by member_id, sort, flagged, contact_id is distinct from preferred, number",
        list(members),
    )
    found: dict[UUID, dict[str, str]] = {}
    for row in rows:
        found.setdefault(row.member_id, {})[row.kind] = row.value
    return {member: Ways(**ways) for member, ways in found.items()}
