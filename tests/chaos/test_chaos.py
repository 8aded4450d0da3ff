"""The short chaos run: real services, real servers, twenty kills. `make chaos` runs a longer one."""

import re
import subprocess
import sys

from deploy.embedded.places import CHECKOUT

_LIMIT = 900.0
"""A busy machine needs several times the minute and a half of a quiet one."""


def test_nothing_acknowledged_is_lost_or_done_twice_whatever_is_killed() -> None:
    """Always the same harm: a red run is then about the change. A run of `make chaos` chooses another each time."""
    command = [sys.executable, "-m", "tests.chaos.run", "--kills", "20", "--seed", "31"]
    run = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        told, _ = run.communicate(timeout=_LIMIT)
    except subprocess.TimeoutExpired:
        run.terminate()  # it then stops everything that it started
        told, _ = run.communicate(timeout=60)
    last = told.rstrip().rpartition("\n")[2]
    assert re.fullmatch(r"kills 20, acknowledged [1-9]\d+, lost 0, doubled 0, diverged 0", last), told
    assert run.returncode == 0, told
    assert "Never fired" not in told, told
