"""A profile says of any table what plain Python would say of its rows."""

from __future__ import annotations

import json
import math
import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, pairwise
from pathlib import Path
from random import Random
from statistics import fmean, stdev
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.cli.documents import json_document
from headgate.observe import measure as measuring
from headgate.observe.column import ColumnProfile, Order
from headgate.observe.profile import Profile, profile
from headgate.schema.table import Table
from tests.observe.held import ENGINE, kept

FRACTIONS = {
    "p01": Fraction(1, 100),
    "p05": Fraction(1, 20),
    "p25": Fraction(1, 4),
    "p50": Fraction(1, 2),
    "p75": Fraction(3, 4),
    "p95": Fraction(19, 20),
    "p99": Fraction(99, 100),
}
ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(-5, 5),
        st.none() | st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf, -math.inf, 1e300]),
        st.none() | st.text(alphabet="aB9 -+éßñ中Ω١\n'\"", max_size=6),
        st.none() | st.booleans(),
        st.none() | st.dates(date(1, 1, 1), date(9999, 12, 31)),
        st.none() | st.datetimes(),
    ),
    max_size=30,
)
NAMES = ("whole", 'a "number"', "text", "flag", "select", "Zeit ü")


def profiled(columns: dict[str, Sequence[Any]], **kinds: Any) -> Profile:
    import polars as pl

    with kept(pl.DataFrame(dict(columns), schema_overrides=kinds, strict=False)) as table:
        return profile(ENGINE, table)


def column(values: Sequence[Any], **kinds: Any) -> ColumnProfile:
    found = profiled({"a": values}, **kinds).column("a")
    assert found is not None
    return found


@settings(max_examples=30, deadline=None)
@given(ROWS)
def test_every_number_is_that_of_plain_python(rows: list[tuple[Any, ...]]) -> None:
    import polars as pl

    kinds: list[Any] = [pl.Int64, pl.Float64, pl.String, pl.Boolean, pl.Date, pl.Datetime("us")]
    by_column = list(zip(*rows, strict=True)) if rows else [()] * len(NAMES)
    frame = pl.DataFrame(
        [
            pl.Series(name, list(cells), kind)
            for name, cells, kind in zip(NAMES, by_column, kinds, strict=True)
        ]
    )
    with kept(frame) as table:
        found = profile(ENGINE, table)
    assert found.rows == len(rows)
    for name, cells in zip(NAMES, by_column, strict=True):
        one = found.column(name)
        assert one is not None
        assert one.approximate == ()
        agree(one, cells)
    json.loads(json_document("headgate.profile/1", found.as_json()))


def agree(one: ColumnProfile, cells: Sequence[Any]) -> None:
    """The column's numbers are those of its cells."""
    here = [cell for cell in cells if not missing(cell)]
    counts = Counter(here)
    assert one.nulls == sum(cell is None for cell in cells)
    assert one.nans == sum(cell is not None and missing(cell) for cell in cells)
    assert one.distinct == len(counts)
    assert one.once == sum(count == 1 for count in counts.values())
    assert dict(one.top) == {shown(value): count for value, count in counts.items()}
    assert (one.low, one.high) == ((shown(min(here)), shown(max(here))) if here else (None, None))
    pairs = sum(count**2 for count in counts.values())
    assert one.agreement == (pytest.approx(pairs / len(here) ** 2) if here else None)
    numbers = [cell for cell in here if isinstance(cell, int | float) and abs(cell) <= 1e150]
    assert one.mean == (pytest.approx(fmean(numbers), abs=1e-6) if numbers else None)
    assert one.stdev == (pytest.approx(stdev(numbers), abs=1e-3) if len(numbers) > 1 else None)
    ranked = bool(here) and not isinstance(here[0], bool | str)
    assert dict(one.quantiles) == (quantiles(here) if ranked else {})
    if texts := [cell for cell in here if isinstance(cell, str)]:
        assert one.lengths is not None
        assert (one.lengths.low, one.lengths.high) == (
            min(map(len, texts)),
            max(map(len, texts)),
        )
        assert one.lengths.mean == pytest.approx(fmean(map(len, texts)))
        forms = Counter(map(shape, texts))
        for form in one.shapes:
            if not form.folded:
                assert form.share == pytest.approx(forms[form.text] / len(texts))
    assert one.order == order(here)
    half = (len(cells) + 1) // 2
    for told, part in zip(one.halves, (cells[:half], cells[half:]), strict=True):
        other = set(counts - Counter(one for one in part if not missing(one)))
        assert told.rows == len(part)
        assert told.missing == sum(missing(cell) for cell in part)
        assert told.new == sum(not missing(cell) and cell not in other for cell in part)


