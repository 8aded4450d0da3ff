"""Consenting to a purpose, and taking it back.

not asked -> granted (in a wording) -> withdrawn
                  |
                  +-> superseded: a newer wording is in force; what was granted holds until she answers again
"""

from collections.abc import Iterator
from enum import StrEnum

from services.membership.domain.member import ConsentGiven, ConsentWithdrawn, Member, MemberLeft
from services.membership.domain.purposes import MEMBERSHIP, PURPOSES, Purpose
from services.membership.domain.taking_part import Activate, must_be_a_member
from shared.messages.decisions import Command, Context, Refused, must_be_in_person
from shared.messages.events import Event


class Consent(StrEnum):
    """Where one consent stands."""

    NOT_ASKED = "not-asked"
    GRANTED = "granted"
    SUPERSEDED = "superseded"
    """Granted in an older wording: it still holds as it was granted, and she is asked again at her next visit."""
    WITHDRAWN = "withdrawn"


def consent_to(purpose: Purpose, given: str | None, *, withdrawn: bool = False) -> Consent:
    """`given` is the wording that holds, None when none does; `withdrawn` says that one did before."""
    if given is None:
        return Consent.WITHDRAWN if withdrawn else Consent.NOT_ASKED
    return Consent.GRANTED if given == purpose.current.version else Consent.SUPERSEDED


class GiveConsent(Command[Member]):
    """Consent to a purpose in the wording that she was shown. Twice is as once."""

    purpose: str
    wording: str

    def decide(self, member: Member, context: Context) -> Iterator[Event]:
        must_be_a_member(member)
        _must_be_in_force(_known(self.purpose), self.wording)
        if self.purpose == MEMBERSHIP:
            must_be_in_person(Activate, context)
            yield from Activate(ground_rules=self.wording).decide(member, context)
        elif member.consents.get(self.purpose) != self.wording:
            yield ConsentGiven(purpose=self.purpose, wording=self.wording)


class WithdrawConsent(Command[Member]):
    """Take a consent back, without giving a reason. Taking back the one to be a member is leaving."""

    purpose: str

    def decide(self, member: Member, context: Context) -> Iterator[Event]:
        must_be_a_member(member)
        _known(self.purpose)
        if self.purpose not in member.consents:
            raise Refused("no-such-consent", "There is no consent to this now, so there is nothing to take back.")
        yield ConsentWithdrawn(purpose=self.purpose)
        if self.purpose == MEMBERSHIP:
            yield MemberLeft()


def _known(name: str) -> Purpose:
    purpose = PURPOSES.get(name)
    if purpose is None:
        choices = ", ".join(PURPOSES)
        raise Refused("unknown-purpose", f"Nobody is asked to consent to this. The purposes are: {choices}.")
    return purpose


def _must_be_in_force(purpose: Purpose, wording: str) -> None:
    if wording == purpose.current.version:
        return
    if purpose.wording(wording) is None:
        raise Refused("unknown-wording", "There is no such wording of this consent. Read the one in force.")
    raise Refused("old-wording", "The words have changed since this page was opened. Read them again, then decide.")
