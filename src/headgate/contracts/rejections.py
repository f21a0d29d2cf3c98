"""What the JSON Schema of the standard rejects, in plain words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from headgate.contracts.odcs import rejected, schema_of
from headgate.errors import did_you_mean
from headgate.pipelines.problems import Path as Keys
from headgate.pipelines.problems import Problem, shown

CLOSED = frozenset({"additionalProperties", "unevaluatedProperties"})
"""Keywords that say which keys there may be."""
TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}


def rejections(document: object, version: str) -> list[Problem]:
    """Everything that the schema of that version rejects; nothing where the document is valid.

    Raises RecursionError where the document is nested too deeply to be judged.
    """
    errors = rejected(document, version)
    found = [problem for error in errors for problem in _told(error, version)]
    told = _once(found)
    if errors and not told:
        return [_plainly(error) for error in errors[:1]]
    return told


def _once(found: Iterable[Problem]) -> list[Problem]:
    """Each problem once, without what merely follows from another.

    A key that is known where something else holds is no mistake of its own beside what fails there.
    """
    unique = list(dict.fromkeys(found))
    real = [one for one in unique if not one.what.startswith(_NO_PLACE)]
    kept = [
        one
        for one in unique
        if one in real or not any(_around(one.about or (), other) for other in real)
    ]
    meant = {(one.about, one.hint) for one in kept if one.hint}
    kept = [one for one in kept if not any(_is_meant(one, *other) for other in meant)]
    # which options there are is told by the type
    typeless = [one.about or () for one in kept if _lacks_type(one)]
    return [
        one
        for one in kept
        if not any(_around((*place, "logicalTypeOptions"), one) for place in typeless)
    ]


def _lacks_type(problem: Problem) -> bool:
    """Whether a property says no type, or a misspelt one."""
    missing = problem.what == "key 'logicalType' is missing"
    return missing or problem.hint == "did you mean 'logicalType'?"


def _is_meant(problem: Problem, about: Keys | None, hint: str | None) -> bool:
    """Whether what is missing there is what a misspelt key beside it was to be."""
    missing = problem.what.endswith(("is missing", "is needed")) and problem.about == about
    word = (hint or "").removeprefix("did you mean ").rstrip("?").strip("'")
    return missing and word in re.findall(r"\w+", problem.what)


def _around(place: Keys, problem: Problem) -> bool:
    return problem.path[: len(place)] == place


# ------------------------------------------------------------------ one error


_NO_PLACE = "no place for key "


def _told(error: Any, version: str) -> Iterator[Problem]:
    path = tuple(error.absolute_path)
    keyword, wanted, given = error.validator, error.validator_value, error.instance
    if keyword in CLOSED:
        yield from _unknown(path, error, version)
    elif keyword in {"oneOf", "anyOf"}:
        yield from _branches(path, error, version)
    elif keyword in _WORDS:
        yield _WORDS[keyword](path, wanted, given)
    elif keyword == "required":
        yield from _lacking(path, error)
    else:
        yield _plainly(error)


def _lacking(path: Keys, error: Any) -> Iterator[Problem]:
    for key in error.validator_value:
        if key in error.instance or repr(key) not in error.message:
            continue
        if key == "map" and "logicalType" not in error.instance:
            # the schema of 3.2 asks so of every property that does not name its type
            hint = "3.2 takes a property without a type for a map; write logicalType: string"
            yield Problem(path, "key 'logicalType' is missing", hint, about=path)
        else:
            yield Problem(path, f"key {key!r} is missing", about=path)


def _plainly(error: Any) -> Problem:
    path = tuple(error.absolute_path)
    return Problem(
        path, f"the standard does not allow {shown(error.instance)} here ({error.validator})"
    )


def _type(path: Keys, wanted: Any, given: Any) -> Problem:
    words = " or ".join(TYPES.get(one, one) for one in _listed(wanted))
    return Problem(path, f"expected {words}, got {shown(given)}")


def _enum(path: Keys, wanted: Any, given: Any) -> Problem:
    words = [str(one) for one in wanted]
    hint = did_you_mean(given, words) if isinstance(given, str) else None
    if len(words) > 12:
        return Problem(path, f"{shown(given)} is none of the words that it may be", hint)
    hint = hint if hint and hint.startswith("did") else None
    return Problem(path, f"expected {' or '.join(map(repr, words))}, got {shown(given)}", hint)


def _count(less: str) -> Callable[[Keys, Any, Any], Problem]:
    def told(path: Keys, wanted: Any, given: Any) -> Problem:
        entries = "entry" if wanted == 1 else "entries"
        return Problem(path, f"{less} {wanted} {entries}, got {len(given)}")

    return told


def _number(words: str) -> Callable[[Keys, Any, Any], Problem]:
    return lambda path, wanted, given: Problem(
        path, f"expected {words} {wanted}, got {shown(given)}"
    )


def _pattern(path: Keys, wanted: Any, given: Any) -> Problem:
    if wanted == schema_of("3.2")["$defs"]["StableId"]["pattern"]:
        return Problem(path, f"{shown(given)} is no id: letters, digits, _ and - alone")
    return Problem(path, f"{shown(given)} is not of the form {wanted}")


def _not(path: Keys, wanted: Any, given: Any) -> Problem:
    asked = wanted.get("required", ()) if isinstance(given, Mapping) else ()
    keys = [key for key in asked if key in given]
    if not keys:
        return Problem(path, f"{shown(given)} is not allowed here")
    return Problem((*path, keys[0]), f"key {keys[0]!r} does not belong here", about=path)


_WORDS: dict[str, Callable[[Keys, Any, Any], Problem]] = {
    "type": _type,
    "enum": _enum,
    "const": lambda path, wanted, given: _enum(path, [wanted], given),
    "minItems": _count("expected at least"),
    "maxItems": _count("expected at most"),
    "uniqueItems": lambda path, _wanted, _given: Problem(path, "an entry stands twice"),
    "minimum": _number("at least"),
    "maximum": _number("at most"),
    "exclusiveMinimum": _number("more than"),
    "exclusiveMaximum": _number("less than"),
    "pattern": _pattern,
    "not": _not,
}


def _listed(names: Any) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


# ------------------------------------------------------------------ keys


def _unknown(path: Keys, error: Any, version: str) -> Iterator[Problem]:
    """The keys that nothing in the schema knows at that place, or that do not go together."""
    root = schema_of(version)
    known = set(known_keys(error.schema, root))
    for key in error.instance:
        if key not in known:
            hint = did_you_mean(str(key), known)
            yield Problem((*path, key), f"unknown key {key!r}", hint, about=path)
        elif error.validator == "unevaluatedProperties" and repr(key) in error.message:
            beside = _discriminated(error.instance)
            yield Problem((*path, key), f"{_NO_PLACE}{key!r}{beside}", about=path)


def _discriminated(given: Mapping[str, Any]) -> str:
    kinds = [f"{key}: {given[key]}" for key in ("type", "metric", "logicalType") if key in given]
    return f" beside {', '.join(kinds)}" if kinds else ""


def known_keys(schema: Any, root: Mapping[str, Any]) -> Iterator[str]:
    """The keys that a schema has something to say of, in any of its branches."""
    if not isinstance(schema, Mapping):
        return
    yield from schema.get("properties", ())
    if "$ref" in schema:
        yield from known_keys(_definition(schema["$ref"], root), root)
    for keyword in ("allOf", "anyOf", "oneOf"):
        for branch in schema.get(keyword, ()):
            yield from known_keys(branch, root)
    for keyword in ("then", "else"):
        yield from known_keys(schema.get(keyword), root)


def _definition(ref: str, root: Mapping[str, Any]) -> Any:
    found: Any = root
    for word in ref.removeprefix("#/").split("/"):
        found = found[word]
    return found


# ------------------------------------------------------------------ branches


def _branches(path: Keys, error: Any, version: str) -> Iterator[Problem]:
    """What keeps a value from being any of several things, or which of them it is at once."""
    given, branches = error.instance, error.validator_value
    asked = [
        branch.get("required", [None])[0] for branch in branches if isinstance(branch, Mapping)
    ]
    if isinstance(given, Mapping) and all(asked):
        yield from _one_key_of(path, asked, error, version)
        return
    if not error.context:
        yield Problem(path, f"{shown(given)} can be read in two ways")
        return
    by_branch: dict[int, list[Any]] = {}
    for one in error.context:
        by_branch.setdefault(one.schema_path[0], []).append(one)
    near = [found for found in by_branch.values() if not _is_of_another_type(found, path)]
    if len(near) == 1:
        for one in near[0]:
            yield from _told(one, version)
        return
    yield from _none_of(path, given, list(by_branch.values()))


def _one_key_of(path: Keys, keys: list[str], error: Any, version: str) -> Iterator[Problem]:
    """Exactly one of several keys has to be there."""
    there = [key for key in keys if key in error.instance]
    if not there:
        yield Problem(path, f"one of {', '.join(keys)} is needed", about=path)
    elif len(there) > 1:
        what = f"{' and '.join(there)} stand together, and one of them alone may"
        yield Problem((*path, there[1]), what, about=path)
    else:
        place = keys.index(there[0])
        for one in error.context:
            if one.schema_path[0] == place:
                yield from _told(one, version)


def _is_of_another_type(errors: list[Any], path: Keys) -> bool:
    """Whether a branch wants another kind of value, and not another value of this kind."""
    return any(
        tuple(one.absolute_path) == path
        and (
            one.validator == "type"
            or (
                one.validator in {"anyOf", "oneOf"}
                and one.context
                and _is_of_another_type(one.context, path)
            )
        )
        for one in errors
    )


def _none_of(path: Keys, given: Any, branches: list[list[Any]]) -> Iterator[Problem]:
    first = [errors[0] for errors in branches]
    if all(one.validator == "type" for one in first):
        wanted = [word for one in first for word in _listed(one.validator_value)]
        yield _type(path, list(dict.fromkeys(wanted)), given)
    elif (isinstance(given, str) and path and path[-1] in {"from", "to"}) or _in_reference(path):
        hint = "write planes.tailnum, or /schema/planes/properties/tailnum"
        yield Problem(path, f"{shown(given)} is no column of a table", hint)
    else:
        yield Problem(path, f"{shown(given)} is nothing that may stand here")


def _in_reference(path: Keys) -> bool:
    return len(path) > 1 and path[-2] in {"from", "to"} and isinstance(path[-1], int)
