"""Which columns of a sandbox are redacted and how: told by contracts, for all that share values.

A column is redacted where its contract names a strategy, a class other than public or internal, or
a tag `pii` or `personal`. What refers to such a column is redacted with it, and so is what a step
hands on under the same name, unless the step's own contract says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from headgate.checks.typed import a_kind
from headgate.contracts.anonymization import PROPERTY, Anonymization, Strategy
from headgate.contracts.contract import Property, Reference
from headgate.environments.declared import Declared, in_order
from headgate.errors import DeclarationError
from headgate.schema.schema import Column
from headgate.schema.table import Table
from headgate.schema.types import LogicalType

Place = tuple[str, str]
"""A dataset and a column of it."""

ENDLESS = {LogicalType.DATE, LogicalType.TIMESTAMP}
NUMBERS = {LogicalType.INTEGER, LogicalType.NUMBER}


class Redaction(Struct, frozen=True):
    """The strategy of each column that is redacted, and which of them hold the same values."""

    rules: Mapping[Place, Anonymization] = {}
    groups: tuple[tuple[Place, ...], ...] = ()

    def of(self, dataset: str) -> dict[str, Anonymization]:
        """The strategies of the columns of one dataset."""
        return {column: rule for (name, column), rule in self.rules.items() if name == dataset}

    def as_json(self) -> dict[str, dict[str, str]]:
        """Dataset to column to strategy."""
        found: dict[str, dict[str, str]] = {}
        for (dataset, column), rule in sorted(self.rules.items(), key=lambda item: item[0]):
            found.setdefault(dataset, {})[column] = rule.strategy.value
        return found


def redaction(
    tables: Mapping[str, Table], known: Declared, references: Sequence[Reference]
) -> Redaction:
    """What is redacted in these tables.

    Raises DeclarationError where two columns that share values are to be changed in two ways, and
    where a strategy does not suit its column.
    """
    columns = {
        (name, column.name): column
        for name, table in tables.items()
        for column in table.schema.columns
    }
    links = list(_links(references))
    linked = {place for pair in links for place in pair}
    given = dict(_given(columns, known))
    rules: dict[Place, Anonymization] = {}
    # columns that refer to each other first, then what steps hand on of them
    for group in _groups(given, links):
        if rule := _common(group, given, columns, known, linked):
            rules |= dict.fromkeys(group, rule)
    handed = list(_handed_on(rules, columns, known, links))
    rules = {place: rule for place, rule in rules.items() if rule.strategy is not Strategy.KEEP}
    for place, rule in rules.items():
        _suits(place, rule, columns[place], known.property(*place), is_linked=place in linked)
    return Redaction(rules, tuple(_groups(rules, [*links, *handed])))


# ------------------------------------------------------------------ what contracts say


def _given(
    columns: Mapping[Place, Column], known: Declared
) -> Iterator[tuple[Place, Property | None]]:
    for dataset, column in columns:
        found = known.property(dataset, column)
        yield (dataset, column), found if found and found.is_classified else None


def _links(references: Iterable[Reference]) -> Iterator[tuple[Place, Place]]:
    for one in references:
        for column, key in zip(one.columns, one.keys, strict=True):
            yield (one.dataset, column), (one.to, key)


def _groups(
    places: Iterable[Place], links: Iterable[tuple[Place, Place]]
) -> list[tuple[Place, ...]]:
    """The places that links hold together, each group in order."""
    group_of = {place: {place} for place in places}
    for one, other in links:
        if one in group_of and other in group_of and group_of[one] is not group_of[other]:
            group_of[one] |= group_of[other]
            for place in group_of[other]:
                group_of[place] = group_of[one]
    found = {id(group): tuple(sorted(group)) for group in group_of.values()}
    return sorted(found.values())


def _common(
    group: Sequence[Place],
    given: Mapping[Place, Property | None],
    columns: Mapping[Place, Column],
    known: Declared,
    linked: set[Place],
) -> Anonymization | None:
    """What becomes of columns that share their values; None where nothing is said of them."""
    told = [(place, found) for place in group if (found := given[place])]
    asked = {place: found.anonymization for place, found in told if found.anonymization}
    if not asked and not any(found.is_personal for _, found in told):
        return None
    open_ = [place for place, found in told if not found.is_personal and not found.anonymization]
    rule = next(iter(asked.values()), None)
    for place, other in asked.items():
        if other != rule:
            raise _mismatch(next(iter(asked)), str(rule), place, str(other), given)
    rule = rule or _default(group, columns, known, linked)
    if open_ and rule.strategy is not Strategy.KEEP:
        closed = next(place for place, found in told if place not in open_)
        word = given[open_[0]].classification or ""  # type: ignore[union-attr]
        raise _mismatch(closed, str(rule), open_[0], word, given)
    return rule


def _mismatch(
    one: Place, first: str, other: Place, second: str, given: Mapping[Place, Property | None]
) -> DeclarationError:
    found = given[other]
    return DeclarationError(
        f"{_shown(one)} is {first} and {_shown(other)}, which has the same values, is {second}",
        found.where if found else None,
        f"say the same of both, with {PROPERTY}: hmac where they are still to join",
    )


def _default(
    group: Sequence[Place],
    columns: Mapping[Place, Column],
    known: Declared,
    linked: set[Place],
) -> Anonymization:
    """A pseudonym for text and for keys, else nothing."""
    for place in group:
        found = known.property(*place)
        is_key = place in linked or place[1] in known.key(place[0])
        is_key = is_key or bool(found and (found.key or found.unique))
        if is_key or columns[place].type is LogicalType.STRING:
            return Anonymization(Strategy.HMAC)
    return Anonymization(Strategy.NULL)


def _handed_on(
    rules: dict[Place, Anonymization],
    columns: Mapping[Place, Column],
    known: Declared,
    links: Iterable[tuple[Place, Place]],
) -> Iterator[tuple[Place, Place]]:
    """Gives columns that steps hand on the rule of where they come from, and says which these are."""
    bound = {place for pair in links for place in pair}
    for dataset in in_order(known.inputs):
        for name, column in [place for place in columns if place[0] == dataset]:
            place, own = (name, column), known.property(name, column)
            sources = [(other, column) for other in known.inputs[dataset]]
            found = {source: rules[source] for source in sources if source in rules}
            if not found or (own and own.is_classified):
                continue
            rule = next(iter(found.values()))
            if len(set(found.values())) > 1 or (place in bound and rules.get(place, rule) != rule):
                told = ", ".join(f"{_shown(each)} is {rule}" for each, rule in found.items())
                hint = f"say of it in contracts/{dataset}.yaml which it is, by {PROPERTY}"
                raise DeclarationError(f"{_shown(place)} may be more than one: {told}", None, hint)
            rules[place] = rule
            yield from ((place, source) for source in found)


# ------------------------------------------------------------------ what suits a column


def _suits(
    place: Place, rule: Anonymization, column: Column, found: Property | None, *, is_linked: bool
) -> None:
    """Raises DeclarationError where a strategy cannot be used on a column."""
    where = found.where if found else None
    strategy, kind = rule.strategy, column.type
    is_key = is_linked or bool(found and (found.key or found.unique))
    wrong = ""
    match strategy:
        case _ if is_key and strategy is not Strategy.HMAC:
            wrong = "it is a key or refers to one, so it takes hmac or keep"
        case Strategy.HMAC if kind not in {LogicalType.STRING, LogicalType.INTEGER}:
            wrong = "hmac is for text and whole numbers"
        case Strategy.MASK | Strategy.CONSTANT | Strategy.FAKE if column.physical != "VARCHAR":
            wrong = f"{strategy} is for text"
        case Strategy.GENERALISE if kind in NUMBERS and rule.bin is None:
            wrong = "a number is generalised to bins: {strategy: generalise, bin: 10}"
        case Strategy.GENERALISE if kind not in NUMBERS | ENDLESS:
            wrong = "generalise is for dates and numbers"
        case Strategy.NULL if found and found.required:
            wrong = "it is required, so it cannot be null"
    if wrong:
        raise DeclarationError(
            f"{_shown(place)}, {a_kind(column)}, cannot be {strategy}: {wrong}",
            where,
            f"say another {PROPERTY} in customProperties",
        )


def _shown(place: Place) -> str:
    return ".".join(place)
