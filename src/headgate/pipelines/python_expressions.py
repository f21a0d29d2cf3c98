"""Polars' expressions: what they are called, and which columns they name."""

from __future__ import annotations

import ast
from collections.abc import Set

from headgate.errors import did_you_mean
from headgate.pipelines.bindings import Module
from headgate.pipelines.columns import Kind, Origin, Problem
from headgate.pipelines.relation import COMPUTED, Cell, Relation
from headgate.pipelines.sql_columns import Names

_ONE = {"count", "first", "last", "max", "mean", "median", "min", "n_unique", "std", "sum", "var"}
"""Functions of Polars that take the name of a column, and give a column of that name."""
_WITHIN = {"bin", "cat", "dt", "list", "str"}
"""Namespaces whose methods keep the name of a column."""
_ANY = {"all", "exclude", "nth", "element", "field", "sql_expr"}
"""Functions that take columns without naming them, or that are about no column of the frame."""
_HANDED = {"map_batches", "map_elements", "map_groups", "map_rows", "pipe", "reduce", "eval"}
_HARMLESS = {"abs", "bool", "dict", "float", "int", "len", "list", "max", "min", "range", "str"}


class NotPlain(Exception):  # noqa: N818 - it ends the following of a function, and is no error
    """The text of a function does not tell what becomes of a frame."""


