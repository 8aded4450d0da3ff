"""Where things are on a developer's machine: all that Copse makes there is in one ignored folder."""

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
STATE = CHECKOUT / ".copse"
LOGS = STATE / "logs"
