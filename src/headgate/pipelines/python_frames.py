"""Plain chains of the methods of Polars' frames, followed column by column.

What is not plain raises NotPlain: it is then for the text of the function alone to say what it reads.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from headgate.pipelines.bindings import Module
from headgate.pipelines.python_expressions import Expressions, NotPlain
from headgate.pipelines.relation import COMPUTED, Cell, Relation
from headgate.pipelines.sql_columns import Names

_SAME = {
    "bottom_k", "cache", "cast", "clone", "collect", "drop_nans", "drop_nulls", "explode", "fill_nan",
    "fill_null", "filter", "gather_every", "head", "lazy", "limit", "rechunk", "reverse", "sample",
    "set_sorted", "shift", "slice", "sort", "tail", "top_k", "unique",
}  # fmt: skip
"""Methods after which a frame has the columns that it had."""
_NAMING = {"drop_nans", "drop_nulls", "explode", "set_sorted", "sort", "unique"}
"""Those of them to which a text is the name of a column."""


class Frames:
    """Follows the statements of a function; `frames` are those of its parameters that are frames."""

    def __init__(
        self, names: Names, around: Module, node: ast.FunctionDef, frames: Mapping[str, Relation]
    ) -> None:
        self.names, self.node = names, node
        self.frames = dict(frames)
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        self.expressions = Expressions(names, around, {one.arg for one in given})

    def result(self) -> Relation:
        """What the function gives back. Raises NotPlain where its text does not tell."""
        node = self.node
        for statement in node.body:
            match statement:
                case ast.Expr(value=ast.Constant()):
                    continue
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self._assign(name, value)
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    self._assign(name, value)
                case ast.Return(value=ast.expr() as value):
                    return self.frame(value)
                case _:
                    raise NotPlain
        raise NotPlain

    def _assign(self, name: str, value: ast.expr) -> None:
        self.expressions.local.pop(name, None)
        if self._is_frame(value):
            self.frames[name] = self.frame(value)
        else:
            self.frames.pop(name, None)
            self.expressions.define(name, value)

    def _is_frame(self, node: ast.expr) -> bool:
        """Whether a chain begins at a frame."""
        while isinstance(node, ast.Call | ast.Attribute):
            node = node.func if isinstance(node, ast.Call) else node.value
        return isinstance(node, ast.Name) and node.id in self.frames

    def frame(self, node: ast.expr) -> Relation:
        """The frame that an expression is."""
        match node:
            case ast.Name(id=name) if name in self.frames:
                return self.frames[name]
            case ast.Call(
                func=ast.Attribute(
                    value=ast.Call(func=ast.Attribute(value=inner, attr="group_by")) as group,
                    attr="agg" | "len" as method,
                )
            ):
                return self._grouped(self.frame(inner), group, node, method)
            case ast.Call(func=ast.Attribute(value=inner, attr=method)):
                return self._method(self.frame(inner), method, node)
        raise NotPlain

    def _method(self, frame: Relation, method: str, call: ast.Call) -> Relation:
        match method:
            case "select":
                return self._items(frame, call)
            case "with_columns":
                return _with(frame, self._items(frame, call))
            case "drop":
                return self._dropped(frame, call)
            case "rename":
                return self._renamed(frame, call)
            case "with_row_index":
                name = self._option(call, "name", 0) or "index"
                return replace(frame, cells=(Cell(name), *frame.cells))
            case "join":
                return self._joined(frame, call)
        if method not in _SAME:
            raise NotPlain
        return self._same(frame, method, call)

    # -------------------------------------------------------------- one frame

    def _same(self, frame: Relation, method: str, call: ast.Call) -> Relation:
        for node in [*call.args, *(keyword.value for keyword in call.keywords)]:
            names = self.expressions.texts(node) if method in _NAMING else None
            if names is None:
                self.expressions.origins(node, frame)
            else:
                self._named(frame, names, node)
        if method == "filter":  # filter(kind="a")
            self._named(frame, [word.arg for word in call.keywords if word.arg], call)
        if method != "cast":
            return frame
        return replace(frame, cells=tuple(replace(cell, type=None) for cell in frame.cells))

    def _named(self, frame: Relation, names: Iterable[str], node: ast.expr) -> list[Cell]:
        return [self.expressions.column(name, frame, node) for name in names]

    def _items(self, frame: Relation, call: ast.Call) -> Relation:
        """The columns that the arguments of `select` and `with_columns` give."""
        cells: list[Cell] = []
        rest: frozenset[str] | None = None
        for node in call.args:
            found = self.expressions.item(node, frame)
            cells += found.cells
            rest = rest if found.rest is None else (rest or frozenset()) | found.rest
        for keyword in call.keywords:
            if keyword.arg is None:
                raise NotPlain
            cells.append(self.expressions.named(keyword.arg, keyword.value, frame))
        return Relation(tuple(cells), rest)

    def _dropped(self, frame: Relation, call: ast.Call) -> Relation:
        if call.keywords:
            raise NotPlain
        gone: set[str] = set()
        for node in call.args:
            names = self.expressions.texts(node)
            if names is None:
                raise NotPlain
            self._named(frame, names, node)
            gone.update(names)
        return replace(frame, cells=tuple(cell for cell in frame.cells if cell.name not in gone))

    def _renamed(self, frame: Relation, call: ast.Call) -> Relation:
        mapping = self.expressions.resolved(call.args[0]) if len(call.args) == 1 else None
        if not isinstance(mapping, ast.Dict) or call.keywords:
            raise NotPlain
        told: dict[str, str] = {}
        for old, new in zip(mapping.keys, mapping.values, strict=True):
            match old, new:
                case ast.Constant(value=str(before)), ast.Constant(value=str(after)):
                    told[before] = after
                case _:
                    raise NotPlain
        found = self._named(frame, told, call)
        cells = [replace(cell, name=told.get(cell.name, cell.name)) for cell in frame.cells]
        known = {cell.name for cell in frame.cells}
        cells += [replace(one, name=told[one.name]) for one in found if one.name not in known]
        rest = None if frame.rest is None else frame.rest | {COMPUTED}
        return replace(frame, cells=tuple(cells), rest=rest)

    def _grouped(self, frame: Relation, group: ast.Call, call: ast.Call, method: str) -> Relation:
        named = [word for word in group.keywords if word.arg != "maintain_order"]
        keys = self._items(frame, ast.Call(group.func, group.args, named))
        items = self._items(frame, call) if method == "agg" else Relation((Cell("len"),))
        rests = [one.rest for one in (keys, items) if one.rest is not None]
        rest = frozenset().union(*rests) if rests else None
        return Relation((*keys.cells, *items.cells), rest)

    # -------------------------------------------------------------- two frames

    def _joined(self, left: Relation, call: ast.Call) -> Relation:
        words = {keyword.arg: keyword.value for keyword in call.keywords}
        other = call.args[0] if call.args else words.get("other")
        if other is None or None in words:
            raise NotPlain
        right = self.frame(other)
        how = self._option(call, "how", 2) or "inner"
        on = words.get("on", call.args[1] if len(call.args) > 1 else None)
        if how not in {"inner", "left", "semi", "anti", "cross"} or "coalesce" in words:
            raise NotPlain
        self._keys(left, words.get("left_on", on))
        gone = self._keys(right, words.get("right_on", on))
        if how in {"semi", "anti"}:
            return left
        if left.rest is not None or COMPUTED in (right.rest or ()):
            # which names are taken already, so that others get a suffix, is not known
            rest = (left.rest or frozenset()) | (right.rest or frozenset()) | {COMPUTED}
            return Relation(left.cells, rest)
        suffix, taken = self._option(call, "suffix", 5) or "_right", {c.name for c in left.cells}
        more = [
            replace(cell, name=cell.name + suffix, firm=False) if cell.name in taken else cell
            for cell in right.cells
            if cell.name not in gone
        ]
        return Relation((*left.cells, *more), right.rest)

    def _keys(self, frame: Relation, node: ast.expr | None) -> Sequence[str]:
        if node is None:
            return ()
        names = self.expressions.texts(node)
        if names is None:
            raise NotPlain
        self._named(frame, names, node)
        return names

    def _option(self, call: ast.Call, word: str, place: int) -> str | None:
        """A text that is given to a method, by its word or in its place."""
        given = [keyword.value for keyword in call.keywords if keyword.arg == word]
        if not given and len(call.args) > place:
            given = [call.args[place]]
        if not given:
            return None
        match given[0]:
            case ast.Constant(value=str(text)):
                return text
        raise NotPlain


def _with(frame: Relation, items: Relation) -> Relation:
    """A frame with more columns, or with others in place of its own."""
    made = {cell.name: cell for cell in items.cells}
    kept = tuple(made.pop(cell.name, cell) for cell in frame.cells)
    rests = [one.rest for one in (frame, items) if one.rest is not None]
    rest = frozenset().union(*rests) if rests else None
    return Relation((*kept, *made.values()), rest)
