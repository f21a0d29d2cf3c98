"""What is wrong with a declaration, in plain words, whoever found it.

The models are pydantic's and so are the first findings; what a person reads is written here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from msgspec import Struct

from headgate.errors import DeclarationError, did_you_mean

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

Path = tuple[str | int, ...]
"""Keys and list positions that lead to a value."""


class Problem(Struct, frozen=True):
    """One thing that is wrong, at a path of the document."""

    path: Path
    what: str
    hint: str | None = None
    about: Path | None = None
    """The path that the message speaks of, where it is not the one whose line is shown."""


def problems(error: ValidationError, model: type[BaseModel], data: object) -> list[Problem]:
    """Everything pydantic found, each place once."""
    details = [(_path(entry, data), entry) for entry in error.errors(include_url=False)]
    found: dict[Path, Problem] = {}
    for path, entry in details:
        of_a_union = len(entry["loc"]) > len(path) and entry["loc"][-1] != "[key]"
        if of_a_union and any(o != path and o[: len(path)] == path for o, _ in details):
            continue  # another branch of the union fits better: it complains further inside
        problem = _problem(path, entry, model, data)
        elder = found.get(path)
        if elder and problem.what.startswith("expected ") and elder.what.startswith("expected "):
            wanted = problem.what.removeprefix("expected ").partition(", got ")[0]
            first, _, got = elder.what.partition(", got ")
            problem = Problem(path, f"{first} or {wanted}, got {got}", elder.hint)
        found[path] = problem
    meant = {(p.about, p.hint) for p in found.values() if p.hint}  # a misspelt key is not missing
    return [
        problem
        for path, problem in found.items()
        if not (
            problem.what.endswith("is missing")
            and (path[:-1], f"did you mean {path[-1]!r}?") in meant
        )
    ]


def as_error(found: Sequence[Problem], place: Callable[[Path], str | None]) -> DeclarationError:
    """One error for all that was found: the first leads, the others follow in its advice."""
    lines = []
    for problem in found:
        about = label(problem.path if problem.about is None else problem.about)
        text = f"{about}: {problem.what}" if about else problem.what
        lines.append((place(problem.path), text, problem.hint))
    where, what, hint = lines[0]
    advice = [hint] if hint else []
    for other_where, text, other_hint in lines[1:]:
        advice.append(f"{other_where}: {text}" if other_where else text)
        advice.extend([f"  {other_hint}"] if other_hint else [])
    return DeclarationError(what, where, "\n  ".join(advice) or None)


def label(path: Path) -> str:
    """A path as people write it.

    >>> label(("steps", "clean", "inputs", 0))
    'steps.clean.inputs[0]'
    """
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else str(key)
    return text


def shown(value: object) -> str:
    """A value as an error names it: short, and in the words of YAML."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case Mapping():
            return "a mapping"
        case list() | tuple():
            return "a list"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


# ------------------------------------------------------------------ pydantic's findings

_EXPECTED = {
    "string": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list",
    "tuple": "a list",
    "dict": "a mapping",
    "model": "a mapping",
    "mapping": "a mapping",
}


def _path(entry: ErrorDetails, data: object) -> Path:
    """The path in the document, without the names of union branches that pydantic adds."""
    path: list[str | int] = []
    missing = entry["loc"][-1] if entry["type"] == "missing" else None
    for key in entry["loc"]:
        if key == "[key]":
            break
        if _holds(data, key):
            data = _inside(data, key)
        elif key != missing:
            continue
        path.append(key)
    return tuple(path)


