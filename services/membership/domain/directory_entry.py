"""What a member shows of herself in the directory: field by field, each with those who may see it.

The stream's id is the member's own, so what she writes is sealed under her key. Nothing is shown without her consent to
the purpose `directory`, whatever the entry says.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from uuid import UUID

from shared.messages.decisions import Command, Context, State, replace
from shared.messages.events import Event, Personal, event


class DirectoryField(StrEnum):
    NAME = "name"
    """As she would like to be called here."""
    INTERESTS = "interests"
    EXPERTISE = "expertise"
    ABOUT = "about"
    ORGANISATION = "organisation"
    """Where she works, or what she does."""
    STAKEHOLDER_GROUP = "stakeholder_group"
    """She decides whether it is shown; what it is stands in her record."""
    CONTACT = "contact"
    """How other members may reach her."""


class Audience(StrEnum):
    """Who may see a field. Whoever is among her communities is among all members too."""

    NOBODY = "nobody"
    COMMUNITIES = "my-communities"
    """Members who share a community or working group with her, a confidential one not counted."""
    MEMBERS = "all-members"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryField:
    """`text` is None for her stakeholder group, and once she is erased."""

    field: DirectoryField
    audience: Audience
    text: Personal[str | None] = None


@event("directory-entry-described")
class DirectoryEntryDescribed:
    """The whole entry as it is from now on; a field that is not named is empty. `entry` says nothing of who it is."""

    entry: UUID
    fields: tuple[EntryField, ...]


class DirectoryEntry(State, category="directory-entry"):
    """`entry` is how the directory names it to other members: they do not learn the member's id."""

    entry: UUID | None = None
    fields: tuple[EntryField, ...] = ()

    def evolve(self, event: Event) -> Self:
        match event:
            case DirectoryEntryDescribed():
                return replace(self, entry=event.entry, fields=event.fields)
        return self


class BeginEntry(Command[DirectoryEntry]):
    """Say for the first time what is shown, and to whom."""

    creates = True

    fields: tuple[EntryField, ...]

    def decide(self, entry: DirectoryEntry, context: Context) -> Iterator[Event]:
        yield DirectoryEntryDescribed(entry=context.new_id(), fields=_of_use(self.fields))


class DescribeEntry(Command[DirectoryEntry]):
    """Say anew what is shown, and to whom. The same again changes nothing."""

    fields: tuple[EntryField, ...]

    def decide(self, entry: DirectoryEntry, context: Context) -> Iterator[Event]:
        fields = _of_use(self.fields)
        if fields != entry.fields:
            yield DirectoryEntryDescribed(entry=entry.entry or context.new_id(), fields=fields)


def _of_use(given: Iterable[EntryField]) -> tuple[EntryField, ...]:
    """In one order, without those that show nothing: no text, or (the group, which has none) nobody to see it."""
    kept = [
        each
        for each in given
        if (each.audience is not Audience.NOBODY if each.field is DirectoryField.STAKEHOLDER_GROUP else each.text)
    ]
    order = list(DirectoryField)
    return tuple(sorted(kept, key=lambda each: order.index(each.field)))