def missing(cell: Any) -> bool:
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def shown(cell: Any) -> Any:
    return cell.isoformat() if isinstance(cell, date | time) else cell


def quantiles(here: Sequence[Any]) -> dict[str, Any]:
    ranked = sorted(here)
    places = {p: max(0, math.ceil(share * len(here)) - 1) for p, share in FRACTIONS.items()}
    return {name: shown(ranked[place]) for name, place in places.items()}


def shape(text: str) -> str:
    return "".join(
        ("A" if sign.isupper() else "a" if sign.islower() else "9" if sign.isdigit() else sign)
        if sign.isascii()
        else ("L" if unicodedata.category(sign).startswith("L") else sign)
        for sign in text
    )


def order(here: Sequence[Any]) -> Order | None:
    if len(set(here)) < 2 or isinstance(here[0], bool):
        return None
    steps = list(pairwise(here))
    if all(one < two for one, two in steps):
        return Order.STRICTLY_INCREASING
    if all(one <= two for one, two in steps):
        return Order.INCREASING
    if all(one > two for one, two in steps):
        return Order.STRICTLY_DECREASING
    if all(one >= two for one, two in steps):
        return Order.DECREASING
    return None


# ------------------------------------------------------------------ relations


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.none() | st.integers(0, 2), st.sampled_from("xyz")),
        min_size=1,
        max_size=40,
    )
)
def test_what_is_told_of_columns_together_holds_for_all_rows(rows: list[tuple[Any, ...]]) -> None:
    names = ("a", "b", "c")
    found = profiled(dict(zip(names, zip(*rows, strict=True), strict=True)))
    for key in found.keys:
        places = [names.index(name) for name in key.columns]
        assert len({tuple(row[place] for place in places) for row in rows}) == len(rows)
    told = {(one.column, name) for one in found.dependencies for name in one.determines}
    for one, two in combinations(range(3), 2):
        for left, right in ((one, two), (two, one)):
            pairs = {(row[left], row[right]) for row in rows}
            depends = len(pairs) == len({row[left] for row in rows})
            if (names[left], names[right]) in told:
                assert depends