def _problem(path: Path, entry: ErrorDetails, model: type[BaseModel], data: object) -> Problem:
    kind, given, context = entry["type"], entry["input"], entry.get("ctx", {})
    last = path[-1] if path else ""
    match kind:
        case "extra_forbidden":
            home = _home(model, path, data)
            near = did_you_mean(str(last), _keys(model, path[:-1], data))
            hint = f"it belongs under {home}:" if home else near
            return Problem(path, f"unknown key {last!r}", hint, about=path[:-1])
        case "missing":
            return Problem(path, f"key {last!r} is missing", about=path[:-1])
        case "union_tag_invalid":
            return _wrong_tag(path, context)
        case "union_tag_not_found":
            key = str(context.get("discriminator", "'type'")).strip("'")
            return Problem(path, f"key {key!r} is missing")
        case "literal_error":
            return _wrong_word(path, str(context["expected"]), given)
        case "string_pattern_mismatch":
            signs = "letters, digits and _, not starting with a digit"
            if "." in str(context["pattern"]):  # what is no word of SQL may have more
                signs = "letters, digits, '.', '_' and '-', starting with a letter or a digit"
            return Problem(path, f"{given!r} is not a name: {signs}")
    return Problem(path, _said(entry, given))


def _said(entry: ErrorDetails, given: object) -> str:
    """What pydantic says, in our words where it speaks of types."""
    kind = entry["type"]
    if kind == "value_error":
        return str(entry["ctx"]["error"])
    if kind.endswith(("_type", "_parsing", "_from_float")):
        for word in (kind.rpartition("_")[0], kind.partition("_")[0]):
            if word in _EXPECTED:
                return f"expected {_EXPECTED[word]}, got {shown(given)}"
    text = entry["msg"].removeprefix("Input ").removeprefix("String ")
    return f"{text[:1].lower()}{text[1:]}, got {shown(given)}"


def _wrong_word(path: Path, expected: str, given: object) -> Problem:
    words = [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]
    hint = did_you_mean(str(given), words)
    hint = hint if hint and hint.startswith("did") else None  # the words stand in the message
    return Problem(path, f"expected {expected}, got {shown(given)}", hint)


def _wrong_tag(path: Path, context: Mapping[str, Any]) -> Problem:
    key = str(context["discriminator"]).strip("'")
    field = next((str(p) for p in reversed(path) if isinstance(p, str)), "")
    noun = field.removesuffix("s").replace("_", " ")
    known = [word.strip("'") for word in str(context["expected_tags"]).split(", ")]
    hint = did_you_mean(str(context["tag"]), known)
    return Problem(
        (*path, key), f"unknown {noun} {key} {context['tag']!r}".replace("  ", " "), hint
    )


def _home(model: type[BaseModel], path: Path, data: object) -> str | None:
    """The key beside an unknown one under which it would be known: `csv` for `nulls`."""
    at, wanted = path[:-1], str(path[-1])
    beside = _keys(model, at, data)
    return next((key for key in beside if wanted in set(_keys(model, (*at, key), data))), None)


def _keys(annotation: object, path: Path, data: object) -> Iterator[str]:
    """The keys that a model knows at a path."""
    for kind in _branches(annotation):
        fields = getattr(kind, "model_fields", None)
        if fields is not None:
            tag = fields["type"].annotation if "type" in fields else None
            if isinstance(data, Mapping) and tag and data.get("type") not in get_args(tag):
                continue
            if not path:
                yield from fields
            elif path[0] in fields:
                yield from _keys(fields[path[0]].annotation, path[1:], _inside(data, path[0]))
        elif path and (inner := get_args(kind)):
            yield from _keys(inner[-1], path[1:], _inside(data, path[0]))


def _branches(annotation: object) -> Iterator[object]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _branches(get_args(annotation)[0])
    elif origin in {Union, UnionType}:
        for branch in get_args(annotation):
            yield from _branches(branch)
    elif origin is not Literal:
        yield annotation


def _holds(data: object, key: str | int) -> bool:
    if isinstance(data, list | tuple):
        return isinstance(key, int) and key < len(data)
    return isinstance(data, Mapping) and key in data


def _inside(data: object, key: str | int) -> object:
    if isinstance(data, list | tuple) and isinstance(key, int) and key < len(data):
        return data[key]
    return data.get(key) if isinstance(data, Mapping) else None
