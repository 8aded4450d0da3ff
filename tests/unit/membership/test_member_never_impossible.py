"""Whatever is wished of a member, in whatever order: she is never in a state that cannot be.

The machine below knows the allowed moves as a table of its own (domain.md, section 4, machines 1 and 2), apart from
the code. Whoever is active has consented to be a member and not taken it back; of whom is erased nothing can be read,
and nothing can be done with her record any more.
"""

from dataclasses import fields
from uuid import UUID

from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.strategies import sampled_from

from services.membership.domain.consenting import GiveConsent, WithdrawConsent
from services.membership.domain.ground_rules import CURRENT
from services.membership.domain.joining import Apply, Approve, Refuse, TalkFirst, Withdraw
from services.membership.domain.member import (
    ApplicationRefused,
    ApplicationWithdrawn,
    Member,
    MemberActivated,
    MemberApproved,
    MemberErased,
    MemberLeft,
    OnboardingStep,
    StakeholderGroup,
    Standing,
)
from services.membership.domain.purposes import MEMBERSHIP, PURPOSES
from services.membership.domain.taking_part import Activate, Leave, LinkAccount, Pause, Return, TickOff
from shared.commands.handler import fold
from shared.messages.decisions import Command
from shared.messages.events import Event
from shared.testing.decider import given

NAME, PHONE = "Ann Planted", "01632 960001"
APPLY = Apply(
    name=NAME, phone=PHONE, stakeholder_group=StakeholderGroup.OTHER, communities=(), account=UUID(int=7), about=NAME
)
OTHERS = sorted(PURPOSES.keys() - {MEMBERSHIP})
WISHES: dict[str, Command[Member]] = {
    "talk": TalkFirst(),
    "approve": Approve(),
    "refuse": Refuse(reason="No."),
    "withdraw": Withdraw(),
    "activate": Activate(ground_rules=CURRENT.version),
    "consent to be a member": GiveConsent(purpose=MEMBERSHIP, wording=CURRENT.version),
    "take back being a member": WithdrawConsent(purpose=MEMBERSHIP),
    "pause": Pause(),
    "return": Return(),
    "leave": Leave(),
}
MORE_WISHES: dict[str, Command[Member]] = {
    "link": LinkAccount(account=UUID(int=8)),
    "tick off": TickOff(step=OnboardingStep.QUICK_GUIDE),
    "consent to spam": GiveConsent(purpose="spam", wording=CURRENT.version),
    **{f"{purpose} in words that never were": GiveConsent(purpose=purpose, wording="1999-01") for purpose in PURPOSES},
}
DECIDED = {"approve": "approved", "refuse": "declined", "withdraw": "withdrawn"}
AGREES = {"activate": "active", "consent to be a member": "active"}
GOES = {"leave": "left", "take back being a member": "left"}
MOVES: dict[str, dict[str, str]] = {
    "applied": {"talk": "needs-conversation", **DECIDED},
    "needs-conversation": {"talk": "needs-conversation", **DECIDED},
    "approved": {**AGREES, "pause": "paused", **GOES},
    "active": {**AGREES, "pause": "paused", **GOES},
    "paused": {"return": "as before", **GOES},
}
MEMBERS = {"approved", "active", "paused"}


