"""The whole of Copse, running for the tests: the processes of `make demo`, on free ports, with data of their own."""

import random
from collections.abc import Iterator, Mapping
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


class _Unlimited(System):
    """As in the demo, but that all the tests ask from one address: how often is not limited."""

    def environment(self) -> Mapping[str, str]:
        unlimited = dict.fromkeys(("PUBLIC_READS_PER_MINUTE", "PUBLIC_CHANGES_PER_HOUR", "SIGN_INS_PER_HOUR"), "0")
        return {**super().environment(), **unlimited}


@pytest.fixture(scope="session")
def system(servers_folder: Path) -> Iterator[RunningSystem]:
    """Started once for the whole run, with the public facts and the invented people loaded."""
    clock = servers_folder / "clock"
    with _Unlimited(servers_folder / "system", moved_by=free_offset(), clock=clock) as running:
        load(running.configuration)
        yield RunningSystem(running.configuration, running.processes, clock)


def free_offset() -> int:
    """What to add to the demo's ports so that all are free: a demo may run beside the tests.

    Below 32768, from where Linux gives ports to whoever connects: one of those can be taken between look and use.
    """
    for offset in random.sample(range(12_000, 23_500, 190), 60):
        if not any(busy(port + offset) for port in PORTS.values()):
            return offset
    raise RuntimeError(
        "Sixty ranges of ports were tried and each has a busy one. What listens everywhere on this machine?"
    )
