"""Which of members' records may reveal health or care, so that reading them is noted (UK GDPR, article 9)."""

from collections.abc import Iterable

from services.membership.api.own import is_hers
from services.membership.domain.member import StakeholderGroup
from services.membership.projections.members import MemberRow
from shared.http.authorization import caller
from shared.http.sensitive import note_read


def note_members_read(what: str, rows: Iterable[MemberRow]) -> None:
    """Notes the records of others that say that somebody draws on care, or hold what she wrote of herself."""
    me = caller()
    note_read(what, *(row.id for row in rows if _may_tell_of_health(row) and (me.acting or not is_hers(row, me))))


def _may_tell_of_health(row: MemberRow) -> bool:
    groups = {row.stakeholder_group, *row.also}
    return row.about is not None or StakeholderGroup.PERSON_DRAWING_ON_CARE in groups
