"""Secrets that one checkout makes for itself at its first start and keeps in its ignored folder."""

import base64
import secrets
from pathlib import Path


def kept(folder: Path, name: str) -> str:
    """The secret `name` of this folder: 32 random bytes in base64, the same at every start.

    Losing the keyring's master key would make every sealed field of the events unreadable, so it stays with
    the data.
    """
    file = folder / name
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(base64.b64encode(secrets.token_bytes(32)).decode())
    return file.read_text()
