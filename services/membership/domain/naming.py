"""Putting a name right: it was misspelt, or it is another one now."""

from collections.abc import Iterator

from services.membership.domain.member import ENDED, Member, NameCorrected
from shared.messages.decisions import Command, Context, Refused
from shared.messages.events import Event


class CorrectName(Command[Member]):
    """The name by which she is greeted and listed from now on, in every service. It needs no reason."""

    name: str

    def decide(self, member: Member, context: Context) -> Iterator[Event]:
        if member.standing in ENDED or member.received is None:
            raise Refused("not-a-member", f"This application or membership is {member.standing}: it stays as it is.")
        if member.received.name != self.name:
            yield NameCorrected(name=self.name)
