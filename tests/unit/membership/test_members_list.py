"""The coordinator's list as bytes: what is read from it, and what is told to be wrong, row by row."""

import csv
import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as some

from services.membership.domain.member import StakeholderGroup
from services.membership.domain.members_list import (
    COLUMNS,
    MOST_BYTES,
    MOST_ROWS,
    Mistake,
    NoList,
    Row,
    read_list,
    write_list,
)

HEADER = "name,email,phone,postal address,group,also,communities\n"
ZOE = Row(
    number=2,
    name="Zoë Łukasz",
    email="zoe@example.org",
    phone="+44 1632 960001",
    postal_address="1 Example Lane\nExampleham",
    group=StakeholderGroup.UNPAID_CARER,
    also=(StakeholderGroup.RESEARCHER, StakeholderGroup.PROVIDER),
    communities=("Workforce", "Complex needs, together"),
)
ZOES_LINE = (
    'Zoë Łukasz,zoe@example.org,+44 1632 960001,"1 Example Lane\nExampleham",Unpaid carer,'
    '"researcher; provider","Workforce; Complex needs, together"\n'
)


def whole(text: str) -> bytes:
    return text.encode()


def mistakes(*lines: str) -> list[tuple[int, str]]:
    return [(each.row, each.column) for each in read_list(whole(HEADER + "\n".join(lines))).mistakes]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_list_is_read_as_spreadsheets_write_it(encoding: str, delimiter: str, ending: str) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=ending).writerows(csv.reader(io.StringIO(HEADER + ZOES_LINE)))
    read = read_list(out.getvalue().encode(encoding))
    assert (list(read.rows), read.mistakes, read.ignored) == ([ZOE], [], [])


def test_columns_come_in_any_order_under_their_usual_names_and_others_are_told() -> None:
    read = read_list(b"Shoe size,GROUP,E-Mail,Full_Name\n43,other,ann@example.org,Ann\n")
    assert [(row.name, row.email, row.group) for row in read.rows] == [("Ann", "ann@example.org", "other")]
    assert read.ignored == ["Shoe size"]


def test_empty_rows_are_passed_over_and_rows_keep_their_numbers() -> None:
    read = read_list(whole(HEADER + ",,,,,,\n\nAnn,a@example.org,,,other\n"))
    assert [row.number for row in read.rows] == [4]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "first row must name the columns"),
        (b"\n\n", "first row must name the columns"),
        (HEADER.encode(), "nobody in this list"),
        ("name,group,email\nZo\u00eb,other,z@example.org\n".encode("cp1252"), "not in UTF-8: see line 2"),
        (b"PK\x03\x04 a spreadsheet", "not a CSV file"),
        (b"name,group\nAnn\0,other\n", "no text"),
        (b"name,group,name\n", "\u201cname\u201d is there twice"),
        (b"name,group,Full Name\n", "\u201cname\u201d is there twice (Full Name)"),
        (b"name,email\nAnn,a@example.org\n", "no column \u201cgroup\u201d"),
        (b"email,group\n", "no column \u201cname\u201d"),
        (b'name,group\n"Ann,other\n', "not a CSV file that can be read"),
        (b"name,group\n" + b"x" * MOST_BYTES, "larger than 150 kB"),
        (b"name,group,phone\n" + b"A,other,01632960001\n" * (MOST_ROWS + 1), "500 people at once"),
    ],
)
def test_what_is_no_list_is_told_with_what_to_do(data: bytes, said: str) -> None:
    with pytest.raises(NoList, match=said.replace("(", r"\(").replace(")", r"\)")):
        read_list(data)


def test_every_mistake_of_every_row_is_told_with_its_place() -> None:
    assert mistakes(
        ",ann@example.org,,,other",
        "Ann,,,,other",
        "Ann,ann(at)example.org,,,other",
        "Ann,ann@example.org,call me,,other",
        "Ann,ann@example.org,,,emperor",
        "Ann,ann@example.org,,,other,emperor",
        "Ann,ann@example.org,,,other,,,too many",
        f"{'A' * 201},ann@example.org,,,other",
        "Ann\x07,ann@example.org,,,other",
        "Zo\u00c3\u00ab,ann@example.org,,,other",
    ) == [
        (2, "name"), (3, ""), (4, "email"), (5, "phone"), (6, "group"), (7, "also"), (8, ""), (9, "name"),
        (10, "name"), (11, "name"),
    ]  # fmt: skip


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(A1)", "+cmd", "-2+3", '=HYPERLINK("https://example.org")'])
@pytest.mark.parametrize("column", ["name", "email", "phone", "postal address", "also", "communities"])
def test_a_formula_is_taken_over_into_no_column(cell: str, column: str) -> None:
    cells = {"name": "Ann", "email": "ann@example.org", "group": "other", column: cell}
    out = io.StringIO()
    csv.writer(out).writerows([COLUMNS, [cells.get(each, "") for each in COLUMNS]])
    read = read_list(whole(out.getvalue()))
    assert read.rows == []
    assert Mistake(2, column, "This looks like a formula of a spreadsheet. Write the text itself.") in read.mistakes


def test_an_international_number_is_no_formula() -> None:
    read = read_list(b"name,group,phone\nAnn,other,+44 (0)1632 960001\n")
    assert [row.phone for row in read.rows] == ["+44 (0)1632 960001"]


def test_what_is_written_has_no_cell_that_a_spreadsheet_takes_for_a_formula() -> None:
    data = write_list(["name"], [["=1+1"], ["@x"], ["-x"], ["+44 1632"], ["\t=x"], ["Zoë"]])
    assert data.startswith(b"\xef\xbb\xbf")
    cells = [row[0] for row in csv.reader(io.StringIO(data.decode("utf-8-sig")))][1:]
    assert cells == ["'=1+1", "'@x", "'-x", "'+44 1632", "'\t=x", "Zoë"]


def test_what_is_written_is_read_again() -> None:
    line = [ZOE.name, ZOE.email or "", ZOE.phone or "", ZOE.postal_address or "", ZOE.group]
    data = write_list(COLUMNS, [[*line, "; ".join(ZOE.also), "; ".join(ZOE.communities)]])
    assert list(read_list(data).rows) == [ZOE]


@given(some.binary(max_size=300))
def test_whatever_the_bytes_there_is_an_answer(data: bytes) -> None:
    for each in (data, HEADER.encode() + data):
        with suppress(NoList):
            read = read_list(each)
            assert read.rows or read.mistakes


def test_a_row_may_be_shorter_than_the_header() -> None:
    read = read_list(b"email,name,group,phone\nann@example.org,Ann,other\nann@example.org,Ann\n")
    assert [row.name for row in read.rows] == ["Ann"]
    assert [(each.row, each.column) for each in read.mistakes] == [(3, "group")]
