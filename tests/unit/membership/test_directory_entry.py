"""An entry in the directory: what counts as said, and what changes nothing."""

from uuid import UUID

from services.membership.domain.directory_entry import (
    Audience,
    BeginEntry,
    DescribeEntry,
    DirectoryEntry,
    DirectoryEntryDescribed,
    DirectoryField,
    EntryField,
)
from shared.testing.decider import given

NAME = EntryField(field=DirectoryField.NAME, audience=Audience.MEMBERS, text="Edith")
ABOUT = EntryField(field=DirectoryField.ABOUT, audience=Audience.NOBODY, text="A draft.")
EMPTY = EntryField(field=DirectoryField.CONTACT, audience=Audience.MEMBERS)
GROUP = EntryField(field=DirectoryField.STAKEHOLDER_GROUP, audience=Audience.COMMUNITIES)
HIDDEN_GROUP = EntryField(field=DirectoryField.STAKEHOLDER_GROUP, audience=Audience.NOBODY)
ENTRY = UUID(int=1)


def test_the_first_time_an_entry_gets_a_number_of_its_own() -> None:
    given(DirectoryEntry).when(BeginEntry(fields=(NAME, ABOUT))).then(
        DirectoryEntryDescribed(entry=ENTRY, fields=(NAME, ABOUT))
    )


def test_the_number_stays_and_the_same_again_changes_nothing() -> None:
    begun = DirectoryEntryDescribed(entry=UUID(int=9), fields=(NAME,))
    given(DirectoryEntry, begun).when(DescribeEntry(fields=(NAME, GROUP))).then(
        DirectoryEntryDescribed(entry=UUID(int=9), fields=(NAME, GROUP))
    )
    given(DirectoryEntry, begun).when(DescribeEntry(fields=(NAME,))).then()
    given(DirectoryEntry, begun).when(DescribeEntry(fields=())).then(
        DirectoryEntryDescribed(entry=UUID(int=9), fields=())
    )


def test_what_shows_nothing_is_not_kept_but_a_draft_is() -> None:
    given(DirectoryEntry).when(BeginEntry(fields=(EMPTY, HIDDEN_GROUP, ABOUT, NAME))).then(
        DirectoryEntryDescribed(entry=ENTRY, fields=(NAME, ABOUT))
    )
