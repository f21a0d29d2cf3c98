"""Whether a schema of the standard accepts a document, and no word about why not.

jsonschema, the reference, says all that is wrong, and takes long to import and to judge. Most
contracts are accepted, and saying so takes a twentieth. Only the words that the schemas of the
standard use are known here. A schema with another one is left to the reference, as is every
document that is not accepted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

Schema = Mapping[str, Any]


def accepts(schema: Schema, document: object) -> bool:
    """Whether the schema accepts the document for certain. Where not, the reference has to judge."""
    try:
        return _Judge(schema).known_keys(schema, document) is not None
    except (_UnknownWordError, RecursionError):
        return False


class _UnknownWordError(Exception):
    """A schema says something that is not known here."""


class _Judge:
    """Judges each part of a document by each part of a schema once.

    Properties hold properties, and each level asks several times about the one below.
    """

    def __init__(self, whole: Schema) -> None:
        self.whole = whole
        self.found: dict[tuple[int, int], frozenset[str] | None] = {}

    def known_keys(self, schema: Schema, value: object) -> frozenset[str] | None:
        """The keys of which the schema knows something; None where it rejects the value."""
        asked = (id(schema), id(value))
        if asked not in self.found:
            self.found[asked] = self._judged(schema, value)
        return self.found[asked]

    def referred(self, to: str) -> Schema:
        """What a reference within the schema leads to."""
        start, *names = to.split("/")
        if start != "#":
            raise _UnknownWordError(to)
        found: Any = self.whole
        for name in names:
            found = found[name]
        return cast("Schema", found)

    def _judged(self, schema: Schema, value: object) -> frozenset[str] | None:
        keys: set[str] = set()
        for word, wanted in schema.items():
            if word in _OF_VALUES:
                if not _OF_VALUES[word](wanted, value):
                    return None
            elif word in _OF_PARTS:
                found = _OF_PARTS[word](self, schema, value)
                if found is None:
                    return None
                keys |= found
            elif word not in WORDS:
                raise _UnknownWordError(word)
        if "unevaluatedProperties" in schema and not _closed(schema, value, keys):
            return None
        return frozenset(keys)


_NO_KEYS: frozenset[str] = frozenset()
_SAYS_NOTHING = frozenset(
    ["$defs", "$schema", "default", "deprecated", "description", "examples", "format", "title"]
)
"""The words that reject nothing. The reference does not ask for a `format` unless it is told to."""
_JUDGED_ELSEWHERE = frozenset(["then", "unevaluatedProperties"])
"""The words that speak of what others have found."""


# ------------------------------------------------------------------ words about a value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    return _is_number(value) and (not isinstance(value, float) or value.is_integer())


_TYPES: dict[str, Callable[[object], bool]] = {
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "integer": _is_whole,
    "null": lambda value: value is None,
    "number": _is_number,
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
}


def _is_of_type(wanted: str | Sequence[str], value: object) -> bool:
    names = (wanted,) if isinstance(wanted, str) else wanted
    return any(_TYPES[name](value) for name in names)


def _is_one_of(wanted: Sequence[object], value: object) -> bool:
    # Python has more values equal than JSON: True and 1. Text is equal to text alone.
    if not all(isinstance(word, str) for word in wanted):
        raise _UnknownWordError(wanted)
    return value in wanted


def _all_differ(wanted: bool, value: object) -> bool:
    if not wanted or not isinstance(value, list):
        return True
    if any(one in value[:n] for n, one in enumerate(value)):
        raise _UnknownWordError  # for they may be True and 1
    return True


_OF_VALUES: dict[str, Callable[[Any, Any], bool]] = {
    "type": _is_of_type,
    "enum": _is_one_of,
    "const": lambda wanted, value: _is_one_of((wanted,), value),
    "required": lambda names, value: not isinstance(value, dict) or all(n in value for n in names),
    "pattern": lambda form, value: not isinstance(value, str) or bool(re.search(form, value)),
    "minimum": lambda least, value: not _is_number(value) or not value < least,
    "exclusiveMinimum": lambda least, value: not _is_number(value) or not value <= least,
    "minItems": lambda least, value: not isinstance(value, list) or len(value) >= least,
    "maxItems": lambda most, value: not isinstance(value, list) or len(value) <= most,
    "uniqueItems": _all_differ,
}


# ------------------------------------------------------------------ words about its parts


def _by_reference(judge: _Judge, schema: Schema, value: object) -> frozenset[str] | None:
    return judge.known_keys(judge.referred(schema["$ref"]), value)


def _properties(judge: _Judge, schema: Schema, value: object) -> frozenset[str] | None:
    if not isinstance(value, dict):
        return _NO_KEYS
    known = schema["properties"]
    there = [key for key in value if key in known]
    if any(judge.known_keys(known[key], value[key]) is None for key in there):
        return None
    return frozenset(there)


def _additional(_: _Judge, schema: Schema, value: object) -> frozenset[str] | None:
    if schema["additionalProperties"] is not False:
        raise _UnknownWordError("additionalProperties")
    known = schema.get("properties", ())
    return None if isinstance(value, dict) and any(k not in known for k in value) else _NO_KEYS


def _closed(schema: Schema, value: object, known: set[str]) -> bool:
    """Whether a mapping has no key but those that some word of the schema knows."""
    if schema["unevaluatedProperties"] is not False:
        raise _UnknownWordError("unevaluatedProperties")
    return not isinstance(value, dict) or all(key in known for key in value)


def _items(judge: _Judge, schema: Schema, value: object) -> frozenset[str] | None:
    entries = value if isinstance(value, list) else ()
    rejected = any(judge.known_keys(schema["items"], one) is None for one in entries)
    return None if rejected else _NO_KEYS


def _all_of(judge: _Judge, schema: Schema, value: object) -> frozenset[str] | None:
    found = [judge.known_keys(branch, value) for branch in schema["allOf"]]
    return None if None in found else _NO_KEYS.union(*(keys for keys in found if keys))


def _any_of(judge: _Judge, schema: Schema, value: object) -> frozenset[str] | None:
    found = [judge.known_keys(branch, value) for branch in schema["anyOf"]]
    good = [keys for keys in found if keys is not None]
    return _NO_KEYS.union(*good) if good else None


def _one_of(judge: _Judge, schema: Schema, value: object) -> frozenset[str] | None:
    found = [judge.known_keys(branch, value) for branch in schema["oneOf"]]
    good = [keys for keys in found if keys is not None]
    return good[0] if len(good) == 1 else None


def _not(judge: _Judge, schema: Schema, value: object) -> frozenset[str] | None:
    return _NO_KEYS if judge.known_keys(schema["not"], value) is None else None


def _if(judge: _Judge, schema: Schema, value: object) -> frozenset[str] | None:
    condition = judge.known_keys(schema["if"], value)
    if condition is None:
        return _NO_KEYS
    then = judge.known_keys(schema["then"], value)
    return None if then is None else condition | then


_OF_PARTS: dict[str, Callable[[_Judge, Schema, object], frozenset[str] | None]] = {
    "$ref": _by_reference,
    "properties": _properties,
    "additionalProperties": _additional,
    "items": _items,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
    "if": _if,
}

WORDS = _SAYS_NOTHING | _JUDGED_ELSEWHERE | _OF_VALUES.keys() | _OF_PARTS.keys()
"""The words of JSON Schema that are known here."""
