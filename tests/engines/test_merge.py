"""A delivery replaces the rows of its keys, and adds the others."""
# ruff: noqa: TID253 - these tests make frames all over

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from headgate.engines.engine import Engine, Format
from headgate.errors import SourceError
from headgate.schema.table import Table
from headgate.schema.types import LogicalType

Hold = Callable[..., Table]
SALES = ["Store", "Day", "Sales"]


def table(rows: list[tuple[Any, ...]], columns: list[str] = SALES) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.Int64), orient="row")


def test_delivered_rows_win_and_the_result_is_sorted(engine: Engine, hold: Hold) -> None:
    held = hold(table([(2, 1, 10), (1, 2, 20), (1, 1, 30)]))
    merged = engine.merge(held, table([(3, 1, 50), (1, 2, 99)]), ["Store", "Day"])
    assert merged.rows() == [(1, 1, 30), (1, 2, 99), (2, 1, 10), (3, 1, 50)]


def test_the_same_delivery_again_changes_nothing(engine: Engine, hold: Hold) -> None:
    delivery = table([(3, 1, 50), (1, 2, 99)])
    once = engine.merge(hold(table([(1, 1, 30)])), delivery, ["Store", "Day"])
    assert engine.merge(hold(once), delivery, ["Store", "Day"]).equals(once)


def test_columns_may_come_in_another_order(engine: Engine, hold: Hold) -> None:
    held = hold(table([(1, 1, 30)]))
    merged = engine.merge(held, table([(7, 2, 2)], ["Sales", "Day", "Store"]), ["Store"])
    assert merged.columns == SALES
    assert merged.rows() == [(1, 1, 30), (2, 2, 7)]


def test_without_keys_a_delivery_is_appended(engine: Engine, hold: Hold) -> None:
    merged = engine.merge(hold(table([(2, 1, 1)])), table([(1, 1, 1), (2, 1, 1)]), [])
    assert merged.rows() == [(2, 1, 1), (1, 1, 1), (2, 1, 1)]


def test_a_row_without_its_key_is_added_and_matches_none(engine: Engine, hold: Hold) -> None:
    held = hold(table([(None, 1, 1), (1, 1, 2)]))
    delivery = table([(None, 1, 5), (None, 1, 6), (1, 1, 7)])
    merged = engine.merge(held, delivery, ["Store", "Day"])
    assert merged.rows() == [(None, 1, 1), (None, 1, 5), (None, 1, 6), (1, 1, 7)]


def test_traces_of_what_was_held_are_null(engine: Engine, hold: Hold) -> None:
    delivery = table([(2, 1, 1)]).with_columns(_file=pl.lit("new.csv"), _line=pl.lit(2))
    merged = engine.merge(hold(table([(1, 1, 1)])), delivery, ["Store"])
    assert merged.rows() == [(1, 1, 1, None, None), (2, 1, 1, "new.csv", 2)]


@pytest.mark.parametrize(
    ("delivery", "keys", "what"),
    [
        (table([(1, 1)], ["Store", "Day"]), ["Store"], "has no column 'Sales'"),
        (table([(1, 1, 1, 1)], [*SALES, "Open"]), ["Store"], "adds the column 'Open'"),
        (table([(1, 1, 1)], ["Store", "Day", "Sold"]), ["Store"], "no column 'Sales' and adds"),
        (
            table([(1, 1, 1), (1, 1, 2), (1, 1, 3)]),
            ["Store", "Day"],
            "2 rows .* Store = 1, Day = 1",
        ),
        (table([(1, 1, 1)]), ["Shop"], "key column 'Shop'"),
        (
            table([(1, 1, 1)]).cast({"Sales": pl.String}),
            ["Store"],
            "'Sales' is string in the deliv",
        ),
        (table([(1, 1, 1)]).cast({"Sales": pl.Date}), [], "is date in the delivery and integer in"),
    ],
)
def test_a_delivery_that_does_not_match_is_an_error(
    engine: Engine, hold: Hold, delivery: pl.DataFrame, keys: list[str], what: str
) -> None:
    held = hold(table([(1, 1, 1)]), name="sales")
    with pytest.raises(SourceError, match=what) as error:
        engine.merge(held, delivery, keys)
    assert error.value.where == "sales"


@pytest.mark.parametrize(
    ("old", "new", "merged"),
    [
        (pl.Series([1], dtype=pl.Int64), pl.Series([2.5], dtype=pl.Float64), [1.0, 2.5]),
        (pl.Series([1], dtype=pl.Int32), pl.Series([2**40], dtype=pl.Int64), [1, 2**40]),
        (pl.Series([1], dtype=pl.Int64), pl.Series([None], dtype=pl.String), [1, None]),
        (pl.Series([None], dtype=pl.String), pl.Series([1], dtype=pl.Int64), [None, 1]),
    ],
)
def test_types_agree_without_losing_a_value(
    engine: Engine, hold: Hold, old: pl.Series, new: pl.Series, merged: list[Any]
) -> None:
    held, delivery = pl.DataFrame({"a": old}), pl.DataFrame({"a": new})
    assert engine.merge(hold(held), delivery, []).get_column("a").to_list() == merged


