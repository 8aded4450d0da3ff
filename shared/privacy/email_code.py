"""The code that confirms an email address: worked out from the id of the check and the keyring, and kept nowhere.

Membership asks for a check and compares, notifications writes the letter; both work the code out anew. So no table,
topic, agenda or backup holds it, and who reads the whole stream cannot guess it from the proof: that is a keyed hash.
"""

import re
from uuid import UUID

from shared.privacy.keyring import Keyring

_DIGITS = 8


def code_of(keyring: Keyring, check: UUID) -> str:
    """`1234 5678`: digits alone, because a code may be read out on the phone."""
    digits = f"{keyring.pseudonym('email code', str(check)).int % 10**_DIGITS:0{_DIGITS}}"
    return f"{digits[: _DIGITS // 2]} {digits[_DIGITS // 2 :]}"


def proof_of(keyring: Keyring, check: UUID, code: str) -> UUID:
    """What stands for a code in events, however it is spaced."""
    return keyring.pseudonym("email code's proof", f"{check} {re.sub(r'[^0-9]', '', code)}")
