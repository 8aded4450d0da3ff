"""Every mistake in the environment is told at the first start."""

from pathlib import Path

import pytest

from services.portal.configuration import ConfigurationMistakes, from_environment

COMPLETE = {
    "PORTAL_URL": "http://127.0.0.1:8000/",
    "MEMBERSHIP_URL": "http://127.0.0.1:8001",
    "MEETINGS_URL": "http://127.0.0.1:8002",
    "PPI_URL": "http://127.0.0.1:8003",
    "NOTIFICATIONS_URL": "http://127.0.0.1:8004",
    "OIDC_ISSUER": "http://127.0.0.1:8005",
    "PORTAL_CLIENT_ID": "copse-portal",
    "PORTAL_SECRET_KEY": "a long random text",
    "PORTAL_SESSION_DIRECTORY": "sessions",
}


def test_a_complete_environment_is_read() -> None:
    configuration = from_environment(COMPLETE)
    assert configuration.portal_url == "http://127.0.0.1:8000"
    assert configuration.service_urls["ppi"] == "http://127.0.0.1:8003"
    assert not configuration.secure
    assert not configuration.demonstration


def test_all_mistakes_are_told_at_once() -> None:
    wrong = {**COMPLETE, "PORTAL_URL": "example.org", "PORTAL_SECRET_KEY_FILE": "/nowhere/secret", "PPI_URL": ""}
    with pytest.raises(ConfigurationMistakes) as told:
        from_environment(wrong)
    for name in ("PORTAL_URL", "PORTAL_SECRET_KEY_FILE", "PPI_URL"):
        assert name in str(told.value)


def test_a_secret_may_come_from_a_file_and_is_never_printed(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("hush\n")
    configuration = from_environment({**COMPLETE, "PORTAL_CLIENT_SECRET_FILE": str(file)})
    assert configuration.client_secret == "hush"
    assert "hush" not in repr(configuration)


def test_an_address_for_questions_is_optional_but_must_be_one() -> None:
    assert from_environment(COMPLETE).contact_email == ""
    assert from_environment({**COMPLETE, "CONTACT_EMAIL": "copse@example.org"}).contact_email == "copse@example.org"
    with pytest.raises(ConfigurationMistakes, match="CONTACT_EMAIL"):
        from_environment({**COMPLETE, "CONTACT_EMAIL": "ask Carys"})
