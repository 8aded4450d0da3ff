"""A process whose end, or whose sleep, falls between any two of its steps.

All that the kernel does is a sequence of transactions. So a process can be killed before its nth one, inside it (then
it is rolled back), or after its commit but before it knows; or be frozen before it while others go on, and wake up in
a changed world. Nothing here is left to chance or to threads: the same fate gives the same run.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto

from shared.database.pool import Database, Transaction


class Killed(BaseException):
    """SIGKILL. No handler of the code under test may catch it."""


class How(Enum):
    KILLED_BEFORE = auto()
    KILLED_INSIDE = auto()
    KILLED_AFTER = auto()
    FROZEN_BEFORE = auto()


@dataclass(frozen=True)
class Fate:
    """What happens to a process at its nth transaction, counted from 1."""

    at: int
    how: How


class Mortal(Database):
    """The database as one process sees it, with a pool that all share."""

    def __init__(self, pool: Database, fate: Fate | None = None, meanwhile: Callable[[], None] = lambda: None) -> None:
        """`meanwhile` is what others do while this process is frozen."""
        self.__dict__.update(vars(pool))
        self._fate, self._meanwhile, self._begun = fate, meanwhile, 0

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        self._begun += 1
        how = self._fate.how if self._fate and self._fate.at == self._begun else None
        if how is How.KILLED_BEFORE:
            raise Killed
        if how is How.FROZEN_BEFORE:
            self._meanwhile()
        with super().transaction() as db:
            # Who meets a lock here meets one that is held further up in the same thread, and would wait for ever.
            db.execute("set local lock_timeout to '20ms'")
            yield db
            if how is How.KILLED_INSIDE:
                raise Killed
        if how is How.KILLED_AFTER:
            raise Killed
