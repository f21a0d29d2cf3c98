"""Rules about what a text looks like.

Patterns are searched for by the engine. What only Python can say of a text, such as whether it
follows one of `strptime`'s formats, is asked once for each different text: see `readable`.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from headgate.checks.patterns import in_engine_words
from headgate.checks.sql import Sql, joined, written
from headgate.checks.typed import a_kind, operand
from headgate.engines.types import quoted
from headgate.errors import DeclarationError, MissingExtraError
from headgate.schema.schema import Column
from headgate.schema.types import LogicalType


class Of(StrEnum):
    """How many of several patterns a text must match."""

    ANY = "any"
    ALL = "all"


class MatchesSome(Struct, frozen=True):
    """The text contains a match of one, or of each, of several regular expressions."""

    column: str
    patterns: tuple[str, ...]
    of: Of = Of.ANY


class MatchesNone(Struct, frozen=True):
    """The text contains a match of none of several regular expressions."""

    column: str
    patterns: tuple[str, ...]


class Like(Struct, frozen=True):
    """The whole text is like one, or each, of several patterns of SQL; case counts.

    `%` stands for any text and `_` for one character; after `escape` they stand for themselves.
    """

    column: str
    patterns: tuple[str, ...]
    of: Of = Of.ANY
    escape: str | None = None


class NotLike(Struct, frozen=True):
    """The whole text is like none of several patterns of SQL."""

    column: str
    patterns: tuple[str, ...]
    escape: str | None = None


class Strptime(Struct, frozen=True):
    """The text is a time in this format of Python's `strptime`."""

    column: str
    format: str


class DateText(Struct, frozen=True):
    """The text is a date in one of the many ways that dateutil understands."""

    column: str


class JsonText(Struct, frozen=True):
    """The text is JSON, as Python reads it: NaN and Infinity are numbers."""

    column: str


class StrictJson(Struct, frozen=True):
    """The text is JSON as RFC 8259 has it, in which NaN and Infinity are no numbers."""

    column: str


class JsonSchema(Struct, frozen=True):
    """The text is JSON that a JSON Schema, here as JSON itself, accepts."""

    column: str
    schema: str


PatternRule = MatchesSome | MatchesNone | Like | NotLike
ReadRule = Strptime | DateText | JsonText | StrictJson | JsonSchema

# ------------------------------------------------------------------ patterns, in SQL


def text_of(column: Column) -> str:
    """The column in SQL as text, where its text is the same for everyone.

    Raises DeclarationError where it is not, as for floating point numbers.
    """
    match column.type:
        case LogicalType.STRING:
            return operand(column)
        case LogicalType.INTEGER | LogicalType.DATE:
            return f"CAST({quoted(column.name)} AS VARCHAR)"
        case _:
            raise DeclarationError(
                f"{column.name} is {a_kind(column)}, and only text can be matched or measured",
                hint=f"declare the type of {column.name} as string",
            )


def searched(column: Column, pattern: str) -> Sql:
    """The rows whose text contains a match of a regular expression."""
    text, own = text_of(column), in_engine_words(pattern)
    if not _is_whole(pattern):
        return Sql(f"regexp_matches({text}, ?)", (own,))
    # Of texts that repeat, DuckDB extracts from each different one once, and matches each row. What
    # is extracted tells of a match where none is empty, and one may be only where '' matches.
    return Sql(
        f"CASE WHEN regexp_matches('', ?) THEN regexp_matches({text}, ?) "
        f"ELSE regexp_extract({text}, ?) <> '' END",
        (own, own, own),
    )


def _is_whole(pattern: str) -> bool:
    """Whether it is about a whole text, of which extracting takes hardly longer than matching.

    The border of a word is what an empty match may stand at and the empty text has not.
    """
    return pattern.startswith("^") and pattern.endswith("$") and r"\b" not in pattern


def mismatched(rule: PatternRule, column: Column) -> Sql:
    """The rows whose text does not match as the rule says.

    Raises DeclarationError where the column is no text, or a pattern is none.
    """
    match rule:
        case MatchesSome(_, patterns, of):
            found = _of([searched(column, pattern) for pattern in patterns], of)
            return written("NOT (", found, ")")
        case MatchesNone(_, patterns):
            return _of([searched(column, pattern) for pattern in patterns], Of.ANY)
        case Like(_, patterns, of, escape):
            found = _of([_like(column, pattern, escape) for pattern in patterns], of)
            return written("NOT (", found, ")")
        case NotLike(_, patterns, escape):
            return _of([_like(column, pattern, escape) for pattern in patterns], Of.ANY)


def _of(found: list[Sql], of: Of) -> Sql:
    return joined(" OR " if of is Of.ANY else " AND ", found)


def _like(column: Column, pattern: str, escape: str | None) -> Sql:
    text = text_of(column)
    if escape is None:
        return Sql(f"{text} LIKE ?", (pattern,))
    return Sql(f"{text} LIKE ? ESCAPE ?", (pattern, escape))


# ------------------------------------------------------------------ what only Python can say


def readable(rule: ReadRule, column: Column) -> Callable[[str], bool]:
    """Whether a text keeps the rule.

    Raises DeclarationError where the column is no text, and MissingExtraError where the library
    that knows is not installed.
    """
    if column.type is not LogicalType.STRING:
        raise DeclarationError(
            f"{column.name} is {a_kind(column)}, and only text can be read",
            hint=f"a column of the type {column.type.value} needs no such check",
        )
    match rule:
        case Strptime(_, form):
            return lambda text: _follows(text, form)
        case DateText():
            return _date_reader()
        case JsonText():
            return is_json
        case StrictJson():
            return is_strict_json
        case JsonSchema(_, schema):
            return _schema_reader(schema)


def is_json(text: str) -> bool:
    """Whether Python reads the text as JSON."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def is_strict_json(text: str) -> bool:
    """Whether the text is one value of JSON, however many digits its numbers have."""
    try:
        json.loads(text, parse_int=str, parse_float=str, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return False
    return True


def _no_number(word: str) -> None:
    raise ValueError(word)


def _follows(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)  # noqa: DTZ007 - only whether it can be read is asked
    except ValueError:
        return False
    return True


def _date_reader() -> Callable[[str], bool]:
    try:
        from dateutil import parser
    except ImportError:
        raise _not_installed("python-dateutil") from None
    # what is not said is taken from a leap year, so that the verdict is the same on every day
    unsaid = datetime(2000, 1, 1)  # noqa: DTZ001

    def reads(text: str) -> bool:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a zone that dateutil does not know
                parser.parse(text, default=unsaid)
        except (ValueError, OverflowError):
            return False
        return True

    return reads


def schema_validator(schema: str) -> Any:
    """The validator of a JSON Schema, which never asks the network for another one.

    Raises DeclarationError where it is no JSON Schema.
    """
    try:
        import jsonschema
        import referencing
    except ImportError:
        raise _not_installed("jsonschema") from None
    loaded = json.loads(schema)
    kind = jsonschema.validators.validator_for(loaded)
    try:
        kind.check_schema(loaded)
    except jsonschema.SchemaError as error:
        raise DeclarationError(f"not a JSON Schema: {error.message}") from None
    return kind(loaded, registry=referencing.Registry())


def _schema_reader(schema: str) -> Callable[[str], bool]:
    validator = schema_validator(schema)

    def reads(text: str) -> bool:
        try:
            loaded = json.loads(text)
        except (ValueError, RecursionError):
            return False
        return bool(validator.is_valid(loaded))

    return reads


def _not_installed(package: str) -> MissingExtraError:
    return MissingExtraError(f"{package} is not installed", hint=f"install {package}")
