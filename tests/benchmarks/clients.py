"""Clients that hammer something at the same time, each in a process of its own: Python's lock then limits nobody.

with Fleet(8, act_maker, url) as fleet:
    fleet.rate(seconds=4)   # and again, taking turns with other fleets; one that is not asked does nothing
"""

import gc
import multiprocessing
from collections.abc import Callable, Iterable
from contextlib import suppress
from multiprocessing.connection import Connection
from time import monotonic, sleep
from traceback import format_exc
from types import TracebackType
from typing import Any, Self

from tests.benchmarks.harness import CannotMeasure

Act = Callable[[], object]
"""One operation, complete when it returns."""

_HEAD_START_SECONDS = 0.05
_PATIENCE_SECONDS = 300  # forty Python programs start at once, on what may be a busy machine


class Fleet:
    """Processes that are ready and connected; they do nothing until `rate` is called."""

    def __init__(self, clients: int, make: Callable[..., Act], *args: Any) -> None:
        """`make(*args)` runs once in each process and gives its operation. It must be importable by its name."""
        spawn = multiprocessing.get_context("spawn")
        self._pipes: list[Connection] = []
        self._processes = []
        for _ in range(clients):
            ours, theirs = spawn.Pipe()
            process = spawn.Process(target=_client, args=(theirs, make, args), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def __enter__(self) -> Self:
        self._answers()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pipe in self._pipes:
            pipe.close()  # which a client that waits for an order takes as its end
        for process in self._processes:
            process.join(5)
            if process.is_alive():
                process.terminate()

    def rate(self, seconds: float) -> float:
        """Operations a second of all clients together. Raises CannotMeasure with the first client's traceback."""
        begin = monotonic() + _HEAD_START_SECONDS
        for pipe in self._pipes:
            pipe.send((begin, seconds))
        return sum(self._answers(seconds))

    def _answers(self, seconds: float = 0) -> Iterable[float]:
        answers = []
        for pipe in self._pipes:
            if not pipe.poll(seconds + _PATIENCE_SECONDS):
                raise CannotMeasure("a client of a benchmark does not answer")
            answer = pipe.recv()
            if isinstance(answer, str):
                raise CannotMeasure(f"a client of a benchmark failed:\n{answer}")
            answers.append(float(answer))
        return answers


def _client(pipe: Connection, make: Callable[..., Act], args: tuple[Any, ...]) -> None:
    """Waits for orders (begin, seconds) and answers each with its own rate, or with the traceback of a failure."""
    try:
        act = make(*args)
        gc.collect()
        gc.freeze()  # as a web process does; peers are given the same
        pipe.send(0)
        while True:
            begin, seconds = pipe.recv()
            sleep(max(0.0, begin - monotonic()))
            done, until = 0, monotonic() + seconds
            while (now := monotonic()) < until:
                act()
                done += 1
            pipe.send(done / max(seconds, now - begin))
    except (EOFError, ConnectionResetError):
        return  # nobody wants anything of this client any more
    except BaseException:
        with suppress(OSError):
            pipe.send(format_exc())
