"""The fail-points of the chaos run are places of the kernel, and whoever comes by an armed one dies."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.embedded.places import CHECKOUT
from tests.chaos.fail_points import ARMED, FIRED, POINTS, FailPoint, NoSuchPlace, arm, disarm, found

_COMES_BY = """
from pathlib import Path
from tests.chaos import fail_points
from tests.chaos.ledger import Ledger
at = "tests.chaos.ledger:Ledger.repeats"
fail_points.POINTS = (fail_points.FailPoint("here", at, "worker", (), before={before}),)
fail_points.install()
ledger = Ledger(Path("/dev/null"))
for _ in range(5):
    ledger.repeats()
    print("passed", flush=True)
"""


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_every_place_is_there(point: FailPoint) -> None:
    owner, name = found(point)
    assert callable(getattr(owner, name))


@pytest.mark.parametrize("at", ["shared.streaming.relay:gone", "shared.gone:move_cursor", "shared.worker:Worker.gone"])
def test_a_place_that_is_gone_is_told(at: str) -> None:
    with pytest.raises(NoSuchPlace, match="which is not there"):
        found(FailPoint("gone", at, "worker", ()))


@pytest.mark.parametrize(("before", "passed"), [(True, 2), (False, 2)])
def test_an_armed_process_dies_when_it_comes_by_and_says_so(tmp_path: Path, before: bool, passed: int) -> None:
    arm(tmp_path / "armed", FailPoint("here", "", "worker", ()), 3)
    done = _run(tmp_path, before=before)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert done.stdout.split() == ["passed"] * passed
    assert (tmp_path / "fired").read_text() == "here\n"
    assert not disarm(tmp_path / "armed"), "it was claimed, so that a rival goes on"


@pytest.mark.parametrize("armed_for", [None, "elsewhere"])
def test_a_process_that_is_not_armed_for_the_place_goes_on(tmp_path: Path, armed_for: str | None) -> None:
    if armed_for:
        arm(tmp_path / "armed", FailPoint(armed_for, "", "worker", ()), 1)
    done = _run(tmp_path, before=True)
    assert (done.returncode, done.stdout.split()) == (0, ["passed"] * 5), done.stderr
    assert not (tmp_path / "fired").exists()


def _run(folder: Path, *, before: bool) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, ARMED: str(folder / "armed"), FIRED: str(folder / "fired")}
    command = [sys.executable, "-c", _COMES_BY.format(before=before)]
    return subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=60)
