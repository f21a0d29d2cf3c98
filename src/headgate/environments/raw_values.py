"""Whether a value that was to be redacted stands in a sandbox after all, in whatever column.

Every value of the base is looked for among the values of what was written. A text that holds one
among other words is not found so: free text is to be redacted itself. A number or a date may stand
anywhere; where a step made a column of nothing but such values, it is likely a copy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

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

COPIED = 10
"""Values from which a column that has no others is likely a copy; fewer may be so by chance."""


class Leak(Struct, frozen=True):
    """Values of a redacted column that stand in a column of the sandbox."""

    of: Place
    at: Place
    values: int
    certain: bool = True
    """Whether it is no chance that they are the same."""


def leaks(
    engine: Engine,
    base: Mapping[str, Table],
    made: Mapping[str, Table],
    redaction: Redaction,
    known: Declared,
) -> Iterator[Leak]:
    """Every column of the sandbox that holds values of a redacted column of the base.

    Text is looked for in all columns of text but those that a contract calls open, whatever its
    case; a number or a date in what steps made of its table.
    """
    for place, rule in redaction.rules.items():
        column = _column(base, place)
        if column is None or unordered(column):
            continue
        group = next(group for group in redaction.groups if place in group)
        for other, theirs in _places(made):
            asked = _Pair(place, column, other, theirs, rule, own=other in group)
            if not asked.comparable or asked.is_open(known):
                continue
            found = _shared(engine, base[place[0]], made[other[0]], asked)
            if asked.is_exact and found.shared:
                yield Leak(place, other, found.shared)
            elif _is_copy(asked, found) and _made_of(place, other, known):
                yield Leak(place, other, found.shared, certain=False)


def require_none(found: Iterable[Leak]) -> None:
    """Raises DataError where values leaked."""
    listed = list(found)
    if not listed:
        return
    raise DataError(
        f"raw values are left: {'; '.join(map(told, listed[:5]))}",
        None,
        "no sandbox was made; give the column a classification and a strategy in its contract, or"
        " say classification: public where its values are nobody's",
    )


def told(leak: Leak) -> str:
    """A leak in words, without a value."""
    return f"{leak.values:,} values of {'.'.join(leak.of)} stand in {'.'.join(leak.at)}"


def unclassified(
    engine: Engine, tables: Mapping[str, Table], redaction: Redaction, known: Declared
) -> dict[Place, Personal]:
    """Columns that are likely personal and of which no contract says anything."""
    from headgate.observe.personal import personal

    found = {}
    for (dataset, name), column in _places(tables):
        asked = known.property(dataset, name)
        if (dataset, name) in redaction.rules or (asked and asked.is_classified):
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


class _Pair(Struct, frozen=True):
    """A redacted column of the base, and a column of the sandbox that may hold values of it."""

    place: Place
    column: Column
    other: Place
    theirs: Column
    rule: Anonymization
    own: bool
    """Whether the other column is to hold what stands in place of these values."""

    @property
    def comparable(self) -> bool:
        if unordered(self.theirs) or kind_of(self.column) != kind_of(self.theirs):
            return False
        # the first day of a month is a day too
        generalised = self.own and self.rule.strategy is Strategy.GENERALISE
        return not generalised and self.column.type is not LogicalType.BOOLEAN

    @property
    def is_exact(self) -> bool:
        """Whether a value that stands in both is surely the same."""
        return self.own or self.column.type is LogicalType.STRING

    def is_open(self, known: Declared) -> bool:
        """Whether somebody says that the other column may be seen."""
        asked = known.property(*self.other)
        return not self.own and bool(asked and asked.is_classified and not asked.is_personal)


class _Counts(Struct, frozen=True):
    all: int
    shared: int


def _is_copy(pair: _Pair, found: _Counts) -> bool:
    """Whether a column has so many values of another one, and no other, that it is likely a copy."""
    return not pair.own and not pair.is_exact and found.shared == found.all >= COPIED


def _made_of(place: Place, other: Place, known: Declared) -> bool:
    """Whether a step made the other table of the one with the redacted column."""
    waiting, seen = [other[0]], {other[0]}
    while waiting:
        for name in known.inputs.get(waiting.pop(), ()):
            if name == place[0]:
                return True
            if name not in seen:
                seen.add(name)
                waiting.append(name)
    return False


def _shared(engine: Engine, base: Table, made: Table, pair: _Pair) -> _Counts:
    """How many values the column of the sandbox has, and how many of them are of the base."""
    said = pair.rule.strategy is Strategy.CONSTANT  # its word may have been a value before
    there, here = _folded(pair.column), _folded(pair.theirs)
    statement = (
        f"with v as (select distinct {here} as v from data where {here} is not null)"  # noqa: S608 - names are quoted
        f" select (select count(*) from v), (select count(*) from v where v in (select {there}"
        f" from base where {there} is not null)"
        + (" and v <> lower(trim(?))" if said else "")
        + ")"
    )
    parameters = [pair.rule.word] if said else []
    ((every, shared),) = engine.measure(made, statement, parameters, {"base": base})
    return _Counts(int(every), int(shared))


def _folded(column: Column) -> str:
    """A value as it is compared: a text without the blanks around it, in lower case."""
    value = operand(column)
    return f"lower(trim({value}))" if column.type is LogicalType.STRING else value
