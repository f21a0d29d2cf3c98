"""What stands in FROM: tables, subqueries, functions, joins and pivots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from headgate.pipelines.columns import Kind
from headgate.pipelines.relation import COMPUTED, Cell, Member, Relation, Scope

if TYPE_CHECKING:
    from sqlglot import exp

    from headgate.pipelines.sql_columns import Names
    from headgate.pipelines.sql_relations import Relations


class From:
    """Adds members to scopes."""

    def __init__(self, names: Names, relations: Relations) -> None:
        self.names, self.relations = names, relations

    def add(self, node: exp.Expr, scope: Scope) -> None:
        """Takes in a table, and what is joined to it inside of parentheses."""
        from sqlglot import exp

        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table) and not node.alias:
            self.add(node.this, scope)
        else:
            relation = self._relation(node, scope)
            scope.indirect |= relation.indirect
            for pivot in node.args.get("pivots") or ():
                inner = Scope(scope.outer, scope.tables, [Member(node.alias_or_name, relation)])
                relation = self.pivoted(relation, pivot, inner)
                scope.indirect |= inner.indirect
            scope.members.append(Member(_name(node), relation))
        for join in node.args.get("joins") or ():
            self.join(join, scope, filtered=False)

    def _relation(self, node: exp.Expr, scope: Scope) -> Relation:
        from sqlglot import exp

        alias = node.args.get("alias")
        columns = [column.name for column in alias.columns] if alias else []
        match node:
            case exp.Table(this=exp.Identifier()):
                known = scope.tables.get(node.name.casefold())
                found = self.names.table(node.name) if known is None else known
                return self.names.called(found, columns)
            case exp.Table() | exp.Unnest():
                return self._function(node, columns, scope)
            case exp.Lateral():
                if isinstance(node.this, exp.Subquery):
                    return self._called(node.this, columns, scope)
                return self._function(node, columns, scope)
            case exp.Values():
                return self.relations.of(node, scope, scope.tables)
        return self._called(node, columns, scope)

    def _called(self, query: exp.Expr, columns: list[str], scope: Scope) -> Relation:
        return self.names.called(self.relations.of(query, scope, scope.tables), columns)

    def _function(self, node: exp.Expr, columns: list[str], scope: Scope) -> Relation:
        """The rows that a function makes, of one column where it is known to have only one."""
        from sqlglot import exp

        inner = node.expressions if isinstance(node, exp.Unnest) else [node.this]
        found = [self.relations.expressions.origins(each, scope) for each in inner]
        origins = frozenset().union(*found)
        # what is unnested decides how many rows there are
        scope.indirect |= origins
        one = isinstance(node, exp.Unnest) and len(node.expressions) == 1
        if one or isinstance(node.this, exp.GenerateSeries):
            said = "unnest" if one else _series(node.this)
            return Relation((Cell((columns or [node.alias or said])[0], origins),))
        cells = tuple(Cell(name, origins) for name in columns)
        return Relation(cells, frozenset({COMPUTED}))

    # -------------------------------------------------------------- JOIN

    def join(self, node: exp.Join, scope: Scope, *, filtered: bool) -> None:
        """Takes in what is joined; `filtered` where a WHERE may hold the condition."""
        self._look_at(node, filtered)
        before = list(scope.members)
        self.add(node.this, scope)
        added = scope.members[len(before) :]
        for name in self._shared(node, before, added):
            self._merge(name, node, before, added, scope)
        if condition := node.args.get("on"):
            scope.indirect |= self.relations.expressions.origins(condition, scope)
        if node.kind in {"SEMI", "ANTI"}:
            scope.members = before

    def _shared(self, node: exp.Join, before: list[Member], added: list[Member]) -> list[str]:
        """The names of the columns that a join compares."""
        if node.method != "NATURAL":
            return [column.name for column in node.args.get("using") or ()]
        both = (*before, *added)
        if any(member.relation.rest is not None for member in both):
            for member in both:  # any column may be compared, and then be of either
                self.names.use_all(member.relation)
                rest = (member.relation.rest or frozenset()) | {COMPUTED}
                loose = tuple(replace(cell, firm=False) for cell in member.relation.cells)
                member.relation = replace(member.relation, cells=loose, rest=rest)
        here = {cell.name.casefold() for one in before for cell in one.relation.cells}
        cells = [cell for one in added for cell in one.relation.cells]
        return [cell.name for cell in cells if cell.name.casefold() in here]

    def _merge(
        self, name: str, node: exp.Join, before: list[Member], added: list[Member], scope: Scope
    ) -> None:
        """Makes one column of those of a name on both sides of a join."""
        firm = node.method != "NATURAL"
        kept = self._side(name, before, node, firm=firm)
        other = self._side(name, added, node, firm=firm)
        scope.indirect |= kept.origins | other.origins
        shown = other if node.side == "RIGHT" else kept
        if node.side == "FULL":
            both = (kept.origins | other.origins, kept.plain | other.plain)
            shown = Cell(kept.name, *both, kept.type)
        for member in before:
            if member.find(name):
                member.shown[name.casefold()] = replace(shown, firm=shown.firm and firm)
        for member in added:
            member.merged |= {name.casefold()}

    def _side(self, name: str, members: list[Member], node: exp.Join, *, firm: bool) -> Cell:
        """The column of that name on one side of a join, which reads it."""
        side = Scope(members=members)
        if cells := side.found(name):
            self.names.use(cells[0], firm=firm)
            return cells[0]
        if side.open:
            cell = self.names.of_rest(name, side.open, firm=True)
            only = [member for member in members if member.relation.rest is not None]
            only[0].relation = replace(only[0].relation, cells=(*only[0].relation.cells, cell))
            return cell
        owners = ", ".join(member.name for member in members)
        self.names.problem(Kind.MISSING, f"{owners} has no column {name!r}", node)
        return Cell(name)

    def _look_at(self, node: exp.Join, filtered: bool) -> None:
        from sqlglot import exp

        condition = node.args.get("on")
        told = condition is not None or node.args.get("using") or filtered
        apart = node.kind == "CROSS" or node.method in {"NATURAL", "POSITIONAL"}
        rows = isinstance(node.this, exp.Table | exp.Subquery)
        named = isinstance(node.this, exp.Subquery) or isinstance(node.this.this, exp.Identifier)
        always = isinstance(condition, exp.Boolean) and condition.this
        # what is made of each row, such as LATERAL, belongs to that row whatever ON says
        if rows and named and not apart and (always or not told):
            name = node.this.alias_or_name
            what = f"{name or 'a subquery'} is joined without a condition"
            hint = "every row is paired with every row; say ON, or CROSS JOIN where that is meant"
            self.names.problem(Kind.JOIN, what, node, hint)

    # -------------------------------------------------------------- PIVOT

    def pivoted(self, relation: Relation, node: exp.Pivot, scope: Scope) -> Relation:
        """The relation turned around. The names that come of values are not known."""
        from sqlglot import exp

        scope.members = scope.members[-1:] or [Member("", relation)]
        used: set[str] = set()
        if node.args.get("unpivot"):
            turned = [*node.expressions, *(node.args.get("fields") or ())]
            parts = [column for part in node.expressions for column in part.find_all(exp.Column)]
            for field in node.args.get("fields") or ():
                parts += [c for e in field.expressions for c in e.find_all(exp.Column)]
            plain = bool(parts) and not any(part.find(exp.Star, exp.Columns) for part in turned)
            if not plain or node.args.get("fields"):
                # which columns are turned is told by a pattern, or in the words of the standard
                self.names.use_all(relation)
                return Relation(rest=frozenset({COMPUTED}))
        else:
            using = node.args.get("using") or ()
            group = node.args.get("group")
            fields = node.args.get("fields") or ()
            parts = [*node.expressions, *using, *fields, *([group] if group else [])]
        for part in parts:
            scope.indirect |= self.relations.expressions.origins(part, scope)
            used |= {column.name.casefold() for column in part.find_all(exp.Column)}
        if group := node.args.get("group"):
            kept = [each for each in group.expressions if isinstance(each, exp.Column)]
            cells = [relation.find(each.name) or Cell(each.name) for each in kept]
            return Relation(tuple(cells), frozenset({COMPUTED}))
        cells = [cell for cell in relation.cells if cell.name.casefold() not in used]
        # the columns that are left say which rows become one
        scope.indirect |= self.names.use_all(replace(relation, cells=tuple(cells)))
        if node.args.get("unpivot") and relation.rest is None and (into := node.args.get("into")):
            told = [into.this, *into.expressions]
            return Relation((*cells, *(Cell(column.name) for column in told)))
        return Relation(tuple(cells), (relation.rest or frozenset()) | {COMPUTED})


def _name(node: exp.Expr) -> str:
    """What a member of FROM is called."""
    return str(node.alias_or_name or "")


def _series(node: exp.GenerateSeries) -> str:
    return "range" if node.args.get("is_end_exclusive") else "generate_series"
