"""The relation that each part of a query is: SELECT, UNION, VALUES, WITH and PIVOT."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from headgate.pipelines.columns import Kind, Origin
from headgate.pipelines.relation import COMPUTED, Cell, Relation, Scope
from headgate.pipelines.sql_columns import Names
from headgate.pipelines.sql_expressions import Expressions
from headgate.pipelines.sql_from import From

if TYPE_CHECKING:
    from sqlglot import exp

_CLAUSES = ("where", "group", "having", "qualify", "windows")
_LAST = ("order", "limit", "offset", "sample")
_UNKNOWN = Relation(rest=frozenset({COMPUTED}))


class Relations:
    """Reads queries: what they write, while `names` keeps what they read."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.expressions = Expressions(names, self)
        self.sources = From(names, self)

    def of(self, node: exp.Expr, outer: Scope | None, tables: Mapping[str, Relation]) -> Relation:
        """The relation that a query is; `tables` are those that are defined around it."""
        from sqlglot import exp

        tables = self._defined(node, outer, tables)
        match node:
            case exp.Select():
                return self._select(node, Scope(outer, tables))
            case exp.SetOperation():
                return self._set_operation(node, outer, tables)
            case exp.Values():
                return self._values(node, Scope(outer, tables))
            case exp.Subquery():
                return self._subquery(node, outer, tables)
            case exp.Pivot():
                scope = Scope(outer, tables)
                self.sources.add(node.this, scope)
                return self.sources.pivoted(scope.star(), node, scope)
            case exp.Table():
                scope = Scope(outer, tables)
                self.sources.add(node, scope)
                return replace(scope.star(), indirect=frozenset(scope.indirect))
        return _UNKNOWN

    def _defined(
        self, node: exp.Expr, outer: Scope | None, tables: Mapping[str, Relation]
    ) -> Mapping[str, Relation]:
        """The tables that a WITH adds to those around it."""
        from sqlglot import exp

        clause = node.args.get("with_")
        if clause is None:
            return tables
        known = dict(tables)
        for cte in clause.expressions:
            body, columns = cte.this, [column.name for column in cte.args["alias"].columns]
            name = cte.alias.casefold()
            around = {key: value for key, value in known.items() if key != name}
            if clause.recursive and isinstance(body, exp.SetOperation):
                # what it begins with says which columns it has
                inner = self._defined(body, outer, around)
                first = self.names.called(self.of(body.left, outer, inner), columns)
                around[name] = replace(first, cells=tuple(map(_computed, first.cells)))
            known[name] = self.names.called(self.of(body, outer, around), columns)
        return known

    # -------------------------------------------------------------- SELECT

    def _select(self, node: exp.Select, scope: Scope) -> Relation:
        if source := node.args.get("from_"):
            self.sources.add(source.this, scope)
        for join in node.args.get("joins") or ():
            self.sources.join(join, scope, filtered="where" in node.args)
        cells: list[Cell] = []
        rest: frozenset[str] | None = None
        for item in node.expressions:
            found = self.expressions.item(item, scope)
            cells += found.cells
            rest = rest if found.rest is None else (rest or frozenset()) | found.rest
        scope.result = {cell.name.casefold(): cell for cell in reversed(cells)}
        distinct = node.args.get("distinct")
        if distinct and (by := distinct.args.get("on")):
            scope.indirect |= self.expressions.origins(by, scope)
        elif distinct:
            scope.indirect |= self.names.use_all(Relation(tuple(cells), rest))
        for name in (*_CLAUSES, *_LAST):
            for clause in _listed(node.args.get(name)):
                scope.indirect |= self.expressions.origins(clause, scope)
        if (order := node.args.get("order")) and _by_place(order):
            self.names.use_all(Relation(tuple(cells), rest))
        return Relation(tuple(cells), rest, frozenset(scope.indirect))

    def _subquery(
        self, node: exp.Subquery, outer: Scope | None, tables: Mapping[str, Relation]
    ) -> Relation:
        relation = self.of(node.this, outer, tables)
        scope = Scope(outer, tables)
        scope.result = {cell.name.casefold(): cell for cell in relation.cells}
        for name in _LAST:
            for clause in _listed(node.args.get(name)):
                scope.indirect |= self._of_result(clause, relation, scope)
        return replace(relation, indirect=relation.indirect | scope.indirect)

    def _of_result(self, clause: exp.Expr, relation: Relation, scope: Scope) -> frozenset[Origin]:
        """What orders or limits a result, which is of the result's own columns."""
        if relation.rest is not None:
            return frozenset()  # a name may be of a column that is not known
        return self.expressions.origins(clause, scope)

    # -------------------------------------------------------------- UNION and VALUES

    def _set_operation(
        self, node: exp.SetOperation, outer: Scope | None, tables: Mapping[str, Relation]
    ) -> Relation:
        from sqlglot import exp

        left = self.of(node.left, outer, tables)
        before = len(self.names.problems)
        right = self.of(node.right, outer, tables)
        rest = None
        if left.rest is not None or right.rest is not None:
            rest = (left.rest or frozenset()) | (right.rest or frozenset())
        if node.args.get("by_name"):
            cells = _by_name(left, right)
            for side, other in ((left, right), (right, left)):
                if other.cells:  # what is named may be of both sides
                    self.names.opened(side.rest or ())
            if node.args.get("distinct"):
                self.names.use_all(left)
                self.names.use_all(right)
        else:
            # by place: one more or one less on either side is another table, and names are of the left
            found = self.names.problems[before:]
            self.names.problems[before:] = [one for one in found if one.kind is not Kind.UNNAMED]
            self.names.use_all(left)
            self.names.use_all(right)
            cells = _by_position(left, right)
            rest = left.rest if rest is None else rest | {COMPUTED}
        indirect = left.indirect | right.indirect
        if not isinstance(node, exp.Union) or node.args.get("distinct"):
            indirect |= frozenset().union(*(cell.origins for cell in (*left.cells, *right.cells)))
        relation = Relation(cells, rest, indirect)
        scope = Scope(outer, tables)
        scope.result = {cell.name.casefold(): cell for cell in cells}
        for name in _LAST:
            for clause in _listed(node.args.get(name)):
                scope.indirect |= self._of_result(clause, relation, scope)
        return replace(relation, indirect=relation.indirect | scope.indirect)

    def _values(self, node: exp.Values, scope: Scope) -> Relation:
        rows = [getattr(row, "expressions", None) or [row] for row in node.expressions]
        origins = [
            frozenset().union(*(self.expressions.origins(cell, scope) for cell in column))
            for column in zip(*rows, strict=False)
        ]
        cells = (Cell(f"col{place}", found) for place, found in enumerate(origins))
        alias = node.args.get("alias")
        names = [column.name for column in alias.columns] if alias else []
        return Relation(tuple(cells)).renamed(names)


