"""How a member is reached: her email addresses, phone numbers and postal addresses, and in which form we write.

What she gave when she asked to join is the beginning. Its texts stay in `member-approved`; here it begins with the
kinds alone, because what begins it is a reaction, and the agenda holds no personal text (ADR 0020).

An email address that is added later is used for one letter only, until the code in that letter comes back.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from shared.messages.decisions import Command, Context, State, replace
from shared.messages.events import Event, Instant, Personal, event

MOST_CONTACTS: Final = 10
CODE_LASTS: Final = timedelta(hours=24)
MOST_ATTEMPTS: Final = 5
MOST_CODES: Final = 5
"""Asked for within CODE_LASTS: our letters must not be a way to pester a stranger's address."""


class ContactKind(StrEnum):
    EMAIL = "email"
    MOBILE = "mobile"
    PHONE = "phone"
    POST = "post"


class Channel(StrEnum):
    """By which way she would like to hear from us. A mobile number serves for two of them."""

    EMAIL = "email"
    TEXT = "text"
    PHONE = "phone"
    POST = "post"


CHANNELS: Final = {
    ContactKind.EMAIL: (Channel.EMAIL,),
    ContactKind.MOBILE: (Channel.TEXT, Channel.PHONE),
    ContactKind.PHONE: (Channel.PHONE,),
    ContactKind.POST: (Channel.POST,),
}


class Format(StrEnum):
    """In which form a letter can be read. No format asked for is plain standard print."""

    LARGE_PRINT = "large-print"
    EASY_READ = "easy-read"
    AUDIO = "audio"
    BSL = "bsl"


def kind_of_number(number: str) -> ContactKind:
    """Mobile for what the UK's numbering plan gives to mobiles (07, but not 070 and 076: Ofcom), else phone."""
    digits = "".join(each for each in number if each.isdigit())
    for prefix in ("0044", "44"):
        if digits.startswith(prefix):
            digits = "0" + digits.removeprefix(prefix).removeprefix("0")
    mobile = digits.startswith("07") and not digits.startswith(("070", "076"))
    return ContactKind.MOBILE if mobile else ContactKind.PHONE


@dataclass(frozen=True, slots=True)
class Begun:
    contact: UUID
    kind: ContactKind


@event("contacts-begun")
class ContactsBegun:
    """What came with the application can be changed from here on. The texts are in `member-approved`."""

    contacts: tuple[Begun, ...]


@event("contact-added")
class ContactAdded:
    """`replaces` is the address that goes once this one is confirmed: until then it still is of use."""

    contact: UUID
    kind: ContactKind
    value: Personal[str]
    label: Personal[str | None] = None
    replaces: UUID | None = None


@event("contact-changed")
class ContactChanged:
    """Another number or postal address in the place of the old one. Never an email address: see ContactAdded."""

    contact: UUID
    kind: ContactKind
    value: Personal[str]


@event("contact-labelled")
class ContactLabelled:
    contact: UUID
    label: Personal[str | None] = None


@event("contact-removed")
class ContactRemoved:
    contact: UUID


@event("channel-preferred")
class ChannelPreferred:
    contact: UUID
    channel: Channel


@event("formats-chosen")
class FormatsChosen:
    """Sealed, because Easy Read or British Sign Language hint at health. Several formats have commas between them."""

    formats: Personal[str | None] = None
    language: Personal[str | None] = None


@event("email-check-asked")
class EmailCheckAsked:
    """A code goes to an email address. The code is in no event: `proof` is a keyed hash of it."""

    contact: UUID
    check: UUID
    proof: UUID
    expires_at: Instant


@event("email-check-failed")
class EmailCheckFailed:
    """Somebody entered another code than the one that was sent."""

    contact: UUID
    check: UUID


@event("email-confirmed")
class EmailConfirmed:
    """The code came back: whoever gave this address reads what is sent there."""

    contact: UUID


@event("contact-flagged")
class ContactFlagged:
    """What was sent there came back for good. It is tried only where there is no other way."""

    contact: UUID


@dataclass(frozen=True, slots=True)
class Check:
    id: UUID
    proof: UUID
    expires_at: datetime
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Contact:
    """`value` is None for one from the application; `usable`: letters go there."""

    kind: ContactKind
    value: str | None
    usable: bool
    confirmed: bool = False
    flagged: bool = False
    label: str | None = None
    replaces: UUID | None = None
    check: Check | None = None


class ContactDetails(State, category="contact-details"):
    contacts: Mapping[UUID, Contact] = field(default_factory=dict)
    preferred: tuple[UUID, Channel] | None = None
    formats: frozenset[str] = frozenset()
    language: str | None = None
    asked_at: tuple[datetime, ...] = ()

    def evolve(self, event: Event) -> Self:
        match event:
            case ContactsBegun():
                return replace(
                    self, contacts={each.contact: Contact(each.kind, None, usable=True) for each in event.contacts}
                )
            case ContactAdded():
                usable = event.kind is not ContactKind.EMAIL
                added = Contact(event.kind, event.value, usable, label=event.label, replaces=event.replaces)
                return self._with(event.contact, added)
            case ContactChanged(contact=id):
                return self._with(id, replace(self.contacts[id], value=event.value, kind=event.kind, flagged=False))
            case ContactLabelled(contact=id):
                return self._with(id, replace(self.contacts[id], label=event.label))
            case ContactRemoved(contact=id):
                rest = {each: contact for each, contact in self.contacts.items() if each != id}
                preferred = None if self.preferred and self.preferred[0] == id else self.preferred
                return replace(self, contacts=rest, preferred=preferred)
            case ChannelPreferred():
                return replace(self, preferred=(event.contact, event.channel))
            case FormatsChosen():
                formats = frozenset(filter(None, (event.formats or "").split(",")))
                return replace(self, formats=formats, language=event.language)
            case EmailCheckAsked(contact=id):
                check = Check(event.check, event.proof, event.expires_at)
                asked = (*self.asked_at, event.expires_at - CODE_LASTS)
                return replace(self._with(id, replace(self.contacts[id], check=check)), asked_at=asked)
            case EmailCheckFailed(contact=id):
                failed = self.contacts[id].check
                return self._with(
                    id, replace(self.contacts[id], check=failed and replace(failed, failed=failed.failed + 1))
                )
            case EmailConfirmed(contact=id):
                contact = replace(
                    self.contacts[id], usable=True, confirmed=True, flagged=False, check=None, replaces=None
                )
                return self._with(id, contact)
            case ContactFlagged(contact=id):
                return self._with(id, replace(self.contacts[id], flagged=True))
        return self

    def _with(self, id: UUID, contact: Contact) -> Self:
        return replace(self, contacts={**self.contacts, id: contact})


class BeginContacts(Command[ContactDetails]):
    """Take over what came with the application. Given by a reaction; without any text (see above)."""

    creates = True

    contacts: tuple[Begun, ...]

    def decide(self, details: ContactDetails, context: Context) -> Iterator[Event]:
        yield ContactsBegun(contacts=self.contacts)


class FlagContact(Command[ContactDetails]):
    """Note that what was sent there came back for good. Given by a reaction to notifications' failed deliveries."""

    contact: UUID

    def decide(self, details: ContactDetails, context: Context) -> Iterator[Event]:
        known = details.contacts.get(self.contact)
        if known and not known.flagged:
            yield ContactFlagged(contact=self.contact)
