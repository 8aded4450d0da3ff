"""Kafka's own jars, fetched by the coordinates of a committed lock and checked against its SHA-256 sums.

    python -m deploy.embedded.jars lock     # resolve again and rewrite kafka.lock

A line of the lock is `group:artifact:version sha256`. The jars are kept in Maven's layout in `.copse/maven`.
"""

import hashlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from jgo.maven import MavenContext

from deploy.embedded.environment import CannotInstall
from deploy.embedded.places import STATE

LOCK = Path(__file__).with_name("kafka.lock")
# Each is resolved on its own: in one resolution log4j's dependency management pins an older kafka-clients,
# and the broker dies at start with NoSuchMethodError.
ROOTS = (
    "org.apache.kafka:kafka_2.13:4.3.1",
    "org.apache.logging.log4j:log4j-core:2.25.4",
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4",
)
LOCK_HEADER = f"""\
# The jars of one Kafka broker and what their SHA-256 must be. Made by `python -m deploy.embedded.jars lock`
# from {ROOTS[0]} (licence: Apache-2.0), {ROOTS[1]} and log4j-slf4j-impl.
"""
ATTEMPTS = 3


@dataclass(frozen=True)
class Jar:
    """`coordinate` is `group:artifact:version`, with `:zip` behind it for what is no jar."""

    coordinate: str
    sha256: str

    def fetch(self, maven: MavenContext) -> Path:
        """The path of the checked jar. Raises CannotInstall when it cannot be had or is another one."""
        group, artifact, version, *packaging = self.coordinate.split(":")
        wanted = maven.project(group, artifact).at_version(version).artifact(packaging="".join(packaging) or "jar")
        for attempt in range(1, ATTEMPTS + 1):
            try:
                path = Path(wanted.resolve())
            except Exception as problem:
                # jgo lets through whatever its HTTP library raises; any of it means that the jar did not
                # arrive.
                if attempt == ATTEMPTS:
                    raise CannotInstall(
                        f"{self.coordinate} could not be fetched from Maven: {problem}. "
                        "This machine must reach it once; MAVEN_REPOSITORY_URL names a mirror."
                    ) from problem
                continue
            if sha256(path) == self.sha256:
                return path
            # A broken download, or not the file that was locked: never keep it.
            path.unlink()
        raise CannotInstall(f"{self.coordinate} arrived {ATTEMPTS} times with another SHA-256 than was locked.")


def fetch(folder: Path = STATE / "maven") -> list[Path]:
    """All jars of the lock; those not yet in `folder` are fetched in parallel, 44 MB in about 3 seconds."""
    maven = repository(folder)
    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(lambda jar: jar.fetch(maven), locked()))


def locked() -> list[Jar]:
    lines = (line.split("#")[0].split() for line in LOCK.read_text().splitlines())
    return [Jar(coordinate=line[0], sha256=line[1]) for line in lines if line]


def lock() -> None:
    """Resolve the roots again and rewrite the lock."""
    maven = repository(STATE / "maven")
    chosen: dict[str, Path] = {}
    for root in ROOTS:
        direct, transitive = maven.resolver.resolve([maven.create_dependency(root)])
        for dependency in [*direct, *transitive]:
            coordinate = f"{dependency.groupId}:{dependency.artifactId}:{dependency.version}"
            chosen[coordinate] = Path(dependency.artifact.resolve())
    projects = [coordinate.rpartition(":")[0] for coordinate in chosen]
    twice = {project for project in projects if projects.count(project) > 1}
    if twice:
        sys.exit(f"Two versions of {', '.join(sorted(twice))}: choose versions in ROOTS that agree.")
    lines = [f"{coordinate} {sha256(chosen[coordinate])}\n" for coordinate in sorted(chosen)]
    LOCK.write_text(LOCK_HEADER + "".join(lines))
    print(f"{LOCK.name}: {len(lines)} jars")


def repository(folder: Path) -> MavenContext:
    mirror = os.environ.get("MAVEN_REPOSITORY_URL")
    folder.mkdir(parents=True, exist_ok=True)
    return MavenContext(
        repo_cache=folder, local_repos=[], remote_repos={"mirror": mirror} if mirror else None, timeout=60
    )


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    if sys.argv[1:] != ["lock"]:
        sys.exit("Usage: python -m deploy.embedded.jars lock")
    lock()
