"""The command line says plainly what is missing, at which address, and what to do."""

import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import deploy.cli  # noqa: F401  # adds the commands of a checkout
from deploy.embedded.ports import free_port
from shared.cli import dead_letters, main
from shared.configuration import Misconfigured, Settings
from tests.servers import Databases

COMPLETE = {
    "KEYRING_MASTER_KEY": b64encode(bytes(32)).decode(),
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
    "OIDC_ISSUER": "http://127.0.0.1:1",
}


def copse(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shared.cli", *words],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.getcwd(), **environment},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def commands_of(group: typer.Typer) -> Iterator[tuple[str, Any]]:
    """Each command of a group and of the groups in it, by its name."""
    below = [("", typer.main.get_command(group))]
    for name, command in below:
        inside = getattr(command, "commands", None)
        if inside is None:
            yield name, command
        below += [(f"{name} {each}".strip(), its) for each, its in (inside or {}).items()]


def test_every_command_that_ends_by_itself_speaks_to_programs() -> None:
    """But for the demonstration, which runs until somebody stops it."""
    found = dict([*commands_of(main.app), *commands_of(dead_letters.app)])
    without = {name for name, it in found.items() if not any("--json" in option.opts for option in it.params)}
    assert without == {"web", "worker", "demo"}
    assert {"migrate", "topics read-again", "story", "list"} <= found.keys()


def test_migrate_tells_programs_a_line_for_each_database(databases: Databases) -> None:
    told = copse("migrate", "keyring", "keyring", "--json", KEYRING_DATABASE_URL=databases.empty())
    assert [json.loads(line)["name"] for line in told.stdout.splitlines()] == ["keyring"] * 2
    assert "0 migrations applied" in json.loads(told.stdout.splitlines()[1])["done"]


def test_every_mistake_in_the_environment_is_told_at_once() -> None:
    told = copse("migrate", "membership", KEYRING_MASTER_KEY="too short")

    assert told.returncode == 2
    for name in ("MEMBERSHIP_DATABASE_URL", "KEYRING_DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "OIDC_ISSUER"):
        assert f"{name} is not set" in told.stderr
    assert "KEYRING_MASTER_KEY is not valid. Example:" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_postgres_that_is_not_there_is_named_without_its_password() -> None:
    port = free_port()
    address = f"postgresql://copse:secret-word@127.0.0.1:{port}/copse"

    told = copse("migrate", "membership", MEMBERSHIP_DATABASE_URL=address, KEYRING_DATABASE_URL=address, **COMPLETE)

    assert told.returncode == 2
    assert f"PostgreSQL at 127.0.0.1:{port}/copse does not answer" in told.stderr
    assert "secret-word" not in told.stderr
    assert "Traceback" not in told.stderr


def test_a_kafka_that_is_not_there_is_named_with_what_to_do(databases: Databases) -> None:
    address = databases.empty()

    told = copse("migrate", "membership", MEMBERSHIP_DATABASE_URL=address, KEYRING_DATABASE_URL=address, **COMPLETE)

    assert told.returncode == 2
    assert "Kafka at 127.0.0.1:1 does not answer" in told.stderr
    assert "set KAFKA_BOOTSTRAP_SERVERS to where it is" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_service_that_there_is_not_is_said_so() -> None:
    told = copse("worker", "gardening")

    assert told.returncode == 2
    assert "there is no service named gardening" in told.stderr


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(COMPLETE["KEYRING_MASTER_KEY"] + "\n")
    variables = {
        **{name: value for name, value in COMPLETE.items() if name != "KEYRING_MASTER_KEY"},
        "KEYRING_MASTER_KEY_FILE": str(file),
        "MEETINGS_DATABASE_URL": "postgresql://x",
        "KEYRING_DATABASE_URL": "postgresql://x",
    }

    assert Settings.read("meetings", variables).master_key == bytes(32)


def test_a_secret_file_that_cannot_be_read_is_a_mistake_like_any_other() -> None:
    with pytest.raises(Misconfigured, match="KEYRING_MASTER_KEY_FILE names a file that cannot be read"):
        Settings.read("meetings", {"KEYRING_MASTER_KEY_FILE": "/nowhere/key"})
