"""What is read of a CSV file is what Python's own reader finds there, and where."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headgate.engines.csv import read_csv
from headgate.engines.duckdb import connect
from headgate.engines.engine import Engine, Format, Ingested
from headgate.engines.parts import Part
from headgate.engines.records import read_carefully
from headgate.errors import SourceError
from headgate.schema.types import LogicalType

Read = Callable[..., Ingested]
Scratch = Callable[[], Path]
STRING = LogicalType.STRING
ROOT = Path(__file__).resolve().parents[2]

PIECES = ["a", "1", " ", '"', "'", ",", ";", "\n", "\r\n", "é", "\u2028", "\x85", "\\", "#", "NA"]
# a lone CR is left out: Python writes it without quotes
CELLS = st.lists(st.sampled_from(PIECES), max_size=5).map("".join) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=8
)
OFTEN = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)


@st.composite
def rows_of_equal_width(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(1, 4))
    return draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=8))


@OFTEN
@given(
    rows=rows_of_equal_width(),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    ending=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig"]),
)
def test_what_python_writes_comes_back_with_its_lines(
    engine: Engine,
    scratch: Scratch,
    rows: list[list[str]],
    delimiter: str,
    quoting: Literal[0, 1, 2],
    ending: str,
    encoding: str,
) -> None:
    names = [f"c{n}" for n in range(len(rows[0]))]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=ending)
    writer.writerows([names, *rows])
    path = scratch()
    path.write_bytes(text.getvalue().encode(encoding))

    types = dict.fromkeys(names, STRING)
    frame = engine.trace([path], Format("csv", delimiter=delimiter), types)

    wanted = [[cell or None for cell in row] for row in rows]
    assert [list(row) for row in frame.select(names).rows()] == wanted
    assert frame.get_column("_line").to_list() == lines_of(text.getvalue(), delimiter)
    assert set(frame.get_column("_file")) == {str(path)}


def lines_of(text: str, delimiter: str) -> list[int]:
    """Where each record after the header starts, as Python's reader counts lines."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    starts, start = [], 1
    for _ in reader:
        starts.append(start)
        start = reader.line_num + 1
    return starts[1:]


NOISE = st.lists(
    st.sampled_from([*PIECES, '""', '",', ',"', '"\n', "\n", "\n", ",", "x,y\n", "\t", "\r", "\0"])
    | st.just("\udce9"),  # the byte 0xE9 alone
    max_size=30,
).map("".join)


@OFTEN
@given(
    noise=NOISE,
    width=st.integers(2, 3),
    form=st.builds(
        Format,
        st.just("csv"),
        delimiter=st.sampled_from(",,,;\t| "),
        quote=st.sampled_from(['"', '"', '"', "'", ""]),
        encoding=st.sampled_from(["utf-8", "utf-8", "latin-1"]),
        nulls=st.sampled_from([("",), ("",), ("", "NA"), ("NA",), ()]),
        header=st.booleans(),
    ),
)
def test_the_fast_way_gives_what_the_careful_way_gives(
    scratch: Scratch, noise: str, width: int, form: Format
) -> None:
    header = form.delimiter.join("abcd"[:width]) + "\n" if form.header else ""
    path = scratch()
    path.write_bytes((header + noise).encode("utf-8", "surrogateescape"))
    try:
        fast = read_csv(lambda: CONNECTION, path, form, {})
    except SourceError:
        return
    assert described(fast) == described(read_carefully(path, form, fast.frame.columns))


NEARLY_WHOLE = st.sampled_from(
    [
        *[
            "1",
            "-1",
            "0",
            "12",
            "7",
            "-0",
            "+1",
            "01",
            "1.0",
            "1e3",
            '"1"',
            '""',
            '"',
            '1"2',
            "NA",
            "x",
            "é",
        ],
        "",
        " 1",
        "1 ",
    ]
) | st.sampled_from(["9223372036854775807", "9223372036854775808", "-9223372036854775808"])


@OFTEN
@given(
    rows=st.lists(st.tuples(NEARLY_WHOLE, NEARLY_WHOLE), min_size=1, max_size=5),
    kinds=st.sampled_from(
        [{}, {"a": LogicalType.INTEGER}, {"a": LogicalType.INTEGER, "b": STRING}]
    ),
)
def test_whole_numbers_are_read_as_they_were_written_or_as_text(
    scratch: Scratch, rows: list[tuple[str, str]], kinds: dict[str, LogicalType]
) -> None:
    path = scratch()
    path.write_text("a,b\n" + "".join(f"{one},{two}\n" for one, two in rows))
    form = Format("csv")
    fast = read_csv(lambda: CONNECTION, path, form, kinds)
    assert described(fast) == described(read_carefully(path, form, ["a", "b"]))


def test_plain_whole_numbers_are_not_read_as_text_first(scratch: Scratch) -> None:
    import polars as pl

    path = scratch()
    path.write_text("a,b,c\n" + "".join(f'{n - 500},{n * 10**12},"{n}x"\n' for n in range(1_000)))
    part = read_csv(lambda: CONNECTION, path, Format("csv"), {})
    assert part.frame.dtypes == [pl.Int64, pl.Int64, pl.String]
    assert part.frame.row(0) == (-500, 0, "0x")


def test_a_file_with_delimiters_inside_its_quotes_needs_no_duckdb(scratch: Scratch) -> None:
    path = scratch()
    path.write_text('a,b,c\n1,"Jan,Apr",x\n2,"",y\n3,",",z\n')
    part = read_csv(lambda: pytest.fail("asked for DuckDB"), path, Format("csv"), {})
    assert part.frame.rows() == [(1, "Jan,Apr", "x"), (2, None, "y"), (3, ",", "z")]
    assert part.lines.to_list() == [2, 3, 4]


