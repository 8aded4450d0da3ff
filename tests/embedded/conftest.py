"""Programs of the demo's companions, started for real on free ports."""

from collections.abc import Callable, Iterator
from functools import partial
from sys import executable

import pytest

from deploy.embedded.ports import answers
from deploy.embedded.processes import Process

Start = Callable[..., Process]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """`start(module, *words, ready=url, **environment)` runs `python -m module` until the file's tests end."""
    logs = tmp_path_factory.mktemp("logs")
    started: list[Process] = []

    def run(module: str, *words: str, ready: str, **environment: str) -> Process:
        process = Process(module, [executable, "-m", module, *words], logs / f"{module}.log", environment)
        started.append(process)
        process.start()
        process.wait_until(partial(answers, ready), limit=60)
        return process

    yield run
    for process in started:
        process.stop()
