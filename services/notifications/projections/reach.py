"""How to reach each member: by which way and where a letter goes, and in which form she can read it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from services.notifications.contracts.membership import (
    ApplicationRefused,
    ChannelPreferred,
    ComplaintAcknowledged,
    ContactAdded,
    ContactChanged,
    ContactFlagged,
    ContactRemoved,
    EmailConfirmed,
    FormatsChosen,
    MemberApproved,
    MemberErased,
)
from services.notifications.domain.delivery import Channel
from shared.database.pool import Transaction
from shared.identity.people import contact_of_application
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

reach = Projection("reach", version=1, tables=Path(__file__).with_suffix(".sql"))

LARGE_PRINT: Final = "large-print"

_SERVES: Final = {
    Channel.EMAIL: ("email",),
    Channel.TEXT: ("mobile", "phone"),
    Channel.PHONE: ("phone", "mobile"),
    Channel.POST: ("post",),
}
_BY_ITSELF: Final = (Channel.EMAIL, Channel.PHONE, Channel.POST)
"""In this order where nothing is preferred. A text message is sent to those who asked for it."""


@dataclass(frozen=True, slots=True)
class Address:
    member_id: UUID
    contact_id: UUID
    kind: str
    value: str
    usable: bool
    flagged: bool


@dataclass(frozen=True, slots=True)
class Wishes:
    member_id: UUID
    preferred: UUID | None = None
    channel: str | None = None
    formats: list[str] = field(default_factory=list)
    language: str | None = None
    formats_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """`addresses` in the order in which they were told."""

    addresses: Sequence[Address]
    wishes: Wishes

    def way(self) -> tuple[Channel, Address | None]:
        """By which way a letter goes, and where: as she prefers; else email, phone, post, the first that is there.

        What came back for good is passed over as long as there is another way. No address: by post, which is by hand,
        and whoever does it sees that none is known.
        """
        wished = next((each for each in self.addresses if each.contact_id == self.wishes.preferred), None)
        if wished and wished.usable and not wished.flagged and self.wishes.channel:
            return Channel(self.wishes.channel), wished
        for flagged in (False, True):
            for channel in _BY_ITSELF:
                for each in self.addresses:
                    if each.kind in _SERVES[channel] and each.usable and each.flagged is flagged:
                        return channel, each
        return Channel.POST, None

    def text_of(self, channel: Channel) -> str | None:
        """Where somebody calls or posts to: the preferred number or address, else the first."""
        there = [each for each in self.addresses if each.kind in _SERVES[channel] and each.usable]
        there.sort(key=lambda each: (each.flagged, each.contact_id != self.wishes.preferred))
        return there[0].value if there else None

    def address(self, contact: UUID | None) -> Address | None:
        return next((each for each in self.addresses if each.contact_id == contact), None)

    @property
    def large_print(self) -> bool:
        return LARGE_PRINT in self.wishes.formats

    @property
    def to_make(self) -> list[str]:
        """What no machine makes: these formats, and a translation (`language:Polish`)."""
        made = [each for each in self.wishes.formats if each != LARGE_PRINT]
        return [*made, *([f"language:{self.wishes.language}"] if self.wishes.language else [])]


@reach.on(MemberApproved)
def _(event: MemberApproved, recorded: Recorded, db: Transaction) -> None:
    _of_application(db, recorded.id, event.email, event.phone, event.postal_address)


@reach.on(ApplicationRefused)
def _(event: ApplicationRefused, recorded: Recorded, db: Transaction) -> None:
    _of_application(db, recorded.id, event.email, event.phone, event.postal_address)


@reach.on(ComplaintAcknowledged)
def _(event: ComplaintAcknowledged, recorded: Recorded, db: Transaction) -> None:
    """Somebody who is not known here complained: reached as she said, under the complaint's id."""
    if not event.known:
        _of_application(db, event.person, event.email, event.phone, event.postal_address)


@reach.on(ContactAdded)
def _(event: ContactAdded, recorded: Recorded, db: Transaction) -> None:
    usable = event.kind != "email"  # a new address waits for its code
    _put(db, recorded, event.contact, "kind, value, usable", event.kind, event.value, usable)


@reach.on(ContactChanged)
def _(event: ContactChanged, recorded: Recorded, db: Transaction) -> None:
    _put(db, recorded, event.contact, "kind, value, flagged", event.kind, event.value, False)


