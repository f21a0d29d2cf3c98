"""YAML as a declaration: plain values, every key once, and the line of each for errors.

The scalars are those of YAML 1.2, so that `on:` is a key, `no` is a word and a date is its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import yaml
from msgspec import Struct
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from headgate.errors import DeclarationError
from headgate.pipelines.problems import Path, as_error, label, problems

if TYPE_CHECKING:
    from pydantic import BaseModel

    Model = TypeVar("Model", bound=BaseModel)

_TAG = "tag:yaml.org,2002:"
_FLOAT = (
    r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"
    r"|^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$"
)
_MOST_NODES = 100_000  # a declaration is small; aliases of aliases are not
_DEEPEST = 50


class Document(Struct, frozen=True):
    """What a YAML file says. `data` holds dicts, lists, text, numbers, booleans and None."""

    data: Any
    where: str
    lines: Mapping[Path, int] = {}

    def line(self, path: Path) -> int:
        """The line of a key or item, or of the nearest one around it that was written."""
        for length in range(len(path), 0, -1):
            if line := self.lines.get(path[:length]):
                return line
        return self.lines.get((), 1)

    def place(self, path: Path) -> str:
        """The file and line of a key or item, as errors name it."""
        return f"{self.where}:{self.line(path)}"


def read_yaml(text: str, where: str) -> Document:
    """The document in the text; `where` names its file in errors.

    Raises DeclarationError where it is not YAML, a key stands twice, or a tag asks for an object.
    """
    try:
        node = yaml.compose(text, Loader=_loader())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{where}:{mark.line + 1}" if mark else where
        problem = error.problem or error.context or "not YAML"
        raise DeclarationError(f"not YAML: {problem}", place, _advice(problem)) from None
    except (yaml.YAMLError, UnicodeError) as error:
        before = text[: getattr(error, "position", getattr(error, "start", 0))]
        place = f"{where}:{before.count(chr(10)) + 1}"
        what = "not YAML: a character that no text file holds"
        raise DeclarationError(what, place, "save the file as UTF-8 text") from None
    except RecursionError:
        raise DeclarationError("nested too deeply", where) from None
    if node is None:
        return Document(None, where)
    reader = _Reader(where)
    return Document(reader.value(node, ()), where, reader.lines)


def compose(text: str) -> Node | None:
    """The nodes of a text that `read_yaml` has read, for whoever changes it in place."""
    node: Node | None = yaml.compose(text, Loader=_loader())
    return node


def validate(model: type[Model], document: Document, where: str | None = None) -> Model:
    """The document as a model.

    Raises DeclarationError that lists all that is wrong, each with its line.
    """
    from pydantic import ValidationError

    place = document.where if where is None else where
    data = document.data
    if not isinstance(data, dict):
        what = "the file is empty" if data is None else "the file does not hold keys and values"
        keys = ", ".join(n for n, entry in model.model_fields.items() if entry.is_required())
        raise DeclarationError(what, f"{place}:1", f"it needs at least: {keys}" if keys else None)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        found = sorted(problems(error, model, data), key=lambda p: document.line(p.path))
        raise as_error(found, lambda path: f"{place}:{document.line(path)}") from None


@cache
def _loader() -> type:
    base: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    # no resolvers of YAML 1.1: no `on` that is true, 12:30 that is 750, or dates
    resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for name, pattern, first in (
        ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
        ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
        ("int", r"^[-+]?[0-9]+$|^0x[0-9a-fA-F]+$|^0o[0-7]+$", "-+0123456789"),
        (
            "float",
            _FLOAT,
            "-+.0123456789",
        ),
        ("merge", r"^<<$", "<"),
    ):
        for letter in first:
            resolvers.setdefault(letter, []).append((_TAG + name, re.compile(pattern)))
    return type("Loader", (base,), {"yaml_implicit_resolvers": resolvers})


def _advice(problem: str) -> str | None:
    if "tab character" in problem or "'\\t'" in problem:
        return "indent with spaces: YAML takes no tabs"
    if "mapping values are not allowed" in problem:
        return "quote text that holds ': ', or look at the indentation"
    return None


class _Reader:
    """Turns nodes into values, and keeps the line of each."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.lines: dict[Path, int] = {}
        self.nodes = 0
        self.merging: list[Node] = []

    def value(self, node: Node, path: Path) -> Any:
        self._count(node, path)
        self.lines.setdefault(path, node.start_mark.line + 1)
        match node:
            case ScalarNode():
                return self._scalar(node)
            case SequenceNode() if node.tag == f"{_TAG}seq":
                return [self.value(item, (*path, i)) for i, item in enumerate(node.value)]
            case MappingNode() if node.tag == f"{_TAG}map":
                return dict(self._items(node, path))
        raise self._tag_error(node)

    def _items(self, node: MappingNode, path: Path) -> Iterator[tuple[Any, Any]]:
        self._count(node, path)
        seen: dict[Any, int] = {}
        merged: list[Node] = []
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if key_node.tag == f"{_TAG}merge":
                many = isinstance(value_node, SequenceNode)
                merged.extend(value_node.value if many else [value_node])
                continue
            if not isinstance(key_node, ScalarNode):
                hint = "quote a key that starts with { or ["
                raise DeclarationError("a key must be a word", self._at(key_node), hint)
            key = self._scalar(key_node)
            if key is None:
                key = key_node.value  # nobody means nothing by a key: `null: x` is a check
            if key in seen:
                what = f"key {label((*path, key))!r} stands twice"
                raise DeclarationError(what, self._at(key_node), f"first on line {seen[key]}")
            seen[key] = line
            self.lines.setdefault((*path, key), line)
            yield key, self.value(value_node, (*path, key))
        yield from self._merged(merged, path, seen)

    def _merged(
        self, nodes: list[Node], path: Path, seen: dict[Any, int]
    ) -> Iterator[tuple[Any, Any]]:
        for node in nodes:
            if not isinstance(node, MappingNode):
                raise DeclarationError("<<: merges mappings", self._at(node), "name one by *alias")
            if node in self.merging:
                raise DeclarationError("<<: merges a mapping into itself", self._at(node))
            self.merging.append(node)
            items = list(self._items(node, path))
            self.merging.pop()
            for key, value in items:
                if key not in seen:
                    seen[key] = node.start_mark.line + 1
                    yield key, value

    def _count(self, node: Node, path: Path) -> None:
        self.nodes += 1
        if self.nodes > _MOST_NODES or len(path) > _DEEPEST:
            what = "nested too deeply" if len(path) > _DEEPEST else "too large for a declaration"
            raise DeclarationError(what, self._at(node), "an alias may refer to itself")

    def _scalar(self, node: ScalarNode) -> Any:
        text: str = node.value
        kind = node.tag.removeprefix(_TAG)
        try:
            match kind:
                case "str" | "merge":
                    return text
                case "null":
                    return None
                case "bool":
                    return {"true": True, "false": False}[text.lower()]
                case "int":
                    plain = text.lstrip("+-")
                    base = {"0x": 16, "0o": 8}.get(plain[:2], 10)
                    return int(text, base)
                case "float":
                    return float(text.replace(".inf", "inf").replace(".nan", "nan"))
        except (ValueError, KeyError):
            raise DeclarationError(f"{text[:60]!r} is no {kind}", self._at(node)) from None
        raise self._tag_error(node)

    def _at(self, node: Node) -> str:
        return f"{self.where}:{node.start_mark.line + 1}"

    def _tag_error(self, node: Node) -> DeclarationError:
        tag = node.tag.replace(_TAG, "!!")
        return DeclarationError(
            f"tag {tag} is not allowed", self._at(node), "write plain text, numbers, lists and keys"
        )
