"""The outcomes of checks, each reached the cheapest way that is exact.

1. from the schema, the row count and the statistics: nothing is read;
2. by one read for everything that these do not prove;
3. for failed checks only, the rows that failed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from headgate.checks.check import Check, Outcome, ProvedBy, Status
from headgate.checks.judge import cannot_judge, judge
from headgate.checks.known import known
from headgate.checks.measured import Beside, Measured
from headgate.checks.metric import Failing, Metric
from headgate.checks.samples import Traced, examples, samples
from headgate.checks.scan import ask, asked, put_together
from headgate.checks.words import in_words
from headgate.engines.engine import Engine, Frame
from headgate.schema.table import Table

Found = tuple[Measured | Exception, ProvedBy]


def evaluate(
    engine: Engine,
    table: Table,
    checks: Sequence[Check],
    *,
    beside: Mapping[str, Table] | None = None,
    now: datetime | None = None,
    newest: datetime | None = None,
    trace: Callable[[], Frame] | None = None,
) -> list[Outcome]:
    """The outcome of every check, in the order given.

    `beside` holds the other tables that checks compare with, `newest` is the time of the newest
    delivery. `trace` gives the rows of the table with `_file` and `_line`; it is called at most
    once, and only where a row has failed. A check that cannot be evaluated is an error outcome
    and does not touch the others.
    """
    facts = Beside(now or datetime.now(UTC), beside or {}, newest)
    found = measure(engine, table, [check.metric for check in checks], facts)
    traced = Traced(trace)
    outcomes = []
    for check in checks:
        described = check if check.description else replace(check, description=in_words(check))
        outcome = _judged(described, *found[check.metric])
        outcomes.append(_explained(engine, table, outcome, traced))
    return outcomes


def measure(
    engine: Engine, table: Table, metrics: Sequence[Metric], beside: Beside
) -> dict[Metric, Found]:
    """Every metric, or what came up while it was measured, and how it was reached."""
    found: dict[Metric, Found] = {}
    unknown = []
    for metric in dict.fromkeys(metrics):
        try:
            value = known(metric, table, beside)
        except Exception as error:  # noqa: BLE001 - what cannot be judged has not passed
            found[metric] = error, ProvedBy.STATISTICS
            continue
        if value is None:
            unknown.append(metric)
        else:
            found[metric] = value, ProvedBy.STATISTICS
    answers = ask(engine, table, [one for metric in unknown for one in asked(metric, table)])
    for metric in unknown:
        try:
            found[metric] = put_together(metric, table, beside, answers), ProvedBy.SCAN
        except Exception as error:  # noqa: BLE001 - an engine's errors are its own
            found[metric] = error, ProvedBy.SCAN
    return found


def _judged(check: Check, measured: Measured | Exception, proved_by: ProvedBy) -> Outcome:
    if isinstance(measured, Exception):
        return cannot_judge(check, measured)
    try:
        return judge(check, measured, proved_by)
    except Exception as error:  # noqa: BLE001 - what cannot be judged has not passed
        return cannot_judge(check, error)


def _explained(engine: Engine, table: Table, outcome: Outcome, traced: Traced) -> Outcome:
    """The outcome with the first rows that failed, where it is about rows and some did."""
    metric = outcome.check.metric
    if outcome.status is not Status.FAILED or not isinstance(metric, Failing):
        return outcome
    try:
        found = samples(engine, table, metric.rule, traced)
        return replace(
            outcome, samples=found, message=outcome.message + examples(metric.rule, found)
        )
    except Exception as error:  # noqa: BLE001 - the verdict stands, with or without samples
        return replace(outcome, message=f"{outcome.message} (no samples: {error})")