@reach.on(ContactRemoved)
def _(event: ContactRemoved, recorded: Recorded, db: Transaction) -> None:
    _put(db, recorded, event.contact, "gone, kind, value", True, None, None)
    db.write(
        "update reach_wishes set preferred = null, channel = null where member_id = %s and preferred = %s",
        recorded.id,
        event.contact,
    )


@reach.on(ContactFlagged)
def _(event: ContactFlagged, recorded: Recorded, db: Transaction) -> None:
    _put(db, recorded, event.contact, "flagged", True)


@reach.on(EmailConfirmed)
def _(event: EmailConfirmed, recorded: Recorded, db: Transaction) -> None:
    _put(db, recorded, event.contact, "usable, flagged", True, False)


@reach.on(ChannelPreferred)
def _(event: ChannelPreferred, recorded: Recorded, db: Transaction) -> None:
    _wish(db, recorded.id, "preferred, channel", "%s, %s", event.contact, event.channel)


@reach.on(FormatsChosen)
def _(event: FormatsChosen, recorded: Recorded, db: Transaction) -> None:
    formats = [each for each in (event.formats or "").split(",") if each]
    since = recorded.recorded_at if formats or event.language else None
    _wish(
        db,
        recorded.id,
        "formats, language, formats_since",
        "%s::text[], %s, %s::timestamptz",
        formats,
        event.language,
        since,
    )


@reach.on(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> None:
    db.write("insert into reach_erased (member_id) values (%s) on conflict do nothing", recorded.id)
    db.write("delete from reach_contacts where member_id = %s", recorded.id)
    db.write("delete from reach_wishes where member_id = %s", recorded.id)


def _of_application(
    db: Transaction, member: UUID, email: str | None, phone: str | None, postal_address: str | None
) -> None:
    """What was said later may be here before: it stays."""
    for way, text in (("email", email), ("phone", phone), ("post", postal_address)):
        if text:
            db.write(
                "insert into reach_contacts as c (member_id, contact_id, number, kind, value)"
                " select %s::uuid, %s::uuid, 0, %s, %s where not exists (select from reach_erased where member_id = %s)"
                " on conflict (member_id, contact_id) do update set kind = coalesce(c.kind, excluded.kind),"
                " value = coalesce(c.value, excluded.value), number = 0 where not c.gone",
                member,
                contact_of_application(member, way),
                way,
                text,
                member,
            )


def _put(db: Transaction, recorded: Recorded, contact: UUID, columns: str, *values: object) -> None:
    """Sets columns of a contact, which may not be known here yet: it began in another stream."""
    names = columns.split(", ")
    casts = {"usable": "boolean", "flagged": "boolean", "gone": "boolean"}
    marks = ", ".join(f"%s::{casts.get(name, 'text')}" for name in names)
    changes = ", ".join(f"{name} = excluded.{name}" for name in names)
    db.write(
        f"insert into reach_contacts (member_id, contact_id, number, {columns})"  # noqa: S608  # names from above
        f" select %s::uuid, %s::uuid, %s, {marks} where not exists (select from reach_erased where member_id = %s)"
        f" on conflict (member_id, contact_id) do update set {changes}",
        recorded.id,
        contact,
        recorded.version,
        *values,
        recorded.id,
    )


def _wish(db: Transaction, member: UUID, columns: str, marks: str, *values: object) -> None:
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns.split(", "))
    db.write(
        f"insert into reach_wishes (member_id, {columns}) select %s::uuid, {marks}"  # noqa: S608  # names from above
        " where not exists (select from reach_erased where member_id = %s)"
        f" on conflict (member_id) do update set {changes}",
        member,
        *values,
        member,
    )


def reach_of(db: Transaction, member: UUID) -> Reach:
    """How a member is reached; with no address for somebody who is not known here (yet, or any more)."""
    return reach_of_each(db, [member])[member]


def reach_of_each(db: Transaction, members: Collection[UUID]) -> dict[UUID, Reach]:
    """The same for each of these, in two statements."""
    wanted = list(members)
    addresses = db.all(
        Address,
        "select member_id, contact_id, kind, value, usable, flagged from reach_contacts"
        " where member_id = any(%s::uuid[]) and not gone and value is not null and kind is not null"
        " order by number, kind, contact_id",
        wanted,
    )
    wishes = db.all(
        Wishes,
        "select member_id, preferred, channel, formats, language, formats_since from reach_wishes"
        " where member_id = any(%s::uuid[])",
        wanted,
    )
    wishes_of = {each.member_id: each for each in wishes}
    return {
        member: Reach([each for each in addresses if each.member_id == member], wishes_of.get(member, Wishes(member)))
        for member in wanted
    }
