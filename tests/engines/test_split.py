"""Rows are divided by the values of columns, into parts whose paths say the value."""
# ruff: noqa: TID253 - these tests make frames all over

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.engines.engine import Engine
from headgate.engines.split import MOST
from headgate.errors import StepError
from headgate.schema.partition import partitions
from headgate.store.versions import is_inside

NULL = "__HIVE_DEFAULT_PARTITION__"


def paths(engine: Engine, values: Any, *by: str) -> list[str]:
    return list(engine.split(pl.DataFrame({"a": values}), partitions(by or ["a"])))


@pytest.mark.parametrize(
    ("values", "by", "said"),
    [
        ([date(2013, 1, 2), None], "a", ["a=2013-01-02", f"a={NULL}"]),
        ([date(2013, 1, 2), date(2013, 1, 3)], "month(a)", ["a_month=2013-01"]),
        ([date(2013, 1, 2), date(99, 12, 3)], "year(a)", ["a_year=0099", "a_year=2013"]),
        ([date(2013, 11, 2), date(99, 2, 3)], "month(a)", ["a_month=0099-02", "a_month=2013-11"]),
        ([10, 9, -1], "a", ["a=-1", "a=10", "a=9"]),
        ([True, False], "a", ["a=false", "a=true"]),
        ([Decimal("1.50"), Decimal("-2.00")], "a", ["a=-2.00", "a=1.50"]),
        ([time(12, 30)], "a", ["a=12%3A30%3A00"]),
        ([datetime(2013, 1, 2, 3, 4, 5, tzinfo=UTC)], "a", ["a=2013-01-02%2003%3A04%3A05.000000%2B00%3A00"]),
        (["", "a/b", "..", "x=y", "Grün"], "a", ["a=..", "a=", "a=Gr%C3%BCn", "a=a%2Fb", "a=x%3Dy"]),
        ([NULL, None], "a", [f"a=%5F{NULL[1:]}", f"a={NULL}"]),
        ([None, None], "a", [f"a={NULL}"]),
    ],
)  # fmt: skip
def test_a_path_says_the_value(engine: Engine, values: Any, by: str, said: list[str]) -> None:
    assert paths(engine, values, by) == [f"{folder}/part.parquet" for folder in said]


def test_several_columns_are_folders_in_folders(engine: Engine) -> None:
    frame = pl.DataFrame({"Store": [2, 1, 2], "Day": [date(2013, 1, 1)] * 2 + [date(2014, 1, 1)]})
    assert list(engine.split(frame, partitions(["year(Day)", "Store"]))) == [
        "Day_year=2013/Store=1/part.parquet",
        "Day_year=2013/Store=2/part.parquet",
        "Day_year=2014/Store=2/part.parquet",
    ]


def test_moments_of_one_hour_that_comes_twice_are_two_parts(engine: Engine) -> None:
    first = datetime(2023, 10, 29, 0, 30, tzinfo=UTC)
    cells = pl.Series([first, first + timedelta(hours=1)]).dt.convert_time_zone("Europe/Berlin")
    assert len(paths(engine, cells)) == 2
    assert paths(engine, cells, "month(a)") == ["a_month=2023-10/part.parquet"]


def test_text_of_any_kind_divides_rows(engine: Engine) -> None:
    for dtype in (pl.Categorical, pl.Enum(["x", "y"])):
        frame = pl.DataFrame({"a": pl.Series(["y", "x", None], dtype=dtype)})
        assert list(engine.split(frame, partitions(["a"]))) == [
            f"a={said}/part.parquet" for said in (NULL, "x", "y")
        ]


def test_a_frame_without_rows_is_one_part(engine: Engine) -> None:
    frame = pl.DataFrame(schema={"a": pl.Date})
    ((path, take),) = engine.split(frame, partitions(["a"])).items()
    assert path == "part.parquet"
    assert take().equals(frame)


@pytest.mark.parametrize(
    ("values", "by", "what", "hint"),
    [
        ([1], "b", "no column 'b'", "'a'"),
        ([1], "month(b)", "no column 'b'", "'a'"),
        ([1], "day(a)", "no column 'day\\(a\\)'", "'a'"),
        ([1], "month(a)", "needs a date or a timestamp, and 'a' is integer", "as date"),
        ([0.5], "a", "'a' is number, which cannot", "month"),
        ([[1]], "a", "'a' is array", "month"),
        ([{"x": 1}], "a", "'a' is object", "month"),
        ([b"x"], "a", "'a' is binary", "month"),
        (["ü" * 50], "a", "too long for a folder's name", "short values"),
        (range(MOST + 1), "a", "a makes 10,001 parts, more than 10,000", "coarser"),
    ],
)
def test_what_cannot_divide_rows_is_an_error_that_says_what_to_do(
    engine: Engine, values: Any, by: str, what: str, hint: str
) -> None:
    with pytest.raises(StepError, match=what) as error:
        paths(engine, values, by)
    assert hint in (error.value.hint or "")


@pytest.mark.parametrize("by", [[""], ["a", "a"], ["month(a)", "a_month"]])
def test_a_declaration_that_says_nothing_or_repeats_itself_is_refused(by: list[str]) -> None:
    with pytest.raises(ValueError, match="partition_by names"):
        partitions(by)


KEYS = st.none() | st.text(max_size=6) | st.sampled_from(["..", "/", NULL, "%5F", "a=b", "\x00"])


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(KEYS, st.dates() | st.none(), st.integers(0, 3)), max_size=12))
def test_every_row_is_in_the_part_of_its_value_in_its_order(
    engine: Engine, rows: list[tuple[str | None, date | None, int]]
) -> None:
    schema = {"a": pl.String, "day": pl.Date, "n": pl.Int64}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    found = engine.split(frame, partitions(["a", "month(day)"]))
    wanted: dict[tuple[str | None, str | None], list[Any]] = {}
    for row in rows:
        month = row[1].isoformat()[:7] if row[1] else None
        wanted.setdefault((row[0], month), []).append(row)
    told = {}
    for path, take in found.items():
        assert is_inside(path)
        assert Path("/v", path).resolve().is_relative_to("/v")
        folders = PurePosixPath(path).parts[:-1]
        values = [folder.partition("=")[2] for folder in folders]
        key = [None if value == NULL else unquote(value) for value in values] or [None, None]
        told[tuple(key)] = take().rows()
    assert told == (wanted or {(None, None): []})
    assert list(found) == sorted(found)
