"""The list that a coordinator keeps in a spreadsheet, read from CSV: every row, or what is wrong with it.

Nothing is guessed: a file in another encoding, a column that is there twice, or a cell with a formula is told, with the
row as the spreadsheet numbers it (the header is row 1).
"""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.membership.domain.member import StakeholderGroup

MOST_BYTES: Final = 150 * 1024
MOST_ROWS: Final = 500
COLUMNS: Final = ("name", "email", "phone", "postal address", "group", "also", "communities")
"""`also` and `communities` hold several, with semicolons between them; communities by their names."""

_NAMES: Final = {
    "full name": "name",
    "e-mail": "email",
    "email address": "email",
    "telephone": "phone",
    "mobile": "phone",
    "address": "postal address",
    "stakeholder group": "group",
    "community": "communities",
}
_LONGEST: Final = {"name": 200, "email": 254, "phone": 40, "postal address": 500}
_FORMULA: Final = ("=", "+", "-", "@")  # what spreadsheets take for one (OWASP, CSV injection)
_PHONE: Final = re.compile(r"\+?[\d\s().\-/]{5,}(\s*(x|ext\.?)\s*\d+)?", re.IGNORECASE)
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_GARBLED: Final = re.compile("[\u00c2\u00c3][\u0080-\u00bf]|\u00e2\u20ac|\ufffd")  # UTF-8 that was read as Windows-1252


class NoList(Exception):
    """The file as a whole cannot be read as a list. The text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with one cell. `column` is "" where it is the whole row."""

    row: int
    column: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Row:
    """One person. `number` is the row in the spreadsheet."""

    number: int
    name: str
    email: str | None
    phone: str | None
    postal_address: str | None
    group: StakeholderGroup
    also: tuple[StakeholderGroup, ...]
    communities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MembersList:
    rows: Sequence[Row]
    mistakes: Sequence[Mistake]
    ignored: Sequence[str]
    """Columns of the file that are not taken over."""


def read_list(data: bytes) -> MembersList:
    """Raises NoList."""
    text = _text(data)
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise NoList(f"This is not a CSV file that can be read ({error}). Save the spreadsheet as CSV again.") from None
    if not lines or not any(cell.strip() for cell in lines[0]):
        raise NoList("The first row must name the columns. The file is empty, or begins with an empty row.")
    columns, ignored = _columns(lines[0])
    rows: list[Row] = []
    mistakes: list[Mistake] = []
    for number, cells in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(lines[0]):
            mistakes.append(Mistake(number, "", "This row has more cells than there are columns."))
            continue
        row, wrong = _row(number, {name: cells[at] for at, name in columns.items() if at < len(cells)})
        mistakes += wrong
        if row:
            rows.append(row)
    if not rows and not mistakes:
        raise NoList("There is nobody in this list: it holds the names of the columns alone.")
    if len(rows) + len({each.row for each in mistakes}) > MOST_ROWS:
        raise NoList(f"A list may hold {MOST_ROWS} people at once. Divide it into several files.")
    return MembersList(rows, mistakes, ignored)


def _text(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise NoList(f"The file is larger than {MOST_BYTES // 1024} kB. Divide it into several files.")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif data.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        raise NoList("This is a spreadsheet, not a CSV file. Open it and save it as “CSV UTF-8”.")
    else:
        encoding = "utf-8-sig"
    try:
        text = unicodedata.normalize("NFC", data.decode(encoding))
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise NoList(
            f"The file is not in UTF-8: see line {line}. In Excel choose “Save as” and then “CSV UTF-8”, so that names"
            " such as Zoë or Łukasz are not spoilt."
        ) from None
    if "\0" in text:
        raise NoList("The file holds bytes that are no text. Save the spreadsheet as “CSV UTF-8” again.")
    return text


def _columns(header: Sequence[str]) -> tuple[Mapping[int, str], list[str]]:
    """Which column is at which place, and what is not taken over."""
    columns: dict[int, str] = {}
    ignored: list[str] = []
    for at, written in enumerate(header):
        plain = " ".join(written.replace("_", " ").split()).casefold()
        name = _NAMES.get(plain, plain)
        if name in columns.values():
            raise NoList(f"The column “{name}” is there twice ({written.strip()}). Take one of them out.")
        if name in COLUMNS:
            columns[at] = name
        elif plain:
            ignored.append(written.strip())
    missing = [name for name in ("name", "group") if name not in columns.values()]
    if missing:
        raise NoList(f"There is no column “{missing[0]}”. The columns are: {', '.join(COLUMNS)}.")
    return columns, ignored


def _row(number: int, cells: Mapping[str, str]) -> tuple[Row | None, list[Mistake]]:
    wrong: list[Mistake] = []
    clean = {name: _clean(cells.get(name, "")) for name in COLUMNS}  # a row may be shorter than the header
    for name, cell in cells.items():
        wrong += (Mistake(number, name, sentence) for sentence in _mistakes(name, cell.strip()))
    if not clean["name"]:
        wrong.append(Mistake(number, "name", "The name is missing."))
    if not any(clean[way] for way in ("email", "phone", "postal address")):
        wrong.append(Mistake(number, "", "There is no way to reach this person: give an email, phone or address."))
    group, also = _group(clean["group"]), [_group(each) for each in _several(clean["also"])]
    choices = ", ".join(StakeholderGroup)
    if group is None:
        wrong.append(Mistake(number, "group", f"Write one of: {choices}."))
    if None in also:
        wrong.append(Mistake(number, "also", f"Write any of these, with semicolons between them: {choices}."))
    if wrong or group is None:
        return None, wrong
    return (
        Row(
            number=number,
            name=clean["name"],
            email=clean["email"] or None,
            phone=clean["phone"] or None,
            postal_address=clean["postal address"] or None,
            group=group,
            also=tuple(each for each in also if each is not None),
            communities=tuple(dict.fromkeys(_several(clean["communities"]))),
        ),
        [],
    )


def _mistakes(name: str, cell: str) -> Iterator[str]:
    if cell.startswith(_FORMULA) and not (name == "phone" and _PHONE.fullmatch(cell)):
        yield "This looks like a formula of a spreadsheet. Write the text itself."
    elif any(unicodedata.category(each) in ("Cc", "Cs") and each not in "\n\r\t" for each in cell):
        yield "This holds control characters. Type it again."
    elif _GARBLED.search(cell):
        yield "Letters are spoilt here: the file was saved in another encoding. Save it as “CSV UTF-8” again."
    elif len(cell) > _LONGEST.get(name, 2_000):
        yield f"This is longer than {_LONGEST.get(name, 2_000)} characters."
    elif name == "email" and cell and not _EMAIL.fullmatch(cell):
        yield "This is not an email address, such as ann@example.org."
    elif name == "phone" and cell and not _PHONE.fullmatch(_clean(cell)):
        yield "This is not a phone number, such as 01632 960001."


def _clean(cell: str) -> str:
    """Without the quote by which an export keeps spreadsheets from reading a text as a formula."""
    plain = cell.strip()
    return plain[1:] if plain[:1] == "'" and plain[1:].startswith(_FORMULA) else plain


def _several(cell: str) -> list[str]:
    return [each.strip() for each in cell.split(";") if each.strip()]


def _group(written: str) -> StakeholderGroup | None:
    plain = "-".join(written.replace("-", " ").split()).casefold()
    return StakeholderGroup(plain) if plain in set(StakeholderGroup) else None


def write_list(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """CSV as spreadsheets read it: UTF-8 with its mark, and no cell that is taken for a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([f"'{cell}" if cell.startswith((*_FORMULA, "\t", "\r")) else cell for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")