def test_a_row_that_is_too_short_is_not_made_up_for_by_a_delimiter_inside_quotes(
    scratch: Scratch,
) -> None:
    path = scratch()
    path.write_text('a,b,c\n1,2\n"x,y",1,2\n')
    part = read_csv(lambda: CONNECTION, path, Format("csv"), {})
    assert part.frame.rows() == [("x,y", "1", "2")]
    assert [bad.line for bad in part.malformed] == [2]


def test_files_of_a_delivery_may_differ_in_whether_a_column_is_whole(read: Read) -> None:
    frame = read(b"a,b\n1,1\n2,2\n", b"a,b\n3,x\n4,\n").frame
    assert frame.rows() == [(1, "1"), (2, "2"), (3, "x"), (4, None)]


CONNECTION = connect()


def described(part: Part) -> tuple[object, ...]:
    """What is in a part. Whole numbers were written plainly, so they have their text again."""
    import polars as pl

    texts = part.frame.with_columns(pl.col(pl.Int64).cast(pl.String))
    return texts.rows(), part.lines.to_list(), part.malformed


def test_a_large_file_with_line_breaks_in_its_fields_keeps_its_lines(scratch: Scratch) -> None:
    path = scratch()
    body = "".join(
        f'{n},"a {"line" if n % 3 else "two" + chr(10) + "lines"}"\n' for n in range(50_000)
    )
    path.write_text("id,text\n" + body)
    form = Format("csv")
    fast = read_csv(lambda: CONNECTION, path, form, {})
    assert fast.frame.height == 50_000
    assert described(fast) == described(read_carefully(path, form, ["id", "text"]))


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "-2", ""], LogicalType.INTEGER),
        (["1", "2.5", "1e3"], LogicalType.NUMBER),
        (["true", "False", ""], LogicalType.BOOLEAN),
        (["2015-07-31", "2016-02-29"], LogicalType.DATE),
        (["2015-07-31", "2015-07-31T10:00"], LogicalType.TIMESTAMP),
        (["", ""], STRING),
        (["0", "1"], LogicalType.INTEGER),
        (["true", "1"], STRING),
        (["1", "x"], STRING),
        (["007", "8"], STRING),
        (["+49", "1"], STRING),
        (["9223372036854775808", "1"], STRING),
        (["12345678901234567890.0", "1"], LogicalType.NUMBER),
        (["NaN", "1"], STRING),
        (["1e400", "1"], STRING),
        (["2015-02-30"], STRING),
        ([*["0"] * 30_000, "a"], STRING),
        ([*["1"] * 30_000, "1.5"], LogicalType.NUMBER),
    ],
)
def test_an_undeclared_column_has_the_narrowest_type_of_all_its_values(
    read: Read, cells: list[str], kind: LogicalType
) -> None:
    content = "n,cell\n" + "".join(f"{n},{cell}\n" for n, cell in enumerate(cells))
    table = read(content.encode())
    assert table.schema.names == ("n", "cell")
    assert table.schema.columns[1].type is kind
    assert (table.rows, table.malformed) == (len(cells), ())


def test_a_trace_leaves_out_what_is_malformed_and_names_the_rest(
    engine: Engine, tmp_path: Path
) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text('n,t\n1,"x\ny"\nbad,y\n3,z\n')
    second.write_text("n,t\n4,z\n")
    frame = engine.trace([first, second], Format("csv"), {"n": LogicalType.INTEGER})
    assert frame.select("n", "_file", "_line").rows() == [
        (1, str(first), 2),
        (3, str(first), 5),
        (4, str(second), 2),
    ]


def test_a_path_is_never_a_pattern(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "we[i]rd *dir?"
    folder.mkdir()
    meant, other = folder / "a*[1]?.csv", folder / "ab1c.csv"
    meant.write_text("n,t\n1,x\n")
    other.write_text("n,t\n2,y\n")
    assert engine.ingest([meant], Format("csv"), {}).frame.rows() == [(1, "x")]


def test_the_real_sales_are_read_whole(engine: Engine) -> None:
    data = Path(os.environ.get("HEADGATE_TEST_DATA") or ROOT.parent / "shared" / "data")
    path = data / "rossmann" / "train.csv"
    if not path.exists():
        pytest.skip(f"the Rossmann data is not at {path}; set HEADGATE_TEST_DATA")
    types = {"Date": LogicalType.DATE, "StateHoliday": STRING}
    table = engine.ingest([path], Format("csv"), types)
    assert (table.rows, table.malformed) == (1_017_209, ())
    assert table.frame.get_column("Sales").sum() == 5_873_180_623
    assert sorted(table.frame.get_column("StateHoliday").unique()) == ["0", "a", "b", "c"]
    assert all(c.type is LogicalType.INTEGER for c in table.schema.columns if c.name not in types)


def test_a_date_that_is_none_is_found_among_many_that_repeat(
    engine: Engine, tmp_path: Path
) -> None:
    days = [f"2015-07-{n % 28 + 1:02}" for n in range(12_000)]
    bad = {10_500: "0000-01-01", 11_000: "2015-7-31", 11_500: "2015-02-30"}
    cells = [bad.get(n, day) for n, day in enumerate(days)]
    path = tmp_path / "days.csv"
    path.write_text("n,day\n" + "".join(f"{n},{cell}\n" for n, cell in enumerate(cells)))
    found = engine.ingest([path], Format("csv"), {"day": LogicalType.DATE})
    assert [(one.line, one.value) for one in found.malformed] == [
        (n + 2, cell) for n, cell in bad.items()
    ]
    kept = [date.fromisoformat(day) for n, day in enumerate(days) if n not in bad]
    assert found.frame.get_column("day").to_list() == kept
