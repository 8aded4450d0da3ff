"""Start processes, wait until they are usable, notice when one dies, and leave none behind.

Every process gets a group of its own: Ctrl-C in the terminal reaches only the supervisor, which stops the others in
order, and stopping a process stops its children too (gunicorn's workers, the server processes of PostgreSQL).
"""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event, Lock
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import psutil

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
    ) -> None:
        """`environment` is added to this process's own; `user` is the account to run as (needs root)."""
        self.name = name
        self.command = [str(word) for word in command]
        self.log = log
        self.environment = dict(environment or {})
        self.user = user
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
        leftovers.note_started(self.name, self._child.pid)

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
                raise Failed(f"{self.name} was not ready after {limit:.0f} s. Its log, {self.log}, ends:\n{self.last_lines()}")
            time.sleep(LOOK_AGAIN)

    def ask_to_stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._child is not None and self.running:
            self._child.send_signal(how)

    def stop(self, limit: float = 10, how: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to stop, wait, and kill it and its whole group when it has not stopped after `limit` seconds."""
        if self._child is None:
            return
        self.ask_to_stop(how)
        try:
            self._child.wait(limit)
        except subprocess.TimeoutExpired:
            pass
        self.kill()

    def kill(self) -> None:
        """SIGKILL to the process and everything in its group; does nothing when all have ended."""
        if self._child is None:
            return
        try:
            os.killpg(self._child.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            # macOS answers "not permitted" for a group that holds only a dead leader.
            pass
        self._child.wait()
        leftovers.note_stopped(self._child.pid)

    def obituary(self) -> str:
        code = self._child.poll() if self._child else None
        how = f"was killed by {signal.Signals(-code).name}" if code is not None and code < 0 else f"ended with code {code}"
        return f"{self.name} {how}. Its log, {self.log}, ends:\n{self.last_lines()}"

    def last_lines(self, count: int = 20) -> str:
        if not self.log.exists():
            return "(it is empty)"
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 16_000))
            lines = log.read().decode(errors="replace").splitlines()[-count:]
        return "\n".join(f"  | {line}" for line in lines) or "(it is empty)"


class Supervisor:
    """Holds what was started, in order; stops it in the reverse order."""

    def __init__(self) -> None:
        self._layers: list[list[Process]] = []
        self._lock = Lock()
        self._asked = Event()

    def start(self, *processes: Process) -> None:
        """Start `processes` as one layer: they are asked to stop together, before every layer that was started earlier."""
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
        """Return when somebody asked to stop; raises Failed with the obituary of the first process that dies before."""
        while not self._asked.wait(0.5):
            for process in self._all():
                if not process.running:
                    raise Failed(process.obituary())

    def stop(self, limit: float = 10) -> None:
        self._asked.set()
        with self._lock:
            for layer in reversed(self._layers):
                for process in layer:
                    process.ask_to_stop()
                deadline = time.monotonic() + limit
                for process in layer:
                    process.stop(limit=max(0.1, deadline - time.monotonic()))
            self._layers.clear()

    def _all(self) -> list[Process]:
        with self._lock:
            return [process for layer in self._layers for process in layer]


class Interrupted(Exception):
    """Something was to be started after everybody was asked to stop."""


def answers(url: str) -> bool:
    """Whether `url` answers 2xx. False while nothing listens there and while it says that it is not ready."""
    try:
        with urlopen(url, timeout=5) as answer:
            return bool(200 <= answer.status < 300)
    except (HTTPError, URLError, OSError):
        return False


def listens(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as connection:
        connection.settimeout(1)
        return connection.connect_ex((host, port)) == 0


def free_port() -> int:
    with socket.socket() as connection:
        connection.bind(("127.0.0.1", 0))
        return int(connection.getsockname()[1])


def check_ports_are_free(wanted: Mapping[str, int]) -> None:
    """`wanted` is {what wants it: port}. Raises Failed that names every busy port, who wants it and who has it."""
    taken = [f"  {port} is wanted by {name}, and {holder(port)} listens there" for name, port in wanted.items() if busy(port)]
    if taken:
        raise Failed(
            "These ports are busy:\n" + "\n".join(taken) + "\n"
            "Stop what listens there, or move the whole demo: COPSE_PORT_OFFSET=10000 make demo adds 10000 to every port."
        )


def busy(port: int) -> bool:
    """Whether 127.0.0.1:port cannot be bound (a port that is only waiting to be forgotten can)."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            connection.bind(("127.0.0.1", port))
        except OSError:
            return True
        return False


def holder(port: int) -> str:
    """'postgres (process 4711)' where the system tells us, else 'another program'."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        # macOS shows other accounts' connections to root only.
        pass
    return "another program"
