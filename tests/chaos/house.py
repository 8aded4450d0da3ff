"""The whole of Copse for a chaos run: real servers and services that can be killed and frozen.

Some services have a second worker, a rival, so that leadership and partitions change hands.
"""

import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import psutil

from deploy.demo.configuration import SERVICES
from deploy.demo.progress import Progress
from deploy.demo.system import DATABASES, START_LIMIT, System, wait_for
from deploy.embedded import ports
from deploy.embedded.processes import Process
from tests.chaos import fail_points, sabotage
from tests.chaos.turned_clock import TurnedClock

POSTGRES, KAFKA = "PostgreSQL", "Kafka"
_LOOK_SECONDS = 0.1
_RIVALS_PORT = 10


class House(System):
    """Without the portal. `keep` holds everything up that was killed."""

    def __init__(
        self, folder: Path, moved_by: int, progress: Progress, rivals: Sequence[str], broken: str = ""
    ) -> None:
        """`rivals` names the services with two workers; `broken` is one of `sabotage.KINDS`, or nothing."""
        super().__init__(folder, moved_by, progress, clock=folder / "clock")
        self.hour = TurnedClock(folder / "clock")
        self.rivals, self.broken = rivals, broken
        self.points = self.folder / "points"
        self.points.mkdir(parents=True, exist_ok=True)
        self.ended_by_themselves: list[str] = []
        self._kept: dict[str, Process] = {}
        self._down_until: dict[str, float] = {}
        self._frozen: dict[str, list[psutil.Process]] = {}
        self._one_at_a_time = threading.RLock()
        self._stopped = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)

    # What runs.

    def _start_all(self) -> None:
        with ThreadPoolExecutor(3) as lanes:
            companions = lanes.submit(self._step, "identity provider and mail catcher", self._start_companions)
            wait_for([lanes.submit(self._step, POSTGRES, self._start_postgres), lanes.submit(self._start_kafka)])
            self._step("databases and topics", self._migrate)
            wait_for([companions])
        if self.broken == "database":
            for name in DATABASES.values():
                sabotage.answer_before_the_disk(self.postgres.url(name))
        self._step("services", self._start_services)

    def _start_services(self) -> None:
        rivals = {}
        for name in self.rivals:
            port = self.ports[f"{name} worker"] + _RIVALS_PORT
            words = ("worker", name, "--health-port", str(port))
            rivals[port] = self._python(f"{name}-rival", "shared.cli", *words)
        self.supervisor.start(*rivals.values())
        super()._start_services()
        for port, rival in rivals.items():
            rival.wait_until(partial(ports.answers, f"http://127.0.0.1:{port}/readyz"), START_LIMIT)
        services = [f"{name}-{kind}" for name in SERVICES for kind in ("web", "worker")]
        harmed = [POSTGRES, KAFKA, *services, *(f"{name}-rival" for name in self.rivals)]
        self._kept = {name: self.processes[name] for name in harmed}
        self._keeper.start()

    def environment(self) -> Mapping[str, str]:
        """Everybody here asks from one address, and far more often than people do."""
        return {**super().environment(), "PUBLIC_READS_PER_MINUTE": "0", "PUBLIC_CHANGES_PER_HOUR": "0"}

    def _python(self, name: str, module: str, *words: str) -> Process:
        """Services and mail catcher are launched by `tests.chaos.launched`."""
        if module == "deploy.mail_catcher":
            module, words = "tests.chaos.launched", ("mail", *words)
        elif module == "shared.cli" and words[0] in ("web", "worker"):
            module = "tests.chaos.launched"
        process = super()._python(name, module, *words)
        process.environment.update(self._chaos(self.armed_by(name)))
        return process

    def _chaos(self, armed_by: Path) -> Mapping[str, str]:
        return {
            fail_points.ARMED: str(armed_by),
            fail_points.FIRED: str(self.fired),
            sabotage.CHOSEN: self.broken,
        }

    def armed_by(self, process: str) -> Path:
        """The file that arms a process: a worker and its rival have the same, and whoever comes by first dies."""
        return self.points / process.replace("-rival", "-worker")

    @property
    def fired(self) -> Path:
        return self.points / "fired"

    def rebuild(self, service: str, projection: str) -> Process:
        """`copse projections rebuild`, started."""
        name = f"{service}-rebuild"
        process = Process(
            name,
            [sys.executable, "-m", "tests.chaos.launched", "projections", "rebuild", service, projection],
            self.log(name),
            environment={**self.environment(), **self._chaos(self.armed_by(name))},
        )
        process.start()
        return process

    # Harm.

    def kill(self, name: str, down_for: float) -> None:
        """SIGKILL. It is started again after so many seconds."""
        with self._one_at_a_time:
            self._down_until[name] = time.monotonic() + down_for
            everything = self._members(name)
            for each in everything:
                with suppress(psutil.NoSuchProcess):
                    each.kill()
            self._kept[name].kill()
            psutil.wait_procs(everything, timeout=10)
            self._frozen.pop(name, None)

    def start_again(self, name: str) -> None:
        """Asks it to stop. It is started when it has."""
        with self._one_at_a_time:
            self._down_until[name] = 0
            self._kept[name].ask_to_stop()

    def freeze(self, name: str, seconds: float) -> None:
        """SIGSTOP, and SIGCONT after so many seconds. Does not wait."""
        with self._one_at_a_time:
            if not self._kept[name].running:
                return
            self._frozen[name] = self._members(name)
            for each in self._frozen[name]:
                with suppress(psutil.NoSuchProcess):
                    each.suspend()
        threading.Timer(seconds, self._thaw, (name,)).start()

    def _thaw(self, name: str) -> None:
        with self._one_at_a_time:
            for each in self._frozen.pop(name, []):
                with suppress(psutil.NoSuchProcess):
                    each.resume()

    def thaw_all(self) -> None:
        for name in list(self._frozen):
            self._thaw(name)

    def down(self) -> list[str]:
        """What does not run just now, or is frozen."""
        return sorted(name for name, process in self._kept.items() if name in self._frozen or not process.running)

    def _members(self, name: str) -> list[psutil.Process]:
        """A process and all that it made. It is stopped first, so that it makes no more meanwhile."""
        try:
            first = psutil.Process(self._kept[name].pid)
            first.suspend()
            return [first, *first.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    # Everything up.

    def _keep(self) -> None:
        while not self._stopped.wait(_LOOK_SECONDS):
            for name, process in self._kept.items():
                with self._one_at_a_time:
                    if self._stopped.is_set() or process.running or self._down_until.get(name, 0) > time.monotonic():
                        continue
                    if name not in self._down_until:
                        self._note_end(process)
                    self._down_until.pop(name, None)
                    process.start()

    def _note_end(self, process: Process) -> None:
        how, *lines = process.obituary().splitlines()
        if signal.SIGKILL.name not in how:  # that was a fail-point
            self.ended_by_themselves.append(f"{how} {lines[-1] if lines else ''}"[:400])

    def wait_until_up(self, limit: float) -> None:
        """Every process answers. Raises TimeoutError."""
        workers = {f"{name} worker": f"http://127.0.0.1:{self.ports[f'{name} worker']}/readyz" for name in SERVICES}
        webs = {f"{name} web": f"{self.addresses[name]}/readyz" for name in SERVICES}
        wanted = {POSTGRES: self.postgres.ready, KAFKA: self.kafka.ready}
        wanted |= {name: partial(ports.answers, url) for name, url in {**webs, **workers}.items()}
        until = time.monotonic() + limit
        for name, ready in wanted.items():
            while not ready():
                if time.monotonic() > until:
                    raise TimeoutError(f"{name} does not answer, {limit:.0f} s after the harm ended")
                time.sleep(_LOOK_SECONDS)

    def wait_for_kafka(self, limit: float) -> None:
        """Returns when it answers, or when so many seconds have passed."""
        until = time.monotonic() + limit
        while not self.kafka.ready() and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)

    def stop(self) -> None:
        self._stopped.set()
        self.thaw_all()
        with self._one_at_a_time:
            super().stop()
