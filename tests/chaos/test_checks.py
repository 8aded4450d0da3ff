"""What the chaos run counts: fewer than wanted are lost, more are doubled."""

from pathlib import Path

import pytest

from tests.chaos.checks import Found
from tests.chaos.ledger import Acknowledged, Ledger


@pytest.mark.parametrize(
    ("wanted", "there", "lost", "doubled"),
    [
        ("ab", "ba", 0, 0),
        ("ab", "b", 1, 0),
        ("ab", "abb", 0, 1),
        ("aab", "ab", 1, 0),
        ("", "a", 0, 1),
        ("ab", "cc", 2, 1),
    ],
)
def test_what_is_missing_and_what_is_there_too_often(wanted: str, there: str, lost: int, doubled: int) -> None:
    found = Found()
    found.expect("letters", wanted, there)
    assert (len(found.lost), len(found.doubled)) == (lost, doubled)


def test_what_was_acknowledged_is_written_down_at_once(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "acknowledged.jsonl")
    entry = Acknowledged("meetings", "meetings", "key", "meeting-1", 1, "7.1", 2)
    ledger.add(entry)
    ledger.contradicts("another answer")
    assert (tmp_path / "acknowledged.jsonl").read_text().count("\n") == 2
    assert (ledger.entries, ledger.contradictions) == ((entry,), ("another answer",))
