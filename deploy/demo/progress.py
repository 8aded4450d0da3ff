"""Shows the steps of a start: what runs turns, what is done gets a tick and its seconds.

On a terminal the running steps move at the bottom; in a file or a CI log each step is one plain line when it
is done. NO_COLOR (https://no-color.org) is respected.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress as Bars
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn


class Progress:
    """Several threads may be in a step each."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)
        self._bars = Bars(
            TextColumn(" "),
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what is done inside and say so; a step that fails is marked and lets the error through."""
        started = time.monotonic()
        task = self._bars.add_task(escape(name), total=None)
        try:
            yield
        except BaseException:
            self.console.print(f"  [red]✗[/red] {escape(name)}")
            raise
        else:
            seconds = time.monotonic() - started
            self.console.print(f"  [green]✓[/green] {escape(name)}  [dim]{seconds:.1f} s[/dim]")
        finally:
            self._bars.remove_task(task)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()
