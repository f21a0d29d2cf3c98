"""Words that are no expectation of Great Expectations: what each one measures, and its bound."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from headgate.checks import gx_columns
from headgate.checks.check import Bound, Check, Range, Ranges, Share
from headgate.checks.conditions import Compare, Operator, View
from headgate.checks.distributions import Nearest, Quantiles
from headgate.checks.formats import Form, Formatted
from headgate.checks.gx_rows import PAIRS
from headgate.checks.keywords import Keywords
from headgate.checks.metric import Age, Completeness, Failing, Ignore, Plain, Rule, Seen
from headgate.checks.pairs import Compared, PartsOf
from headgate.checks.row_conditions import row_condition
from headgate.checks.schemas import SchemaDifference
from headgate.checks.shares import ShareOf
from headgate.checks.texts import StrictJson
from headgate.checks.typenames import known_type
from headgate.checks.word import ENDS, Word
from headgate.errors import DeclarationError

Judged = tuple[Plain, Bound]

COMPARISON = re.compile(
    r"""\s*("[^"]+"|[^<>=!"]+?)\s*(==?|!=|<>|<=|>=|<|>)\s*("[^"]+"|[^<>=!"]+?)\s*"""
)
OF_SQL = {"=": "==", "<>": "!="}
"""Signs as `where` has them, too."""
JSON = "json"


def read_own(read: Callable[[Keywords], Judged], given: Keywords) -> Check:
    """The check that a reader makes of its keywords, of the rows that `where` leaves.

    Raises DeclarationError for whatever is not understood.
    """
    metric, bound = read(given)
    only = None if isinstance(metric, ShareOf) else row_condition(given)
    given.all_read()
    if only is None:
        return Check(given.kind, metric, bound, where=given.where)
    if isinstance(metric, SchemaDifference) or metric == Age(None):
        raise given.wrong("row_condition", "for checks about rows")
    return Check(given.kind, Seen(metric, View(only)), bound, where=given.where)


# ------------------------------------------------------------------ rows


def formatted(given: Keywords) -> tuple[Plain, Share]:
    words = [form.value for form in Form]
    name = given.one_of("format", [*words, JSON], "")
    if not name:
        raise given.wrong("format", f"one of {', '.join([*words, JSON])}")
    column = given.text("column")
    rule: Rule = StrictJson(column) if name == JSON else Formatted(column, Form(name))
    return Failing(rule), given.mostly()


def compared(given: Keywords) -> tuple[Plain, Share]:
    left, operator, right = _sides(given)
    words = list(PAIRS)
    ignore = PAIRS[given.one_of("ignore_row_if", words, "either_value_is_missing")]
    return Failing(Compared((left, right), operator, ignore)), given.mostly()


def _sides(given: Keywords) -> tuple[str, Operator, str]:
    if given.get("comparison") is None:
        signs = [one.value for one in Operator]
        sign = given.one_of("operator", [*signs, *OF_SQL], "")
        if not sign:
            raise given.wrong("operator", f"one of {', '.join(signs)}")
        return given.text("left"), Operator(OF_SQL.get(sign, sign)), given.text("right")
    found = COMPARISON.fullmatch(given.text("comparison"))
    if found is None:
        raise DeclarationError(
            f"{given.kind}: {given.get('comparison')!r} is no comparison of two columns",
            given.where,
            "write left <= right, with ==, !=, <, <=, > or >=, and odd names in double quotes",
        )
    left, sign, right = found.groups()
    return left.strip('"'), Operator(OF_SQL.get(sign, sign)), right.strip('"')


def sums(given: Keywords) -> tuple[Plain, Share]:
    whole, parts = given.text("whole"), given.names("column_list")
    if whole in parts:
        raise given.wrong("column_list", "a list without the whole")
    within = given.number("within", 0)
    if within < 0:
        raise given.wrong("within", "not negative")
    words = [one.value for one in Ignore]
    ignore = Ignore(given.one_of("ignore_row_if", words, Ignore.ANY_MISSING))
    return Failing(PartsOf((whole, *parts), within, ignore)), given.mostly()


# ------------------------------------------------------------------ columns


def quantile(given: Keywords) -> Judged:
    share = given.number("share")
    if not 0 <= share <= 1:
        raise given.wrong("share", "a number from 0 to 1")
    metric = Quantiles(given.text("column"), (float(share),), _nearest(given))
    return metric, Ranges((_range(given),))


def quantiles(given: Keywords) -> Judged:
    named = {"quantiles": given.get("shares"), "value_ranges": given.get("ranges")}
    kwargs = {"column": given.get("column"), "quantile_ranges": named}
    kwargs["allow_relative_error"] = _nearest(given).value
    return gx_columns.quantiles(Keywords(given.kind, kwargs, given.where))


def _nearest(given: Keywords) -> Nearest:
    words = [one.value for one in Nearest]
    return Nearest(given.one_of("allow_relative_error", words, Nearest.NEAREST))


def share(given: Keywords) -> Judged:
    if given.get("column") is not None:
        if given.get("row_condition") is not None:
            raise given.wrong("column", "not beside where: one of them says what is counted")
        condition: Any = Compare(given.text("column"), Operator.EQUAL, value=True)
    else:
        kwargs = {"row_condition": given.get("row_condition"), "condition_parser": "sql"}
        condition = row_condition(Keywords(given.kind, kwargs, given.where))
        if condition is None:
            raise DeclarationError(f"{given.kind} needs a condition: where, or column", given.where)
    return ShareOf(condition), _numbers(given)


def completeness(given: Keywords) -> Judged:
    names = given.get("columns")
    several = isinstance(names, list)
    columns = (
        given.names("columns") if several else () if names is None else (given.text("columns"),)
    )
    return Completeness(columns), _numbers(given)


def freshness(given: Keywords) -> Judged:
    column = None if given.get("column") is None else given.text("column")
    hours = given.number("max_hours")
    if hours < 0:
        raise given.wrong("max_hours", "not negative")
    return Age(column), Range(None, hours)


def _range(given: Keywords) -> Range:
    return given.ended(Range(*given.ends()))


def _numbers(given: Keywords) -> Range:
    return given.ended(Range(*given.number_ends()))


# ------------------------------------------------------------------ the table


def schema(given: Keywords) -> Judged:
    named = given.get("columns")
    columns = dict.fromkeys(given.names("columns")) if isinstance(named, list) else None
    if columns is None and not (columns := given.members("columns")):
        raise given.wrong("columns", "names of columns, each with its type or null for any")
    declared = tuple((name, _type(given, kind)) for name, kind in columns.items())
    exact, order = given.flag("exact", default=True), given.flag("order", default=False)
    return SchemaDifference(declared, exact, order), Range(0, 0)


def _type(given: Keywords, kind: object) -> str | None:
    if kind is not None and not isinstance(kind, str):
        raise given.wrong("columns", "names of columns, each with its type or null for any")
    return None if kind is None else known_type(kind, given.where)


# ------------------------------------------------------------------ the words


def _own(read: Callable[[Keywords], Judged], says: str, **keywords: str) -> Word:
    return Word("", says, "", keywords, read)


OWN_WORDS: dict[str, Word] = {
    "format": _own(
        formatted,
        "The text is a date, datetime, time, email, uuid, url, ip or json.",
        column="column",
        format="format",
    ),
    "compare": Word(
        "",
        "Two columns stand so to each other: ==, !=, <, <=, > or >=.",
        "comparison",
        {
            "left": "left",
            "operator": "operator",
            "right": "right",
            "comparison": "comparison",
            "ignore": "ignore_row_if",
        },
        compared,
    ),
    "sums": _own(
        sums,
        "The parts of a row add up to its whole, within a tolerance.",
        whole="whole",
        parts="column_list",
        within="within",
        ignore="ignore_row_if",
    ),
    "schema": Word(
        "",
        "The columns have these names and types; with exact false, there may be more.",
        "columns",
        {"columns": "columns", "exact": "exact", "order": "order"},
        schema,
    ),
    "quantile": _own(
        quantile,
        "The value at a share of the sorted column lies between two ends.",
        column="column",
        share="share",
        **ENDS,
        nearest="allow_relative_error",
    ),
    "quantiles": _own(
        quantiles,
        "The values at several shares of the sorted column lie each in its range.",
        column="column",
        shares="shares",
        ranges="ranges",
        nearest="allow_relative_error",
    ),
    "share": _own(
        share,
        "Of all rows, the share that meets a condition, or is true in a column, lies between ends.",
        column="column",
        where="row_condition",
        **ENDS,
    ),
    "completeness": _own(
        completeness,
        "Of the cells of these columns, or of all, the share that is there lies between two ends.",
        columns="columns",
        **ENDS,
    ),
    "freshness": _own(
        freshness,
        "The newest value of a column, or without one the newest delivery, is this old at most.",
        column="column",
        max_hours="max_hours",
    ),
}
