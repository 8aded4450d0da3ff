"""Each image holds the code that its processes import, and the packages which that code imports."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.containers.composition import SERVICES, TOP

OURS = ("shared", "services", "deploy")
COMPANIONS = ("deploy.identity.__main__", "deploy.mail_catcher.__main__", "deploy.demo.load", "deploy.demo.story",
              "deploy.compose.make_secrets")  # fmt: skip
# Imported for mypy alone.
TYPES_ONLY = {"_typeshed"}


def file_of(module: str) -> Path | None:
    """The file of one of our modules, None when there is none (a name inside a module, or a plain folder)."""
    path = TOP / module.replace(".", "/")
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.exists():
            return file
    return None


def imported_by(file: Path) -> Iterator[str]:
    """Every module that a file may import, at its top or in a function."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def reached_from(*modules: str) -> tuple[set[Path], set[str]]:
    """Our files, and the names of foreign top-level packages, that importing `modules` leads to."""
    files: set[Path] = set()
    foreign: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        top = module.partition(".")[0]
        if top not in OURS:
            foreign.add(top)
            continue
        file = file_of(module)
        if file and file not in files:
            files.add(file)
            waiting += imported_by(file)
    return files, foreign - set(sys.stdlib_module_names) - TYPES_ONLY


def installed_by(requirements: str) -> set[str]:
    """Distribution names, in the normal form."""
    lines = (TOP / "deploy/requirements" / f"{requirements}.txt").read_text().splitlines()
    return {normal(found[1]) for line in lines if (found := re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", line))}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def missing_from(requirements: str, foreign: set[str]) -> set[str]:
    installed, distributions = installed_by(requirements), packages_distributions()
    return {name for name in foreign if not {normal(each) for each in distributions.get(name, [name])} & installed}


@pytest.mark.parametrize("service", [*SERVICES, "portal"])
def test_a_services_image_holds_all_that_its_processes_import(service: str) -> None:
    composed = f"services.{service}.{'app' if service == 'portal' else 'service'}"
    files, foreign = reached_from("shared.cli.__main__", "shared.cli.web", composed)
    outside = {file for file in files if not in_image(file, "services/__init__.py", "shared/", f"services/{service}/")}
    assert not outside
    own_list = (TOP / "deploy/requirements" / f"{service}.txt").exists()
    assert not missing_from(service if own_list else "service", foreign)


def test_the_companions_image_holds_all_that_its_processes_import() -> None:
    files, foreign = reached_from(*COMPANIONS)
    stage = re.search(r"AS companions-code\n(.*?)\nFROM", (TOP / "deploy/Dockerfile").read_text(), re.DOTALL)
    assert stage
    copied = [source for line in re.findall(r"^COPY (.*)$", stage[1], re.MULTILINE) for source in line.split()[:-1]]
    assert not {file for file in files if not in_image(file, *copied) and file.read_text()}
    assert not missing_from("companions", foreign)


def in_image(file: Path, *copied: str) -> bool:
    return str(file.relative_to(TOP)).startswith(copied)
