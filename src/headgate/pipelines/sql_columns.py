"""The columns that a query reads and writes, found by its names, as DuckDB finds them.

Names are looked up in the inputs' columns where these are known. Where they are not, a name that
can only be of one input is of that one, and any other leaves open what is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from headgate.errors import did_you_mean
from headgate.pipelines.columns import (
    Column,
    Columns,
    Kind,
    Known,
    Origin,
    Problem,
    Reads,
    StepColumns,
    unknown_columns,
)
from headgate.pipelines.relation import COMPUTED, Cell, Relation, Scope, relation_of
from headgate.pipelines.sql import parse

if TYPE_CHECKING:
    from sqlglot import exp

_NO_COLUMNS = {
    "current_catalog", "current_role", "current_schema", "current_user", "localtime",
    "localtimestamp", "rowid", "session_user", "user",
}  # fmt: skip
"""Bare names that DuckDB reads as something else where no column is called so."""


def query_columns(
    query: str, where: str, inputs: Mapping[str, str], known: Mapping[str, Columns]
) -> StepColumns:
    """What a query reads and writes.

    `inputs` maps its tables to datasets, and `known` says what is known of those. Raises
    DeclarationError where the query is not one SELECT.
    """
    from headgate.pipelines.sql_relations import Relations

    tree = parse(query, where)
    names = Names(inputs, known)
    try:
        relation = Relations(names).of(tree, None, {})
    except RecursionError:  # a query that a program wrote
        return unknown_columns(tuple(inputs.values()))
    names.use_all(relation)
    problems = sorted(dict.fromkeys(names.problems), key=lambda problem: problem.line)
    return StepColumns(names.reads(), written(relation), relation.indirect, tuple(problems))


def written(relation: Relation) -> Columns:
    """The columns of a relation, as a dataset has them."""
    named = [cell for cell in relation.cells if cell.name]
    columns = tuple(Column(cell.name, cell.type, cell.origins) for cell in named)
    if relation.rest is None and len(named) == len(relation.cells):
        return Columns(columns, Known.EXACTLY)
    return Columns(columns, Known.AT_LEAST if columns else Known.UNKNOWN)


class Names:
    """Looks names up, and keeps what was read of each dataset and what was wrong."""

    def __init__(self, inputs: Mapping[str, str], known: Mapping[str, Columns]) -> None:
        self.inputs = {table.casefold(): dataset for table, dataset in inputs.items()}
        self.known = known
        self.problems: list[Problem] = []
        self._needed: dict[str, set[str]] = {dataset: set() for dataset in inputs.values()}
        self._passed: dict[str, set[str]] = {dataset: set() for dataset in inputs.values()}
        self._open: set[str] = set()

    def table(self, name: str) -> Relation:
        """The relation of a dataset, by the name that the query has for it."""
        dataset = self.inputs.get(name.casefold(), name)
        return relation_of(dataset, self.known.get(dataset, Columns()))

    def reads(self) -> dict[str, Reads]:
        """What was read of each dataset."""
        found = {}
        for dataset, needed in self._needed.items():
            passed = self._passed[dataset] - needed
            some = Known.AT_LEAST if needed or passed else Known.UNKNOWN
            told = some if dataset in self._open else Known.EXACTLY
            found[dataset] = Reads(frozenset(needed), frozenset(passed), told)
        return found

    # -------------------------------------------------------------- using what was found

    def use(self, cell: Cell, *, firm: bool) -> frozenset[Origin]:
        """Reads a column; not `firm` where the query would do without it."""
        kept = self._needed if firm and cell.firm else self._passed
        for dataset, column in cell.plain:
            kept.setdefault(dataset, set()).add(column)
        return cell.origins

    def called(self, relation: Relation, columns: Sequence[str]) -> Relation:
        """A relation whose columns are called so, by their places."""
        if columns and relation.rest is not None:
            self.opened(relation.rest)  # which columns have these places is not known
        return relation.seen(columns)

    def use_all(self, relation: Relation) -> frozenset[Origin]:
        """Reads whatever columns a relation has."""
        self.opened(relation.rest or ())
        found = [self.use(cell, firm=False) for cell in relation.cells]
        return frozenset().union(*found)

    def opened(self, datasets: Iterable[str]) -> None:
        """Columns of these may be read that are not known."""
        self._open.update(name for name in datasets if name != COMPUTED)

    def problem(self, kind: Kind, what: str, node: exp.Expr, hint: str | None = None) -> None:
        """Keeps what is wrong at a place of the query."""
        self.problems.append(Problem(kind, what, line_of(node), hint))

    # -------------------------------------------------------------- columns by name

    def column(self, node: exp.Column, scope: Scope) -> Cell:
        """The column that a node names; a nameless one without origins where that is not known."""
        parts = [part.name for part in node.parts]
        if len(parts) > 1 and (cell := self._qualified(parts, node, scope)):
            return cell
        if cell := self.bare(parts[0], node, scope):
            return cell if len(parts) == 1 else replace(cell, type=None, name=parts[-1])
        if parts[0].casefold() not in _NO_COLUMNS or len(parts) > 1:
            self._missing(parts, node, scope)
        return Cell(parts[-1])

    def _qualified(self, parts: list[str], node: exp.Column, scope: Scope) -> Cell | None:
        for place in (scope, *scope.outward()):
            for start in range(min(2, len(parts) - 1)):  # `t.a`, or `main.t.a`
                member = place.member(parts[start])
                if member is None:
                    continue
                name, deeper = parts[start + 1], len(parts) > start + 2
                if cell := member.relation.find(name):
                    self.use(cell, firm=True)
                elif member.relation.rest is not None:
                    cell = self.of_rest(name, [member.relation], firm=True)
                elif start or place.found(parts[0]):
                    continue  # a field of a struct
                else:
                    known = [one.name for one in member.relation.cells]
                    what, hint = f"{parts[start]} has no column {name!r}", did_you_mean(name, known)
                    self.problem(Kind.MISSING, what, node, hint)
                    cell = Cell(name)
                return replace(cell, name=parts[-1], type=None) if deeper else cell
        return None

    def bare(self, name: str, node: exp.Expr, scope: Scope, *, sure: bool = True) -> Cell | None:
        """The column of a name that stands alone; None where nothing is called so.

        It is not `sure` where something within may be called so, too.
        """
        around = list(scope.outward())
        elsewhere = scope.may_find(name) or any(
            one.found(name) or one.open or one.may_find(name) for one in around
        )
        if cells := scope.found(name):
            if len(cells) > 1:
                owners = [m.name for m in scope.members if m.relation.find(name)]
                hint = f"write {' or '.join(f'{owner}.{name}' for owner in owners)}"
                self.problem(Kind.AMBIGUOUS, f"{name!r} is a column of several tables", node, hint)
            firm = sure and not elsewhere and len(cells) == 1
            origins = [self.use(cell, firm=firm) for cell in cells]
            firm = firm and cells[0].firm
            return replace(cells[0], origins=frozenset().union(*origins), firm=firm)
        if scope.open and not elsewhere:
            return self.of_rest(name, scope.open, firm=sure)
        if scope.open:
            self.of_rest(name, scope.open, firm=False)
        if cell := scope.aliases.get(name.casefold()):
            return cell
        if member := scope.member(name):  # a row of it, as a struct
            return Cell(name, self.use_all(member.relation))
        if scope.outer is not None:
            sure = sure and not scope.open
            found = self.bare(name, node, scope.outer, sure=sure)
            return found or (Cell(name) if scope.open else None)
        return Cell(name) if scope.open else None

    def of_rest(self, name: str, relations: list[Relation], *, firm: bool) -> Cell:
        """A column that is not known, of relations that may have it."""
        rest: frozenset[str] = frozenset().union(*(one.rest or () for one in relations))
        if not firm or len(rest) != 1 or COMPUTED in rest:
            self.opened(rest)
            return Cell(name)
        [dataset] = rest
        origin = frozenset({(dataset, name)})
        cell = Cell(name, origin, origin)
        self.use(cell, firm=True)
        return cell

    def _missing(self, parts: list[str], node: exp.Column, scope: Scope) -> None:
        if len(parts) > 1:
            known = [one.name for place in (scope, *scope.outward()) for one in place.members]
            what, hint = f"no table named {parts[0]!r}", did_you_mean(parts[0], known)
        else:
            owners = ", ".join(member.name for member in scope.members) or "the query"
            hint = did_you_mean(parts[0], [cell.name for cell in scope.star().cells])
            what = f"{owners} has no column {parts[0]!r}"
            if len(scope.members) > 1:
                what = f"none of {owners} has a column {parts[0]!r}"
        self.problem(Kind.MISSING, what, node, hint)


def line_of(node: Any) -> int:
    """The line of a query on which a part of it stands, or the nearest part that has a line."""
    while node is not None:
        for inner in node.walk():
            if line := inner.meta.get("line"):
                return int(line)
        node = node.parent
    return 1


def line_naming(query: str, where: str, column: str) -> int:
    """The first line of a query that names a column; the first of all where none does."""
    from sqlglot import exp

    folded = column.casefold()
    found = parse(query, where).find_all(exp.Column)
    return min((line_of(node) for node in found if node.name.casefold() == folded), default=1)
