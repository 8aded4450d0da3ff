import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from deploy.embedded import leftovers, ports
from deploy.embedded.processes import Failed, Interrupted, Process, Supervisor

SLEEP = "import time; time.sleep(600)"
PARENT = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', '{SLEEP}']); time.sleep(600)"


def python(tmp_path: Path, code: str, name: str = "thing") -> Process:
    return Process(name, [sys.executable, "-c", code], tmp_path / f"{name}.log")


def until(true: Callable[[], bool], limit: float = 20) -> None:
    deadline = time.monotonic() + limit
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_a_process_that_dies_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    process = python(tmp_path, "print('no room on the disk'); raise SystemExit(3)", "membership")
    process.start()
    with pytest.raises(Failed, match=r"membership ended with code 3(.|\n)*no room on the disk"):
        process.wait_until(lambda: False, limit=20)


def test_a_process_that_does_not_become_ready_is_told_with_its_log(tmp_path: Path) -> None:
    process = python(tmp_path, "print('still looking', flush=True); " + SLEEP)
    process.start()
    try:
        with pytest.raises(Failed, match=r"thing was not ready after 2 s(.|\n)*still looking"):
            process.wait_until(lambda: False, limit=2)
    finally:
        process.stop()


def test_stopping_a_process_takes_its_children_along(tmp_path: Path) -> None:
    process = python(tmp_path, PARENT)
    process.start()
    until(lambda: bool(psutil.Process(process.pid).children()))
    (child,) = psutil.Process(process.pid).children()
    process.stop()
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
    assert not process.running


def test_a_process_that_ignores_the_request_to_stop_is_killed(tmp_path: Path) -> None:
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); " + SLEEP
    process = python(tmp_path, stubborn)
    process.stop_limit = 0.5
    process.start()
    until(lambda: "deaf" in process.log.read_text())
    process.stop()
    assert not process.running


def test_a_supervisor_tells_which_process_died_first(tmp_path: Path) -> None:
    supervisor = Supervisor()
    supervisor.start(python(tmp_path, SLEEP, "long"), python(tmp_path, "raise SystemExit(7)", "short"))
    with pytest.raises(Failed, match="short ended with code 7"):
        supervisor.watch()
    supervisor.stop()


def test_a_supervisor_stops_what_started_last_first(tmp_path: Path) -> None:
    order = tmp_path / "order"
    code = (
        "import signal, sys, time\n"
        "def stop(*_):\n    open({order!r}, 'a').write({name!r} + ' ')\n    sys.exit()\n"
        "signal.signal(signal.SIGTERM, stop)\nprint('up', flush=True)\ntime.sleep(600)"
    )
    supervisor = Supervisor()
    for name in ("database", "service", "portal"):
        process = python(tmp_path, code.format(order=str(order), name=name), name)
        supervisor.start(process)
        until(lambda: "up" in process.log.read_text())  # noqa: B023
    supervisor.stop()
    assert order.read_text().split() == ["portal", "service", "database"]
    with pytest.raises(Interrupted):
        supervisor.start(python(tmp_path, SLEEP))


def test_a_busy_port_is_named_with_who_wants_it_and_who_has_it() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Failed, match=f"{port} is wanted by meetings, and .* listens there") as refused:
            ports.check_free({"meetings": port})
    assert "COPSE_PORT_OFFSET" in str(refused.value)
    ports.check_free({"meetings": port})


def test_what_a_killed_supervisor_left_behind_is_stopped_at_the_next_start(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from deploy.embedded.processes import Process\n"
        f"process = Process('orphan', [sys.executable, '-c', {SLEEP!r}], Path({str(tmp_path)!r}) / 'log')\n"
        "process.start(); print(process.pid, flush=True); import time; time.sleep(600)"
    )
    owner = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert owner.stdout
    orphan = psutil.Process(int(owner.stdout.readline()))
    assert orphan.is_running()
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    assert leftovers.stop_leftovers(tmp_path) == ["orphan"]
    until(lambda: not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE)


def test_what_belongs_to_a_living_owner_is_left_alone(tmp_path: Path) -> None:
    process = python(tmp_path, SLEEP)
    process.start()
    try:
        assert leftovers.stop_leftovers(tmp_path) == []
        assert process.running
    finally:
        process.stop()


def test_a_number_that_now_belongs_to_another_process_is_not_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "_folder", tmp_path)
    process = python(tmp_path, SLEEP)
    process.start()
    try:
        long_ago = {"name": "old", "pid": process.pid, "log": str(tmp_path), "started": 1.0, "owner": 1}
        (tmp_path / f"{process.pid}.json").write_text(json.dumps({**long_ago, "owner_started": 1.0}))
        assert leftovers.stop_leftovers(tmp_path) == []
        assert process.running
    finally:
        process.stop()
