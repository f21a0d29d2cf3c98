"""Whether a value that was to be redacted stands in a sandbox after all, in whatever column.

Every value of the base is looked for among the values of what was written. A text that holds one
among other words is not found so: free text is to be redacted itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from headgate.checks.pairs import kind_of
from headgate.checks.typed import operand, unordered
from headgate.contracts.anonymization import Anonymization, Strategy
from headgate.engines.engine import Engine
from headgate.environments.declared import Declared
from headgate.environments.redact import Place, Redaction
from headgate.errors import DataError
from headgate.observe.column import Personal
from headgate.schema.schema import Column
from headgate.schema.table import Table
from headgate.schema.types import LogicalType

LOOKED_AT = 1_000
"""Values of a column that are looked at for what they are."""


@dataclass(frozen=True, slots=True)
class Leak:
    """Values of a redacted column that stand in a column of the sandbox."""

    of: Place
    at: Place
    values: int


def leaks(
    engine: Engine,
    base: Mapping[str, Table],
    made: Mapping[str, Table],
    redaction: Redaction,
    known: Declared,
) -> Iterator[Leak]:
    """Every column of the sandbox that holds values of a redacted column of the base.

    Text is looked for in all columns of text but those that a contract calls open; a number, which
    may stand anywhere, only where its own column's values are.
    """
    for place, rule in redaction.rules.items():
        if rule.strategy is Strategy.GENERALISE:
            continue  # the first day of a month is a day too
        column = _column(base, place)
        if column is None or unordered(column):
            continue
        group = next(group for group in redaction.groups if place in group)
        for other, theirs in _places(made):
            if not _may_hold(column, theirs, known, other, own=other in group):
                continue
            if count := _shared(engine, base[place[0]], column, made[other[0]], theirs, rule):
                yield Leak(place, other, count)


def require_none(found: Iterator[Leak]) -> None:
    """Raises DataError where values leaked."""
    listed = list(found)
    if not listed:
        return
    told = [
        f"{leak.values:,} values of {'.'.join(leak.of)} stand in {'.'.join(leak.at)}"
        for leak in listed[:5]
    ]
    raise DataError(
        f"raw values are left: {'; '.join(told)}",
        None,
        "no sandbox was made; give the column a classification and a strategy in its contract, or"
        " say classification: public where its values are nobody's",
    )


def unclassified(
    engine: Engine, tables: Mapping[str, Table], redaction: Redaction, known: Declared
) -> dict[Place, Personal]:
    """Columns that are likely personal and of which no contract says anything."""
    from headgate.observe.personal import personal

    found = {}
    for (dataset, name), column in _places(tables):
        told = known.property(dataset, name)
        if (dataset, name) in redaction.rules or (told and told.is_classified):
            continue
        if column.type not in {LogicalType.STRING, LogicalType.INTEGER, LogicalType.DATE}:
            continue
        value = operand(column)
        statement = f"select {value} from data where {value} is not null limit ?"  # noqa: S608 - names are quoted
        values = [row[0] for row in engine.measure(tables[dataset], statement, [LOOKED_AT])]
        if seen := personal(name, column.type, values, tables[dataset].schema.names):
            found[dataset, name] = seen
    return found


# ------------------------------------------------------------------ inside


def _places(tables: Mapping[str, Table]) -> Iterator[tuple[Place, Column]]:
    for name, table in tables.items():
        for column in table.schema.columns:
            yield (name, column.name), column


def _column(tables: Mapping[str, Table], place: Place) -> Column | None:
    return tables[place[0]].schema.column(place[1])


def _may_hold(column: Column, theirs: Column, known: Declared, at: Place, *, own: bool) -> bool:
    if unordered(theirs) or kind_of(column) != kind_of(theirs):
        return False
    if own:
        return True
    told = known.property(*at)
    if told and told.is_classified and not told.is_personal:
        return False  # somebody says that it is open
    return column.type is LogicalType.STRING or column.name == theirs.name


def _shared(
    engine: Engine,
    base: Table,
    column: Column,
    made: Table,
    theirs: Column,
    rule: Anonymization,
) -> int:
    """How many values of a column of the sandbox are those of the base."""
    said = rule.strategy is Strategy.CONSTANT  # its word may have been a value before
    there, here = operand(column), operand(theirs)
    statement = (
        f"select count(*) from (select distinct {here} as v from data where {here} is not null)"  # noqa: S608 - names are quoted
        f" as s where v in (select {there} from base where {there} is not null)"
        + (" and v <> ?" if said else "")
    )
    parameters = [rule.word] if said else []
    ((count,),) = engine.measure(made, statement, parameters, {"base": base})
    return int(count)
