"""Stops a consumer when most messages fail: then the fault is here, and parking would empty a topic into a table.

After getsentry/arroyo, `dlq.py`: the policy is frozen data, the state is apart.
"""

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """How much may fail. A limit is what may still be parked; the next failure stops the consumer.

    longest_run: how many messages in a row.
    worst_share: how many of the last `window`, from 0 to 1; not asked before `fewest` were counted.
    pause_seconds: how long the consumer stands still before it tries again.
    """

    longest_run: int = 10
    worst_share: float = 0.5
    window: int = 100
    fewest: int = 30
    pause_seconds: float = 10.0


@dataclass(eq=False)
class BreakerOpen(Exception):
    """Too many messages fail. `offset` is that of the message that was not parked any more."""

    topic: str
    partition: int
    offset: int
    said: str

    def __str__(self) -> str:
        return (
            f"Most messages fail, so the consumer stands still and parks no more of them: {self.said}. The last is"
            f" {self.topic} partition {self.partition} offset {self.offset}. It tries again by itself; mend what fails."
        )


class Breaker:
    """Counts messages that were handled and messages that failed by themselves, not those parked behind another."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._recent: deque[bool] = deque(maxlen=policy.window)
        self._run = 0
        self.open = False

    def handled(self, messages: int) -> None:
        """That many succeeded. One closes an open breaker; the share that failed before still counts."""
        if not messages:
            return
        self.open = False
        self._run = 0
        self._recent.extend([False] * min(messages, self.policy.window))

    def allows_failure(self) -> bool:
        """Counts one failure. False when it is one too many: it may not be parked, the breaker is open."""
        if self.open:
            return False
        recent = [*self._recent, True][-self.policy.window :]
        share = sum(recent) / len(recent)
        if self._run >= self.policy.longest_run or (
            len(recent) >= self.policy.fewest and share > self.policy.worst_share
        ):
            self.open = True
            return False
        self._recent.append(True)
        self._run += 1
        return True

    def __repr__(self) -> str:
        return f"{self._run} in a row, {sum(self._recent)} of the last {len(self._recent)}"
