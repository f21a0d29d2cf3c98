"""The outcomes of checks, each reached the cheapest way that is exact.

1. from the schema, the row count and the statistics: nothing is read;
2. of a table of many parts, from what is remembered of its parts, and a read of the new ones;
3. by one read for everything that these do not prove, and one for each condition on rows;
4. for failed checks only, the rows that failed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from headgate.checks.asked import Asked
from headgate.checks.by_group import in_failing_groups
from headgate.checks.certainty import is_certain
from headgate.checks.check import Check, Outcome, ProvedBy, Status
from headgate.checks.conditions import View, seen
from headgate.checks.functions import Calls
from headgate.checks.judge import cannot_judge, judge
from headgate.checks.known import known
from headgate.checks.measured import Beside, Measured
from headgate.checks.metric import (
    Failing,
    FailingGroups,
    Metric,
    Plain,
    functions_of,
    plainly,
    view_of,
)
from headgate.checks.questions import Answers, Count, Question, ask, read
from headgate.checks.rules import source_of
from headgate.checks.samples import Traced, examples, samples
from headgate.checks.scan import asked, put_together
from headgate.checks.sql import DATA, Sql
from headgate.checks.words import in_words
from headgate.engines.engine import Engine, Frame
from headgate.schema.table import Table

if TYPE_CHECKING:
    from headgate.checks.pieces import Piece
    from headgate.ledger.ledger import Ledger

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
    ledger: Ledger | None = None,
) -> list[Outcome]:
    """The outcome of every check, in the order given.

    `beside` holds the other tables that checks compare with, `newest` is the time of the newest
    delivery. `trace` gives the rows of the table with `_file` and `_line`; it is called at most
    once, and only where a row has failed. In `ledger` it is remembered what was measured of each
    part of the table. A check that cannot be evaluated is an error outcome and does not touch the
    others.
    """
    calls = Calls(one for check in checks for one in functions_of(check.metric))
    facts = Beside(now or datetime.now(UTC), beside or {}, newest, calls)
    found = measure(engine, table, [check.metric for check in checks], facts, ledger)
    rough = [check.metric for check in checks if not _is_certain(check, found[check.metric])]
    found |= measure(engine, table, rough, facts)
    traced = Traced(trace)
    outcomes = []
    for check in checks:
        described = check if check.description else replace(check, description=in_words(check))
        outcome = _judged(described, *found[check.metric])
        outcomes.append(_explained(engine, table, facts, outcome, traced))
    return outcomes


def measure(
    engine: Engine,
    table: Table,
    metrics: Sequence[Metric],
    beside: Beside,
    ledger: Ledger | None = None,
) -> dict[Metric, Found]:
    """Every metric, or what came up while it was measured, and how it was reached.

    With a ledger a value may be known only roughly: see `Value.error`.
    """
    by_place: dict[tuple[View, Sql], list[Metric]] = {}
    for metric in dict.fromkeys(metrics):
        by_place.setdefault((view_of(metric), source_of(plainly(metric))), []).append(metric)
    found: dict[Metric, Found] = {}
    for (view, source), some in by_place.items():
        try:
            place = place_of(engine, table, view, beside, source=source, ledger=ledger)
        except Exception as error:  # noqa: BLE001 - what cannot be judged has not passed
            found |= dict.fromkeys(some, (error, ProvedBy.SCAN))
            continue
        plain = {metric: plainly(metric) for metric in some}
        answers = _measure(place, list(plain.values()), beside)
        for metric in some:
            measured, proved_by = answers[plain[metric]]
            if view.only and proved_by is ProvedBy.STATISTICS:
                # how many rows meet the condition was read, whatever followed from it
                proved_by = ProvedBy.SCAN
            found[metric] = measured, proved_by
    return found


def place_of(
    engine: Engine,
    table: Table,
    view: View,
    beside: Beside,
    *,
    source: Sql = DATA,
    ledger: Ledger | None = None,
) -> Asked:
    """Where questions about the rows in view go; how many these are is read.

    Raises DeclarationError where the condition does not fit the table.
    """
    relation, there = seen(view, table, source)
    # a function of the project says what it says of all rows together
    parted = ledger if len(there.parts) > 1 and source == DATA else None
    place = Asked(engine, there, relation, beside.tables, view, beside.calls, parted, beside.now)
    if view.only is None:
        return place
    return replace(place, table=replace(there, rows=_rows(place)))


def _rows(place: Asked) -> int:
    """How many rows are asked about."""
    every = Count(Sql("true"))
    answers: Answers = ask(place, [every]) if place.ledger is None else {}
    if place.ledger is not None:
        from headgate.checks.partials import merged

        answers = {every: merged(place, [every], place.ledger).bodies[every]}
    return int(read(answers, every))


def _measure(place: Asked, metrics: Sequence[Plain], beside: Beside) -> dict[Plain, Found]:
    found: dict[Plain, Found] = {}
    unknown = []
    for metric in dict.fromkeys(metrics):
        try:
            value = known(metric, place.table, beside)
        except Exception as error:  # noqa: BLE001 - what cannot be judged has not passed
            found[metric] = error, ProvedBy.STATISTICS
            continue
        if value is None:
            unknown.append(metric)
        else:
            found[metric] = value, ProvedBy.STATISTICS
    if place.ledger:
        found |= _by_part(place, unknown, beside, place.ledger)
    return found | _scanned(place, [one for one in unknown if one not in found], beside)


def _by_part(
    place: Asked, metrics: Sequence[Plain], beside: Beside, ledger: Ledger
) -> dict[Plain, Found]:
    """The metrics that follow from what is measured of each part alone."""
    # most tables have one part, and their checks start sooner without
    from headgate.checks.by_part import follows, pieces_of
    from headgate.checks.partials import merged

    found: dict[Plain, Found] = {}
    pieces: dict[Plain, tuple[Piece, ...]] = {}
    for metric in metrics:
        try:
            pieces[metric] = pieces_of(metric, place)
        except Exception as error:  # noqa: BLE001 - what cannot be judged has not passed
            found[metric] = error, ProvedBy.STATISTICS
    wanted = [piece for some in pieces.values() for piece in some]
    if not wanted:
        return found
    whole = merged(place, wanted, ledger)
    proved_by = ProvedBy.CACHE if whole.remembered else ProvedBy.SCAN
    for metric, some in pieces.items():
        try:
            value = follows(metric, place, beside, whole.bodies) if some else None
        except Exception as error:  # noqa: BLE001 - an engine's errors are its own
            found[metric] = error, proved_by
            continue
        if value is not None:
            found[metric] = value, proved_by
    return found


def _scanned(place: Asked, metrics: Sequence[Plain], beside: Beside) -> dict[Plain, Found]:
    """The metrics by a read of the whole table."""
    found: dict[Plain, Found] = {}
    questions: list[Question] = []
    for metric in metrics:
        try:
            questions.extend(asked(metric, place))
        except Exception as error:  # noqa: BLE001 - what cannot be judged has not passed
            found[metric] = error, ProvedBy.STATISTICS
    answers = ask(place, questions)
    for metric in metrics:
        if metric in found:
            continue
        try:
            found[metric] = put_together(metric, place, beside, answers), ProvedBy.SCAN
        except Exception as error:  # noqa: BLE001 - an engine's errors are its own
            found[metric] = error, ProvedBy.SCAN
    return found


def _is_certain(check: Check, found: Found) -> bool:
    measured, _ = found
    return isinstance(measured, Exception) or is_certain(check.bound, measured)


def _judged(check: Check, measured: Measured | Exception, proved_by: ProvedBy) -> Outcome:
    if isinstance(measured, Exception):
        return cannot_judge(check, measured)
    try:
        plain = replace(check, metric=plainly(check.metric))
        return replace(judge(plain, measured, proved_by), check=check)
    except Exception as error:  # noqa: BLE001 - what cannot be judged has not passed
        return cannot_judge(check, error)


def _explained(
    engine: Engine, table: Table, beside: Beside, outcome: Outcome, traced: Traced
) -> Outcome:
    """The outcome with the first rows that failed, where it is about rows and some did."""
    metric = plainly(outcome.check.metric)
    inner = metric.metric if isinstance(metric, FailingGroups) else metric
    if outcome.status is not Status.FAILED or not isinstance(inner, Failing):
        return outcome
    view = view_of(outcome.check.metric)
    try:
        relation, there = seen(view, table, source_of(metric))
        place = Asked(engine, there, relation, beside.tables, view, beside.calls)
        if isinstance(metric, FailingGroups):
            place = in_failing_groups(metric, place)
        found = samples(place, inner.rule, traced)
        return replace(
            outcome, samples=found, message=outcome.message + examples(inner.rule, found)
        )
    except Exception as error:  # noqa: BLE001 - the verdict stands, with or without samples
        return replace(outcome, message=f"{outcome.message} (no samples: {error})")
