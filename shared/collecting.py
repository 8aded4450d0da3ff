"""How often Python looks for objects that only hold each other.

It looks after every 700 new objects, and of events there are thousands in each batch, none of which hold each other.
Everything else is freed at once, as ever. What it saves is little (docs/explanation/performance.md).
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_SELDOM = 50_000


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """In the whole process, for as long as this lasts. It may be entered again inside; where two threads overlap, the
    last to leave decides what stays."""
    before = gc.get_threshold()
    gc.set_threshold(_SELDOM, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
