"""Keeps rich out of processes that stay.

structlog loads rich where it is installed, to draw what it writes for people. The processes that stay write JSON, and
rich would cost each of them 8 MB.
"""

import importlib
import sys


def load_structlog_without_rich() -> None:
    """Before anything else imports structlog."""
    if "structlog" in sys.modules or "rich" in sys.modules:
        return
    sys.modules["rich"] = None  # type: ignore[assignment]  # how one says that a module cannot be imported
    try:
        importlib.import_module("structlog")
    finally:
        del sys.modules["rich"]
