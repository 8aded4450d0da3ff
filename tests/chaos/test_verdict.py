"""What a chaos run says in the end, and its exit status: whoever reads only the last line must not be told too well."""

import re
import signal
import sys
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.chaos.checks import Found
from tests.chaos.fail_points import POINTS
from tests.chaos.ledger import Acknowledged, Ledger
from tests.chaos.run import Run, main

NOBODY = cast(Any, SimpleNamespace(given_up=[]))
CORE = [point.name for point in POINTS if point.core]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """All was done that was asked for."""
    run = Run(kills=20, seed=7, folder=tmp_path, broken="", pause=0)
    run.prepared, run.killed = True, 20
    run.ledger.add(Acknowledged("meetings", "meetings", "key", "meeting-1", 1, "7.1", 1))
    run.house.fired.write_text("\n".join(CORE))
    return run


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
    run: Run, capsys: pytest.CaptureFixture[str], found: Found, counts: str
) -> None:
    assert run._tell(found, NOBODY) is (counts == "lost 0, doubled 0, diverged 0")
    assert capsys.readouterr().out.splitlines()[-1] == f"kills 20, acknowledged 1, {counts}"


def not_prepared(run: Run) -> None:
    run.prepared = False


def one_kill_less(run: Run) -> None:
    run.killed -= 1


def nothing_acknowledged(run: Run) -> None:
    run.ledger = Ledger(run.house.folder / "empty.jsonl")


def one_point_missed(run: Run) -> None:
    run.house.fired.write_text("\n".join(CORE[1:]))


def turned_for_nothing(run: Run) -> None:
    with run.house.hour.turned_after(timedelta(days=1)):
        pass


@pytest.mark.parametrize(
    ("falls_short", "says"),
    [
        (not_prepared, "the preparation was given up, so that there was nothing to harm"),
        (one_kill_less, "19 of 20 kills were done"),
        (nothing_acknowledged, "no command was acknowledged"),
        (one_point_missed, f"nobody died at “{CORE[0]}”"),
        (turned_for_nothing, "the clock was turned, and no timer was due"),
    ],
)
def test_a_run_that_harmed_too_little_is_not_clean_and_says_why(
    run: Run, capsys: pytest.CaptureFixture[str], falls_short: Callable[[Run], None], says: str
) -> None:
    falls_short(run)
    assert run._tell(Found(), NOBODY) is False
    *_, sentence, last = capsys.readouterr().out.splitlines()
    assert sentence == f"This run proves too little: {says}."
    assert re.fullmatch(r"kills \d+, acknowledged \d+, lost 0, doubled 0, diverged 0", last)


def test_a_short_run_need_not_meet_everything(tmp_path: Path) -> None:
    short = Run(kills=3, seed=7, folder=tmp_path, broken="", pause=0)
    short.prepared, short.killed = True, 3
    short.ledger.add(Acknowledged("meetings", "meetings", "key", "meeting-1", 1, "7.1", 1))
    assert short._tell(Found(), NOBODY)
    one_kill_less(short)
    assert not short._tell(Found(), NOBODY)


def test_timers_that_were_due_and_fired_are_well(run: Run) -> None:
    turned_for_nothing(run)
    assert run._tell(Found(timers=1), NOBODY)


def test_a_core_fail_point_that_never_fired_is_named(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    one_point_missed(run)
    run._tell_points()
    assert f"Never fired in this run, although everyone should: {CORE[0]}\n" in capsys.readouterr().out


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