@pytest.mark.parametrize(
    ("old", "new", "cast"),
    [
        (pl.Series([1], dtype=pl.Int64), pl.Series([2], dtype=pl.Int8), pl.Int64),
        (pl.Series([0.5], dtype=pl.Float64), pl.Series([2], dtype=pl.Int64), pl.Float64),
        (pl.Series([1], dtype=pl.Int64), pl.Series([None], dtype=pl.String), pl.Int64),
        (pl.Series(["x"], dtype=pl.String), pl.Series(["y"], dtype=pl.String), pl.String),
        (pl.Series([1], dtype=pl.Int64), pl.Series([2.5], dtype=pl.Float64), None),
        (pl.Series([1], dtype=pl.Int8), pl.Series([2], dtype=pl.Int64), None),
        (pl.Series([None], dtype=pl.String), pl.Series([1], dtype=pl.Int64), None),
    ],
)
def test_a_delivery_takes_the_types_held_or_says_that_these_must_change(
    engine: Engine, hold: Hold, old: pl.Series, new: pl.Series, cast: Any
) -> None:
    held, delivery = hold(pl.DataFrame({"a": old})), pl.DataFrame({"a": new, "_line": [7]})
    fitting = engine.conform(held, delivery)
    if cast is None:
        assert fitting is None
        return
    assert fitting is not None
    assert fitting.schema == {"a": cast, "_line": pl.Int64}
    assert fitting.equals(engine.merge(held, delivery, []).select("a", "_line").tail(1))


def test_types_of_what_nothing_is_known_of_are_left_to_a_merge(engine: Engine, hold: Hold) -> None:
    held = replace(hold(pl.DataFrame({"a": [1]})), statistics={})
    assert engine.conform(held, pl.DataFrame({"a": [2]})) is not None
    assert engine.conform(held, pl.DataFrame({"a": ["x"]})) is None


def test_what_is_held_is_not_read_to_conform_to_it(engine: Engine, hold: Hold) -> None:
    held = hold(pl.DataFrame({"a": range(500_000), "b": range(500_000)}))
    (path,) = held.paths
    whole = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(b"PAR1" + bytes(len(whole) // 2 - 4) + whole[len(whole) // 2 :])
    fitting = engine.conform(held, pl.DataFrame({"b": [2], "a": [1]}))
    assert fitting is not None
    assert fitting.rows() == [(1, 2)]


@pytest.mark.parametrize("columns", [["a"], ["a", "b", "c"]])
def test_other_columns_do_not_conform(engine: Engine, hold: Hold, columns: list[str]) -> None:
    held = hold(pl.DataFrame({"a": [1], "b": [2]}))
    with pytest.raises(SourceError, match="unlike what is held"):
        engine.conform(held, pl.DataFrame({name: [1] for name in columns}))


def test_pieces_are_stacked_each_in_its_order(engine: Engine, hold: Hold) -> None:
    held = hold(table([(9, 1, 1), (8, 1, 1)]))
    traced = table([(3, 1, 1), (None, 1, 1), (2, 1, 1)]).with_columns(_line=pl.Series([2, 3, 4]))
    stacked = engine.stack([held, traced, table([(5, 1, 1)])], ["Store"])
    assert stacked.select("Store", "_line").rows() == [
        (9, None), (8, None), (None, 3), (2, 4), (3, 2), (5, None),
    ]  # fmt: skip


def test_a_delivery_merges_with_nothing(engine: Engine, hold: Hold) -> None:
    nothing = replace(hold(table([(1, 1, 1)])), paths=())
    merged = engine.merge(nothing, table([(3, 1, 1), (2, 1, 1)]), ["Store"])
    assert merged.rows() == [(2, 1, 1), (3, 1, 1)]
    with pytest.raises(SourceError, match="repeat the key"):
        engine.merge(nothing, table([(3, 1, 1), (3, 1, 1)]), ["Store"])


KEYED = st.dictionaries(st.tuples(st.integers(0, 4), st.integers(0, 4)), st.integers(), max_size=9)


@settings(max_examples=30, deadline=None)
@given(held=KEYED, delivered=KEYED)
def test_a_merge_is_the_union_of_two_mappings(
    engine: Engine,
    hold: Hold,
    held: dict[tuple[int, int], int],
    delivered: dict[tuple[int, int], int],
) -> None:
    frames = [table([(*k, v % 1000) for k, v in each.items()]) for each in (held, delivered)]
    merged = engine.merge(hold(frames[0]), frames[1], ["Store", "Day"])
    wanted = sorted((*k, v % 1000) for k, v in {**held, **delivered}.items())
    assert merged.rows() == wanted


rows_of_files = st.lists(
    st.lists(
        st.tuples(st.integers(0, 2) | st.none(), st.integers(0, 99) | st.just("bad")),
        max_size=4,
        unique_by=lambda row: row[0],
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=30, deadline=None)
@given(rows_of_files)
def test_files_read_at_once_give_what_they_give_one_after_another(
    engine: Engine, scratch: Callable[[], Path], files: list[list[tuple[Any, Any]]]
) -> None:
    paths, expected, without = [], {}, []
    for rows in files:
        paths.append(scratch())
        lines = [f"{'' if key is None else key},{value}\n" for key, value in rows]
        paths[-1].write_text("key,value\n" + "".join(lines))
        good = [(key, value) for key, value in rows if value != "bad"]
        expected.update({key: value for key, value in good if key is not None})
        without += [(key, value) for key, value in good if key is None]
    types = {"key": LogicalType.INTEGER, "value": LogicalType.INTEGER}
    read = engine.ingest(paths, Format("csv"), types, ["key"])
    assert sorted(read.frame.rows(), key=repr) == sorted([*expected.items(), *without], key=repr)
    assert read.malformed_rows == sum(value == "bad" for rows in files for _, value in rows)
    traced = engine.trace(paths, Format("csv"), types, ["key"])
    assert traced.select("key", "value").equals(read.frame)
