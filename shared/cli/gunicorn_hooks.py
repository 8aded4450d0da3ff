"""What gunicorn does beside serving.

Its first process loads the modules, and the workers that it forks share them: only modules, the app with its
connections is made in each worker, because connections and threads do not survive a fork. A second
worker so costs some 20 MB instead of 60. And several workers count together (shared/telemetry/metrics.py).
"""

import gc
import os
import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from shared.telemetry.without_rich import load_structlog_without_rich

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_MADE_HERE = "COPSE_METRICS_FOLDER_MADE"


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


def child_exit(_server: object, worker: object) -> None:
    """What a process used at its end is not in use any more. What it counted stays."""
    if FOLDER in os.environ:
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)  # type: ignore[attr-defined, no-untyped-call]


def on_exit(_server: object) -> None:
    if _MADE_HERE in os.environ:
        shutil.rmtree(os.environ[FOLDER], ignore_errors=True)
