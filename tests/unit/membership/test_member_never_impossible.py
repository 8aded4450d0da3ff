"""Whatever is wished of a member, in whatever order: she is never in a state that cannot be.

The machine below knows the allowed moves as a table of its own (domain.md, section 4, machine 1), apart from the code.
"""

from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.strategies import sampled_from

from services.membership.domain.ground_rules import CURRENT
from services.membership.domain.joining import Apply, Approve, Refuse, TalkFirst, Withdraw
from services.membership.domain.member import (
    ApplicationRefused,
    ApplicationWithdrawn,
    Member,
    MemberActivated,
    MemberApproved,
    MemberLeft,
    StakeholderGroup,
    Standing,
)
from services.membership.domain.taking_part import Activate, Leave, Pause, Return
from shared.commands.handler import fold
from shared.messages.decisions import Command
from shared.messages.events import Event
from shared.testing.decider import given

APPLY = Apply(name="Ann", phone="01632 960001", stakeholder_group=StakeholderGroup.OTHER, communities=())
WISHES: dict[str, Command[Member]] = {
    "talk": TalkFirst(),
    "approve": Approve(),
    "refuse": Refuse(reason="No."),
    "withdraw": Withdraw(),
    "activate": Activate(ground_rules=CURRENT.version),
    "pause": Pause(),
    "return": Return(),
    "leave": Leave(),
}
DECIDED = {"approve": "approved", "refuse": "declined", "withdraw": "withdrawn"}
MOVES: dict[str, dict[str, str]] = {
    "applied": {"talk": "needs-conversation", **DECIDED},
    "needs-conversation": {"talk": "needs-conversation", **DECIDED},
    "approved": {"activate": "active", "pause": "paused", "leave": "left"},
    "active": {"activate": "active", "pause": "paused", "leave": "left"},
    "paused": {"return": "as before", "leave": "left"},
}


class Life(RuleBasedStateMachine):
    @initialize()
    def applies(self) -> None:
        self.events: tuple[Event, ...] = given(Member).when(APPLY).events
        self.standing, self.agreed = "applied", False

    @rule(wish=sampled_from(sorted(WISHES)))
    def wishes(self, wish: str) -> None:
        decided = given(Member, *self.events).when(WISHES[wish])
        allowed = MOVES.get(self.standing, {}).get(wish)
        assert (decided.refusal is None) is (allowed is not None), f"{wish} while {self.standing}: {decided}"
        self.events += decided.events
        if allowed:
            self.agreed = self.agreed or wish == "activate"
            self.standing = ("active" if self.agreed else "approved") if allowed == "as before" else allowed

    @invariant()
    def stands_where_the_table_says(self) -> None:
        assert fold(Member(), self.events).standing is Standing(self.standing)

    @invariant()
    def is_possible(self) -> None:
        kinds = [type(event) for event in self.events]
        ends = [kind for kind in kinds if kind in (ApplicationRefused, ApplicationWithdrawn, MemberLeft)]
        assert kinds.count(MemberApproved) <= 1
        assert len(ends) <= 1
        assert not ends or kinds[-1] is ends[0], "something happened after the end"
        if self.standing == "active":
            assert kinds.index(MemberApproved) < kinds.index(MemberActivated)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
