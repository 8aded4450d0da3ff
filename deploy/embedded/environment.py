"""Make the Python environment of this checkout in `.copse/venv`.

Run by whatever Python the machine has, so: standard library only, and no import from the project.

    python3 -I deploy/embedded/environment.py embedded      # what `make demo` needs
    python3 -I deploy/embedded/environment.py development   # and what `make test` and `make lint` need

Every package comes from a requirement file with hashes (`deploy/requirements/*.txt`). pip installs uv, and uv
installs the rest: 4 seconds where pip alone takes 54. A stamp per requirement file makes the second run free.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Say = Callable[[str], None]

CHECKOUT = Path(__file__).resolve().parents[2]
REQUIREMENTS = CHECKOUT / "deploy" / "requirements"
STATE = CHECKOUT / ".copse"
ENVIRONMENT = STATE / "venv"
OLDEST_PYTHON = (3, 11)


class CannotInstall(Exception):
    """The environment cannot be made; the message says why and what to do."""


def say(text: str) -> None:
    print(f"  {text}", flush=True)


def make(part: str, tell: Say = say) -> None:
    """Make `.copse/venv` hold the packages of `deploy/requirements/<part>.txt`, if it does not yet."""
    check_python()
    STATE.mkdir(exist_ok=True)
    with (STATE / "environment.lock").open("w") as lock:
        # `make demo` and `make test` may be started together; the second one waits for what the first one
        # installs.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not works():
            make_empty_environment(tell)
        install(part, ENVIRONMENT, tell)


def install(part: str, environment: Path, tell: Say = say) -> None:
    """Install `deploy/requirements/<part>.txt` into `environment`: with uv, or with pip where uv cannot."""
    wanted = fingerprint(part)
    mark = stamp(part, environment)
    if mark.exists() and mark.read_text() == wanted:
        return
    started = time.monotonic()
    python, uv = environment / "bin" / "python", environment / "bin" / "uv"
    requirements = str(REQUIREMENTS / f"{part}.txt")
    with_pip = [str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", requirements]
    if uv.exists():
        with_uv = [
            str(uv),
            "pip",
            "install",
            "--quiet",
            "--require-hashes",
            "--python",
            str(python),
            "-r",
            requirements,
        ]
        problem = attempt(with_uv)
        if problem:
            tell(f"uv could not install the {part} packages, trying pip (about a minute): {last_line(problem)}")
            problem = attempt(with_pip)
    else:
        problem = attempt(with_pip)
    if problem:
        raise CannotInstall(
            f"The packages of deploy/requirements/{part}.txt could not be installed. They come from the "
            f"Python package index (or the mirror that pip is set to), so this machine must reach it. "
            f"pip said:\n{problem}"
        )
    mark.write_text(wanted)
    tell(f"✓ {part} packages  {time.monotonic() - started:.1f} s")


def works() -> bool:
    """Whether the environment is complete and its Python still runs: an upgrade of the system's can break it."""
    if not stamp("uv").exists() or stamp("uv").read_text() != fingerprint("uv"):
        return False
    return attempt([str(ENVIRONMENT / "bin" / "python"), "-I", "-c", "import pip"]) is None


def make_empty_environment(tell: Say) -> None:
    """A new `.copse/venv` with pip, uv, this checkout on its path and the `copse` command."""
    started = time.monotonic()
    check_venv()
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    problem = attempt([sys.executable, "-I", "-m", "venv", str(ENVIRONMENT)])
    if problem:
        raise CannotInstall(f"Python could not make an environment in {ENVIRONMENT}:\n{problem}")
    make_checkout_importable()
    python = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
    tell(f"✓ environment for {python}  {time.monotonic() - started:.1f} s")
    started = time.monotonic()
    pip = [
        str(ENVIRONMENT / "bin" / "python"),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    problem = attempt([*pip, "--require-hashes", "--only-binary", ":all:", "-r", str(REQUIREMENTS / "uv.txt")])
    if problem:
        tell(f"uv could not be installed, so pip installs everything (about a minute): {last_line(problem)}")
    else:
        tell(f"✓ uv  {time.monotonic() - started:.1f} s")
    stamp("uv").write_text(fingerprint("uv"))


def make_checkout_importable() -> None:
    """Put the checkout on the environment's path and a `copse` command beside its Python."""
    (site_packages,) = ENVIRONMENT.glob("lib/python*/site-packages")
    (site_packages / "copse.pth").write_text(f"{CHECKOUT}\n")
    # A shell script and not a Python one: its first line would be too long for the kernel in a deep folder.
    # -P keeps the folder that the command is typed in off the path: a `shared` there is not ours.
    command = ENVIRONMENT / "bin" / "copse"
    command.write_text(
        f'#!/bin/sh\nexec "{ENVIRONMENT}/bin/python" -P -c '
        '\'import sys; sys.argv[0] = "copse"; from deploy.cli import main; sys.exit(main())\' "$@"\n'
    )
    command.chmod(0o755)


def check_python() -> None:
    if sys.version_info[:2] < OLDEST_PYTHON:
        raise CannotInstall(
            f"Copse needs Python 3.11 or newer, and this is {sys.version.split()[0]} ({sys.executable}). "
            "Install a newer one, or name one that is there: make demo PYTHON=/path/to/python3.12"
        )


def check_venv() -> None:
    """Debian and Ubuntu ship Python without the parts that make environments."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise CannotInstall(
            f"This Python ({sys.executable}) cannot make environments: its venv module is not installed. "
            f"On Debian and Ubuntu: apt-get install python{version}-venv"
        ) from None


def fingerprint(part: str) -> str:
    """Changes when the packages must be installed again: others are wanted, or the checkout has moved."""
    requirements = (REQUIREMENTS / f"{part}.txt").read_bytes()
    return hashlib.sha256(requirements + str(CHECKOUT).encode()).hexdigest()


def stamp(part: str, environment: Path = ENVIRONMENT) -> Path:
    return environment / f".installed-{part}"


def attempt(command: list[str]) -> str | None:
    """Run `command`; None when it went well, else what it printed."""
    # A VIRTUAL_ENV or PYTHONPATH of the person's shell would lead pip and uv elsewhere.
    clean = {
        name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")
    }
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=clean)
    except OSError as problem:
        return str(problem)
    return None if done.returncode == 0 else (done.stdout.strip() or f"{command[0]} ended with {done.returncode}")


def last_line(text: str) -> str:
    return text.strip().splitlines()[-1].strip()


if __name__ == "__main__":
    try:
        make(sys.argv[1] if len(sys.argv) > 1 else "embedded")
    except CannotInstall as problem:
        sys.exit(f"\n{problem}")
