"""Where the portal may send somebody back to after signing in: only to its own pages."""

from __future__ import annotations

from urllib.parse import urlsplit

HOME = "/"


def safe_path(wanted: str | None) -> str:
    """The wanted path if it is one of this site's own, else the home page.

    Browsers read "//host", "/\\host" and control characters as ways to other sites (OWASP, Unvalidated
    Redirects), so anything but a plain path after one slash is refused. Sign-in pages would make a circle.
    """
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return HOME
    if "\\" in wanted or any(ord(letter) < 0x21 or ord(letter) == 0x7F for letter in wanted):
        return HOME
    parts = urlsplit(wanted)
    if parts.scheme or parts.netloc or parts.path.startswith("/sign-"):
        return HOME
    return wanted
