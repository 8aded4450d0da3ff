"""After signing in, people come back to this site and nowhere else."""

import pytest

from services.portal.safe_paths import safe_path


@pytest.mark.parametrize("wanted", ["/", "/meetings", "/meetings?when=past", "/support/018f#x", "/a//b"])
def test_own_pages_are_gone_back_to(wanted: str) -> None:
    assert safe_path(wanted) == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        None,
        "",
        "meetings",
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "/\\elsewhere.example/",
        "/\t/elsewhere.example/",
        "/ /elsewhere.example",
        "/x\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "/sign-in?next=/sign-in",
        "/sign-out",
    ],
)
def test_everything_else_leads_home(wanted: str | None) -> None:
    assert safe_path(wanted) == "/"
