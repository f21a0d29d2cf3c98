"""The names a piece of code takes from the module around it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_OWN_SCOPE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


class Imported(Struct, frozen=True):
    """What a name of an import stands for: a module, or the `name` of one.

    `loads` is the module that the statement runs: `import a.b` binds `a` and loads `a.b`.
    """

    module: str
    name: str | None
    loads: str
    level: int = 0


class Use(Struct, frozen=True):
    """A name that is read, with the attributes taken of it: `helpers.week` is one use.

    `imported` is there where the code imports the name within itself.
    """

    name: str
    attributes: tuple[str, ...] = ()
    imported: Imported | None = None


def imports(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Imported]]:
    """The names an import statement binds, with what they stand for."""
    for alias in node.names:
        name = alias.name
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            yield alias.asname or name, Imported(module, name, module, node.level)
        elif alias.asname:
            yield alias.asname, Imported(name, None, name)
        else:
            top = name.partition(".")[0]
            yield top, Imported(top, None, name)


def uses(node: ast.AST) -> Iterator[Use | Imported]:
    """What code reads from around it, and what it imports within itself.

    Parameters and local variables are not from around it. Annotations are not read, except
    those of a class, which make its fields.
    """
    within: dict[str, Imported] = {}
    for inner in ast.walk(node):
        if isinstance(inner, ast.Import | ast.ImportFrom):
            for bound, imported in imports(inner):
                within[bound] = imported
                yield imported
                if imported.name is not None:
                    yield Use(bound, (), imported)
    for use in _walk(node, within.keys(), frozenset()):
        yield Use(use.name, use.attributes, _of(use, within))


def _of(use: Use, within: Mapping[str, Imported]) -> Imported | None:
    return use.imported or within.get(use.name)


def _walk(node: ast.AST, within: Iterable[str], local: frozenset[str]) -> Iterator[Use]:
    match node:
        case ast.Name(id=name, ctx=ast.Load()):
            if name not in local:
                yield Use(name)
        case ast.Attribute():
            yield from _chain(node, within, local)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
            yield from _function(node, within, local)
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            yield from _comprehension(node, within, local)
        case ast.ClassDef(body=body):
            for statement in body:
                if isinstance(statement, ast.AnnAssign):
                    yield from _walk(statement.annotation, within, local)
            yield from _children(node, within, local)
        case ast.AnnAssign(target=target, value=value):
            yield from _walk(target, within, local)
            if value is not None:
                yield from _walk(value, within, local)
        case ast.Call():
            yield from _by_name(node)
            yield from _children(node, within, local)
        case _:
            yield from _children(node, within, local)


def _children(node: ast.AST, within: Iterable[str], local: frozenset[str]) -> Iterator[Use]:
    for child in ast.iter_child_nodes(node):
        yield from _walk(child, within, local)


def _chain(node: ast.Attribute, within: Iterable[str], local: frozenset[str]) -> Iterator[Use]:
    attributes: list[str] = []
    base: ast.expr = node
    while isinstance(base, ast.Attribute):
        attributes.append(base.attr)
        base = base.value
    if not isinstance(base, ast.Name):
        yield from _walk(base, within, local)
    elif base.id not in local:
        yield Use(base.id, tuple(reversed(attributes)))


def _function(node: Function, within: Iterable[str], local: frozenset[str]) -> Iterator[Use]:
    for default in (*node.args.defaults, *node.args.kw_defaults):
        if default is not None:
            yield from _walk(default, within, local)
    for decorator in getattr(node, "decorator_list", ()):
        yield from _walk(decorator, within, local)
    body = [node.body] if isinstance(node, ast.Lambda) else node.body
    inner = local | (_locals(node.args, body) - set(within))
    for statement in body:
        yield from _walk(statement, within, inner)


def _comprehension(
    node: Comprehension, within: Iterable[str], local: frozenset[str]
) -> Iterator[Use]:
    yield from _walk(node.generators[0].iter, within, local)  # the first is read outside
    bound = {n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
    inner = local | bound
    for position, generator in enumerate(node.generators):
        for part in (generator.target, *generator.ifs, *([generator.iter] if position else [])):
            yield from _walk(part, within, inner)
    values = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
    for value in values:
        yield from _walk(value, within, inner)


def _by_name(node: ast.Call) -> Iterator[Use]:
    """Modules that are imported by their name as text, and what looks names up by itself."""
    called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    called = node.func.id if isinstance(node.func, ast.Name) else called
    if called in {"import_module", "__import__"}:
        match node.args:
            case [ast.Constant(value=str(name)), *_]:
                yield Use("", (), Imported(name, None, name))
            case _:
                yield Use("globals")


def _locals(arguments: ast.arguments, body: Iterable[ast.AST]) -> frozenset[str]:
    """The names that belong to a function: its parameters and what its own body binds."""
    bound = {
        argument.arg
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    }
    bound.update(a.arg for a in (arguments.vararg, arguments.kwarg) if a is not None)
    outer: set[str] = set()
    todo = list(body)
    while todo:
        node = todo.pop()
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                bound.add(name)
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                outer.update(names)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                bound.add(name)
            case ast.ClassDef(name=name):
                bound.add(name)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                bound.add(name)
            case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                bound.add(name)
        if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            named = (n.target for n in ast.walk(node) if isinstance(n, ast.NamedExpr))
            bound.update(target.id for target in named)
        elif not isinstance(node, _OWN_SCOPE):
            todo.extend(ast.iter_child_nodes(node))
    return frozenset(bound - outer)
