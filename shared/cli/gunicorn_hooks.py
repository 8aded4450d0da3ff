"""What gunicorn does beside serving.

Its first process loads the modules, and the workers that it forks share them: only modules, the app with its
connections is made in each worker, because connections and threads do not survive a fork. A second
worker so costs some 20 MB instead of 60. And several workers count together (shared/telemetry/metrics.py).

Each worker stays on one core. Its threads run Python one at a time, whatever they are given; woken on another core each
time that one of them hands on, they find its caches cold, and a request costs half as much again.
"""

import gc
import os
import shutil
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from zlib import crc32

from shared.telemetry.without_rich import load_structlog_without_rich

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_MADE_HERE = "COPSE_METRICS_FOLDER_MADE"
ANY_CORE = "COPSE_ANY_CORE"
"""In the environment: workers are not kept on a core."""


def folder_for_metrics() -> dict[str, str]:
    """The environment of a gunicorn with several processes: an empty folder, so that no earlier run is counted."""
    if given := os.environ.get(FOLDER):
        Path(given).mkdir(parents=True, exist_ok=True)
        for file in Path(given).glob("*.db"):
            file.unlink()
        return {FOLDER: given}
    return {FOLDER: mkdtemp(prefix="copse-metrics-"), _MADE_HERE: "1"}


def on_starting(server: Any) -> None:
    """`server` is gunicorn's arbiter, named after the service."""
    load_structlog_without_rich()
    from shared.cli.web import load

    load(server.cfg.proc_name)
    gc.collect()
    gc.freeze()  # the collector would write into each object, and so give each worker its own copy


def pre_fork(server: Any, worker: Any) -> None:
    """Chooses the worker's core: one that few of its siblings have. Services begin with different ones."""
    if ANY_CORE in os.environ or not hasattr(os, "sched_getaffinity"):  # only Linux has it
        worker.core = None
        return
    cores = sorted(os.sched_getaffinity(0))
    first = crc32(server.cfg.proc_name.encode()) % len(cores)
    worker.core = min(cores[first:] + cores[:first], key=[each.core for each in server.WORKERS.values()].count)


def post_fork(_server: object, worker: Any) -> None:
    if worker.core is not None:
        with suppress(OSError):  # the core was taken away meanwhile: then it runs where it may
            os.sched_setaffinity(0, {worker.core})


def child_exit(_server: object, worker: object) -> None:
    """What a process used at its end is not in use any more. What it counted stays."""
    if FOLDER in os.environ:
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)  # type: ignore[attr-defined, no-untyped-call]


def on_exit(_server: object) -> None:
    if _MADE_HERE in os.environ:
        shutil.rmtree(os.environ[FOLDER], ignore_errors=True)
