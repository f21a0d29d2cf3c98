"""What comes of every kind of wrong delivery: a clear error, or counted rows with their lines."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from headgate.engines.engine import Engine, Format, Ingested, Malformed
from headgate.engines.parts import unchanging
from headgate.errors import DeclarationError, SourceError
from headgate.schema.types import LogicalType

Read = Callable[..., Ingested]
INTEGER, NUMBER, STRING = LogicalType.INTEGER, LogicalType.NUMBER, LogicalType.STRING
BOOLEAN, DATE, TIMESTAMP = LogicalType.BOOLEAN, LogicalType.DATE, LogicalType.TIMESTAMP
SALES = {"Store": INTEGER, "Date": DATE, "Sales": INTEGER}
CSV = Format("csv")


def found(ingested: Ingested) -> list[tuple[int, str | None, str]]:
    return [(bad.line, bad.column, bad.value) for bad in ingested.malformed]


# ------------------------------------------------------------------ files that cannot be read


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_missing_file_is_named(engine: Engine, tmp_path: Path, kind: str) -> None:
    with pytest.raises(SourceError, match="no such file") as error:
        engine.ingest([tmp_path / "sales"], Format(kind), {})  # type: ignore[arg-type]
    assert error.value.where == str(tmp_path / "sales")


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_directory_is_not_a_file(engine: Engine, tmp_path: Path, kind: str) -> None:
    with pytest.raises(SourceError, match=r"directory(.|\n)*\*\.csv"):
        engine.ingest([tmp_path], Format(kind), {})  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_an_empty_file_is_an_error(read: Read, kind: str) -> None:
    with pytest.raises(SourceError, match="empty"):
        read(b"", kind=kind)


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_file_of_blank_lines_is_an_error(read: Read, kind: str) -> None:
    with pytest.raises(SourceError, match="blank lines"):
        read(b"\n\n", kind=kind)


def test_a_device_or_pipe_is_not_waited_for(engine: Engine, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match="not a regular file"):
        engine.ingest([tmp_path / "pipe"], CSV, {})


def test_a_delivery_without_files_is_an_error(engine: Engine) -> None:
    with pytest.raises(SourceError, match="no files"):
        engine.ingest([], CSV, {})


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("a,b\n1,2\n".encode("utf-16"), "UTF-16(.|\n)*iconv"),
        ("a,b\n1,2\n".encode("utf-16-le"), "NUL byte(.|\n)*UTF-16"),
        (b"\x1f\x8b\x08\x00\x00", "gzip"),
        (b"PK\x03\x04\x00\x00", "zip"),
        (b"PAR1\x15\x04\x15", "Parquet file(.|\n)*format: parquet"),
        (b"caf\xe9,b\n1,2\n", "0xE9 is not UTF-8(.|\n)*latin-1"),
        (b"Store,Sales,Store\n1,2,3\n", "'Store' more than once"),
        (b"Store,,Sales\n1,2,3\n", "no name for column 2 of 3"),
        (b"Store,_line\n1,2\n", "'_line' is reserved"),
        (b"Store,_check\n1,2\n", "'_check' is reserved"),
        (b"Store;Date;Sales\n1;2015-07-31;5\n", "delimiter seems to be ';', not ','(.|\n)*\";\""),
        (b"Store\tDate\tSales\n1\t2\t3\n", r"delimiter seems to be a tab(.|\n)*\\t"),
        (b'"Store|Date|Sales"\n1|2|3\n', r"delimiter seems to be '\|'"),
        (b'"Store,Date,Sales\n1,2015-07-31,3\n', "a quote is opened here and never closed"),
    ],
)
def test_a_file_that_cannot_be_understood_says_what_to_do(
    read: Read, content: bytes, what: str
) -> None:
    with pytest.raises(SourceError, match=what):
        read(content, types=SALES)


def test_a_file_that_was_declared_latin_1_and_is_not_says_so(read: Read) -> None:
    with pytest.raises(SourceError, match="encoding: utf-8"):
        read(b"\xef\xbb\xbfa,b\n1,2\n", encoding="latin-1")


def test_a_file_that_is_not_parquet_is_an_error(read: Read) -> None:
    with pytest.raises(SourceError, match="not a Parquet file"):
        read(b"Store,Sales\n1,2\n", kind="parquet")


@pytest.mark.parametrize("kind", ["MAP {'k': 1}", "INTERVAL 1 DAY"])
def test_a_parquet_column_of_a_type_that_no_table_holds_is_an_error(
    engine: Engine, tmp_path: Path, kind: str
) -> None:
    import duckdb

    path = tmp_path / "odd"
    duckdb.sql(f"COPY (SELECT {kind} AS odd) TO '{path}' (FORMAT parquet)")
    with pytest.raises(SourceError, match="type"):
        engine.ingest([path], Format("parquet"), {})


def test_a_cut_parquet_file_is_an_error(read: Read, engine: Engine, tmp_path: Path) -> None:
    import polars as pl

    path = tmp_path / "whole"
    engine.write(pl.DataFrame({"Sales": range(10_000)}), path)
    with pytest.raises(SourceError, match="damaged"):
        read(path.read_bytes()[:-200], kind="parquet")


# ------------------------------------------------------------------ files that change


@pytest.mark.parametrize("content", [b"more", b""])
def test_a_file_that_changes_while_it_is_read_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "sales.csv"
    path.write_bytes(b"Store\n1\n")
    with pytest.raises(SourceError, match="changed while it was read"), unchanging(path):
        path.write_bytes(content)


def test_a_file_that_is_taken_away_while_it_is_read_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_bytes(b"Store\n1\n")
    with pytest.raises(SourceError, match="no such file"), unchanging(path):
        path.unlink()


def test_the_engine_sees_a_file_grow(engine: Engine, tmp_path: Path) -> None:
    path, done = tmp_path / "sales.csv", threading.Event()
    path.write_bytes(b"Store,Sales\n" + b"1,5263\n" * 300_000)

    def grow() -> None:
        while not done.is_set():
            with path.open("ab") as file:
                file.write(b"1,5263\n")

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        with pytest.raises(SourceError, match="changed while it was read"):
            engine.ingest([path], CSV, {"Store": INTEGER, "Sales": INTEGER})
    finally:
        done.set()
        writer.join()


# ------------------------------------------------------------------ what is no fault of a file


def test_a_file_with_only_a_header_is_a_table_without_rows(read: Read) -> None:
    for content in (b"Store,Date,Sales\n", b"Store,Date,Sales"):
        table = read(content, types=SALES)
        assert table.rows == table.malformed_rows == 0
        assert [column.type for column in table.schema.columns] == [INTEGER, DATE, INTEGER]


def test_a_byte_order_mark_is_no_part_of_the_first_name(read: Read) -> None:
    table = read(b"\xef\xbb\xbfStore,Sales\n1,2\n", types=SALES)
    assert table.frame.rows(named=True) == [{"Store": 1, "Sales": 2}]
    assert read(b"\xef\xbb\xbf" + b'{"Store":1}\n', kind="jsonl").frame.columns == ["Store"]


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        (b"Store,Date,Sales,Extra", ["Store", "Date", "Sales", "Extra"]),
        (b"Store,Date,Shop,Extra", ["Store", "Date", "Shop", "Extra"]),
        (b"Sales,Extra,Date,Store", ["Sales", "Extra", "Date", "Store"]),
    ],
)
def test_columns_come_as_they_are_in_the_file(
    read: Read, header: bytes, columns: list[str]
) -> None:
    table = read(header + b"\n1,2,2015-07-31,4\n".replace(b"2,2015-07-31", b"2015-07-31,2"))
    assert table.frame.columns == list(table.schema.names) == columns
    assert table.rows == 1


def test_latin_1_is_read_where_it_is_declared(read: Read) -> None:
    table = read(b"city,n\nM\xfcnchen,1\n", encoding="latin-1")
    assert table.frame.rows() == [("München", 1)]


def test_blank_lines_are_no_rows_and_still_count_as_lines(read: Read) -> None:
    table = read(b"\nStore,Sales\n1,2\n\n\n3,x\n", types={"Sales": INTEGER})
    assert table.frame.rows() == [(1, 2)]
    assert found(table) == [(6, "Sales", "x")]


def test_without_a_header_the_declared_types_name_the_columns(read: Read) -> None:
    declared = {"Store": INTEGER, "Sales": INTEGER}
    table = read(b"1,2\n3,x\n", types=declared, header=False)
    assert table.frame.rows(named=True) == [{"Store": 1, "Sales": 2}]
    assert found(table) == [(2, "Sales", "x")]
    assert read(b"1,2\n3,4\n", header=False).frame.columns == ["column_1", "column_2"]
    with pytest.raises(SourceError, match="2 fields and 1 columns"):
        read(b"1,2\n", types={"Store": INTEGER}, header=False)


@pytest.mark.parametrize("empty", [b"", b'""'])
def test_an_empty_cell_is_null_quoted_or_not(read: Read, empty: bytes) -> None:
    table = read(b"a,b\n" + empty + b",1\n", types={"a": STRING})
    assert table.frame.rows() == [(None, 1)]


def test_the_declared_texts_are_null_and_no_others(read: Read) -> None:
    table = read(b'a,b\nNA,1\n"NA",x\n,1\n', types={"a": STRING}, nulls=("NA",))
    assert table.frame.rows() == [(None, "1"), (None, "x"), ("", "1")]
    assert read(b"a,b\n,1\n", types={"a": STRING}, nulls=()).frame.rows() == [("", 1)]


# ------------------------------------------------------------------ rows that cannot be read


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"7", "the row has 1 field, the header has 2"),
        (b"7,8,9", "the row has 3 fields, the header has 2"),
        (b"7,8,", "the row has 3 fields, the header has 2"),
        (b"7,x\0y", "the row contains a NUL byte"),
        (
            b"7,caf\xe9",
            "the byte 0xE9 is not UTF-8; if it is Latin-1, declare `csv: {encoding: latin-1}`",
        ),
        (b'7,"x"y', "text follows a closing quote"),
        (b'7,"x" ', "text follows a closing quote"),
        (b'7,"open', "a quote is opened here and never closed"),
    ],
)
def test_a_row_that_cannot_be_read_is_set_aside(read: Read, row: bytes, reason: str) -> None:
    table = read(b"Store,Name\n1,x\n" + row + b"\n2,y\n", types={"Store": INTEGER, "Name": STRING})
    assert table.frame.rows() == [(1, "x"), (2, "y")]
    assert (table.rows, table.malformed_rows) == (2, 1)
    [bad] = table.malformed
    assert (bad.line, bad.column, bad.reason) == (3, None, reason)
    assert bad.value == row.decode("latin-1").replace("\xe9", "\\xE9")


def test_a_field_of_10_mb_is_read(read: Read) -> None:
    long = b"x" * 10_000_000
    table = read(b"a,b\n1," + long + b"\n2,y\n", types={"a": INTEGER, "b": STRING})
    assert table.malformed_rows == 0
    assert table.frame.get_column("b").to_list() == [long.decode(), "y"]


def test_a_field_without_end_is_set_aside(read: Read) -> None:
    table = read(b"a,b\n1," + b"x" * (65 * 2**20) + b"\n2,y\n", types={"a": INTEGER, "b": STRING})
    assert table.frame.rows() == [(2, "y")]
    [bad] = table.malformed
    assert (bad.line, len(bad.value)) == (2, 200)
    assert "characters" in bad.reason


def test_a_line_counts_from_where_its_record_starts(read: Read) -> None:
    content = b'a,b\n1,"two\nlines"\n2,"three\r\nmore\nlines"\nx,y\n3,"z\nz",\n4,z\n'
    table = read(content, types={"a": INTEGER})
    assert table.frame.get_column("a").to_list() == [1, 2, 4]
    assert [(bad.line, bad.column) for bad in table.malformed] == [(7, "a"), (8, None)]


# ------------------------------------------------------------------ cells that do not fit


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (
            INTEGER,
            {"2": 2, "+9": 9, "-0": 0, "007": 7, "-9223372036854775808": -(2**63)},
            ["1.5", "1e3", "0x10", "1_000", " 2", "2 ", "x", "9223372036854775808", "1,0", "--1"],
        ),
        (
            NUMBER,
            {"2": 2.0, "-1.5": -1.5, ".5": 0.5, "1e3": 1000.0, "inf": float("inf")},
            ["1,5", " 1", "0x10", "1_000", "1e400", "-1e400", "abc", "1.5.2"],
        ),
        (
            BOOLEAN,
            {"true": True, "False": False, "TRUE": True, "0": False, "1": True},
            ["yes", "2", "t", "-1", " true", "1.0"],
        ),
        (
            DATE,
            {"2015-07-31": "2015-07-31", "2016-02-29": "2016-02-29", "9999-12-31": "9999-12-31"},
            [
                "31.07.2015",
                "2015-7-1",
                "07/31/2015",
                "2015-02-29",
                "2015-07-31 ",
                "20150731",
                "2015-07-31T00:00:00",
                "12015-7-01",
                "0000-01-01",
                "-015-07-01",
            ],
        ),
        (
            TIMESTAMP,
            {
                "2015-07-31": "2015-07-31T00:00:00",
                "2015-07-31T10:20": "2015-07-31T10:20:00",
                "2015-07-31 10:20:30": "2015-07-31T10:20:30",
                "2015-07-31T10:20:30.25": "2015-07-31T10:20:30.250000",
                "2015-07-31T10:20:30.123456000": "2015-07-31T10:20:30.123456",
            },
            [
                "2015-07-31T25:00:00",
                "2015-07-31T10:60:00",
                "2015-07-31T23:59:60",
                "2015-02-30T00:00",
                "2015-07-31T10:20:30.1234567",
                "2015-07-31T10:20:30Z",
                "31.07.2015 10:20",
                "10:20",
            ],
        ),
    ],
)
def test_a_cell_fits_its_type_or_is_malformed_and_is_never_bent(
    read: Read, kind: LogicalType, good: dict[str, object], bad: list[str]
) -> None:
    cells = [*good, *bad]
    content = "n,cell\n" + "".join(f'{n},"{cell}"\n' for n, cell in enumerate(cells))
    table = read(content.encode(), types={"n": INTEGER, "cell": kind})
    values = [
        getattr(value, "isoformat", lambda value=value: value)() for _, value in table.frame.rows()
    ]
    assert dict(zip(good, values, strict=True)) == good
    assert found(table) == [(n, "cell", text) for n, text in enumerate(bad, 2 + len(good))]
    assert table.malformed_rows == len(bad)
    assert all(text.reason.startswith("is ") or "offset" in text.reason for text in table.malformed)


def test_timestamps_with_offsets_become_utc_and_do_not_mix_with_others(read: Read) -> None:
    content = b"n,at\n1,2015-07-31T10:00Z\n2,2015-07-31T10:00:00+02:00\n3,2015-07-31T10:00\n"
    table = read(content, types={"at": TIMESTAMP})
    assert [at.isoformat() for _, at in table.frame.rows()] == [
        "2015-07-31T10:00:00+00:00",
        "2015-07-31T08:00:00+00:00",
    ]
    assert found(table) == [(4, "at", "2015-07-31T10:00")]
    assert "offset" in table.malformed[0].reason


def test_an_integer_out_of_range_is_named_as_such(read: Read) -> None:
    table = read(b"a,b\n9223372036854775808,1\n-9223372036854775809,2\n", types={"a": INTEGER})
    assert {bad.reason for bad in table.malformed} == {"is outside the range of 64-bit integers"}


def test_every_malformed_cell_is_listed_and_every_row_counted_once(read: Read) -> None:
    content = b"Store,Date,Sales\nx,y,z\n1,2015-07-31,5\n1,2\n2,31.07.2015,7\n"
    table = read(content, types=SALES)
    assert found(table) == [
        (2, "Store", "x"),
        (2, "Date", "y"),
        (2, "Sales", "z"),
        (4, None, "1,2"),
        (5, "Date", "31.07.2015"),
    ]
    assert (table.rows, table.malformed_rows) == (1, 3)


def test_a_malformed_value_is_cut_and_never_the_good_rows(read: Read) -> None:
    table = read(b"a,b\n" + b"9" * 5_000 + b",1\n2,3\n", types={"a": INTEGER})
    assert found(table) == [(2, "a", "9" * 200)]
    assert table.frame.rows() == [(2, 3)]


@pytest.mark.parametrize("kind", [LogicalType.OBJECT, LogicalType.ARRAY, LogicalType.BINARY])
def test_text_cannot_be_declared_as_what_it_cannot_hold(read: Read, kind: LogicalType) -> None:
    with pytest.raises(DeclarationError, match="'a' of a text file cannot be"):
        read(b"a,b\n1,2\n", types={"a": kind})


# ------------------------------------------------------------------ several files


def test_files_are_joined_in_the_order_given(read: Read) -> None:
    table = read(b"a,b\n1,x\n2,y\n", b"a,b\n3,z\nq,w\n", types={"a": INTEGER})
    assert table.frame.get_column("a").to_list() == [1, 2, 3]
    [bad] = table.malformed
    assert (bad.line, bad.value) == (3, "q")


@pytest.mark.parametrize(
    ("header", "difference"),
    [
        (b"a", "lacks 'b'"),
        (b"a,b,c", "adds 'c'"),
        (b"a,B", "lacks 'b' and adds 'B'"),
        (b"b,a", "in another order: b, a"),
    ],
)
def test_files_of_one_delivery_have_the_same_header(
    engine: Engine, tmp_path: Path, header: bytes, difference: str
) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_bytes(b"a,b\n1,2\n")
    second.write_bytes(header + b"\n1,2,3\n")
    with pytest.raises(SourceError, match=difference) as error:
        engine.ingest([first, second], CSV, {})
    assert error.value.where == str(second)


# ------------------------------------------------------------------ other formats


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        (b'{"a":1.5}', "a", "is not an integer"),
        (b'{"a":1.0}', "a", "is not an integer"),
        (b'{"a":9223372036854775808}', "a", "is outside the range of 64-bit integers"),
        (b'{"a":', None, "is not JSON: expecting value (character 6)"),
        (b'{"a":1} x', None, "is not JSON: extra data (character 9)"),
        (b"[1]", None, "is not a JSON object"),
        (b'{"a":1,"a":2}', None, "the key 'a' stands twice in one object"),
        (b'{"a":NaN}', None, "is not JSON: NaN is no value"),
        (b'{"b":"\xe9"}', None, "the byte 0xE9 is not UTF-8"),
        (b'{"b":"\\ud800"}', None, "holds half of a pair of surrogates, which is no character"),
        (b"[" * 100_000, None, "is nested too deeply"),
    ],
)
def test_a_bad_line_of_json_is_set_aside(
    read: Read, line: bytes, column: str | None, reason: str
) -> None:
    content = b'{"a":1,"b":"x"}\n\n' + line + b'\n{"a":2,"b":"y"}\n'
    table = read(content, types={"a": INTEGER, "b": STRING}, kind="jsonl")
    assert table.frame.rows() == [(1, "x"), (2, "y")]
    assert table.malformed_rows == 1
    [bad] = table.malformed
    assert (bad.line, bad.column, bad.reason) == (3, column, reason)


def test_json_numbers_keep_every_digit_where_they_are_text(read: Read) -> None:
    content = b'{"id":12345678901234567890123,"price":1.10,"more":{"n":[1.50,null,"x"]}}\n'
    table = read(content, types={"price": STRING}, kind="jsonl")
    assert table.frame.rows() == [("12345678901234567890123", "1.10", '{"n":[1.50,null,"x"]}')]


def test_a_parquet_value_that_does_not_fit_is_malformed_with_its_row(
    engine: Engine, tmp_path: Path
) -> None:
    import polars as pl

    path = tmp_path / "object"
    pl.DataFrame(
        {
            "whole": [1.0, 2.5, float("nan"), None, 1e19],
            "exact": [1, 2**53 + 1, 3, 4, 5],
            "text": ["1", "2", "3", "x", None],
            "list": [None, None, None, None, [1]],
        }
    ).write_parquet(path)
    types = {"whole": INTEGER, "exact": NUMBER, "text": INTEGER, "list": DATE}
    table = engine.ingest([path], Format("parquet"), types)
    assert table.frame.rows() == [(1, 1.0, 1, None)]
    assert table.malformed == (
        Malformed(str(path), 2, "whole", "2.5", "is not an integer"),
        Malformed(str(path), 2, "exact", str(2**53 + 1), "has more digits than a number keeps"),
        Malformed(str(path), 3, "whole", "nan", "is not an integer"),
        Malformed(str(path), 4, "text", "x", "is not an integer"),
        Malformed(str(path), 5, "whole", "1e+19", "is not an integer"),
        Malformed(str(path), 5, "list", "[1]", "is not a date of the form yyyy-mm-dd"),
    )
    assert table.malformed_rows == 4
    assert [column.type for column in table.schema.columns] == [INTEGER, NUMBER, INTEGER, DATE]
