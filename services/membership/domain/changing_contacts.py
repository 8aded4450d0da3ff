"""The wishes about how somebody is reached: another number, another channel, a format, a code that came back."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from services.membership.domain.contact_details import (
    CHANNELS,
    CODE_LASTS,
    MOST_ATTEMPTS,
    MOST_CODES,
    MOST_CONTACTS,
    Channel,
    ChannelPreferred,
    Contact,
    ContactAdded,
    ContactChanged,
    ContactDetails,
    ContactKind,
    ContactLabelled,
    ContactRemoved,
    EmailCheckAsked,
    EmailCheckFailed,
    EmailConfirmed,
    Format,
    FormatsChosen,
)
from shared.messages.decisions import Command, Context, Refused
from shared.messages.events import Event


class AddContact(Command[ContactDetails]):
    """One more way to be reached. An email address gets a code at once (`check`, `proof`) and waits for it.

    `replaces` names an email address that goes once this one is confirmed, so that there is no gap between them.
    """

    contact: UUID
    kind: ContactKind
    value: str
    check: UUID
    proof: UUID
    label: str | None = None
    replaces: UUID | None = None

    def decide(self, details: ContactDetails, context: Context) -> Iterator[Event]:
        if len(details.contacts) >= MOST_CONTACTS:
            raise Refused("too-many-contacts", f"There are {MOST_CONTACTS} already. Take one out first.")
        if any((each.kind, each.value) == (self.kind, self.value) for each in details.contacts.values()):
            raise Refused("contact-there-already", "This is there already.")
        if self.replaces and {self.kind, _known(details, self.replaces).kind} != {ContactKind.EMAIL}:
            raise Refused("not-an-email", "Only an email address waits to replace another. Change the others.")
        yield ContactAdded(
            contact=self.contact, kind=self.kind, value=self.value, label=self.label, replaces=self.replaces
        )
        if self.kind is ContactKind.EMAIL:
            yield _asked(details, self.contact, self.check, self.proof, context.now)


class ChangeContact(Command[ContactDetails]):
    """Correct a number or a postal address, or its label. An email address is replaced by another: see AddContact.

    `value` None leaves it as it is.
    """

    contact: UUID
    kind: ContactKind | None = None
    value: str | None = None
    label: str | None = None

    def decide(self, details: ContactDetails, context: Context) -> Iterator[Event]:
        before = _known(details, self.contact)
        if self.value is not None and self.kind is not None and (self.kind, self.value) != (before.kind, before.value):
            if ContactKind.EMAIL in (before.kind, self.kind) or (
                before.kind is not self.kind and ContactKind.POST in (before.kind, self.kind)
            ):
                raise Refused("other-kind", "Add the new one, and take this one out when you no longer need it.")
            yield ContactChanged(contact=self.contact, kind=self.kind, value=self.value)
        if self.label != before.label:
            yield ContactLabelled(contact=self.contact, label=self.label)


class RemoveContact(Command[ContactDetails]):
    """Take out what is of no use any more. One way to be reached must stay."""

    contact: UUID

    def decide(self, details: ContactDetails, context: Context) -> Iterator[Event]:
        _known(details, self.contact)
        if not any(each.usable for id, each in details.contacts.items() if id != self.contact):
            raise Refused(
                "last-contact", "This is the only way that we can reach you. Add another one first, then take this out."
            )
        yield ContactRemoved(contact=self.contact)


class PreferChannel(Command[ContactDetails]):
    """Say by which way letters should come."""

    contact: UUID
    channel: Channel

    def decide(self, details: ContactDetails, context: Context) -> Iterator[Event]:
        contact = _known(details, self.contact)
        if self.channel not in CHANNELS[contact.kind]:
            raise Refused("other-channel", f"This cannot be reached by {self.channel}. Choose another way.")
        if not contact.usable:
            raise Refused("not-confirmed", "Confirm this email address first, with the code that we sent there.")
        if details.preferred != (self.contact, self.channel):
            yield ChannelPreferred(contact=self.contact, channel=self.channel)


class ChooseFormats(Command[ContactDetails]):
    """Say in which forms and language letters can be read. No format is plain standard print; None is English."""

    formats: tuple[Format, ...] = ()
    language: str | None = None

    def decide(self, details: ContactDetails, context: Context) -> Iterator[Event]:
        wanted = frozenset(str(each) for each in self.formats)
        if (wanted, self.language) != (details.formats, details.language):
            yield FormatsChosen(formats=",".join(sorted(wanted)) or None, language=self.language)


class AskForCode(Command[ContactDetails]):
    """Send a code to an email address, for the first time or once more. The one before no longer counts."""

    contact: UUID
    check: UUID
    proof: UUID

    def decide(self, details: ContactDetails, context: Context) -> Iterator[Event]:
        contact = _known(details, self.contact)
        if contact.kind is not ContactKind.EMAIL:
            raise Refused("not-an-email", "Only email addresses are confirmed with a code.")
        if contact.confirmed:
            raise Refused("confirmed-already", "This email address is confirmed already.")
        yield _asked(details, self.contact, self.check, self.proof, context.now)


class ConfirmEmail(Command[ContactDetails]):
    """Bring the code back. A wrong one is recorded and counted; after some of them the code is worth nothing.

    `proof` is the keyed hash of what was entered, for the check that was asked for last.
    """

    contact: UUID
    proof: UUID | None

    def decide(self, details: ContactDetails, context: Context) -> Iterator[Event]:
        contact = _known(details, self.contact)
        if contact.confirmed:
            return
        if contact.check is None:
            raise Refused("no-code", "No code was sent to this address. Ask for one.")
        if context.now >= contact.check.expires_at:
            raise Refused("code-too-old", "This code is too old. Ask for a new one.")
        if contact.check.failed >= MOST_ATTEMPTS:
            raise Refused("too-many-attempts", "The code was entered wrongly too often. Ask for a new one.")
        if self.proof != contact.check.proof:
            yield EmailCheckFailed(contact=self.contact, check=contact.check.id)
            return
        yield EmailConfirmed(contact=self.contact)
        before = contact.replaces
        if before and before in details.contacts:
            yield ContactRemoved(contact=before)
            if details.preferred and details.preferred[0] == before:
                yield ChannelPreferred(contact=self.contact, channel=Channel.EMAIL)


def _known(details: ContactDetails, id: UUID) -> Contact:
    if id not in details.contacts:
        raise Refused("no-such-contact", "This is not among the ways to reach this person. It may have been taken out.")
    return details.contacts[id]


def _asked(details: ContactDetails, contact: UUID, check: UUID, proof: UUID, now: datetime) -> EmailCheckAsked:
    if sum(each > now - CODE_LASTS for each in details.asked_at) >= MOST_CODES:
        raise Refused("too-many-codes", "We have sent several codes today. Try again tomorrow, or talk to us.")
    return EmailCheckAsked(contact=contact, check=check, proof=proof, expires_at=now + CODE_LASTS)
