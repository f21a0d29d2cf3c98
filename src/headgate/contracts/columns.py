"""What a contract says of one column, key by key: as a metric and a bound, or why it is not judged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from headgate.checks.check import Bound, Match, Names, Share
from headgate.checks.formats import Form, Formatted
from headgate.checks.metric import (
    Between,
    ColumnType,
    Failing,
    Length,
    Matches,
    Metric,
    NotNull,
    OneOf,
    Unique,
)
from headgate.checks.multiples import MultipleOf
from headgate.checks.patterns import checked
from headgate.checks.typenames import NAMES
from headgate.contracts.finding import Level
from headgate.contracts.reading import kind_of, options_of, values_of
from headgate.errors import DeclarationError
from headgate.pipelines.problems import Path as Keys

Written = Mapping[str, Any]

TYPES: dict[str, tuple[str, ...]] = {
    "string": ("string",),
    "integer": ("integer",),
    "number": ("number", "integer"),  # a whole number is a number
    "boolean": ("boolean",),
    "date": ("date",),
    "timestamp": ("timestamp",),
    "time": ("time",),
    "object": ("struct",),
    "map": ("map",),
    "array": ("list",),
    "vector": ("list",),
}
"""The names of the types that a column of each logical type may have."""
FORMATS = {
    "email": Form.EMAIL,
    "uuid": Form.UUID,
    "uri": Form.URL,
    "url": Form.URL,
    "ipv4": Form.IPV4,
    "ipv6": Form.IPV6,
    "ip": Form.IP,
    "date": Form.DATE,
    "date-time": Form.DATETIME,
    "datetime": Form.DATETIME,
    "time": Form.TIME,
}
"""The formats of text that are judged."""
WHOLE = re.compile(r"([iu])(8|16|32|64|128)")
NOT_JUDGED = {
    "maxItems": "what is in a list is not looked at",
    "minItems": "what is in a list is not looked at",
    "uniqueItems": "what is in a list is not looked at",
    "maxProperties": "what is in an object is not looked at",
    "minProperties": "what is in an object is not looked at",
    "required": "what is in an object is not looked at",
    "timezone": "a timestamp is judged as the moment that it is",
    "defaultTimezone": "a timestamp is judged as the moment that it is",
    "dimensions": "what is in a vector is not looked at",
    "elementType": "what is in a vector is not looked at",
    "distanceMetric": "it says what a vector is for",
    "embeddingModel": "it says what a vector is for",
    "embeddingModelVersion": "it says what a vector is for",
    "normalized": "what is in a vector is not looked at",
}
"""The options of logical types that are not judged, and why."""
SIZED_TEXT = re.compile(r"(?i:n?(?:var)?char|text|string|character varying)\s*\(\s*(\d+)\s*\)")
"""A text of so many characters at the most."""
STAMPS = ("timestamptz", "timestamp with time zone", "timestamp_s", "timestamp_ms", "timestamp_ns")
"""Timestamps of some precision, or with a time zone: each is judged as the moment that it is."""
ENDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


ALL = Share()
"""Every row keeps it."""
LIST = Names(TYPES["array"], Match.CONTAINS)


class Claim(Struct, frozen=True):
    """One key and what it claims: a metric with a bound, or `aside`, why it is not judged.

    `problem` is why it can be neither.
    """

    key: str
    metric: Metric | None = None
    bound: Bound = ALL
    aside: str = ""
    text: str = ""
    path: Keys = ()
    problem: DeclarationError | None = None
    level: Level = Level.WARNING


def claims(declared: Written, *, local: bool) -> Iterator[Claim]:
    """What a property says of its column. `local` is whether its physical type is one of ours."""
    name, kind = declared["name"], kind_of(declared)
    if kind:
        options = declared.get("logicalTypeOptions") or {}
        binary = kind == "string" and options.get("format") == "binary"
        types = Names((*TYPES[kind], *(("binary",) if binary else ())), Match.CONTAINS)
        yield Claim("logicalType", ColumnType(name), types, path=("logicalType",))
    if physical := declared.get("physicalType"):
        yield _physical(name, physical, local)
        yield from _length(name, physical) if local else ()
    if declared.get("required") or declared.get("primaryKey"):
        key = "required" if declared.get("required") else "primaryKey"
        yield Claim(key, Failing(NotNull(name)), path=(key,))
    if declared.get("unique"):
        yield Claim("unique", Failing(Unique((name,))), path=("unique",))
    if values := values_of(declared):
        yield Claim("enum", Failing(OneOf(name, tuple(values))), path=("enum",))
    yield from _options(name, kind, options_of(declared))
    for key in ("properties", "items", "map"):
        if key in declared:
            text = f"what is inside of {name}"
            yield Claim(key, aside="the inside of a column is not judged", text=text, path=(key,))


def _physical(name: str, physical: str, local: bool) -> Claim:
    path = ("physicalType",)
    word = physical.casefold().split("(", 1)[0].strip()
    text = f"{name} of physical type {physical}"
    if not local:
        aside = "it is a type of the server that the contract names"
        return Claim("physicalType", aside=aside, text=text, path=path)
    if physical.rstrip().endswith("]"):  # a list, whatever is in it: STRUCT(a INTEGER)[]
        return Claim("physicalType", ColumnType(name), LIST, path=path)
    if word in STAMPS:
        names = Names(TYPES["timestamp"], Match.CONTAINS)
        return Claim("physicalType", ColumnType(name), names, path=path)
    if word not in NAMES:
        aside = "the type is none of DuckDB or Parquet"
        return Claim("physicalType", aside=aside, text=text, path=path)
    # FLOAT is a double in pandas and a single in DuckDB, whose REAL it is
    both = (physical, "real") if word == "float" else (physical,)
    names = Names(both, Match.CONTAINS)
    return Claim("physicalType", ColumnType(name), names, path=path)


def _length(name: str, physical: str) -> Iterator[Claim]:
    """What VARCHAR(80) claims of the values, whatever the file says of its texts."""
    if found := SIZED_TEXT.fullmatch(physical.strip()):
        metric = Failing(Length(name, None, int(found[1])))
        yield Claim("physicalType", metric, path=("physicalType",))


def _options(name: str, kind: str | None, options: Written) -> Iterator[Claim]:
    if any(key in options for key in ENDS):
        yield from _ends(name, options)
    if "minLength" in options or "maxLength" in options:
        metric = Failing(Length(name, options.get("minLength"), options.get("maxLength")))
        key = "minLength" if "minLength" in options else "maxLength"
        yield Claim(key, metric, path=("logicalTypeOptions", key))
    if "pattern" in options:
        yield _pattern(name, options["pattern"])
    if "multipleOf" in options:
        metric = Failing(MultipleOf(name, options["multipleOf"]))
        yield Claim("multipleOf", metric, path=("logicalTypeOptions", "multipleOf"))
    if "format" in options:
        yield _format(name, kind, options["format"])
    for key in options:
        if key in NOT_JUDGED:
            text = f"{key} of {name}"
            yield Claim(key, aside=NOT_JUDGED[key], text=text, path=("logicalTypeOptions", key))


def _ends(name: str, options: Written) -> Iterator[Claim]:
    for low, high, strict in (
        ("minimum", "maximum", False),
        ("exclusiveMinimum", "exclusiveMaximum", True),
    ):
        if low in options or high in options:
            rule = Between(name, options.get(low), options.get(high), strict, strict)
            key = low if low in options else high
            yield Claim(key, Failing(rule), path=("logicalTypeOptions", key))


def _pattern(name: str, pattern: str) -> Claim:
    path = ("logicalTypeOptions", "pattern")
    try:
        return Claim("pattern", Failing(Matches(name, checked(pattern))), path=path)
    except DeclarationError as error:
        level = Level.ERROR if "is not a regular expression" in error.what else Level.WARNING
        return Claim("pattern", path=path, problem=error, level=level)


def whole_ends(form: object) -> tuple[int, int] | None:
    """The least and the greatest whole number of a format such as `i32`; None for other words."""
    found = WHOLE.fullmatch(form) if isinstance(form, str) else None
    if found is None:
        return None
    signed, bits = found[1] == "i", int(found[2])
    return -(2 ** (bits - 1)) if signed else 0, 2 ** (bits - signed) - 1


def _format(name: str, kind: str | None, form: str) -> Claim:
    path = ("logicalTypeOptions", "format")
    if kind == "integer" and (ends := whole_ends(form)):
        return Claim("format", Failing(Between(name, *ends)), path=path)
    if kind == "string" and form.casefold() in FORMATS:
        return Claim("format", Failing(Formatted(name, FORMATS[form.casefold()])), path=path)
    why = {
        "string": "the format of text is none that is known here",
        "number": "how wide a number is stored is for physicalType",
    }.get(kind or "", "a date or time is judged as what it is, not as it was written")
    return Claim("format", aside=why, text=f"{name} in format {form}", path=path)
