"""Help by a coordinator: whether a member accepts it, and how she takes her record over with a sign-in of her own."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final
from uuid import UUID

from services.membership.domain.member import (
    ENDED,
    TAKING_PART,
    AccountInvited,
    AccountLinked,
    HelpAccepted,
    HelpRefused,
    Member,
)
from shared.messages.decisions import Command, Context, Refused
from shared.messages.events import Event

INVITATION_LASTS: Final = timedelta(days=28)
"""A code goes by post and waits for a quiet hour."""


class MustAcceptHelp(Command[Member]):
    """Nothing happens to her; refused unless the owner of `account` may act for her."""

    account: UUID

    def decide(self, member: Member, context: Context) -> Iterator[Event]:
        if member.standing not in TAKING_PART:
            raise Refused("not-taking-part", f"You can act for members who take part. This one is {member.standing}.")
        if member.account == self.account:
            raise Refused("yourself", "This is you. You need no session to act for yourself.")
        if member.refuses_help:
            raise Refused("help-refused", "This member does not want anybody to act for her.")
        yield from ()


class RefuseHelp(Command[Member]):
    """Say that nobody may act for her. It ends what is open."""

    def decide(self, member: Member, context: Context) -> Iterator[Event]:
        _must_be_there(member)
        if not member.refuses_help:
            yield HelpRefused()


class AcceptHelp(Command[Member]):
    """Say that a coordinator may act for her again. Nobody says so in a session, which she would not have."""

    in_person_only = True

    def decide(self, member: Member, context: Context) -> Iterator[Event]:
        _must_be_there(member)
        if member.refuses_help:
            yield HelpAccepted()


class InviteAccount(Command[Member]):
    """Give a member a code with which she takes over her record. `code` is a keyed digest; a new one replaces it."""

    code: UUID

    def decide(self, member: Member, context: Context) -> Iterator[Event]:
        _must_be_there(member)
        if member.account:
            raise Refused("has-an-account", "This member has a sign-in already.")
        yield AccountInvited(code=self.code, until=context.now + INVITATION_LASTS, by=context.actor)


class TakeOver(Command[Member]):
    """Link the sign-in of whoever knows the code. It works once, and not for whoever made it."""

    in_person_only = True

    code: UUID
    account: UUID

    def decide(self, member: Member, context: Context) -> Iterator[Event]:
        invited = member.invited
        if member.standing in ENDED or invited is None or invited.code != self.code or invited.until <= context.now:
            raise Refused("code-not-known", "This code is not known, or too old. Ask us for a new one.")
        if invited.by == context.actor:
            raise Refused("your-own-code", "You made this code for somebody else. She uses it with her own sign-in.")
        yield AccountLinked(account=self.account)


def _must_be_there(member: Member) -> None:
    if member.standing in ENDED:
        raise Refused("not-a-member", f"This application or membership is {member.standing}.")