def test_keys_and_dependencies_are_found() -> None:
    random = Random(3)
    rows = [(store, day) for day in range(60) for store in range(50)]
    found = profiled(
        {
            "store": [store for store, _ in rows],
            "day": [day for _, day in rows],
            "month": [day // 30 for _, day in rows],
            "kind": ["abc"[store % 3] for store, _ in rows],
            "sales": [random.randrange(100) for _ in rows],
        }
    )
    assert [key.columns for key in found.keys] == [("store", "day")]
    told = {one.column: one.determines for one in found.dependencies}
    assert told == {"store": ("kind",), "day": ("month",)}
    assert [found.column(n).order for n in ("store", "day", "month")] == [  # type: ignore[union-attr]
        None,
        Order.INCREASING,
        Order.INCREASING,
    ]


def test_a_row_that_stands_twice_is_no_key_even_far_down() -> None:
    """A sample hardly sees both of the two."""
    numbers = list(range(20_000))
    numbers[19_999] = 12_345
    found = profiled({"id": numbers, "one": [1] * 20_000})
    assert found.keys == ()
    assert found.column("id").order is None  # type: ignore[union-attr]


# ------------------------------------------------------------------ odd tables


def test_a_table_without_rows_has_columns_and_no_numbers() -> None:
    import polars as pl

    found = profiled({"a": [], "b": []}, a=pl.Int64, b=pl.String)
    assert (found.rows, found.keys, found.dependencies) == (0, (), ())
    one = found.columns[0]
    assert (one.nulls, one.distinct, one.low, one.mean, one.top) == (0, 0, None, None, ())
    assert not one.unique


def test_nested_values_are_named_and_not_looked_into() -> None:
    found = profiled({"a": [[1], None], "b": [{"c": 1}, {"c": 2}], "d": [1, 2]})
    assert [one.name for one in found.columns if one.note] == ["a", "b"]
    assert found.columns[2].distinct == 2
    assert [one.nulls for one in found.columns] == [1, 0, 0]


def test_infinities_are_there_in_json() -> None:
    import json

    found = profiled({"x": [1.0, math.inf, -math.inf]})
    [column] = json.loads(json.dumps(found.as_json(), allow_nan=False))["columns"]
    assert (column["low"], column["high"]) == ("-inf", "inf")
    assert sorted(str(value) for value, _ in column["top"]) == ["-inf", "1.0", "inf"]


def test_names_that_differ_only_in_case_are_not_mixed_up(tmp_path: Path) -> None:
    import polars as pl

    frame = pl.DataFrame({"a": [1, 2], "A": [3, 4], "b": [5, 6]})
    written = ENGINE.write(frame, path := tmp_path / "rows.parquet")
    found = profile(ENGINE, Table("rows", (path,), written.schema, written.rows))
    notes = [bool(one.note) for one in found.columns]
    assert notes == [True, True, False]


def test_names_that_the_statements_use_are_names_like_any_other() -> None:
    found = profiled({"half": [1, 2, 2], "v": [1, 1, 1], "total": [3, 2, 1], "data": [1, 2, 3]})
    assert [one.distinct for one in found.columns] == [2, 1, 3, 3]


def test_moments_are_told_in_utc_and_decimals_as_numbers() -> None:
    import polars as pl

    found = profiled(
        {
            "at": [datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 6, 1, tzinfo=UTC)],
            "price": [Decimal("1.50"), Decimal("2.25")],
            "clock": [time(8, 30), time(17)],
            "small": [0.1, 0.2],
        },
        at=pl.Datetime("us", "Europe/Berlin"),
        price=pl.Decimal(9, 2),
        small=pl.Float32,
    )
    at, price, clock, small = found.columns
    assert (at.low, at.high) == ("2024-01-01T00:00:00+00:00", "2024-06-01T00:00:00+00:00")
    assert (price.low, price.high, price.mean) == (1.5, 2.25, 1.875)
    assert (clock.low, clock.high) == ("08:30:00", "17:00:00")
    assert small.mean == pytest.approx(0.15)


def test_long_texts_are_cut() -> None:
    one = column(["x" * 1000, "y"])
    assert isinstance(one.low, str)
    assert len(one.low) == 200
    assert one.lengths is not None
    assert one.lengths.high == 1000


def test_texts_that_stand_for_nothing_are_pointed_at() -> None:
    assert column(["1", "NA", "2", "NA", "n/a"]).stand_ins == (("NA", 2), ("n/a", 1))


def test_many_columns_are_read() -> None:
    found = profiled({f"c{n}": [n, n + 1, None] for n in range(300)})
    assert len(found.columns) == 300
    assert found.columns[-1].mean == 299.5


def test_what_is_too_large_to_count_is_estimated_and_said_to_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(measuring, "EXACT_DISTINCT", 100)
    monkeypatch.setattr(measuring, "EXACT_QUANTILES", 100)
    numbers = [float(n % 5000) for n in range(20_000)]
    found = profiled({"a": numbers, "id": list(range(20_000))})
    one, key = found.columns
    assert one.approximate == ("distinct", "quantiles")
    assert one.distinct == pytest.approx(5000, rel=0.1)
    assert one.quantiles["p50"] == pytest.approx(2500, rel=0.05)
    assert (one.low, one.high, one.mean) == (0.0, 4999.0, 2499.5)  # these are always exact
    assert key.unique  # a key is proved, whatever its size
    assert key.distinct == 20_000
