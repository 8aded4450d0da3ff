"""The members' directory: who may be found by whom, and what each sees.

Shown are those who take part now and consent to be in it. A row holds nothing that nobody may see, but for her names on
record: a name that was put right is shown nowhere, though her entry was written with the former one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

import msgspec

from services.membership.domain.community import Kind, Privacy
from services.membership.domain.directory_entry import Audience, DirectoryEntryDescribed, DirectoryField, EntryField
from services.membership.domain.member import (
    ApplicationReceived,
    ApplicationRefused,
    ApplicationWithdrawn,
    ConsentGiven,
    ConsentWithdrawn,
    MemberApproved,
    MemberErased,
    MemberLeft,
    MemberPaused,
    MemberReturned,
    NameCorrected,
)
from services.membership.domain.purposes import DIRECTORY
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.projections.rows import Rows


@dataclass(frozen=True)
class DirectoryRow:
    """Of a member's two streams, whose id is the same. The first stakeholder group is the one for counting."""

    member_id: UUID
    stakeholder_groups: list[str]
    recorded_name: str
    former_names: list[str] = field(default_factory=list)
    taking_part: bool = False
    consented: bool = False
    entry_id: UUID | None = None
    for_members: dict[str, str] = field(default_factory=dict)
    for_communities: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """One entry as the searcher sees it. `fields` are JSON; `stakeholder_groups` none when she does not show it."""

    entry_id: UUID
    fields: str
    stakeholder_groups: list[str]

    def fields_read(self) -> dict[str, str]:
        return msgspec.json.decode(self.fields, type=dict[str, str])


@dataclass(frozen=True)
class GroupCount:
    stakeholder_group: str
    people: int


directory = Rows("directory", DirectoryRow, version=1, tables=Path(__file__).with_suffix(".sql"), key="member_id")


@directory.begins(ApplicationReceived)
def _(event: ApplicationReceived, recorded: Recorded) -> DirectoryRow:
    return DirectoryRow(recorded.id, [event.stakeholder_group, *event.also], event.name)


@directory.changes(MemberApproved)
def _(event: MemberApproved, recorded: Recorded, row: DirectoryRow) -> DirectoryRow:
    return replace(row, taking_part=True)


@directory.changes(NameCorrected)
def _(event: NameCorrected, recorded: Recorded, row: DirectoryRow) -> DirectoryRow:
    now = replace(row, recorded_name=event.name, former_names=[*row.former_names, row.recorded_name])
    return replace(now, for_members=_renamed(row.for_members, now), for_communities=_renamed(row.for_communities, now))


@directory.changes(DirectoryEntryDescribed)
def _(event: DirectoryEntryDescribed, recorded: Recorded, row: DirectoryRow) -> DirectoryRow:
    return replace(
        row,
        entry_id=event.entry,
        for_members=_view(event.fields, {Audience.MEMBERS}, row),
        for_communities=_view(event.fields, {Audience.MEMBERS, Audience.COMMUNITIES}, row),
    )


@directory.changes(ConsentGiven)
def _(event: ConsentGiven, recorded: Recorded, row: DirectoryRow) -> DirectoryRow:
    return replace(row, consented=True) if event.purpose == DIRECTORY else row


@directory.changes(ConsentWithdrawn)
def _(event: ConsentWithdrawn, recorded: Recorded, row: DirectoryRow) -> DirectoryRow:
    return replace(row, consented=False) if event.purpose == DIRECTORY else row


@directory.changes(MemberPaused)
def _(event: MemberPaused, recorded: Recorded, row: DirectoryRow) -> DirectoryRow:
    return replace(row, taking_part=False)


@directory.changes(MemberReturned)
def _(event: MemberReturned, recorded: Recorded, row: DirectoryRow) -> DirectoryRow:
    return replace(row, taking_part=True)


@directory.changes(ApplicationRefused)
def _(event: ApplicationRefused, recorded: Recorded, row: DirectoryRow) -> None:
    return None


@directory.changes(ApplicationWithdrawn)
def _(event: ApplicationWithdrawn, recorded: Recorded, row: DirectoryRow) -> None:
    return None


@directory.changes(MemberLeft)
def _(event: MemberLeft, recorded: Recorded, row: DirectoryRow) -> None:
    return None


@directory.changes(MemberErased)
def _(event: MemberErased, recorded: Recorded, row: DirectoryRow) -> None:
    return None


def _view(fields: Iterable[EntryField], audiences: set[Audience], row: DirectoryRow) -> dict[str, str]:
    """What these may see, by field. Of the stakeholder groups the words to search for; what is read is in the row."""
    view = {}
    for each in fields:
        words = each.text
        if each.field is DirectoryField.STAKEHOLDER_GROUP:
            words = " ".join(row.stakeholder_groups).replace("-", " ")
        if words and each.audience in audiences:
            view[str(each.field)] = words
    return _renamed(view, row)


def _renamed(view: Mapping[str, str], row: DirectoryRow) -> dict[str, str]:
    """With her name of today where a former one stood. What she likes to be called here besides stays."""
    name = view.get(DirectoryField.NAME)
    return {**view, DirectoryField.NAME: row.recorded_name} if name in row.former_names else dict(view)


def directory_row(db: Transaction, member: UUID) -> DirectoryRow | None:
    text = db.value(str, "select row_to_json(directory)::text from directory where member_id = %s", member)
    return msgspec.json.decode(text, type=DirectoryRow) if text else None


# Who shares a community with the searcher sees more. A confidential community does not count, or what is shown would
# tell who is in it; nor does the partnership, which is everybody.
_SEEN = """
with mine as (
    select community_id from people_groups join communities on id = community_id
    where member_id = %s and privacy <> %s and kind <> %s
), near as (
    select distinct member_id from people_groups where community_id in (select community_id from mine)
), shown as (
    select entry_id, taking_part and consented as listed, stakeholder_groups,
        case when near.member_id is null then for_members else for_communities end as fields,
        case when near.member_id is null then words_for_members else words_for_communities end as words
    from directory left join near using (member_id)
)
select entry_id, fields, case when fields ? %s then stakeholder_groups else '{}' end as stakeholder_groups
from shown
where listed and fields <> '{}'
    and (%s::text is null or words @@ (websearch_to_tsquery('english', %s) || websearch_to_tsquery('simple', %s)))
    and (%s::text is null or fields ? %s and %s = any(stakeholder_groups))
    and (%s::uuid is null or entry_id > %s)
order by entry_id limit %s
"""


def search(
    db: Transaction, me: UUID, words: str | None, group: str | None, after: UUID | None, limit: int
) -> list[Found]:
    """Entries that `me` may see and whose words, as she sees them, match; up to `limit` + 1. Reads `people` too."""
    shown_group = DirectoryField.STAKEHOLDER_GROUP
    return db.all(
        Found,
        _SEEN,
        *(me, Privacy.CONFIDENTIAL, Kind.PARTNERSHIP),
        shown_group,
        *(words, words, words),
        *(group, shown_group, group),
        *(after, after),
        limit + 1,
    )


def group_counts(db: Transaction) -> list[GroupCount]:
    """How many take part now, by the group for counting; the caller suppresses small ones."""
    return db.all(
        GroupCount,
        "select stakeholder_groups[1] as stakeholder_group, count(*) as people from directory where taking_part"
        " group by 1 order by 1",
    )
