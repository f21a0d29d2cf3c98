"""What each expectation is in the standard's words, where the standard has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from headgate.contracts.formats.type_options import is_count, is_number

Told = Mapping[str, Any]


class Said(Struct, frozen=True):
    """Keys of a column, and what a person has to decide about it."""

    keys: dict[str, Any] = {}
    remark: str = ""


Word = Callable[[Told, Told], Said | None]
"""An expectation's keywords, and what is known of its column, to what is said; None for nothing."""
Rule = Callable[[Told], dict[str, Any] | None]
"""An expectation's keywords as a rule of the standard's library; None where it has none."""

_TYPES = {
    "integer": "int int8 int16 int32 int64 uint8 uint16 uint32 uint64 integer bigint smallint",
    "number": "float float32 float64 double decimal real numeric",
    "string": "str string text varchar stringtype utf8",
    "boolean": "bool boolean booleantype bool_",
    "date": "date datetype",
    "timestamp": "datetime64 datetime64[ns] datetime timestamp timestamptype",
}
TYPES = {word: kind for kind, words in _TYPES.items() for word in words.split()}
"""What the names of types in suites mean. `object` may be anything, and is not among them."""


def _plain(told: Told, *known: str) -> bool:
    return set(told) <= {"column", *known}


def _exists(told: Told, _column: Told) -> Said | None:
    return Said() if _plain(told) else None


def _not_null(told: Told, _column: Told) -> Said | None:
    return Said({"required": True}) if _plain(told) else None


def _unique(told: Told, _column: Told) -> Said | None:
    return Said({"unique": True}) if _plain(told) else None


def _in_set(told: Told, _column: Told) -> Said | None:
    values = _values(told)
    if not _plain(told, "value_set") or not values:
        return None
    return Said({"enum": [{"value": one} for one in values]})


def _values(told: Told) -> list[Any]:
    """The values of a set, each once; empty where some are no plain ones."""
    listed = told.get("value_set")
    if not isinstance(listed, list) or any(isinstance(one, list | Mapping) for one in listed):
        return []
    found: list[Any] = []
    for one in listed:
        if one is not None and not any(one == other for other in found):
            found.append(one)
    return found


def _of_type(told: Told, _column: Told) -> Said | None:
    kind = TYPES.get(str(told.get("type_")).lower())
    return Said({"logicalType": kind}) if kind and _plain(told, "type_") else None


def _in_types(told: Told, _column: Told) -> Said | None:
    listed = told.get("type_list")
    kinds = {TYPES.get(str(one).lower()) for one in listed} if isinstance(listed, list) else set()
    kind = kinds.pop() if len(kinds) == 1 else None
    return Said({"logicalType": kind}) if kind and _plain(told, "type_list") else None


def _between(told: Told, column: Told) -> Said | None:
    if not _plain(told, "min_value", "max_value", "strict_min", "strict_max"):
        return None
    ends = [told.get("min_value"), told.get("max_value")]
    there = [one for one in ends if one is not None]
    if not there or not all(is_number(one) for one in there):
        return None
    kind = column.get("logicalType", "number")
    if kind not in {"integer", "number"}:
        return None
    low, high = ends
    options = {
        "exclusiveMinimum" if told.get("strict_min") else "minimum": low,
        "exclusiveMaximum" if told.get("strict_max") else "maximum": high,
    }
    kept = {key: one for key, one in options.items() if one is not None}
    guessed = "" if "logicalType" in column else "its bounds are numbers; is it an integer?"
    return Said({"logicalType": kind, "logicalTypeOptions": kept}, remark=guessed)


def _lengths(told: Told, _column: Told) -> Said | None:
    if not _plain(told, "min_value", "max_value", "value"):
        return None
    low, high = (told.get(key, told.get("value")) for key in ("min_value", "max_value"))
    if not all(one is None or is_count(one) for one in (low, high)):
        return None
    kept = {key: one for key, one in (("minLength", low), ("maxLength", high)) if one is not None}
    return Said({"logicalType": "string", "logicalTypeOptions": kept}) if kept else None


