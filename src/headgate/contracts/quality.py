"""A quality rule of a contract as checks: what is measured, and the bound that its operator sets.

The metrics of the standard's library count rows, and `percent` is of all rows. A rule that nothing
here can judge raises DeclarationError, so that nobody takes it for one that holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from headgate.checks.check import Bound, Limit, Outside, Percent, Range, Share
from headgate.checks.conditions import Among, Missing, RowCondition, View
from headgate.checks.conditions import Any as Some
from headgate.checks.metric import (
    Failing,
    Matches,
    Metric,
    NoneOf,
    NotNull,
    OneOf,
    QueryValue,
    Rows,
    Rule,
    Seen,
    Unique,
)
from headgate.checks.patterns import checked
from headgate.checks.shares import ShareOf
from headgate.engines.types import quoted
from headgate.errors import DeclarationError, UnknownNameError
from headgate.pipelines.problems import shown
from headgate.schema.statistics import Scalar

Written = Mapping[str, Any]
Judged = tuple[Metric, Bound]
Wanted = Range | Outside

METRICS = {
    "nullValues": "rows without a value",
    "missingValues": "rows without a value, or with one of `arguments.missingValues`",
    "invalidValues": "rows whose value is none of `arguments.validValues`, or does not match "
    "`arguments.pattern`",
    "duplicateValues": "rows that agree with another row in the column, or in "
    "`arguments.properties`",
    "rowCount": "rows",
}
"""The metrics of the library, and what each one counts."""
OLDER = {
    "nullCheck": "nullValues",
    "duplicateCount": "duplicateValues",
    "uniqueCheck": "duplicateValues",
    "validValues": "invalidValues",
}
"""Names that `rule` has in contracts of 3.0, beside those of the metrics."""
OPERATORS = {
    "mustBe": "equal to",
    "mustNotBe": "anything but",
    "mustBeGreaterThan": "above",
    "mustBeGreaterOrEqualTo": "at least",
    "mustBeLessThan": "below",
    "mustBeLessOrEqualTo": "at most",
    "mustBeBetween": "between the two, which are inside",
    "mustNotBeBetween": "below the first or above the second",
}
"""The operators, and what the measured number has to be."""
MOST = 10**18
"""A number of rows that no table has."""
UNITS = {"rows": "rows", "row": "rows", "percent": "percent", "%": "percent"}


def library(rule: Written, column: str | None) -> list[Judged]:
    """What a rule of the library measures, of a column or else of the table, and its bounds.

    Raises DeclarationError where it cannot be judged.
    """
    named = rule.get("metric") or rule.get("rule")
    metric = OLDER.get(str(named), str(named))
    if metric not in METRICS:
        known = [*METRICS, *OLDER] if "rule" in rule else METRICS
        raise UnknownNameError.of("metric", str(named), known)
    unit = UNITS.get(str(rule.get("unit") or "rows").casefold())
    if unit is None:
        raise DeclarationError(f"unit {rule['unit']!r} is neither rows nor percent")
    counted = unit == "rows"
    if metric == "rowCount":
        if not counted:
            raise DeclarationError("rowCount is a number of rows, and no percent")
        return [(Rows(), span) for span in _wanted(rule)]
    arguments: Written = rule.get("arguments") or {}
    # contracts of 3.0 say it without an operator, and mean that there is none
    spans = _wanted(rule) if "metric" in rule or _said(rule) else [Range(0, 0)]
    if metric == "duplicateValues":
        columns = _columns(arguments, column)
        return [_breaking(Unique(columns), span, counted) for span in spans]
    if column is None:
        raise DeclarationError(f"{metric} is about a column, and stands at a table")
    if metric == "nullValues":
        return [_breaking(NotNull(column), span, counted) for span in spans]
    read = _missing if metric == "missingValues" else _invalid
    return [judged for span in spans for judged in read(rule, column, span, counted)]


def query(rule: Written, column: str | None, table: str) -> list[Judged]:
    """What a rule of type `sql` measures: the number that its query gives.

    Raises DeclarationError where there is nothing to compare it with.
    """
    names = {
        "object": "data",
        "table": "data",
        "schema": "data",
        "model": "data",
        "dataset": "data",
    }
    if column is not None:
        names |= dict.fromkeys(("property", "column", "field"), quoted(column))

    def meant(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name in {"property", "column", "field"} and column is None:
            raise DeclarationError(f"the query names {found[0]}, and stands at table {table}")
        if name not in names and found[0].startswith("${"):
            hint = "nothing sets variables here: write the value"
            raise DeclarationError(f"the query needs variable {found[0]}", None, hint)
        return names.get(name, found[0])

    text = re.sub(r"\$?\{(\w+)(?::-[^}]*)?\}|\$([a-z]\w*)", meant, rule["query"]).rstrip(
        "; \t\r\n\v\f"
    )
    if not text.strip():
        raise DeclarationError("the query is empty")
    return [(QueryValue(text), span) for span in _wanted(rule)]


# ------------------------------------------------------------------ operators


def _said(rule: Written) -> list[str]:
    return [name for name in OPERATORS if name in rule]


def _wanted(rule: Written) -> list[Wanted]:
    """What each operator of a rule asks of the measured number."""
    if not (names := _said(rule)):
        raise DeclarationError("no operator says what the number must be", None, "mustBe: 0")
    return [_span(name, rule[name]) for name in names]


def _span(name: str, given: Any) -> Wanted:
    ends = given if isinstance(given, list) else [given]
    if not all(isinstance(end, int | float) and not isinstance(end, bool) for end in ends):
        raise DeclarationError(f"{name} is compared with a number, and {shown(given)} is none")
    if not all(abs(end) < MOST for end in ends):
        raise DeclarationError(f"{name}: {shown(given)} is no number that rows are counted in")
    low, high = ends[0], ends[-1]
    if low > high:
        raise DeclarationError(f"{name}: {low!r} is above {high!r}, so nothing is between")
    match name:
        case "mustBe" | "mustBeBetween":
            return Range(low, high)
        case "mustNotBe" | "mustNotBeBetween":
            return Outside(low, high)
        case "mustBeGreaterThan":
            return Range(low=low, strict_low=True)
        case "mustBeGreaterOrEqualTo":
            return Range(low=low)
        case "mustBeLessThan":
            return Range(high=high, strict_high=True)
        case _:
            return Range(high=high)


def _is_none(span: Wanted) -> bool:
    """Whether only a count of 0 is wanted."""
    return isinstance(span, Range) and span.high == 0 and not span.strict_high


def _breaking(rule: Rule, span: Wanted, counted: bool) -> Judged:
    """The rows that break a rule, of which there are as many as wanted."""
    if _is_none(span):
        return Failing(rule), Share()
    if not counted:
        return Failing(rule), Percent(span)
    match span:
        case Range(None, int() as most, strict_high=False):
            return Failing(rule), Limit(most)
    return Failing(rule), span


# ------------------------------------------------------------------ columns and values


def _columns(arguments: Written, column: str | None) -> tuple[str, ...]:
    """The columns in which no two rows are to agree."""
    named = arguments.get("properties") or ([column] if column else [])
    if not isinstance(named, list) or not all(isinstance(one, str) for one in named):
        raise DeclarationError("arguments.properties is a list of names")
    if not named:
        raise DeclarationError("duplicateValues needs arguments.properties at a table")
    return tuple(dict.fromkeys(named))


def _values(rule: Written, name: str) -> list[Scalar | None]:
    """A list of plain values among the arguments, or as contracts of 3.0 say it, beside the rule."""
    given = (rule.get("arguments") or {}).get(name, rule.get(name))
    if given is None:
        return []
    if not isinstance(given, list) or any(isinstance(one, dict | list) for one in given):
        raise DeclarationError(f"{name} is a list of plain values")
    return given


def _missing(rule: Written, column: str, span: Wanted, counted: bool) -> Iterator[Judged]:
    listed = _values(rule, "missingValues") or [None]
    texts = tuple(value for value in listed if value is not None)
    if not texts:
        yield _breaking(NotNull(column), span, counted)
        return
    if _is_none(span):
        yield Failing(NoneOf(column, texts)), Share()
        if None in listed:
            yield Failing(NotNull(column)), Share()
        return
    condition: RowCondition = Among(column, texts)
    if None in listed:
        condition = Some((Missing(column), condition))
    yield _meeting(condition, span, counted)


def _meeting(condition: RowCondition, span: Wanted, counted: bool) -> Judged:
    """The rows that meet a condition, of which there are as many as wanted."""
    if counted:
        return Seen(Rows(), View(condition)), span
    return ShareOf(condition), Percent(span)


def _invalid(rule: Written, column: str, span: Wanted, counted: bool) -> Iterator[Judged]:
    arguments: Written = rule.get("arguments") or {}
    listed = _values(rule, "validValues")
    pattern = arguments.get("pattern")
    rules: list[Rule] = []
    if listed:
        rules.append(OneOf(column, tuple(value for value in listed if value is not None)))
    if pattern is not None:
        if not isinstance(pattern, str):
            raise DeclarationError("arguments.pattern is text")
        rules.append(Matches(column, checked(pattern)))
    if not rules:
        hint = "arguments: {validValues: [a, b]}, or arguments: {pattern: '^[a-z]+$'}"
        raise DeclarationError("invalidValues does not say what is valid", None, hint)
    if len(rules) > 1 and not _is_none(span):
        what = "a number of rows that break validValues or pattern, or both, is not counted"
        raise DeclarationError(what, None, "make it two rules, or mustBe: 0")
    for one in rules:
        yield _breaking(one, span, counted)
