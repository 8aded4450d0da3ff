"""Start processes, wait until they are usable, notice when one dies, and leave none behind.

Every process gets a group of its own: Ctrl-C in the terminal reaches only the supervisor, which stops the
others in order, and stopping a process stops its children too (gunicorn's workers, the server processes of
PostgreSQL).
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock

from deploy.embedded import leftovers
from deploy.embedded.places import CHECKOUT

# Between two looks at whether something is ready: short enough not to be felt, long enough to cost nothing.
LOOK_AGAIN = 0.05


class Failed(Exception):
    """Something could not be started or went down; the message says what, and what to do."""


class Process:
    """One named program with its log file. Starting it again after it ended appends to the same log."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        log: Path,
        environment: Mapping[str, str] | None = None,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        stop_limit: float = 10,
    ) -> None:
        """`environment` is added to this process's own; `user` is the account to run as (needs root).

        `stop_signal` asks it to stop; it gets SIGKILL when it has not stopped `stop_limit` seconds later.
        """
        self.name = name
        self.command = [str(word) for word in command]
        self.log = log
        self.environment = dict(environment or {})
        self.user = user
        self.stop_signal = stop_signal
        self.stop_limit = stop_limit
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                cwd=CHECKOUT,
                user=self.user,
                group=self.user,
                extra_groups=[] if self.user else None,
                start_new_session=True,
            )
        leftovers.note_started(self.name, self._child.pid, self.log)

    @property
    def pid(self) -> int:
        if self._child is None:
            raise Failed(f"{self.name} was not started.")
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def wait_until(self, ready: Callable[[], bool], limit: float) -> None:
        """Return as soon as `ready()`; raises Failed when the process ends first or `limit` seconds pass."""
        deadline = time.monotonic() + limit
        while not ready():
            if not self.running:
                raise Failed(self.obituary())
            if time.monotonic() > deadline:
                raise Failed(f"{self.name} was not ready after {limit:.0f} s.\n{self.log_ends()}")
            time.sleep(LOOK_AGAIN)

    def run(self, limit: float) -> None:
        """Start it and wait until it ended well. Raises Failed when it ends otherwise or takes too long."""
        self.start()
        assert self._child is not None
        try:
            self._child.wait(limit)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed(f"{self.name} took more than {limit:.0f} s.\n{self.log_ends()}") from None
        finally:
            leftovers.note_stopped(self._child.pid)
        if self._child.returncode != 0:
            raise Failed(self.obituary())

    def ask_to_stop(self) -> None:
        if self._child is not None and self.running:
            self._child.send_signal(self.stop_signal)

    def stop(self) -> None:
        """Ask it to stop, wait, and then kill whatever is left of it and its group."""
        if self._child is None:
            return
        self.ask_to_stop()
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(self.stop_limit)
        self.kill()

    def kill(self) -> None:
        """SIGKILL to the process and everything in its group; does nothing when all have ended."""
        if self._child is None:
            return
        # macOS answers "not permitted" for a group that holds only a dead leader.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        leftovers.note_stopped(self._child.pid)

    def obituary(self) -> str:
        """How it ended, with the last lines of its log."""
        code = self._child.poll() if self._child else None
        killed = code is not None and code < 0
        how = f"was killed by {signal.Signals(-(code or 0)).name}" if killed else f"ended with code {code}"
        return f"{self.name} {how}.\n{self.log_ends()}"

    def log_ends(self, count: int = 20) -> str:
        lines = []
        if self.log.exists():
            with self.log.open("rb") as log:
                log.seek(max(0, self.log.stat().st_size - 16_000))
                lines = log.read().decode(errors="replace").splitlines()[-count:]
        if not lines:
            return f"It wrote nothing into its log, {self.log}."
        return f"Its log, {self.log}, ends:\n" + "\n".join(f"  | {line}" for line in lines)


class Supervisor:
    """Holds what was started, in order; stops it in the reverse order."""

    def __init__(self) -> None:
        self._layers: list[list[Process]] = []
        self._lock = Lock()
        self._asked = Event()

    def start(self, *processes: Process) -> None:
        """Start `processes` as one layer: they stop together, before every layer that was started earlier."""
        with self._lock:
            if self._asked.is_set():
                raise Interrupted
            self._layers.append(list(processes))
            for process in processes:
                process.start()

    def ask_to_stop(self) -> None:
        """Safe to call from a signal handler."""
        self._asked.set()

    @property
    def asked_to_stop(self) -> bool:
        return self._asked.is_set()

    def watch(self) -> None:
        """Return when somebody asked to stop. Raises Failed, with an obituary, when a process dies first."""
        while not self._asked.wait(0.5):
            for process in self._all():
                if not process.running:
                    raise Failed(process.obituary())

    def stop(self) -> None:
        """Stop everything, the last layer first; returns when nothing of it runs any more."""
        self._asked.set()
        with self._lock:
            for layer in reversed(self._layers):
                for process in layer:
                    process.ask_to_stop()
                for process in layer:
                    process.stop()
            self._layers.clear()

    def _all(self) -> list[Process]:
        with self._lock:
            return [process for layer in self._layers for process in layer]


class Interrupted(Exception):
    """Something was to be started after everybody was asked to stop."""
