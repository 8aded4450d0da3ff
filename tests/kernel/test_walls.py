"""The walls of the house stand around every part of the kernel: one that the contracts forget may import anything."""

import tomllib
from pathlib import Path
from pkgutil import iter_modules

import pytest

import shared

PARTS = {f"shared.{each.name}" for each in iter_modules(shared.__path__)}
CONTRACTS = {
    each["name"]: each
    for each in tomllib.loads((Path(shared.__path__[0]).parent / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
}


@pytest.mark.parametrize(
    ("name", "side", "free"),
    [
        ("The domain is pure: the standard library and shared.messages", "forbidden_modules", {"shared.messages"}),
        ("The messages stand on nothing", "forbidden_modules", {"shared.messages"}),
        ("Only shared.streaming imports kafka", "source_modules", {"shared.streaming"}),
        (
            "Only shared.database and the event store import psycopg2",
            "source_modules",
            {"shared.database", "shared.eventstore"},
        ),
        (
            "Flask only in api/, shared.http and the portal",
            "source_modules",
            {"shared.http", "shared.cli", "shared.testing"},
        ),
    ],
)
def test_each_part_of_the_kernel_stands_behind_the_wall_or_is_named_free(name: str, side: str, free: set[str]) -> None:
    assert {each for each in CONTRACTS[name][side] if each.startswith("shared")} | free == PARTS
