"""How commands speak: answers to stdout, progress to stderr, colour only for a terminal that wants it."""

import os
import sys
from collections.abc import Sequence

import msgspec
import typer

JSON = typer.Option("--json", help="For programs: JSON instead of text.")


def tell(text: str) -> None:
    """A line of the answer."""
    typer.echo(text)


def tell_json(answer: object, *, lines: bool = False) -> None:
    """The answer for programs: one object over several lines, or one a line."""
    encoded = msgspec.json.encode(answer)
    typer.echo((encoded if lines else msgspec.json.format(encoded, indent=2)).decode())


def progress(text: str) -> None:
    """What is being done just now; silent when nobody looks at a terminal."""
    if sys.stderr.isatty():
        typer.echo(text, err=True)


def good(text: str) -> str:
    return _styled(text, typer.colors.GREEN)


def bad(text: str) -> str:
    return _styled(text, typer.colors.RED)


def _styled(text: str, colour: str) -> str:
    wanted = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return typer.style(text, fg=colour) if wanted else text


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns of equal width, the last one as long as it is."""
    widths = [max(len(row[nth]) for row in rows) for nth in range(len(rows[0]) - 1)] if rows else []
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in rows
    )
