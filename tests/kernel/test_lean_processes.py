"""What the processes that stay do not load: each costs every one of them memory."""

import subprocess
import sys

import pytest

LOADED = """
import sys
from shared.telemetry.without_rich import load_structlog_without_rich
load_structlog_without_rich()
{loads}
print(*sorted(set(sys.modules) & {{"rich", "flask", "sqlalchemy", "asyncio", "kafka", "typer", "pydantic"}}))
"""


NOT_FOR_A_WORKER = {"rich", "flask", "sqlalchemy", "typer", "pydantic"}


@pytest.mark.parametrize(
    ("loads", "never"),
    [
        ("import shared.cli.worker, shared.worker, services.notifications.service", NOT_FOR_A_WORKER),
        ("from shared.cli.web import load; load('membership')", {"rich", "sqlalchemy", "kafka"}),
    ],
    ids=["worker", "web"],
)
def test_they_leave_out_what_they_do_not_need(loads: str, never: set[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(loads=loads)], capture_output=True, text=True, check=True, timeout=60
    )
    assert not set(done.stdout.split()) & never
