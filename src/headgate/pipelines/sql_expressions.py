"""What expressions of a query are computed from, and the columns that items of SELECT give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from headgate.engines.types import logical_of
from headgate.pipelines.columns import Kind, Origin
from headgate.pipelines.relation import COMPUTED, Cell, Relation, Scope
from headgate.schema.types import LogicalType

if TYPE_CHECKING:
    from sqlglot import exp

    from headgate.pipelines.sql_columns import Names
    from headgate.pipelines.sql_relations import Relations

_CLOCK = {"now", "get_current_timestamp", "get_current_time", "transaction_timestamp", "setseed"}
_ADVICE = "its result changes while its inputs do not; take the value from a column, or a parameter"


class Expressions:
    """Reads expressions, and items of SELECT."""

    def __init__(self, names: Names, relations: Relations) -> None:
        self.names, self.relations = names, relations

    def origins(
        self, node: exp.Expr, scope: Scope, hidden: frozenset[str] = frozenset()
    ) -> frozenset[Origin]:
        """The columns that an expression is computed from; `hidden` are parameters around it."""
        named = self._named(node, scope, hidden)
        if named is None:
            named = self._nested(node, scope, hidden)
        if named is not None:
            return named
        self._look_at(node)
        found = (self.origins(child, scope, hidden) for child in node.iter_expressions())
        return frozenset().union(*found)

    def _named(
        self, node: exp.Expr, scope: Scope, hidden: frozenset[str]
    ) -> frozenset[Origin] | None:
        """What names of columns and stars stand for; None for anything else."""
        from sqlglot import exp

        match node:
            case exp.Column() if isinstance(node.this, exp.Star):
                return self.names.use_all(self._star(node, scope))
            case exp.Column():
                if node.parts[0].name.casefold() in hidden:
                    return frozenset()
                return self.names.column(node, scope).origins
            case exp.Ordered(this=exp.Column(table="") as column) if cell := scope.result.get(
                column.name.casefold()
            ):
                return self.names.use(cell, firm=False)
            case exp.PositionalColumn() | exp.Columns():
                return self.names.use_all(scope.star())
            case exp.Star() if not isinstance(node.parent, exp.Count):
                return self.names.use_all(scope.star())
        return None

    def _nested(
        self, node: exp.Expr, scope: Scope, hidden: frozenset[str]
    ) -> frozenset[Origin] | None:
        """What queries and small functions within an expression read; None for anything else."""
        from sqlglot import exp

        match node:
            case exp.Exists(this=exp.Query() as query):
                return self.relations.of(query, scope, scope.tables).indirect
            case exp.Query() | exp.Pivot():
                relation = self.relations.of(node, scope, scope.tables)
                return self.names.use_all(relation) | relation.indirect
            case exp.Lambda():
                inner = hidden | {one.name.casefold() for one in node.expressions}
                return self.origins(node.this, scope, inner)
            case exp.Comprehension():
                return self._comprehension(node, scope, hidden)
        return None

    def _comprehension(
        self, node: exp.Comprehension, scope: Scope, hidden: frozenset[str]
    ) -> frozenset[Origin]:
        inner = hidden | {node.expression.name.casefold()}
        if position := node.args.get("position"):
            inner |= {position.name.casefold()}
        found = self.origins(node.args["iterator"], scope, hidden)
        condition = node.args.get("condition")
        for part in (node.this, condition):
            found |= self.origins(part, scope, inner) if part else frozenset()
        return found

    def _look_at(self, node: exp.Expr) -> None:
        from sqlglot import exp

        name = node.name.casefold() if isinstance(node, exp.Anonymous) else ""
        kinds = exp.CurrentTimestamp | exp.CurrentDate | exp.CurrentTime | exp.Rand | exp.Uuid
        if isinstance(node, kinds) or name in _CLOCK:
            told = node.sql(dialect="duckdb").lower()
            self.names.problem(Kind.CLOCK, f"the query asks {told}", node, _ADVICE)

    # -------------------------------------------------------------- items of SELECT

    def item(self, node: exp.Expr, scope: Scope) -> Relation:
        """The columns that an item of SELECT gives."""
        from sqlglot import exp

        match node:
            case exp.Star() | exp.Column(this=exp.Star()):
                self.names.problem(Kind.STAR, "the query takes all columns by *", node)
                return self._starred(node, scope)
            case exp.Column():
                cell = self.names.column(node, scope)
                return Relation((cell,))
            case exp.Alias(this=inner):
                cell = self._computed(node.alias, inner, scope)
                scope.aliases.setdefault(node.alias.casefold(), cell)
                if self._gives_many(inner):
                    return Relation(rest=frozenset({COMPUTED}))
                return Relation((cell,))
        cell = self._computed("", node, scope)
        if self._gives_many(node):
            return Relation(rest=frozenset({COMPUTED}))
        hint = "name it with AS: what it is called without is up to DuckDB"
        self.names.problem(Kind.UNNAMED, "a column of the result has no name", node, hint)
        return Relation((cell,))

    def _computed(self, name: str, node: exp.Expr, scope: Scope) -> Cell:
        """The column of that name that an expression gives."""
        from sqlglot import exp

        while isinstance(node, exp.Paren):
            node = node.this
        if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star):
            cell = self.names.column(node, scope)
            # DuckDB takes `id as ID` for the column itself, and keeps the spelling of that
            same = name.casefold() == cell.name.casefold()
            return Cell(cell.name if same else name, cell.origins, type=cell.type)
        return Cell(name, self.origins(node, scope), type=type_of(node))

    def _gives_many(self, node: exp.Expr) -> bool:
        """Whether an item may give several columns, whose names are not those of its alias."""
        from sqlglot import exp

        many = node.find(exp.Columns) is not None
        for star in node.find_all(exp.Star):
            many = many or not isinstance(star.parent, exp.Count)
        inner = node.this if isinstance(node, exp.Explode) else None
        plain = isinstance(inner, exp.Array | exp.GenerateSeries)
        return many or (node.find(exp.Explode) is not None and not plain)

    def _star(self, node: exp.Column, scope: Scope) -> Relation:
        """What `t.*` stands for."""
        for place in (scope, *scope.outward()):
            if member := place.member(node.table):
                return member.relation
        if cell := self.names.bare(node.table, node, scope):  # the fields of a struct
            return Relation(rest=frozenset({COMPUTED}), indirect=cell.origins)
        what = f"no table named {node.table!r}"
        self.names.problem(Kind.MISSING, what, node)
        return Relation(rest=frozenset({COMPUTED}))

    def _starred(self, node: exp.Expr, scope: Scope) -> Relation:
        """The columns of a star, without those it excludes, with those it replaces and renames."""
        from sqlglot import exp

        qualified = isinstance(node, exp.Column)
        relation = self._star(node, scope) if isinstance(node, exp.Column) else scope.star()
        star = node.this if qualified else node
        left: list[Cell] = list(relation.cells)
        for column in star.args.get("except_") or ():
            left = self._without(column, left, relation, scope)
        for alias in star.args.get("replace") or ():
            cell = self._computed(alias.alias, alias.this, scope)
            self._demand(alias.alias, alias, left, relation)
            left = _replaced(left, cell)
        rest = relation.rest
        for alias in star.args.get("rename") or ():
            old = alias.this.name.casefold()
            left = [
                replace(one, name=alias.alias) if one.name.casefold() == old else one
                for one in left
            ]
            rest = None if rest is None else rest | {COMPUTED}
        return Relation(tuple(left), rest)

    def _without(
        self, column: exp.Expr, left: list[Cell], relation: Relation, scope: Scope
    ) -> list[Cell]:
        gone = column.name.casefold()
        names = [one for one in left if one.name.casefold() == gone]
        if member := scope.member(getattr(column, "table", "") or ""):
            relation = member.relation
            names = [one for one in names if one in relation.cells]
        self._demand(column.name, column, names, relation)
        return [one for one in left if one not in names]

    def _demand(self, name: str, node: exp.Expr, cells: list[Cell], relation: Relation) -> None:
        """A star excludes or replaces only what is there."""
        same = [cell for cell in cells if cell.name.casefold() == name.casefold()]
        for cell in same:
            # a table whose columns are not known may have another one of that name
            others = (relation.rest or frozenset()) - {dataset for dataset, _ in cell.plain}
            self.names.use(cell, firm=len(same) == 1 and not others)
        if same:
            return
        if relation.rest is not None:
            self.names.of_rest(name, [relation], firm=True)
        else:
            self.names.problem(Kind.MISSING, f"the star has no column {name!r}", node)


def _replaced(cells: list[Cell], cell: Cell) -> list[Cell]:
    """The columns with one in place of the first of its name; others of that name are left out."""
    names = [one.name.casefold() for one in cells]
    folded = cell.name.casefold()
    if folded not in names:
        return [*cells, cell]  # it is among those that are not known
    first = names.index(folded)
    after = [one for one in cells[first + 1 :] if one.name.casefold() != folded]
    return [*cells[:first], cell, *after]


def type_of(node: exp.Expr) -> LogicalType | None:
    """The type of an expression that shows it; None where that takes more than a look."""
    from sqlglot import exp

    match node:
        case exp.Paren(this=inner) | exp.Neg(this=inner):
            return type_of(inner)
        case exp.Cast(to=kind):
            return logical_of(kind.sql(dialect="duckdb").replace("TEXT", "VARCHAR"))
        case exp.Literal():
            if node.is_string:
                return LogicalType.STRING
            return LogicalType.INTEGER if node.is_int else LogicalType.NUMBER
        case exp.Count() | exp.RowNumber():
            return LogicalType.INTEGER
        case exp.Boolean() | exp.Predicate() | exp.Not() | exp.And() | exp.Or():
            return LogicalType.BOOLEAN
    return None
