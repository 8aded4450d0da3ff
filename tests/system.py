"""The whole of Copse, running for the tests: the processes of `make demo`, on free ports, with data of their own."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.demo.configuration import PORTS, Configuration
from deploy.demo.load import load
from deploy.demo.system import System
from deploy.embedded.ports import busy
from deploy.embedded.processes import Process


@dataclass(frozen=True)
class RunningSystem:
    """Addresses without a slash at the end; `processes` by name, such as `meetings-worker`, to kill one."""

    configuration: Configuration
    processes: dict[str, Process]
    clock: Path
    """Holds the seconds that every service's clock is ahead."""

    @property
    def portal_url(self) -> str:
        return self.configuration.portal

    @property
    def mail_url(self) -> str:
        return self.configuration.mail

    @property
    def password(self) -> str:
        return self.configuration.password


@pytest.fixture(scope="session")
def system(servers_folder: Path) -> Iterator[RunningSystem]:
    """Started once for the whole run, with the public facts and the invented people loaded."""
    clock = servers_folder / "clock"
    with System(servers_folder / "system", moved_by=free_offset(), clock=clock) as running:
        load(running.configuration)
        yield RunningSystem(running.configuration, running.processes, clock)


def free_offset() -> int:
    """What to add to the demo's ports so that all are free: a demo may run beside the tests.

    All stay below 32768: from there on Linux takes ports for outgoing connections, and one of those could have the port
    of a server that is started again.
    """
    for offset in random.sample(range(12_000, 23_600, 100), 60):
        if not any(busy(port + offset) for port in PORTS.values()):
            return offset
    raise RuntimeError(
        "Sixty ranges of ports were tried and each has a busy one. What listens everywhere on this machine?"
    )
