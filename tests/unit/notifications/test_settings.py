"""What notifications reads of its environment, and how mistakes are told."""

import pytest

from services.notifications.settings import MailServer, MailSettings
from shared.configuration import Misconfigured

RIGHT = {
    "SMTP_URL": "smtp+starttls://copse:p%40ss@mail.example.org",
    "MAIL_FROM": "Kent communities <copse@example.org>",
    "PORTAL_URL": "https://copse.example.org/",
}


def test_everything_is_read() -> None:
    settings = MailSettings.read(RIGHT)
    assert settings.server == MailServer("smtp+starttls", "mail.example.org", 587, "copse", "p@ss")
    assert (settings.sender.display_name, settings.sender.addr_spec) == ("Kent communities", "copse@example.org")
    assert settings.portal_url == "https://copse.example.org"
    assert settings.quick_guide_url == "https://research.kent.ac.uk/chss/kent-research-partnership/"


def test_a_sender_without_a_name_is_called_copse() -> None:
    assert MailSettings.read({**RIGHT, "MAIL_FROM": "copse@example.org"}).sender.display_name == "Copse"


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(Misconfigured) as told:
        MailSettings.read({"SMTP_URL": "mail.example.org", "MAIL_FROM": "nobody", "QUICK_GUIDE_URL": "guide"})
    assert [mistake.split()[0] for mistake in told.value.mistakes] == [
        "SMTP_URL",
        "MAIL_FROM",
        "PORTAL_URL",
        "QUICK_GUIDE_URL",
    ]
