"""What is killed and frozen, in which order: made from a seed before the run begins, so that it can be had again."""

from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

from tests.chaos.fail_points import ALL, POINTS, FailPoint
from tests.chaos.house import KAFKA, POSTGRES

REBUILT = {
    "membership": ("members", "people", "communities"),
    "meetings": ("people", "upcoming_meetings", "replies"),
    "ppi": ("people", "support_requests", "claims"),
    "notifications": ("people", "meetings", "support_requests", "deliveries"),
}
"""Which projections are rebuilt while everything falls down."""

_KILLS_PER_KAFKA = 15  # it needs some five seconds to come back
_KILLS_PER_POSTGRES = 8
_KILLS_PER_FREEZE = 5
WHOLE = 20
"""Kills of a run that meets every core fail-point; a shorter one leaves some out."""
_LONG_RUN = 50
_TIMES_AT_A_POINT = (1, 1, 2, 3, 5)
TURNED_BY = timedelta(days=29)
"""The longest timer of the run is due after 28 days; answers to repeated requests are forgotten after 30."""
_TIMER_FIRES = "agenda: command done, entry not closed"


@dataclass(frozen=True)
class Kill:
    """SIGKILL at any moment. It is started again after `down_for` seconds."""

    target: str
    down_for: float
    pause: float

    def __str__(self) -> str:
        return f"kill {self.target}"


@dataclass(frozen=True)
class KillAt:
    """SIGKILL at a fail-point, the `nth` time that a process of the service comes by.

    Once in a run the clock is `turned_by` so much when the process is armed."""

    point: FailPoint
    service: str
    nth: int
    projection: str
    pause: float
    turned_by: timedelta = timedelta(0)

    @property
    def target(self) -> str:
        return f"{self.service}-{self.point.process}"

    def __str__(self) -> str:
        turned = f"turn the clock by {self.turned_by.days} days, and " if self.turned_by else ""
        return f"{turned}kill {self.target} at “{self.point.name}”"


@dataclass(frozen=True)
class Freeze:
    """SIGSTOP, and SIGCONT after `seconds`."""

    target: str
    seconds: float
    pause: float

    def __str__(self) -> str:
        return f"freeze {self.target} for {self.seconds:.1f} s"


Harm = Kill | KillAt | Freeze


def plan(seed: int, kills: int) -> list[Harm]:
    """As many kills as asked for, with freezes between. The same seed and number give the same list."""
    dice = Random(f"{seed}/{kills}")  # noqa: S311
    servers = [KAFKA] * max(1, kills // _KILLS_PER_KAFKA) + [POSTGRES] * max(1, kills // _KILLS_PER_POSTGRES)
    processes = [f"{name}-{kind}" for name in ALL for kind in ("web", "worker", "worker")]
    processes += [f"{name}-rival" for name in rivals(kills)]
    core = [point for point in POINTS if point.core]
    others = [point for point in POINTS if not point.core]
    fatal: list[Harm] = [Kill(name, dice.uniform(0, 1.5), _pause(dice)) for name in servers]
    fatal += [_at(dice, point) for point in core]
    while len(fatal) < kills:
        chance = dice.random()
        if chance < 0.35:
            fatal.append(_at(dice, dice.choice(core)))
        elif chance < 0.6:
            fatal.append(_at(dice, dice.choice(others)))
        else:
            fatal.append(Kill(dice.choice(processes), dice.uniform(0, 2.0), _pause(dice)))
    frozen = [POSTGRES, KAFKA] + [
        dice.choice([POSTGRES, KAFKA, *(f"{name}-{kind}" for name in ALL for kind in ("web", "worker"))])
        for _ in range(max(2, kills // _KILLS_PER_FREEZE) - 2)
    ]
    # A worker that is frozen for longer than its session loses its partitions, and wakes up not knowing it.
    freezes: list[Harm] = [Freeze(name, _frozen_for(dice, name, kills), _pause(dice)) for name in frozen]
    harms = [*fatal[:kills], *freezes]
    dice.shuffle(harms)
    return _with_timers(harms)


def _with_timers(harms: list[Harm]) -> list[Harm]:
    """Half-way the timers are due, and whoever keeps them dies of the first: the rest of the harm meets the others."""
    for harm in harms:
        if isinstance(harm, KillAt) and harm.point.name == _TIMER_FIRES:
            others = [each for each in harms if each is not harm]
            half = len(others) // 2
            timers = replace(harm, service="ppi", nth=1, projection=REBUILT["ppi"][0], turned_by=TURNED_BY)
            return [*others[:half], timers, *others[half:]]
    return harms  # of a run that is too short for every core fail-point


def rivals(kills: int) -> tuple[str, ...]:
    """The services with a second worker: all of them, but for a short run, which has little time to start them."""
    return ALL if kills >= _LONG_RUN else ("membership", "notifications")


def _at(dice: Random, point: FailPoint) -> KillAt:
    service = dice.choice(list(point.services))
    nth = 1 if point.process == "rebuild" or point.at_start else dice.choice(_TIMES_AT_A_POINT)
    return KillAt(point, service, nth, dice.choice(REBUILT[service]), _pause(dice))


def _pause(dice: Random) -> float:
    return dice.uniform(0, 1.0)


def _frozen_for(dice: Random, name: str, kills: int) -> float:
    longest = 4.0 if kills < _LONG_RUN else 14.0 if name.endswith("worker") else 8.0
    return dice.uniform(1, longest)
