"""What every test may ask for: real servers, fresh databases, and the whole system running."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.servers import IN_CONTAINERS, Databases, KafkaServer, PostgresServer, kafka_server, postgres_server

pytest_plugins = ["tests.system"]


@pytest.fixture(scope="session")
def servers_folder() -> Iterator[Path]:
    """Not pytest's own: a second run of root closes that to other accounts, and PostgreSQL runs as one."""
    with TemporaryDirectory(prefix="copse-tests-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres(servers_folder: Path) -> Iterator[PostgresServer]:
    """One real PostgreSQL for the whole run."""
    with postgres_server(servers_folder / "postgres") as server:
        yield server


@pytest.fixture(scope="session")
def kafka(servers_folder: Path) -> Iterator[KafkaServer]:
    """One real Kafka for the whole run: each test uses topics of its own. Whoever stops it starts it again."""
    with kafka_server(servers_folder / "kafka") as server:
        yield server


@pytest.fixture(scope="session")
def databases(postgres: PostgresServer) -> Databases:
    return Databases(postgres)


@pytest.fixture
def new_database(databases: Databases) -> Iterator[Callable[[Callable[[Databases], str]], str]]:
    """`new_database(Databases.for_events)` gives the address of a fresh one, dropped when the test ends."""
    with ExitStack() as ends:

        def made(kind: Callable[[Databases], str]) -> str:
            url = kind(databases)
            ends.callback(databases.drop, url)
            return url

        yield made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says what was left out and why, so that a green run is not taken for more than it is."""
    left_out: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = reason.removeprefix("Skipped: ")
        left_out[reason] = left_out.get(reason, 0) + 1
    terminalreporter.section("left out, and why")
    for reason, number in left_out.items():
        terminalreporter.line(f"{number} left out: {reason}")
    if not IN_CONTAINERS:
        terminalreporter.line(
            "The images of production: this run used embedded servers. COPSE_TEST_SERVERS=containers takes containers."
        )