def _by_name(left: Relation, right: Relation) -> tuple[Cell, ...]:
    """The columns of both sides, those of the left first; one of both is made of both."""
    cells = []
    for cell in left.cells:
        other = right.find(cell.name)
        if other is None:
            # where the other side may have it, too, the name is found without this one
            cells.append(replace(cell, firm=cell.firm and right.rest is None))
            continue
        kind = cell.type if cell.type is other.type else None
        both = replace(cell, origins=cell.origins | other.origins, type=kind, firm=False)
        cells.append(replace(both, plain=cell.plain | other.plain))
    more = (cell for cell in right.cells if left.find(cell.name) is None)
    return (*cells, *(replace(cell, firm=cell.firm and left.rest is None) for cell in more))


def _by_position(left: Relation, right: Relation) -> tuple[Cell, ...]:
    if left.rest is not None or right.rest is not None:
        # where columns stand is not known: only what the left is called, with nothing of its own
        return tuple(Cell(cell.name) for cell in left.cells)
    return tuple(
        replace(
            _computed(cell),
            origins=cell.origins | other.origins,
            type=cell.type if cell.type is other.type else None,
        )
        for cell, other in zip(left.cells, right.cells, strict=False)
    )


def _computed(cell: Cell) -> Cell:
    return replace(cell, plain=frozenset())


def _by_place(order: exp.Expr) -> bool:
    """Whether a result is ordered by all of its columns, or by numbers of them."""
    return any(one.this.is_int or one.this.name.upper() == "ALL" for one in order.expressions)


def _listed(clause: object) -> list[exp.Expr]:
    if clause is None:
        return []
    return clause if isinstance(clause, list) else [clause]  # type: ignore[list-item]
