"""Expectations about each row: one value, several values, or a value among those of its column."""

from __future__ import annotations

import json
from collections.abc import Callable

from headgate.checks.check import Bound
from headgate.checks.keywords import Keywords, is_scalar
from headgate.checks.metric import (
    Between,
    Failing,
    Ignore,
    Length,
    Matches,
    NoneOf,
    NotMatches,
    NotNull,
    Null,
    OneOf,
    Plain,
    Rule,
    Unique,
)
from headgate.checks.pairs import Alike, Different, Equal, Greater, PairOneOf, SumOf
from headgate.checks.patterns import checked
from headgate.checks.relative import NotOutlier, Ordered, Spread, ZScore
from headgate.checks.texts import (
    DateText,
    JsonSchema,
    JsonText,
    Like,
    MatchesNone,
    MatchesSome,
    NotLike,
    Of,
    Strptime,
    schema_validator,
)
from headgate.errors import DeclarationError
from headgate.schema.statistics import Scalar

Judged = tuple[Plain, Bound]

PAIRS = {
    "both_values_are_missing": Ignore.ALL_MISSING,
    "either_value_is_missing": Ignore.ANY_MISSING,
    "neither": Ignore.NEVER,
}


def mostly(read: Callable[[Keywords], Rule]) -> Callable[[Keywords], Judged]:
    """A reader of a rule that a share of the rows must keep."""

    def judged(given: Keywords) -> Judged:
        return Failing(read(given)), given.mostly()

    return judged


# ------------------------------------------------------------------ one value


def not_null(given: Keywords) -> Rule:
    return NotNull(given.text("column"))


def null(given: Keywords) -> Rule:
    return Null(given.text("column"))


def between(given: Keywords) -> Rule:
    return given.ended(Between(given.text("column"), *given.ends()))


def in_set(given: Keywords) -> Rule:
    return OneOf(given.text("column"), given.values("value_set"))


def not_in_set(given: Keywords) -> Rule:
    return NoneOf(given.text("column"), given.values("value_set"))


def unique(given: Keywords) -> Rule:
    return Unique((given.text("column"),))


def length(given: Keywords) -> Rule:
    return given.ended(Length(given.text("column"), *given.number_ends()))


def length_equal(given: Keywords) -> Rule:
    size = given.whole("value")
    return Length(given.text("column"), size, size)


# ------------------------------------------------------------------ texts


def matches(given: Keywords) -> Rule:
    return Matches(given.text("column"), _pattern(given, given.text("regex")))


def not_matches(given: Keywords) -> Rule:
    return NotMatches(given.text("column"), _pattern(given, given.text("regex")))


def matches_some(given: Keywords) -> Rule:
    return MatchesSome(given.text("column"), _patterns(given), _of(given))


def matches_none(given: Keywords) -> Rule:
    return MatchesNone(given.text("column"), _patterns(given))


def like(given: Keywords) -> Rule:
    return Like(given.text("column"), _likes(given, "like_pattern"), escape=_escape(given))


def like_some(given: Keywords) -> Rule:
    patterns = _likes(given, "like_pattern_list")
    return Like(given.text("column"), patterns, _of(given), _escape(given))


def not_like(given: Keywords) -> Rule:
    return NotLike(given.text("column"), _likes(given, "like_pattern"), _escape(given))


def like_none(given: Keywords) -> Rule:
    return NotLike(given.text("column"), _likes(given, "like_pattern_list"), _escape(given))


def strptime(given: Keywords) -> Rule:
    return Strptime(given.text("column"), given.text("strftime_format"))


def date_text(given: Keywords) -> Rule:
    return DateText(given.text("column"))


def json_text(given: Keywords) -> Rule:
    return JsonText(given.text("column"))


def json_schema(given: Keywords) -> Rule:
    schema = json.dumps(given.members("json_schema"), sort_keys=True)
    try:
        schema_validator(schema)
    except DeclarationError as error:
        raise DeclarationError(
            f"{given.kind}: json_schema: {error.what}", given.where, error.hint
        ) from None
    return JsonSchema(given.text("column"), schema)


