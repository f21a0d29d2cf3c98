"""Rows that broke a rule: the first few, as an outcome shows them to a person."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from headgate.checks.asked import Asked
from headgate.checks.breaking import breaking
from headgate.checks.check import Sample
from headgate.checks.functions import Keeps
from headgate.checks.metric import NanRule, NotNull, Rule, Unique, columns_of
from headgate.checks.nan import Nan
from headgate.checks.phrases import number
from headgate.checks.relative import ROW, Ordered, disordered
from headgate.checks.rules import apart_from_nan, grouped, holding_nan, keys_of, settled, unjudged
from headgate.checks.sql import Sql, written
from headgate.checks.typed import Comparable, column_of
from headgate.engines.engine import Frame
from headgate.engines.types import quoted
from headgate.errors import HeadgateError
from headgate.schema.schema import Column
from headgate.schema.statistics import Scalar
from headgate.schema.types import LogicalType

SAMPLES = 20
"""How many failing rows an outcome shows. All of them are in the quarantine."""

LONGEST = 200
"""How many characters of a text are shown."""

NUMBERS = {LogicalType.INTEGER, LogicalType.BOOLEAN}


@dataclass(slots=True)
class Traced:
    """The rows of a table with the lines they came from, fetched once and only when needed."""

    trace: Callable[[], Frame] | None
    _frame: Frame | None = field(default=None, init=False)
    _asked: bool = field(default=False, init=False)

    def frame(self) -> Frame | None:
        """The frame with `_file` and `_line`; None where no lines are known."""
        if self.trace is not None and not self._asked:
            self._asked = True
            try:
                self._frame = self.trace()
            except HeadgateError:
                # the file may be gone by now; the rows are still there, without their lines
                self._frame = None
        return self._frame


def samples(place: Asked, rule: Rule, traced: Traced) -> tuple[Sample, ...]:
    """The first rows that break the rule, its own columns first."""
    frame = traced.frame()
    own = columns_of(rule)
    columns = sorted(place.table.schema.columns, key=lambda column: column.name not in own)
    origin = "NULL, NULL" if frame is None else "_file, _line"
    wanted = ", ".join([origin, *(plain(column) for column in columns)])
    table = place.table if frame is None else frame
    rows: list[tuple[Comparable, ...]] = []
    for source in _sources(rule, place):
        most = f" LIMIT {SAMPLES - len(rows)}"
        statement = written(f"SELECT {wanted} FROM ", source, most)  # noqa: S608 - names are quoted
        rows += place.rows_of(table, statement)
    names = [column.name for column in columns]
    return tuple(
        Sample(
            tuple((name, scalar(value)) for name, value in zip(names, values, strict=True)),
            file,
            line,
        )
        for file, line, *values in rows
    )


def examples(rule: Rule, found: Sequence[Sample]) -> str:
    """The first values that broke a rule, to end a sentence with; nothing where there are none.

    >>> from headgate.checks.metric import OneOf
    >>> examples(OneOf("Open", (0, 1)), [Sample((("Open", 5),)), Sample((("Open", 7),))])
    ', such as 5, 7'
    """
    own = columns_of(rule)
    if isinstance(rule, NotNull | Keeps):
        return ""
    cells = [dict(sample.values) for sample in found]
    values = [[_words(row[name]) for name in own if name in row] for row in cells]
    distinct = list(dict.fromkeys(_cut(one) for one in values))
    return f", such as {', '.join(distinct[:3])}" if distinct else ""


def _sources(rule: Rule, place: Asked) -> list[Sql]:
    """What to select the rows from, in SQL, one after the other."""
    schema = place.table.schema
    rule = settled(rule, schema)
    match rule:
        case NanRule(Unique() | Ordered() as inner, Nan.FAIL):
            nans = written(place.relation, " WHERE ", holding_nan(rule, schema))
            return [nans, *_sources(inner, apart_from_nan(inner, place))]
        case Unique() | NanRule(Unique()):
            return [_twins(rule, place)]
        case Ordered(name):
            groups = grouped(rule.within, schema)
            late = disordered(rule, column_of(schema, name), place.relation, "*", groups)
            # a window gives its groups in any order
            order = f" ORDER BY {quoted(ROW)}" if groups else ""
            return [written("(", late, ") AS data", order)]
    return [written(place.relation, " WHERE ", breaking(rule, place, SAMPLES))]


def _twins(rule: Unique | NanRule, place: Asked) -> Sql:
    """Rows that share their key with another one; those of a key stand together."""
    schema = place.table.schema
    keys = keys_of(rule, schema)
    judged = written("NOT (", unjudged(rule, schema), ")")
    names = [f"__key_{number}" for number in range(len(keys))]
    selected = ", ".join(f"{key} AS {name}" for key, name in zip(keys, names, strict=True))
    twins = written(
        f"SELECT {selected} FROM ",  # noqa: S608 - names are quoted
        place.relation,
        " WHERE ",
        judged,
        f" GROUP BY ALL HAVING count(*) > 1 ORDER BY ALL LIMIT {SAMPLES}",
    )
    same = " AND ".join(
        f"{key} IS NOT DISTINCT FROM twins.{name}" for key, name in zip(keys, names, strict=True)
    )
    order = ", ".join(f"twins.{name}" for name in names)
    joins = written(place.relation, " JOIN (", twins, f") AS twins ON {same} WHERE ", judged)
    return written(joins, f" ORDER BY {order}")


def plain(column: Column) -> str:
    """The column in SQL as a value that JSON can hold, and of a size that a page can."""
    name = quoted(column.name)
    if column.type in NUMBERS or column.physical in {"FLOAT", "DOUBLE"}:
        return name
    return f"left(CAST({name} AS VARCHAR), {LONGEST + 1})"


def scalar(value: Comparable) -> Scalar | None:
    """A value of a row as JSON can hold it."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else str(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _cut(words: Sequence[str]) -> str:
    return " ".join(words if len(words) <= 8 else [*words[:7], "…"])


def _words(value: Scalar | None) -> str:
    if value is None:
        return "null"
    text = number(value) or "''"
    return text if len(text) <= 40 else f"{text[:39]}…"
