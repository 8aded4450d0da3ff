"""Being a member: taking it up, taking a break, coming back, leaving, and whose sign-in is whose."""

from collections.abc import Iterator
from uuid import UUID

from services.membership.domain.ground_rules import CURRENT
from services.membership.domain.member import (
    ENDED,
    TAKING_PART,
    WAITING,
    AccountLinked,
    Member,
    MemberActivated,
    MemberLeft,
    MemberPaused,
    MemberReturned,
    OnboardingStep,
    OnboardingStepDone,
    Standing,
)
from shared.messages.decisions import Command, Context, Refused
from shared.messages.events import Event


class Activate(Command[Member]):
    """Agree to the ground rules, and so take up a membership. `ground_rules` is the wording that she was shown.

    Nobody agrees in her name: a coordinator who read them to her notes that under her own.
    """

    in_person_only = True

    ground_rules: str

    def decide(self, member: Member, context: Context) -> Iterator[Event]:
        must_be_a_member(member)
        if member.standing is Standing.PAUSED:
            raise Refused("paused", "You take a break. Come back first, then agree to the ground rules.")
        if self.ground_rules != CURRENT.version:
            raise Refused(
                "other-ground-rules", "The ground rules have changed since this page was opened. Read them again."
            )
        if member.agreed != self.ground_rules:
            yield MemberActivated(ground_rules=self.ground_rules)


class Pause(Command[Member]):
    """Take a break. It has no end until she returns, and needs no reason."""

    def decide(self, member: Member, context: Context) -> Iterator[Event]:
        must_be_a_member(member)
        if member.standing is Standing.PAUSED:
            raise Refused("already-paused", "This membership is paused already.")
        yield MemberPaused()


class Return(Command[Member]):
    """Come back from a break."""

    def decide(self, member: Member, context: Context) -> Iterator[Event]:
        must_be_a_member(member)
        if member.standing in TAKING_PART:
            raise Refused("not-paused", "This membership is not paused, so there is nothing to come back from.")
        if member.restricted:
            raise Refused("restricted", "The use of this person's data is restricted. Lift that first.")
        yield MemberReturned()


class Leave(Command[Member]):
    """Stop being a member. It needs no reason; whoever wants to come back later asks to join again."""

    def decide(self, member: Member, context: Context) -> Iterator[Event]:
        must_be_a_member(member)
        yield MemberLeft()


class TickOff(Command[Member]):
    """Say that a step of the checklist for new members is done. Twice is as once."""

    step: OnboardingStep

    def decide(self, member: Member, context: Context) -> Iterator[Event]:
        must_be_a_member(member)
        if self.step not in member.steps:
            yield OnboardingStepDone(step=self.step)


class LinkAccount(Command[Member]):
    """Say which sign-in belongs to a member, or to somebody who waits for an answer."""

    account: UUID

    def decide(self, member: Member, context: Context) -> Iterator[Event]:
        if member.standing in ENDED:
            raise Refused("not-a-member", f"This application or membership is {member.standing}: no sign-in is linked.")
        if member.account != self.account:
            yield AccountLinked(account=self.account)


def must_be_a_member(member: Member) -> None:
    """Raises Refused unless she is one, be it on a break."""
    if member.standing is Standing.LEFT:
        raise Refused("already-left", "This person has left before, so this cannot be done any more.")
    if member.standing is Standing.ERASED:
        raise Refused("erased", "What was known of this person is erased, so nothing can be done here any more.")
    if member.standing in WAITING or member.standing in ENDED:
        raise Refused("not-a-member", f"This is not a member: the application is {member.standing}.")
