"""The whole of Copse on this machine: how much memory it takes, and how soon it is there again.

Memory is the proportional set size where the system tells it (Linux): what processes share is counted once. It is that
of processes that have worked: the whole story was played against them. The first
start of a new machine downloads a hundred megabytes, so it is measured only when asked for (--new-machine): a clone of
this checkout with an empty home folder, `make demo` in it, stopped, and once more.
"""

import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import monotonic

import psutil

from deploy.demo.configuration import SERVICES
from deploy.demo.load import load
from deploy.demo.progress import Progress
from deploy.demo.story import play
from deploy.demo.system import System
from deploy.embedded.places import CHECKOUT
from tests.benchmarks.bench import Bench
from tests.benchmarks.harness import CannotMeasure, Row, below
from tests.system import free_offset

_LIMIT_SECONDS = 600


def run(bench: Bench) -> Iterator[Row]:
    folder, offset = bench.folder / "demo", free_offset()
    bench.say("the first start of a demo with data of its own")
    with System(folder, offset, _Silent()) as system:
        load(system.configuration)
    seconds = []
    for _ in range(bench.rounds):
        began = monotonic()
        with System(folder, offset, _Silent()) as system:
            seconds.append(monotonic() - began)
            bench.say(f"ready after {seconds[-1]:.1f} s")
            if play(system.configuration, say=lambda _: None):
                raise CannotMeasure("the story went wrong: play it with `make demo-check`")
            megabytes = {name: _megabytes(process.pid) for name, process in system.processes.items() if process.running}
    yield Row("demo, every start but the first", "s", below(20), seconds)
    for part in ("web", "worker"):
        largest = max(SERVICES, key=lambda name: megabytes[f"{name}-{part}"])
        yield Row(f"memory of a {part} process ({largest})", "MB", below(80), [megabytes[f"{largest}-{part}"]])
    yield Row("memory of the whole demo", "MB", below(2_000), [sum(megabytes.values())])
    if bench.new_machine:
        yield from _on_a_new_machine(bench)


class _Silent(Progress):
    """The demo's own progress would be drawn over the table."""

    def __init__(self) -> None:
        from rich.console import Console

        super().__init__(Console(quiet=True))


def _megabytes(pid: int) -> float:
    """A process with its children: gunicorn's workers, PostgreSQL's backends."""
    process = psutil.Process(pid)
    return sum(_own_bytes(each) for each in [process, *process.children(recursive=True)]) / 1e6


def _own_bytes(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", 0) or full.uss)
    except psutil.NoSuchProcess:
        return 0


def _on_a_new_machine(bench: Bench) -> Iterator[Row]:
    folder = bench.folder / "new-machine"
    clone, home = folder / "copse", folder / "home"
    home.mkdir(parents=True)
    subprocess.run(["git", "clone", "--quiet", str(CHECKOUT), str(clone)], check=True)
    # Registries and mirrors are this machine's; caches are not.
    environment = {
        **os.environ,
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "UV_CACHE_DIR": str(home / "cache/uv"),
        "PIP_CACHE_DIR": str(home / "cache/pip"),
        "npm_config_cache": str(home / "cache/npm"),
        "COPSE_PORT_OFFSET": str(free_offset()),
    }
    for name, limit in (("demo, the first start on a new machine", 90), ("demo, `make demo` again there", 20)):
        yield Row(name, "s", below(limit), [_make_demo(clone, environment)])


def _make_demo(clone: Path, environment: Mapping[str, str]) -> float:
    """Seconds from typing `make demo` to its telling that Copse is ready."""
    began = monotonic()
    make = subprocess.Popen(
        ["make", "demo"], cwd=clone, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        assert make.stdout is not None
        said = []
        for line in make.stdout:
            said.append(line)
            if re.search(r"Copse is ready", line):
                return monotonic() - began
        raise CannotMeasure(f"`make demo` did not come up:\n{''.join(said[-30:])}")
    finally:
        os.killpg(make.pid, signal.SIGINT)
        make.communicate(timeout=_LIMIT_SECONDS)
