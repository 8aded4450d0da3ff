"""Whose record it is: what everybody may do with her own, and others only with a permission."""

from uuid import UUID

from services.membership.projections.members import MemberRow, member, member_of_account, members
from shared.http.authorization import caller, require, running
from shared.http.reads import wait_for


def own_or(member_id: UUID, permission: str) -> None:
    """Raises the 403 problem unless the record is the caller's own or she has the permission.

    By the account, not by `caller().member`: an applicant, or somebody who takes a break, is no active member.
    """
    account = caller().account
    wait_for(members)
    with running().database.transaction() as db:
        row = member(db, member_id)
    if row is None or row.account is None or row.account != account:
        require(permission)


def own_record() -> MemberRow | None:
    """The caller's own record of any standing: who takes a break or has left has rights too."""
    account = caller().account
    if account is None:
        return None
    wait_for(members)
    with running().database.transaction() as db:
        return member_of_account(db, account)
