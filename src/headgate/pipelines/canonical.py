"""Python code as text that comments, docstrings, annotations and layout do not change."""

from __future__ import annotations

import ast
from typing import Any

# Fields that say where, how it was written, or what a reader is told, and nothing of what it does
_SILENT = {"annotation", "returns", "type_comment", "kind", "ctx", "type_ignores", "type_params"}
_DOCUMENTED = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def canonical(node: ast.AST) -> str:
    """What a piece of code does, as one line of text.

    >>> one, two = "def f(x: int): return x+1  # add", "def f( x ): return x + 1"
    >>> canonical(ast.parse(one)) == canonical(ast.parse(two))
    True
    """
    parts: list[str] = []
    _write(node, parts, fields=False)
    return "".join(parts)


def _write(node: Any, parts: list[str], *, fields: bool) -> None:
    """Appends a node. In the body of a class (`fields`) an annotation is part of what it does."""
    if isinstance(node, ast.AST):
        if isinstance(node, ast.AnnAssign) and not fields:
            _write_plain_assignment(node, parts)
            return
        parts.append(node.__class__.__name__)
        parts.append("(")
        for name in node._fields:
            value = getattr(node, name, None)
            if value is None and name != "value":
                continue
            if name in _SILENT and not (fields and name == "annotation"):
                continue
            if name == "body" and isinstance(node, _DOCUMENTED):
                _write_body(node, parts)
                continue
            parts.append(name)
            parts.append("=")
            _write(value, parts, fields=False)
            parts.append(",")
        parts.append(")")
    elif isinstance(node, list):
        parts.append("[")
        for item in node:
            _write(item, parts, fields=False)
            parts.append(",")
        parts.append("]")
    else:
        parts.append(repr(node))


def _write_body(node: Any, parts: list[str]) -> None:
    in_class = isinstance(node, ast.ClassDef)
    parts.append("body=[")
    for statement in node.body:
        if _is_text(statement) or isinstance(statement, ast.Pass):
            continue  # a docstring does nothing, nor does what stands in its place
        if isinstance(statement, ast.AnnAssign) and statement.value is None and not in_class:
            continue
        _write(statement, parts, fields=in_class)
        parts.append(",")
    parts.append("],")


def _write_plain_assignment(node: ast.AnnAssign, parts: list[str]) -> None:
    if node.value is not None:
        plain = ast.Assign(targets=[node.target], value=node.value)
        _write(plain, parts, fields=False)


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str | type(...))
    )
