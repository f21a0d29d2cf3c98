"""Tables and checks for tests; tables are written by the engine that the product uses."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from headgate.checks.check import Bound, Check, Outcome, Range, Share
from headgate.checks.evaluate import evaluate
from headgate.checks.metric import Failing, Metric, Rule
from headgate.engines.embedded import EmbeddedEngine
from headgate.engines.engine import Frame
from headgate.schema.table import Table

if TYPE_CHECKING:
    import polars as pl

MakeTable = Callable[..., Table]


class CountingEngine(EmbeddedEngine):
    """The engine, and what was asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.statements: list[str] = []

    def measure(
        self,
        table: Table | Frame,
        statement: str,
        parameters: Sequence[Any],
        beside: Mapping[str, Table | Frame] | None = None,
    ) -> list[tuple[Any, ...]]:
        self.statements.append(statement)
        return super().measure(table, statement, parameters, beside)


@pytest.fixture(scope="session")
def engine() -> EmbeddedEngine:
    return EmbeddedEngine()


@pytest.fixture
def make(engine: EmbeddedEngine, tmp_path: Path) -> MakeTable:
    """A function that writes a frame and gives it as a table with its statistics."""
    written = iter(range(10_000))

    def table(frame: pl.DataFrame, name: str = "sales") -> Table:
        path = tmp_path / f"{name}-{next(written)}.parquet"
        wrote = engine.write(frame, path)
        return Table(name, (path,), wrote.schema, wrote.rows, engine.describe(frame))

    return table


def unknown(table: Table) -> Table:
    """The same table, of whose values nothing is known without a read."""
    return replace(table, statistics={})


def row(rule: Rule, at_least: float = 1.0) -> Check:
    return Check("", Failing(rule), Share(at_least))


def number(metric: Metric, bound: Bound | None = None) -> Check:
    return Check("", metric, bound or Range())


@pytest.fixture
def sales(make: MakeTable) -> Table:
    import polars as pl

    return make(
        pl.DataFrame(
            {
                "Store": [1, 2, 3, None],
                "Date": [date(2015, 7, day) for day in (28, 29, 30, 31)],
                "Sales": [5263, 6064, -1, 8314],
                "Open": [1, 1, 0, 5],
                "StateHoliday": ["0", "a", "0", "x"],
                "Distance": [1270.5, math.nan, None, math.inf],
                "Promo": [True, False, True, None],
                "Price": [Decimal("0.10"), Decimal("0.20"), Decimal("0.30"), None],
            },
            schema_overrides={"Price": pl.Decimal(9, 2)},
        )
    )


def judged(engine: EmbeddedEngine, table: Table, check: Check, **facts: Any) -> Outcome:
    """The outcome, which is the same with statistics and without."""
    [proved] = evaluate(engine, table, [check], **facts)
    [scanned] = evaluate(engine, unknown(table), [check], **facts)
    seen = ("status", "observed", "elements", "missing", "unexpected", "message")
    assert [getattr(proved, name) for name in seen] == [getattr(scanned, name) for name in seen]
    return proved


def counts(outcome: Outcome) -> tuple[Any, ...]:
    """What became of a check about rows, and the rows behind it."""
    return outcome.status, outcome.elements, outcome.missing, outcome.unexpected
