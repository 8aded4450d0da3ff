import hashlib
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from deploy.embedded import jars
from deploy.embedded.environment import CannotInstall
from deploy.embedded.jars import Jar

COORDINATE = "org.example:thing:1.0"
CONTENT = b"what the lock was made of"
RIGHT = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A Maven repository on this machine; the path of its one jar."""
    jar = tmp_path / "mirror" / "org" / "example" / "thing" / "1.0" / "thing-1.0.jar"
    jar.parent.mkdir(parents=True)
    jar.write_bytes(CONTENT)
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "mirror"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("MAVEN_REPOSITORY_URL", f"http://127.0.0.1:{server.server_port}")
        yield jar
        server.shutdown()


def test_a_jar_is_fetched_and_checked(mirror: Path, tmp_path: Path) -> None:
    path = Jar(COORDINATE, RIGHT).fetch(jars.repository(tmp_path / "maven"))
    assert path.read_bytes() == CONTENT


def test_a_jar_that_is_not_the_locked_one_is_refused_and_not_kept(mirror: Path, tmp_path: Path) -> None:
    mirror.write_bytes(b"something else")
    with pytest.raises(CannotInstall, match=f"{COORDINATE} arrived 3 times with another SHA-256"):
        Jar(COORDINATE, RIGHT).fetch(jars.repository(tmp_path / "maven"))
    assert not list((tmp_path / "maven").rglob("*.jar"))


def test_a_jar_that_was_damaged_here_is_fetched_again(mirror: Path, tmp_path: Path) -> None:
    path = Jar(COORDINATE, RIGHT).fetch(jars.repository(tmp_path / "maven"))
    path.write_bytes(CONTENT[:5])
    assert Jar(COORDINATE, RIGHT).fetch(jars.repository(tmp_path / "maven")).read_bytes() == CONTENT


def test_a_jar_that_cannot_be_had_is_named(mirror: Path, tmp_path: Path) -> None:
    mirror.unlink()
    with pytest.raises(CannotInstall, match=f"{COORDINATE} could not be fetched"):
        Jar(COORDINATE, RIGHT).fetch(jars.repository(tmp_path / "maven"))


def test_the_lock_names_every_jar_once_with_its_sum() -> None:
    locked = jars.locked()
    projects = [jar.coordinate.rpartition(":")[0] for jar in locked]
    assert len(projects) == len(set(projects)) > 40
    assert all(len(jar.sha256) == 64 for jar in locked)
    assert set(jars.ROOTS) <= {jar.coordinate for jar in locked}
