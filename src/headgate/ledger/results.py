"""What was measured and judged, so that it is neither lost nor done twice."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import isnan
from typing import Any

from msgspec import Struct

from headgate.ledger.clock import moment, stamp
from headgate.ledger.ledger import Transaction


class GateResult(Struct, frozen=True):
    """What a suite said of a version. `outcomes` are as JSON holds them."""

    verdict: str
    outcomes: Sequence[Mapping[str, Any]]
    run: str
    at: datetime
    good: str = ""
    """What is left of the version, where rows of it were set aside."""
    aside: str = ""
    """The version of these rows, in `_quarantine/<dataset>`."""


def gate_result(tx: Transaction, dataset: str, version: str, suite: str) -> GateResult | None:
    """What the suite of that digest said of the version, when it was last asked."""
    rows = tx.execute(
        "select verdict, outcomes, run, at, good, aside from gate_result"
        " where dataset = ? and version = ? and suite = ?",
        (dataset, version, suite),
    )
    if not rows:
        return None
    verdict, outcomes, run, at, good, aside = rows[0]
    return GateResult(verdict, json.loads(outcomes), run, moment(at), good, aside)


def left_of(tx: Transaction, dataset: str, version: str, suite: str) -> tuple[str, str] | None:
    """What the suite of that digest left of a version, and what it set aside of it, by their ids.

    Both are empty where it set nothing aside; None where the suite was not asked.
    """
    rows = tx.execute(
        "select good, aside from gate_result where dataset = ? and version = ? and suite = ?",
        (dataset, version, suite),
    )
    return (rows[0][0], rows[0][1]) if rows else None


def keep_gate_result(
    tx: Transaction, dataset: str, version: str, suite: str, result: GateResult
) -> None:
    """Remembers what a suite said; a later answer takes the place of an earlier one."""
    tx.execute(
        "insert into gate_result (dataset, version, suite, verdict, outcomes, run, at, good, aside)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (dataset, version, suite) do update set"
        " verdict = excluded.verdict, outcomes = excluded.outcomes, run = excluded.run,"
        " at = excluded.at, good = excluded.good, aside = excluded.aside",
        (
            dataset,
            version,
            suite,
            result.verdict,
            json.dumps(list(result.outcomes), ensure_ascii=False),
            result.run,
            stamp(result.at),
            result.good,
            result.aside,
        ),
    )


def keep_measurements(
    tx: Transaction,
    *,
    run: str,
    dataset: str,
    version: str,
    at: datetime,
    values: Mapping[str, float | None],
) -> None:
    """Remembers the numbers that a run measured on a version; a name that stands there is renewed.

    What is not a number (NaN) is kept as unknown.
    """
    for metric, measured in values.items():
        value = None if measured is None or isnan(measured) else measured  # SQLite has no NaN
        tx.execute(
            "insert into measurement (run, dataset, version, metric, value, at)"
            " values (?, ?, ?, ?, ?, ?) on conflict (run, dataset, version, metric) do update set"
            " value = excluded.value, at = excluded.at",
            (run, dataset, version, metric, value, stamp(at)),
        )


def measurements(
    tx: Transaction, dataset: str, metric: str, limit: int = 400
) -> list[tuple[datetime, float | None]]:
    """The newest values of a metric, oldest first."""
    rows = tx.execute(
        "select at, value from measurement where dataset = ? and metric = ?"
        " order by at desc limit ?",
        (dataset, metric, limit),
    )
    return [(moment(at), value) for at, value in reversed(rows)]
