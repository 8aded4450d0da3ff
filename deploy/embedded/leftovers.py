"""What an earlier run left running because it was itself killed, found by a small record of process ids.

Every process of Copse runs in a group of its own, so a supervisor that gets SIGKILL cannot take the others
along. The next start finds them here, and stops them instead of stumbling over their ports.
"""

import json
import os
import signal
from contextlib import suppress
from pathlib import Path
from threading import Lock

import psutil

from deploy.embedded.places import STATE

_folder = STATE / "running"
_lock = Lock()


def note_started(name: str, pid: int, log: Path) -> None:
    with suppress(psutil.Error):
        note = {
            "name": name,
            "pid": pid,
            "log": str(log),
            "started": psutil.Process(pid).create_time(),
            "owner": os.getpid(),
            "owner_started": psutil.Process().create_time(),
        }
        with _lock:
            _folder.mkdir(parents=True, exist_ok=True)
            _file(pid).write_text(json.dumps(note))


def note_stopped(pid: int) -> None:
    _file(pid).unlink(missing_ok=True)


def stop_leftovers(folder: Path) -> list[str]:
    """Stop what logs into `folder` and runs although the one who started it is gone; returns the names."""
    stopped = []
    for file in sorted(_folder.glob("*.json")):
        try:
            note = json.loads(file.read_text())
        except (OSError, ValueError):
            file.unlink(missing_ok=True)
            continue
        if not Path(note["log"]).is_relative_to(folder) or is_alive(note["owner"], note["owner_started"]):
            continue
        if is_alive(note["pid"], note["started"]):
            _stop_group(note["pid"])
            stopped.append(str(note["name"]))
        file.unlink(missing_ok=True)
    return stopped


def is_alive(pid: int, started: float) -> bool:
    """Whether `pid` is still the process that it was; numbers of dead processes are given out again."""
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - started) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _stop_group(pid: int) -> None:
    """Ask first, so that PostgreSQL and Kafka write what they hold (SIGINT: PostgreSQL's fast shutdown)."""
    with suppress(psutil.Error, ProcessLookupError):
        process = psutil.Process(pid)
        process.send_signal(signal.SIGINT if process.name().startswith("postgres") else signal.SIGTERM)
        with suppress(psutil.TimeoutExpired):
            process.wait(10)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _file(pid: int) -> Path:
    return _folder / f"{pid}.json"
