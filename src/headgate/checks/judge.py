"""A measured value beside its bound: passed or failed, and why in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec.structs import replace

from headgate.checks.accuracy import Accuracy
from headgate.checks.check import (
    Check,
    Limit,
    Match,
    Members,
    Names,
    Outcome,
    Outside,
    Percent,
    ProvedBy,
    Range,
    Ranges,
    Share,
    Status,
)
from headgate.checks.compared_words import compared_in_words
from headgate.checks.distributions import Quantiles, SetDifference, as_details
from headgate.checks.drift import Drift
from headgate.checks.group_outcomes import judged_by_group
from headgate.checks.lacking import LACKS
from headgate.checks.measured import Counted, Groups, Measured, Nothing, Value, shown
from headgate.checks.metric import (
    Age,
    ColumnAt,
    Completeness,
    Failing,
    Metric,
    NanFigure,
    NotNull,
    QueryRows,
    Rows,
    RowsBeside,
    RowsChange,
    Unique,
)
from headgate.checks.phrases import age, listed, number, percent, quantiles
from headgate.checks.schemas import SchemaDifference, differences_in_words
from headgate.checks.shares import ShareOf
from headgate.checks.typed import Comparable, NoColumnError, comparable, members, order
from headgate.checks.typenames import is_type
from headgate.checks.words import metric_in_words
from headgate.errors import DeclarationError, HeadgateError
from headgate.schema.statistics import Scalar

MODES = 1_000
"""How many of the values that occur equally often an outcome holds."""


def judge(check: Check, measured: Measured, proved_by: ProvedBy) -> Outcome:  # noqa: PLR0911 - one a bound
    """The outcome of a check whose metric is known.

    Raises DeclarationError where the bound is of another kind than the metric.
    """
    match check.bound, measured:
        case _, Nothing(why):
            return Outcome(check, Status.PASSED, proved_by=proved_by, message=why)
        case (Share() | Limit()) as share, Counted() as counted:
            return _rows(check, share, counted, proved_by)
        case (Range() | Outside()) as span, Counted() as counted:
            outcome = _number(check, span, Value(counted.unexpected), proved_by)
            return _with_rows(outcome, counted)
        case Percent(span), (Counted() | Value(float() | None)) as found:
            return _of_all_rows(check, span, found, proved_by)
        case Range(0, 0), Groups() as groups:
            return judged_by_group(check, groups, proved_by)
        case (Range() | Outside()) as span, Value() as value:
            return _number(check, span, value, proved_by)
        case Share(at_least), Value() as value:
            return _number(check, Range(low=at_least), value, proved_by)
        case Ranges() as ranges, Value(tuple() as found):
            return replace(_several(check, ranges, found, measured), proved_by=proved_by)
        case Members() as wanted, Value(tuple() as found):
            outcome = _most_common(check, wanted, found, measured)
            return replace(outcome, proved_by=proved_by)
        case Names() as names, Value(tuple() as found):
            return _columns(check, names, found, proved_by)
        case Names() as names, Value(None) as value if value.column is not None:
            return _type(check, names, value, proved_by)
    raise DeclarationError(f"{metric_in_words(check.metric)} cannot have the bound {check.bound}")


def _of_all_rows(
    check: Check, span: Range | Outside, found: Counted | Value, proved_by: ProvedBy
) -> Outcome:
    """The outcome of a percentage of all rows; of no row it is 0."""
    if isinstance(found, Counted):
        rows = found.elements
        percentage = 100 * found.unexpected / rows if rows else 0.0
        return _with_rows(_number(check, span, Value(percentage), proved_by), found)
    assert found.value is None or isinstance(found.value, float)
    # a share times 100 is a little off what the rows would have given
    percentage = round(100 * (found.value or 0.0), 9)
    return _number(check, span, Value(percentage), proved_by)


def cannot_judge(check: Check, error: Exception) -> Outcome:
    """The outcome of a check that could not be evaluated, which is not a pass."""
    if isinstance(error, HeadgateError):
        what = error.what.split("\n", 1)[0]  # an engine goes on with its guesses, and a drawing
        message = f"{what}; {error.hint}" if error.hint else what
    else:
        message = str(error).strip().split("\n", 1)[0] or type(error).__name__
    lacks = {LACKS: [error.name]} if isinstance(error, NoColumnError) else {}
    return Outcome(check, Status.ERROR, message=message, details=lacks)


# ------------------------------------------------------------------ row rules


def _rows(check: Check, share: Share | Limit, counted: Counted, proved_by: ProvedBy) -> Outcome:
    judged = counted.elements - counted.missing
    kept = judged == 0 or (judged - counted.unexpected) / judged >= share.at_least
    if isinstance(share, Limit):
        kept = kept and counted.unexpected <= share.at_most
    outcome = Outcome(
        check,
        Status.PASSED if kept else Status.FAILED,
        observed=counted.unexpected,
        proved_by=proved_by,
        message="" if kept else _broken(check.metric, share, counted.unexpected, judged),
    )
    return _with_rows(outcome, counted)


def _with_rows(outcome: Outcome, counted: Counted) -> Outcome:
    return replace(
        outcome,
        elements=counted.elements,
        missing=counted.missing,
        unexpected=counted.unexpected,
    )


def _broken(metric: Metric, share: Share | Limit, unexpected: int, judged: int) -> str:
    match metric:
        case Failing(NotNull()):
            verb = "has no value" if unexpected == 1 else "have no value"
        case Failing(Unique()):
            verb = "stands more than once" if unexpected == 1 else "stand more than once"
        case _:
            verb = "breaks it" if unexpected == 1 else "break it"
    words = f"{unexpected:,} of {judged:,} rows {verb} ({percent(100 * unexpected / judged)})"
    if isinstance(share, Limit):
        words += f", at most {share.at_most:,} may"
    if 0 < share.at_least < 1 or share == Share(0.0):
        words += f", at most {percent(100 * (1 - share.at_least))} may"
    return words


# ------------------------------------------------------------------ one value


def _number(check: Check, span: Range | Outside, value: Value, proved_by: ProvedBy) -> Outcome:
    observed = _there(value.value)
    kept = observed is not None and _within(span, observed, value)
    return Outcome(
        check,
        Status.PASSED if kept else Status.FAILED,
        observed=shown(observed),
        proved_by=proved_by,
        message="" if kept else _told(check, shown(observed), value),
        details=value.details,
    )


def _told(check: Check, observed: str | float | None, value: Value) -> str:
    if isinstance(check.bound, Percent) and isinstance(observed, int | float):
        return f"{metric_in_words(check.metric)}: {percent(observed)} of all rows"
    if observed is None and value.value is not None and not value.details:
        return f"{metric_in_words(check.metric)} is no number: there are infinite values"
    message = _observed(check.metric, observed, value.details)
    if isinstance(check.bound, Range) and isinstance(observed, float):
        ends = (check.bound.low, check.bound.high)
        if number(observed) in {number(end) for end in ends if end is not None and end != observed}:
            return f"{message}, or in full {observed!r}"  # rounded, it would seem to keep it
    return message


def _within(span: Range | Outside, observed: Comparable, value: Value) -> bool:
    if isinstance(span, Outside):
        return not _within(Range(span.low, span.high), observed, value)
    low, high = (None if end is None else order(_end(end, value)) for end in (span.low, span.high))
    found = order(observed)
    if low is not None and (found < low or (span.strict_low and found == low)):
        return False
    return high is None or not (found > high or (span.strict_high and found == high))


def _end(end: Scalar, value: Value) -> Comparable:
    if value.column is not None:
        return comparable(value.column, end)
    if isinstance(end, str):
        raise DeclarationError(f"a number cannot be compared with {end!r}")
    if isinstance(value.value, Decimal) and isinstance(end, float) and math.isfinite(end):
        return Decimal(str(end))  # a sum of decimals is exact, so the end is what was written
    return end


def _observed(  # noqa: PLR0911 - one phrase a metric
    metric: Metric, observed: str | float | None, details: Mapping[str, object]
) -> str:
    if nans := details.get("nan"):
        verb = "is" if nans == 1 else "are"
        return f"{metric_in_words(metric)} is NaN, as {nans:,} of its values {verb}"
    if observed is None:
        return f"{metric_in_words(metric)} is unknown: there is no value"
    words = number(observed)
    match metric:
        case SchemaDifference():
            counted = "1 difference" if observed == 1 else f"{words} differences"
            return f"{counted}: {differences_in_words(details)}"
        case Rows() if isinstance(observed, int | float):
            return f"{observed:,} {'row' if observed == 1 else 'rows'}"
        case SetDifference(column):
            return f"different values of {column}: {as_details(details)}"
        case QueryRows():
            return f"the query gives {words} {'row' if observed == 1 else 'rows'}"
        case ShareOf() if isinstance(observed, int | float):
            return f"{metric_in_words(metric)} is {percent(100 * observed)}"
        case RowsBeside() | RowsChange() | Drift() | Accuracy() if not isinstance(observed, str):
            return compared_in_words(metric, observed, details)
        case Completeness() if isinstance(observed, int | float):
            return f"{percent(100 * observed)} of cells are filled"
        case Age(column) if isinstance(observed, int | float):
            return age(column, observed)
        case _:
            return f"{metric_in_words(metric)} is {words}"


# ------------------------------------------------------------------ several values


def _several(check: Check, ranges: Ranges, found: Sequence[Comparable], value: Value) -> Outcome:
    """Every value in the range at its place; one that is not there is in none."""
    metric = check.metric.metric if isinstance(check.metric, NanFigure) else check.metric
    assert isinstance(metric, Quantiles)
    pairs = list(zip(ranges.ranges, map(_there, found), strict=True))
    kept = [one is not None and _within(span, one, value) for span, one in pairs]
    values = [shown(one) for _, one in pairs]
    shares = metric.shares
    words = quantiles(shares, values)
    wrong = [word for word, keeps in zip(words, kept, strict=True) if not keeps]
    return Outcome(
        check,
        Status.PASSED if all(kept) else Status.FAILED,
        observed=", ".join(words),
        message=f"{metric_in_words(check.metric)}: {', '.join(wrong)}" if wrong else "",
        details={**value.details, "quantiles": list(shares), "values": values, "kept": kept},
    )


def _there(value: Comparable) -> Comparable:
    return None if isinstance(value, float) and math.isnan(value) else value


def _most_common(
    check: Check, wanted: Members, found: Sequence[Comparable], value: Value
) -> Outcome:
    assert value.column is not None
    known = set(members(value.column, wanted.values))
    among = [one for one in found if one in known]
    kept = bool(among) and (wanted.ties or len(found) == 1)
    values = [shown(one) for one in found[:MODES]]
    words = listed([str(one) for one in values])
    message = f"{metric_in_words(check.metric)} is {words}" if found else "there is no value"
    if among and not kept:
        message += ", which occur equally often"
    return Outcome(
        check,
        Status.PASSED if kept else Status.FAILED,
        observed=words,
        message="" if kept else message,
        details={"values": values, "ties": len(found)},
    )


# ------------------------------------------------------------------ names


def _columns(check: Check, names: Names, found: Sequence[str], proved_by: ProvedBy) -> Outcome:
    if isinstance(check.metric, ColumnAt):
        return _column_at(check, check.metric, names, found, proved_by)
    differences = _differences(names, found)
    gone = [name for name in names.names if name not in found]
    observed = f"{len(found)} columns: {', '.join(found)}"
    return Outcome(
        check,
        Status.FAILED if differences else Status.PASSED,
        observed="; ".join([observed, *differences]),
        proved_by=proved_by,
        message="; ".join(differences),
        details={"columns": list(found), **({LACKS: gone} if gone else {})},
    )


def _column_at(
    check: Check, metric: ColumnAt, names: Names, found: Sequence[str], proved_by: ProvedBy
) -> Outcome:
    kept = tuple(found) == names.names
    words = repr(found[0]) if found else "not there"
    return Outcome(
        check,
        Status.PASSED if kept else Status.FAILED,
        observed=found[0] if found else None,
        proved_by=proved_by,
        message="" if kept else f"column {metric.index} is {words}",
        details={"columns": list(found)},
    )


def _differences(names: Names, found: Sequence[str]) -> list[str]:
    wanted = names.names
    parts = []
    if gone := [name for name in wanted if name not in found]:
        parts.append(f"missing {listed([repr(name) for name in gone])}")
    if names.match is Match.CONTAINS:
        return parts
    if more := [name for name in found if name not in wanted]:
        parts.append(f"unexpected {listed([repr(name) for name in more])}")
    if not parts and names.match is Match.ORDERED and tuple(found) != tuple(wanted):
        pairs = zip(found, wanted, strict=False)
        first = next(((is_, was) for is_, was in pairs if is_ != was), None)
        if first:
            parts.append(f"in another order: {first[0]!r} stands where {first[1]!r} was declared")
        else:
            parts.append(f"{len(wanted)} names were declared")
    return parts


def _type(check: Check, names: Names, value: Value, proved_by: ProvedBy) -> Outcome:
    column = value.column
    assert column is not None
    kept = any(is_type(column, name) for name in names.names)
    observed = f"{column.type.value} ({column.physical})"
    return Outcome(
        check,
        Status.PASSED if kept else Status.FAILED,
        observed=observed,
        proved_by=proved_by,
        message="" if kept else f"{column.name} is of type {observed}",
        details={"physical": column.physical},
    )