def _patterns(given: Keywords) -> tuple[str, ...]:
    return tuple(_pattern(given, one) for one in given.texts("regex_list"))


def _pattern(given: Keywords, pattern: str) -> str:
    try:
        return checked(pattern)
    except DeclarationError as error:
        raise DeclarationError(f"{given.kind}: {error.what}", given.where, error.hint) from None


def _likes(given: Keywords, name: str) -> tuple[str, ...]:
    patterns = given.texts(name) if name.endswith("_list") else (given.text(name, empty=True),)
    if escape := _escape(given):
        for pattern in patterns:
            rest = pattern.replace(escape * 2, "")
            marks = (rest[at + 1 : at + 2] for at, mark in enumerate(rest) if mark == escape)
            if any(mark not in {"%", "_"} for mark in marks):
                raise given.wrong(name, f"a pattern that escapes %, _ or {escape} with {escape}")
    return patterns


def _escape(given: Keywords) -> str | None:
    value = given.get("escape")
    if value is not None and (not isinstance(value, str) or len(value) != 1):
        raise given.wrong("escape", "one character")
    return value


def _of(given: Keywords) -> Of:
    return Of(given.one_of("match_on", [one.value for one in Of], Of.ANY))


# ------------------------------------------------------------------ several values


def compound_unique(given: Keywords) -> Rule:
    return Unique(given.names("column_list"), _ignore(given))


def equal(given: Keywords) -> Rule:
    return Equal(_two(given), _ignore_pair(given))


def greater(given: Keywords) -> Rule:
    return Greater(_two(given), given.flag("or_equal", default=False), _ignore_pair(given))


def pair_in_set(given: Keywords) -> Rule:
    name = "value_pairs_set"
    value = given.get(name)
    if not isinstance(value, list) or not value:
        raise given.wrong(name, "a list of pairs")
    pairs: list[tuple[Scalar | None, Scalar | None]] = []
    for pair in value:
        if not isinstance(pair, list) or len(pair) != 2 or not all(map(_is_cell, pair)):
            raise given.wrong(name, "a list of pairs of plain values")
        pairs.append((pair[0], pair[1]))
    return PairOneOf(_two(given), tuple(dict.fromkeys(pairs)), _ignore_pair(given))


def sum_equal(given: Keywords) -> Rule:
    return SumOf(_two_or_more(given), given.number("sum_total"), _ignore(given))


def alike(given: Keywords) -> Rule:
    return Alike(_two_or_more(given), _ignore(given))


def different(given: Keywords) -> Rule:
    return Different(_two_or_more(given), _ignore(given))


def _two_or_more(given: Keywords) -> tuple[str, ...]:
    names = given.names("column_list")
    if len(names) < 2:
        raise given.wrong("column_list", "a list of at least two names")
    return names


def _two(given: Keywords) -> tuple[str, str]:
    return given.text("column_A"), given.text("column_B")


def _is_cell(value: object) -> bool:
    return value is None or is_scalar(value)


def _ignore(given: Keywords) -> Ignore:
    words = [one.value for one in Ignore]
    return Ignore(given.one_of("ignore_row_if", words, Ignore.ALL_MISSING))


def _ignore_pair(given: Keywords) -> Ignore:
    return PAIRS[given.one_of("ignore_row_if", list(PAIRS), "both_values_are_missing")]


# ------------------------------------------------------------------ among the others


def z_score(given: Keywords) -> Rule:
    sided = given.flag("double_sided", default=True)
    return ZScore(given.text("column"), given.number("threshold"), sided)


def not_outlier(given: Keywords) -> Rule:
    multiplier = given.number("multiplier", 1.5)
    if multiplier < 0:
        raise given.wrong("multiplier", "not negative")
    spread = given.one_of("method", [one.value for one in Spread], Spread.IQR)
    return NotOutlier(given.text("column"), Spread(spread), multiplier)


def increasing(given: Keywords) -> Rule:
    strictly = given.flag("strictly", default=False)
    return Ordered(given.text("column"), descending=False, strictly=strictly)


def decreasing(given: Keywords) -> Rule:
    strictly = given.flag("strictly", default=False)
    return Ordered(given.text("column"), descending=True, strictly=strictly)
