"""How many rows of every group of rows break a rule."""

from __future__ import annotations

from msgspec.structs import replace

from headgate.checks.asked import Asked
from headgate.checks.breaking import breaking
from headgate.checks.metric import NanRule, Rule, Unique
from headgate.checks.nan import Nan
from headgate.checks.relative import BEFORE, ROW, Ordered, beside_before, in_order, out_of_order
from headgate.checks.rules import grouped, holding_nan, keys_of, settled, unjudged
from headgate.checks.sql import NEVER, Sql, joined, present, written
from headgate.checks.typed import column_of
from headgate.errors import DeclarationError
from headgate.schema.schema import Schema


def rows_by_group(rule: Rule, by: tuple[str, ...], place: Asked) -> Sql:
    """A query for every group with its keys, `key_0` on, and its `elements`, `missing`, `unexpected`.

    Raises DeclarationError where the rule does not fit the table.
    """
    found = settled(rule, place.table.schema)
    match found.rule if isinstance(found, NanRule) else found:
        case Unique():
            return _twins(found, by, place)
        case Ordered() as inner:
            return _disordered(found, inner, by, place)
    return _grouped(_counts(found, place, breaking(found, place)), by, place)


def numbered(rule: Rule, relation: Sql) -> Sql:
    """The relation as a rule within groups needs it, before any row is left out."""
    inner = rule.rule if isinstance(rule, NanRule) else rule
    return in_order(relation) if isinstance(inner, Ordered) else relation


def keys_in_sql(by: tuple[str, ...], schema: Schema) -> str:
    """The keys of a group, by their names in a query of groups."""
    return ", ".join(f"{key} AS key_{n}" for n, key in enumerate(grouped(by, schema)))


def _counts(rule: Rule, place: Asked, broken: Sql) -> Sql:
    left_out = written(
        "count(*) FILTER (WHERE ", unjudged(rule, place.table.schema), ") AS missing"
    )
    broke = written("count(*) FILTER (WHERE ", broken, ") AS unexpected")
    return joined(", ", [Sql("count(*) AS elements"), left_out, broke])


def _grouped(numbers: Sql, by: tuple[str, ...], place: Asked) -> Sql:
    keys = keys_in_sql(by, place.table.schema)
    return written(f"SELECT {keys}, ", numbers, " FROM ", place.relation, f" GROUP BY {_first(by)}")


def _first(by: tuple[str, ...]) -> str:
    return ", ".join(str(n + 1) for n in range(len(by)))


def _refused(rule: Rule, schema: Schema) -> Sql:
    """The rows that break the rule on their own, as NaN may."""
    fails = isinstance(rule, NanRule) and rule.nan is Nan.FAIL
    return holding_nan(rule, schema) if fails else NEVER


def _twins(rule: Rule, by: tuple[str, ...], place: Asked) -> Sql:
    """The groups from their different values, which takes one read and no window."""
    assert isinstance(rule, Unique | NanRule)
    schema = place.table.schema
    apart = ", ".join(f"{key} AS member_{n}" for n, key in enumerate(keys_of(rule, schema)))
    alike = written(
        f"SELECT {keys_in_sql(by, schema)}, {apart}, (",
        unjudged(rule, schema),
        ") AS left_out, (",
        _refused(rule, schema),
        ") AS refused, count(*) AS rows FROM ",
        place.relation,
        " GROUP BY ALL",
    )
    keys = ", ".join(f"key_{n}" for n in range(len(by)))
    sums = {
        "elements": "true",
        "missing": "left_out",
        "unexpected": "refused OR (rows > 1 AND NOT left_out)",
    }
    numbers = ", ".join(
        f"CAST(coalesce(sum(rows) FILTER (WHERE {rows}), 0) AS BIGINT) AS {name}"
        for name, rows in sums.items()
    )
    return written(f"SELECT {keys}, {numbers} FROM (", alike, f") GROUP BY {_first(by)}")  # noqa: S608


def _disordered(rule: Rule, inner: Ordered, by: tuple[str, ...], place: Asked) -> Sql:
    schema = place.table.schema
    column = column_of(schema, inner.column)
    late = written(present(column), f" AND {out_of_order(inner, column)}")
    if taken := [*schema.alike(ROW), *schema.alike(BEFORE)]:
        what = f"the column name {taken[0].name!r} is reserved where an order is judged by group"
        raise DeclarationError(what, hint="rename the column")
    relation = beside_before(column, in_order(place.relation), grouped(by, schema))
    broken = written("(", late, ") OR (", _refused(rule, schema), ")")
    there = replace(place, relation=relation)
    return _grouped(_counts(rule, there, broken), by, there)
