"""The HTML of a letter, made from its plain text, so that both say the same."""

from html import escape
from itertools import groupby

_PAGE = """<!doctype html>
<html lang="en-GB">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title></head>
<body style="margin:0;padding:24px;background:#ffffff;color:#0b0c0c">
<div style="max-width:38em;font:{pixels}px/1.5 'Atkinson Hyperlegible',Arial,sans-serif">
{body}
</div>
</body>
</html>
"""
_QUOTE = '<blockquote style="margin:0 0 1em;padding-left:16px;border-left:4px solid #b1b4b6">{}</blockquote>'


_PIXELS = 18
_PIXELS_IN_LARGE_PRINT = 24  # 18 point; large print begins at 16


def as_html(title: str, text: str, *, large_print: bool = False) -> str:
    """A page of paragraphs, lists (`- `), quotations (`> `) and links (a line with a colon above a web address)."""
    blocks = [_block(list(lines)) for empty, lines in groupby(text.splitlines(), key=_is_empty) if not empty]
    pixels = _PIXELS_IN_LARGE_PRINT if large_print else _PIXELS
    return _PAGE.format(title=escape(title), body="\n".join(blocks), pixels=pixels)


def _is_empty(line: str) -> bool:
    return not line


def _block(lines: list[str]) -> str:
    if all(line.startswith(">") for line in lines):
        return _QUOTE.format("<br>\n".join(escape(line[1:].strip()) for line in lines))
    if all(line.startswith("- ") for line in lines):
        return "<ul>\n" + "\n".join(f"<li>{escape(line[2:])}</li>" for line in lines) + "\n</ul>"
    return f"<p>{'<br>'.join(_linked(lines))}</p>"


def _linked(lines: list[str]) -> list[str]:
    """Each line escaped; a web address under words that end in a colon becomes a link with those words."""
    shown: list[str] = []
    for line in lines:
        if not _is_address(line):
            shown.append(escape(line))
        elif shown and shown[-1].endswith(":"):
            shown[-1] = f'<a href="{escape(line)}">{shown[-1][:-1]}</a>'
        else:
            shown.append(f'<a href="{escape(line)}">{escape(line)}</a>')
    return shown


def _is_address(line: str) -> bool:
    return line.startswith(("https://", "http://")) and " " not in line
