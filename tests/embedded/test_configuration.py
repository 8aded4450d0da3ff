from pathlib import Path

import pytest

from deploy.demo.configuration import Configuration, NotConfigured, offset
from deploy.embedded import environment, java
from deploy.embedded.environment import CannotInstall


def test_behind_a_gateway_one_address_is_enough() -> None:
    found = Configuration.from_environment({"COPSE_GATEWAY": "http://localhost:8080/", "COPSE_DEMO_PASSWORD": "p"})
    assert found.portal == "http://localhost:8080"
    assert found.service("ppi") == "http://localhost:8080/api/ppi"
    assert found.issuer == "http://localhost:8080/identity"


def test_on_this_machine_all_ports_move_together() -> None:
    found = Configuration.from_environment({"COPSE_PORT_OFFSET": "10000", "COPSE_DEMO_PASSWORD": "p"})
    assert found.meetings == "http://127.0.0.1:18002"
    assert found.mail == "http://127.0.0.1:18006"


def test_a_single_address_that_is_said_wins() -> None:
    said = {"COPSE_GATEWAY": "http://localhost:8080", "OIDC_ISSUER": "https://id.example.org/realms/x"}
    assert Configuration.from_environment({**said, "COPSE_DEMO_PASSWORD": "p"}).issuer == said["OIDC_ISSUER"]


def test_a_password_that_is_not_known_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(NotConfigured, match="Set COPSE_DEMO_PASSWORD"):
        Configuration.from_environment({"COPSE_DEMO_PASSWORD_FILE": str(tmp_path / "none")})


@pytest.mark.parametrize("said", ["ten", "60000", "-1"])
def test_a_port_offset_that_cannot_be_is_refused(said: str) -> None:
    with pytest.raises(NotConfigured, match="COPSE_PORT_OFFSET"):
        offset({"COPSE_PORT_OFFSET": said})


def test_an_old_python_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "OLDEST_PYTHON", (99, 0))
    with pytest.raises(CannotInstall, match="make demo PYTHON="):
        environment.check_python()


@pytest.mark.parametrize(
    ("says", "version"),
    [('openjdk version "17.0.15" 2025-04-15', 17), ('java version "1.8.0_292"', 8), ("no java here", None)],
)
def test_the_version_of_java_is_read(tmp_path: Path, says: str, version: int | None) -> None:
    program = tmp_path / "java"
    program.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{says}\nEND\n")
    program.chmod(0o755)
    assert java.version(str(program)) == version