def _regex(told: Told, _column: Told) -> Said | None:
    pattern = told.get("regex")
    if not _plain(told, "regex") or not isinstance(pattern, str):
        return None
    return Said({"logicalType": "string", "logicalTypeOptions": {"pattern": pattern}})


WORDS: Mapping[str, Word] = {
    "expect_column_to_exist": _exists,
    "expect_column_values_to_not_be_null": _not_null,
    "expect_column_values_to_be_unique": _unique,
    "expect_column_values_to_be_in_set": _in_set,
    "expect_column_values_to_be_of_type": _of_type,
    "expect_column_values_to_be_in_type_list": _in_types,
    "expect_column_values_to_be_between": _between,
    "expect_column_value_lengths_to_be_between": _lengths,
    "expect_column_value_lengths_to_equal": _lengths,
    "expect_column_values_to_match_regex": _regex,
}
"""The expectations that keys of a column say."""

NUMERIC = frozenset(
    f"expect_column_{what}_to_be_between"
    for what in ("values", "min", "max", "mean", "median", "stdev", "sum")
)
"""The expectations that compare values: with numbers, if their ends are such."""


# ------------------------------------------------------------------ rules of the library


def _nulls(told: Told) -> dict[str, Any] | None:
    mostly = told.get("mostly", 1)
    if not _plain(told, "mostly") or not is_number(mostly) or not 0 <= mostly <= 1:
        return None
    if mostly == 1:
        return {"metric": "nullValues", "mustBe": 0}
    share = round(100 * (1 - mostly), 9)
    return {"metric": "nullValues", "mustBeLessOrEqualTo": share, "unit": "percent"}


def _duplicates(told: Told) -> dict[str, Any] | None:
    return {"metric": "duplicateValues", "mustBe": 0} if _plain(told) else None


def _invalid(told: Told) -> dict[str, Any] | None:
    values = _values(told)
    if not values or not _plain(told, "value_set"):
        return None
    return {"metric": "invalidValues", "mustBe": 0, "arguments": {"validValues": values}}


def _unmatched(told: Told) -> dict[str, Any] | None:
    pattern = told.get("regex")
    if not _plain(told, "regex") or not isinstance(pattern, str):
        return None
    return {"metric": "invalidValues", "mustBe": 0, "arguments": {"pattern": pattern}}


def _compound(told: Told) -> dict[str, Any] | None:
    names = told.get("column_list")
    if set(told) != {"column_list"} or not isinstance(names, list) or not names:
        return None
    if not all(isinstance(one, str) and one for one in names):
        return None
    return {"metric": "duplicateValues", "mustBe": 0, "arguments": {"properties": names}}


def _rows(told: Told) -> dict[str, Any] | None:
    if set(told) == {"value"} and is_number(told["value"]):
        return {"metric": "rowCount", "mustBe": told["value"]}
    low, high = told.get("min_value"), told.get("max_value")
    ends = [one for one in (low, high) if one is not None]
    if set(told) - {"min_value", "max_value"} or not ends or not all(map(is_number, ends)):
        return None
    if low is not None and high is not None:
        return {"metric": "rowCount", **_span(low, high)}
    if low is not None:
        return {"metric": "rowCount", "mustBeGreaterOrEqualTo": low}
    return {"metric": "rowCount", "mustBeLessOrEqualTo": high}


def _span(low: Any, high: Any) -> dict[str, Any]:
    # the standard wants two different numbers
    return {"mustBe": low} if low == high else {"mustBeBetween": [low, high]}


LIBRARY: Mapping[str, Rule] = {
    "expect_column_values_to_not_be_null": _nulls,
    "expect_column_values_to_be_unique": _duplicates,
    "expect_column_values_to_be_in_set": _invalid,
    "expect_column_values_to_match_regex": _unmatched,
    "expect_compound_columns_to_be_unique": _compound,
    "expect_table_row_count_to_be_between": _rows,
    "expect_table_row_count_to_equal": _rows,
}
"""The expectations that a metric of the standard measures."""