class Expressions:
    """Reads expressions of a function; `vague` where they may read what they do not name."""

    def __init__(self, names: Names, around: Module, parameters: Set[str]) -> None:
        self.names, self.around, self.parameters = names, around, parameters
        self.local: dict[str, ast.expr] = {}
        self.vague = False

    def define(self, name: str, value: ast.expr) -> None:
        """Keeps what a local name stands for."""
        if any(isinstance(inner, ast.Name) and inner.id == name for inner in ast.walk(value)):
            raise NotPlain  # it is changed step by step
        self.local[name] = value

    def resolved(self, node: ast.expr) -> ast.expr:
        """What a name stands for, where it is given a value once."""
        if not isinstance(node, ast.Name):
            return node
        if node.id in self.local:
            return self.resolved(self.local[node.id])
        if node.id in self.parameters:
            return node
        match self.around.bindings.get(node.id):
            case [ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value)]:
                return value
        return node

    def texts(self, node: ast.expr) -> list[str] | None:
        """The texts that stand there, alone or in a list; None where it is anything else."""
        node = self.resolved(node)
        match node:
            case ast.Constant(value=str(text)):
                return [text]
            case ast.List(elts=nodes) | ast.Tuple(elts=nodes):
                inner = [self.texts(one) for one in nodes]
                if None not in inner:
                    return [text for one in inner for text in one or ()]
        return None

    # -------------------------------------------------------------- columns

    def column(self, name: str, frame: Relation, node: ast.expr) -> Cell:
        """The column of a frame that code names, which reads it."""
        if name == "*" or (name.startswith("^") and name.endswith("$")):
            raise NotPlain
        for cell in frame.cells:
            if cell.name == name:
                self.names.use(cell, firm=True)
                return cell
        if frame.rest is not None:
            return self.names.of_rest(name, [frame], firm=True)
        hint = did_you_mean(name, [cell.name for cell in frame.cells])
        what = f"the frame has no column {name!r}"
        self.names.problems.append(Problem(Kind.MISSING, what, node.lineno, hint))
        return Cell(name)

    def item(self, node: ast.expr, frame: Relation) -> Relation:
        """The columns that an argument of `select` or `with_columns` gives."""
        node = self.resolved(node)
        if isinstance(node, ast.List | ast.Tuple):
            found = [self.item(one, frame) for one in node.elts]
            rests = [one.rest for one in found if one.rest is not None]
            cells = tuple(cell for one in found for cell in one.cells)
            return Relation(cells, frozenset().union(*rests) if rests else None)
        called = self.called(node)
        if texts := self.texts(node):
            return Relation(tuple(self.column(text, frame, node) for text in texts))
        origins = self.origins(node, frame)
        if called is None:
            return Relation(rest=frozenset({COMPUTED}))
        return Relation(tuple(Cell(name, origins) for name in called))

    def named(self, name: str, node: ast.expr, frame: Relation) -> Cell:
        """The column that a keyword names."""
        if text := self.texts(node):
            return Cell(name, self.column(text[0], frame, node).origins)
        return Cell(name, self.origins(node, frame))

    def called(self, node: ast.expr) -> list[str] | None:
        """What the columns of an expression are called; None where that takes more than a look."""
        node = self.resolved(node)
        match node:
            case ast.BinOp(left=inner) | ast.Compare(left=inner) | ast.UnaryOp(operand=inner):
                return self.called(inner) if self._has_column(inner) else None
            case ast.Call(func=ast.Attribute(attr="alias"), args=[ast.Constant(value=str(name))]):
                return [name]
            case ast.Call(func=ast.Attribute(value=ast.Name(id="pl"), attr=function)):
                if function == "len" and not node.args:
                    return ["len"]
                if function == "col":
                    return self._columns(node)
                names = self._columns(node) if function in _ONE else None
                return names if names and len(names) == 1 else None
            case ast.Call(func=ast.Attribute(value=ast.Attribute(value=inner, attr=space))):
                return self.called(inner) if space in _WITHIN else None
            case ast.Call(func=ast.Attribute(value=ast.Call() | ast.Name() | ast.BinOp() as inner)):
                return self.called(inner) if self._has_column(inner) else None
        return None

    def _has_column(self, node: ast.expr) -> bool:
        """Whether an expression begins at a column, and not at a condition or a value."""
        node = self.resolved(node)
        while isinstance(node, ast.Call | ast.Attribute | ast.BinOp | ast.Compare):
            if isinstance(node, ast.Call):
                match node.func:
                    case ast.Attribute(value=ast.Name(id="pl"), attr=function):
                        return function in {"col", *_ONE}
                    case _:
                        node = node.func
            else:
                node = node.value if isinstance(node, ast.Attribute) else node.left
            node = self.resolved(node)
        return False

    def _columns(self, call: ast.Call) -> list[str] | None:
        """The names that `pl.col(...)` is given."""
        found = [self.texts(node) for node in call.args]
        if not found or None in found or call.keywords:
            return None
        return [text for texts in found for text in texts or ()]

    # -------------------------------------------------------------- what is read

    def origins(self, node: ast.expr, frame: Relation) -> frozenset[Origin]:
        """The columns of a frame that an expression is computed from."""
        found: frozenset[Origin] = frozenset()
        pending, seen = [node], set[int]()
        while pending:
            inner = pending.pop()
            if id(inner) in seen:
                continue
            seen.add(id(inner))
            self._look_at(inner)
            match inner:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="pl"), attr="col")):
                    names = self._columns(inner)
                    self.vague = self.vague or names is None
                    for name in names or ():
                        found |= self.column(name, frame, inner).origins
                    continue
                case ast.Constant(value=str(text)):
                    # a name of a column, or a value that is spelled like one
                    for cell in frame.cells:
                        if cell.name == text:
                            found |= self.names.use(cell, firm=False)
                case ast.Name():
                    pending.append(self.resolved(inner))
            for child in ast.iter_child_nodes(inner):
                if isinstance(child, ast.expr):
                    pending.append(child)
                elif isinstance(child, ast.keyword):
                    pending.append(child.value)
        return found

    def _look_at(self, node: ast.expr) -> None:
        """Notes where an expression may read what it does not name."""
        match node:
            case ast.JoinedStr() | ast.Lambda() | ast.Await() | ast.NamedExpr():
                self.vague = True
            case ast.ListComp() | ast.GeneratorExp() | ast.SetComp() | ast.DictComp():
                self.vague = True
            case ast.Call(func=ast.Name(id=name)) if name not in _HARMLESS:
                self.vague = True
            case ast.Call(func=ast.Attribute(value=ast.Name(id="pl"), attr=name)):
                self.vague = self.vague or name in _ANY
            case ast.Call(func=ast.Attribute(attr=name)) if name in _HANDED:
                self.vague = True
            case ast.Attribute(value=ast.Name(id=name)) if name not in {
                "pl",
                *_HARMLESS,
                *self.local,
            }:
                self.vague = True