class Life(RuleBasedStateMachine):
    @initialize(so_far=sampled_from([(), ("approve",), ("approve", "activate")]))
    def applies(self, so_far: tuple[str, ...]) -> None:
        """Most lives left to chance end before they have begun, so two of three begin as a member's."""
        self.events: tuple[Event, ...] = given(Member).when(APPLY).events
        self.standing = "applied"
        self.consents: set[str] = set()
        for wish in so_far:
            self.wish_for(wish)

    @property
    def agreed(self) -> bool:
        return MEMBERSHIP in self.consents

    @rule(wish=sampled_from(sorted(WISHES)))
    def wishes(self, wish: str) -> None:
        self.wish_for(wish)

    def wish_for(self, wish: str) -> None:
        decided = given(Member, *self.events).when(WISHES[wish])
        allowed = MOVES.get(self.standing, {}).get(wish)
        if wish == "take back being a member" and not self.agreed:
            allowed = None
        assert (decided.refusal is None) is (allowed is not None), f"{wish} while {self.standing}: {decided}"
        self.events += decided.events
        if not allowed:
            return
        if wish in AGREES:
            self.consents.add(MEMBERSHIP)
        self.standing = ("active" if self.agreed else "approved") if allowed == "as before" else allowed
        if self.standing == "left":
            self.consents.clear()

    @rule(purpose=sampled_from(OTHERS))
    def consents_to(self, purpose: str) -> None:
        decided = given(Member, *self.events).when(
            GiveConsent(purpose=purpose, wording=PURPOSES[purpose].current.version)
        )
        assert (decided.refusal is None) is (self.standing in MEMBERS)
        self.events += decided.events
        if self.standing in MEMBERS:
            self.consents.add(purpose)

    @rule(purpose=sampled_from(OTHERS))
    def takes_back(self, purpose: str) -> None:
        decided = given(Member, *self.events).when(WithdrawConsent(purpose=purpose))
        assert (decided.refusal is None) is (purpose in self.consents)
        self.events += decided.events
        self.consents.discard(purpose)

    @rule(wish=sampled_from(sorted(MORE_WISHES)))
    def wishes_what_moves_her_nowhere(self, wish: str) -> None:
        self.events += given(Member, *self.events).when(MORE_WISHES[wish]).events

    @precondition(lambda self: self.standing != "erased")
    @rule(after=sampled_from(range(20)))
    def is_erased(self, after: int) -> None:
        """Seldom, or no life would be long."""
        if after == 0:
            self.events += (MemberErased(),)
            self.standing = "erased"
            self.consents.clear()

    @invariant()
    def stands_where_the_table_says(self) -> None:
        member = fold(Member(), self.events)
        assert member.standing is Standing(self.standing)
        assert set(member.consents) == self.consents

    @invariant()
    def is_active_only_while_she_consents_to_be_a_member(self) -> None:
        member = fold(Member(), self.events)
        if member.standing is Standing.ACTIVE:
            assert member.consents[MEMBERSHIP] == CURRENT.version
        if member.standing in (Standing.LEFT, Standing.DECLINED, Standing.WITHDRAWN, Standing.ERASED):
            assert not member.consents

    @invariant()
    def is_unreadable_and_out_of_reach_once_erased(self) -> None:
        if self.standing != "erased":
            return
        member = fold(Member(), self.events)
        blank = Member(standing=Standing.ERASED)
        assert {each.name: getattr(member, each.name) for each in fields(member)} == {
            each.name: getattr(blank, each.name) for each in fields(blank)
        }
        assert NAME not in repr(member)
        for name, wish in {**WISHES, **MORE_WISHES}.items():
            assert given(Member, *self.events).when(wish).refusal, f"{name} after the erasure"
        for purpose in OTHERS:
            give = GiveConsent(purpose=purpose, wording=PURPOSES[purpose].current.version)
            assert given(Member, *self.events).when(give).refusal
            assert given(Member, *self.events).when(WithdrawConsent(purpose=purpose)).refusal

    @invariant()
    def is_possible(self) -> None:
        kinds = [type(event) for event in self.events if not isinstance(event, MemberErased)]
        ends = [kind for kind in kinds if kind in (ApplicationRefused, ApplicationWithdrawn, MemberLeft)]
        assert kinds.count(MemberApproved) <= 1
        assert len(ends) <= 1
        assert not ends or kinds[-1] is ends[0], "something happened after the end"
        if self.standing == "active":
            assert kinds.index(MemberApproved) < kinds.index(MemberActivated)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=300, stateful_step_count=30, deadline=None)
