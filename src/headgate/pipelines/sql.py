"""A step's query: one SELECT over datasets, read without running it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from headgate.errors import DeclarationError

if TYPE_CHECKING:
    from sqlglot import exp

# Table functions that make rows out of nothing, or out of a value of the query
_PURE = {"range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree"}
_FILE = re.compile(r"[/*?]|://|\.(csv|tsv|parquet|pq|jsonl?|ndjson|xlsx|db|gz|zst)$", re.IGNORECASE)
_ADVICE = "declare it under sources: and read that dataset"


def tables(query: str, where: str) -> list[str]:
    """The names of the tables a query reads, in order, without those it defines itself.

    Raises DeclarationError where it is not one SELECT, or reads anything but plain tables.
    """
    from sqlglot import exp

    found: dict[str, str] = {}
    for node in parse(query, where).find_all(exp.Table):
        if not isinstance(node.this, exp.Identifier):
            _refuse_function(node, where)
            continue
        name = node.name
        if node.db or node.catalog:
            full = ".".join(part.name for part in node.parts)
            hint = f"write its name alone: {name}"
            raise DeclarationError(f"the query reads {full!r}, not a dataset", where, hint)
        if _FILE.search(name):
            raise DeclarationError(f"the query reads the file {name!r}", where, _ADVICE)
        if not _defined(node, name):
            found.setdefault(name.casefold(), name)
    return list(found.values())


@lru_cache(maxsize=256)
def parse(query: str, where: str) -> exp.Expr:
    """The query as a tree. Raises DeclarationError where it is not one SELECT."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import ParseError, SqlglotError

    try:
        trees = [tree for tree in sqlglot.parse(query, dialect="duckdb") if tree is not None]
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        what = f"not SQL: {str(first.get('description', error)).partition(' but got')[0]}"
        raise DeclarationError(what, f"{where}:{first.get('line', 1)}") from None
    except (SqlglotError, RecursionError) as error:
        what = f"not SQL: {str(error).partition(chr(10))[0] or 'nested too deeply'}"
        raise DeclarationError(what, where) from None
    trees = [tree for tree in trees if not isinstance(tree, exp.Semicolon)]
    if len(trees) != 1 or not isinstance(trees[0], exp.Query | exp.Values | exp.Pivot):
        what = "the file is empty" if not trees else f"{len(trees)} statements"
        if len(trees) == 1:
            what = f"{trees[0].key.upper()} is not a SELECT"
        raise DeclarationError(what, where, "a step's query is one SELECT") from None
    return trees[0]


def canonical(query: str, where: str) -> str:
    """The query as text that comments, spacing and the case of names do not change.

    The case of names that become column names of the result is kept: it is part of the result.
    """
    return repr(_shape(parse(query, where), frozenset(_naming(parse(query, where)))))


def _shape(node: Any, kept: frozenset[int]) -> object:
    """A tree as nested tuples, without comments and positions."""
    from sqlglot import exp

    if isinstance(node, exp.Identifier) and not node.quoted and id(node) not in kept:
        return node.name.lower()
    if isinstance(node, exp.Expression):
        args = [(key, _shape(value, kept)) for key, value in node.args.items()]
        said = [(key, value) for key, value in args if value is not None and value is not False]
        return (type(node).__name__, *sorted(pair for pair in said if pair[1] != ()))
    if isinstance(node, list):
        return tuple(_shape(item, kept) for item in node)
    return node


def _naming(tree: exp.Expr) -> list[int]:
    """Identifiers whose spelling shows in a result: aliases, and expressions without one."""
    from sqlglot import exp

    kept = [id(node.args.get("alias")) for node in tree.find_all(exp.Alias)]
    for alias in tree.find_all(exp.TableAlias):
        kept += [id(column) for column in alias.columns]
    for select in tree.find_all(exp.Select):
        for item in select.expressions:
            if not isinstance(item, exp.Alias | exp.Column):
                kept += [id(name) for name in item.find_all(exp.Identifier)]
    return kept


def _defined(node: exp.Expr, name: str) -> bool:
    """True where a WITH around the node defines the name for it."""
    from sqlglot import exp

    inner: exp.Expr | None = node
    own: exp.Expr | None = None
    while inner is not None:
        own = inner if isinstance(inner, exp.CTE) else own
        for cte in getattr(inner.args.get("with_"), "expressions", ()):
            if cte is own and not inner.args["with_"].recursive:
                break  # a definition sees neither itself nor those after it
            if cte.alias.casefold() == name.casefold():
                return True
        inner = inner.parent
    return False


def _refuse_function(node: exp.Table, where: str) -> None:
    function = node.this
    name = (function.name if function.key == "anonymous" else function.sql_name()).lower()
    if name not in _PURE:
        what = f"the query reads {name}(...), not a dataset"
        raise DeclarationError(what, where, _ADVICE)
