"""`copse worker`: the one command that stays, and so the one that does without typer.

typer loads pydantic to read its arguments. That would cost each worker 15 MB for as long as it runs, and each start a
quarter of a second, in which nobody publishes anything.
"""

import argparse
import gc
import sys
from collections.abc import Sequence

from shared.cli.services import find_service
from shared.errors import CannotGoOn
from shared.telemetry.without_rich import load_structlog_without_rich


def worker(words: Sequence[str]) -> int:
    """Runs until it is told to stop; gives the exit status. `words` are those after `copse worker`."""
    said = _arguments().parse_args(words)
    gc.disable()  # there is nothing to be found while it loads; the worker enables it again
    load_structlog_without_rich()
    from shared.configuration import Settings
    from shared.service import Running
    from shared.telemetry import logs
    from shared.worker import JOBS, Worker

    for job in said.only or []:
        if job not in JOBS:
            _arguments().error(f"--only {job}: choose from {', '.join(JOBS)}")
    service = find_service(said.name)
    if service is None:
        _arguments().error(f"there is no service named {said.name}")
    logs.configure(f"{said.name}-worker")
    try:
        running = Running(service, Settings.read(said.name))
    except CannotGoOn as error:
        print(error, file=sys.stderr)
        return 2
    return Worker(running, said.only or JOBS).run(said.health_port or None, said.health_host)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="copse worker",
        description="Runs a service's worker: relay, reader, consumer, agenda and builder, or some of them.",
    )
    parser.add_argument("name", help="A service's name.")
    parser.add_argument("--only", action="append", help="relay, reader, consumer, agenda or builder; may be repeated.")
    parser.add_argument(
        "--health-port", type=int, default=0, help="Where /healthz and /readyz answer; 0 for nowhere (0)."
    )
    parser.add_argument("--health-host", default="127.0.0.1", help="On which address (127.0.0.1).")
    return parser
