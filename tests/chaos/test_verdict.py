"""What a chaos run says in the end, and its exit status: whoever reads only the last line must not be told too well."""

import signal
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.chaos.checks import Found
from tests.chaos.fail_points import POINTS
from tests.chaos.run import Run, main

NOBODY = cast(Any, SimpleNamespace(given_up=[]))


@pytest.mark.parametrize(
    ("found", "counts"),
    [
        (Found(), "lost 0, doubled 0, diverged 0"),
        (Found(lost=["x"]), "lost 1, doubled 0, diverged 0"),
        (Found(doubled=["x", "y"]), "lost 0, doubled 2, diverged 0"),
        (Found(diverged=["x"]), "lost 0, doubled 0, diverged 1"),
    ],
)
def test_the_last_line_counts_what_was_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], found: Found, counts: str
) -> None:
    run = Run(kills=20, seed=7, folder=tmp_path, broken="", pause=0)
    assert run._tell(found, NOBODY) is (counts == "lost 0, doubled 0, diverged 0")
    assert capsys.readouterr().out.splitlines()[-1] == f"kills 0, acknowledged 0, {counts}"


def test_a_core_fail_point_that_never_fired_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(kills=20, seed=7, folder=tmp_path, broken="", pause=0)
    core = [point.name for point in POINTS if point.core]
    run.house.fired.write_text("\n".join(core[1:]))
    run._tell_points()
    assert f"Never fired in this run, although everyone should: {core[0]}\n" in capsys.readouterr().out


@pytest.mark.parametrize(("clean", "status"), [(True, 0), (False, 1)])
def test_the_exit_status_says_whether_all_was_well(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, clean: bool, status: int
) -> None:
    monkeypatch.setattr(Run, "play", lambda _: clean)
    monkeypatch.setattr(sys, "argv", ["run", "--kills", "20", "--seed", "7"])
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert main() == status
    assert bool(list(tmp_path.iterdir())) is not clean, "the folder stays when something is wrong"
