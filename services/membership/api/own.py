"""Whose record it is: what everybody may do with her own, and others only with a permission."""

from uuid import UUID

from services.membership.projections.members import MemberRow, member, member_of_account, members
from shared.http.authorization import caller, require, running
from shared.http.reads import wait_for
from shared.identity.identity import Identity


def own_or(member_id: UUID, permission: str) -> bool:
    """Raises the 403 problem unless the record is the caller's own or she has the permission.

    Gives whether it is she herself, and nobody who acts for her: what is shown to anybody else may have to be noted
    (`note_read`).

    By the account, not by `caller().member`: an applicant, or somebody who takes a break, is no active member.
    """
    wait_for(members)
    with running().database.transaction() as db:
        row = member(db, member_id)
    if row is None or not is_hers(row, caller()):
        require(permission)
        return False
    return not caller().acting


def own_record() -> MemberRow | None:
    """The caller's own record of any standing: who takes a break or has left has rights too."""
    who = caller()
    if who.account is None and not who.acting:
        return None
    wait_for(members)
    with running().database.transaction() as db:
        if who.member and who.acting:
            return member(db, who.member)
        return member_of_account(db, who.account) if who.account else None


def is_hers(row: MemberRow, who: Identity) -> bool:
    """Whether the record is that of the caller, or of the member for whom she acts."""
    if who.acting:
        return row.id == who.member
    return row.account is not None and row.account == who.account
