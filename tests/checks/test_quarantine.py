"""All rows that broke a rule are kept, with the rules they broke and where they came from."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from headgate.checks.check import Check, Range, Share, Status
from headgate.checks.evaluate import evaluate
from headgate.checks.metric import Between, Failing, NotNull, OneOf, Rows, Unique
from headgate.checks.quarantine import failing_rows, unread_rows
from headgate.engines.embedded import EmbeddedEngine
from headgate.engines.engine import Frame, Malformed
from headgate.errors import DeclarationError, SourceError
from headgate.schema.table import Table
from tests.checks.conftest import MakeTable

POSITIVE = Check("", Failing(Between("Sales", 0)), Share())
OPEN = Check("", Failing(OneOf("Open", (0, 1))), Share())
ALONE = Check("", Failing(Unique(("Store",))), Share())


@pytest.fixture
def sales(make: MakeTable) -> Table:
    import polars as pl

    return make(
        pl.DataFrame(
            {"Store": [1, 2, 3, 2, 5], "Sales": [10, -1, 30, -4, 50], "Open": [1, 5, 7, 0, 1]}
        )
    )


def test_a_row_names_every_rule_it_broke(engine: EmbeddedEngine, sales: Table) -> None:
    outcomes = evaluate(engine, sales, [POSITIVE, OPEN, ALONE])
    rows = failing_rows(engine, sales, outcomes)
    assert rows is not None
    assert rows.columns == ["Store", "Sales", "Open", "_check", "_reason", "_file", "_line"]
    assert rows["Sales"].to_list() == [-1, 30, -4]
    assert rows["_reason"].to_list() == [
        "Sales at least 0; Open one of 0, 1; unique (Store)",
        "Open one of 0, 1",
        "Sales at least 0; unique (Store)",
    ]
    assert rows["_check"][0] == ",".join(check.id for check in (POSITIVE, OPEN, ALONE))
    assert rows["_file"].null_count() == 3


def test_rows_have_the_lines_they_came_from(engine: EmbeddedEngine, sales: Table) -> None:
    import polars as pl

    def trace() -> Frame:
        frame = pl.read_parquet(sales.paths[0])
        return frame.with_columns(_file=pl.lit("a.csv"), _line=pl.int_range(2, 7))

    rows = failing_rows(engine, sales, evaluate(engine, sales, [POSITIVE]), trace)
    assert rows is not None
    assert rows.select("Sales", "_file", "_line").rows() == [(-1, "a.csv", 3), (-4, "a.csv", 5)]


def test_there_is_nothing_to_keep_where_no_row_broke_a_rule(
    engine: EmbeddedEngine, sales: Table
) -> None:
    checks = [Check("", Failing(NotNull("Store")), Share()), Check("", Rows(), Range(99))]
    assert failing_rows(engine, sales, evaluate(engine, sales, checks)) is None


def test_a_rule_that_may_be_broken_by_some_keeps_no_rows(
    engine: EmbeddedEngine, sales: Table
) -> None:
    outcomes = evaluate(engine, sales, [replace(POSITIVE, bound=Share(0.5))])
    assert outcomes[0].passed
    assert failing_rows(engine, sales, outcomes) is None


def test_rows_of_a_waived_check_are_kept_too(engine: EmbeddedEngine, sales: Table) -> None:
    [outcome] = evaluate(engine, sales, [POSITIVE])
    rows = failing_rows(engine, sales, [replace(outcome, status=Status.WAIVED)])
    assert rows is not None
    assert rows.height == 2


def test_rows_are_kept_without_lines_where_the_source_is_gone(
    engine: EmbeddedEngine, sales: Table
) -> None:
    def trace() -> Frame:
        raise SourceError("there is no such file", "a.csv")

    rows = failing_rows(engine, sales, evaluate(engine, sales, [POSITIVE]), trace)
    assert rows is not None
    assert rows["_line"].to_list() == [None, None]


def test_rows_that_cannot_be_read_are_kept_with_their_reasons_and_place() -> None:
    malformed = [
        Malformed("a.csv", 9, "Sales", "many", "is not an integer"),
        Malformed("a.csv", 9, "Open", "?", "is not an integer"),
        Malformed("b.csv", 2, None, "1,2,3,4", "has 4 cells, not 3"),
    ]
    rows = unread_rows("an id", malformed)
    assert rows.select("_file", "_line").rows() == [("a.csv", 9), ("b.csv", 2)]
    assert rows["_reason"][0] == "Sales: 'many' is not an integer; Open: '?' is not an integer"
    assert set(rows["_check"]) == {"an id"}


def test_the_order_of_a_large_table_is_kept(engine: EmbeddedEngine, make: MakeTable) -> None:
    import polars as pl

    n = 300_000  # several row groups, so that threads could mix them up
    table = make(pl.DataFrame({"x": range(n), "y": [place % 1000 for place in range(n)]}))
    rows = failing_rows(
        engine, table, evaluate(engine, table, [Check("", Failing(Between("y", 1)), Share())])
    )
    assert rows is not None
    assert rows["x"].to_list() == list(range(0, n, 1000))


def test_rules_judged_apart_meet_in_the_rows_that_broke_several(
    engine: EmbeddedEngine, make: MakeTable
) -> None:
    import polars as pl

    n = 300_000
    table = make(pl.DataFrame({"x": [place // 2 * 2 for place in range(n)], "y": range(n)}))
    checks = [
        Check("", Failing(Unique(("x",))), Share()),
        Check("", Failing(Between("y", 0, n - 3)), Share()),
    ]
    rows = failing_rows(engine, table, evaluate(engine, table, checks))
    assert rows is not None
    assert rows["y"].to_list() == list(range(n))
    assert rows["_check"].value_counts().sort("count").rows() == [
        (f"{checks[0].id},{checks[1].id}", 2),
        (checks[0].id, n - 2),
    ]
    assert rows["_reason"][n - 1] == f"unique (x); y between 0 and {n - 3:,}"


def test_no_row_is_lost_by_what_its_columns_are_called(
    engine: EmbeddedEngine, make: MakeTable
) -> None:
    import polars as pl

    for name in ("broke", "place", "twins", "marks", "_FILE", "check", "said"):
        table = make(pl.DataFrame({"Sales": [1, -1], name: ["a", "b"]}))
        rows = failing_rows(engine, table, evaluate(engine, table, [POSITIVE]))
        assert rows is not None
        assert rows.select("Sales", name, "_check").rows() == [(-1, "b", POSITIVE.id)]


@pytest.mark.parametrize("name", ["_check", "_reason", "_file", "_line", "__place", "__BROKE"])
def test_a_name_that_kept_rows_need_is_refused_before_one_is_kept(
    engine: EmbeddedEngine, make: MakeTable, name: str
) -> None:
    import polars as pl

    table = make(pl.DataFrame({"Sales": [1, -1], name: ["a", "b"]}))
    with pytest.raises(DeclarationError, match=f"{name!r} is reserved"):
        failing_rows(engine, table, evaluate(engine, table, [POSITIVE]))
