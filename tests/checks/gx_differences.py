"""For each difference on purpose, a case that shows it: what we say, and what they do."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import polars as pl

Said = Literal["raises"] | bool
VALUES = "expect_column_values_to_"
QUANTILES = "expect_column_quantile_values_to_be_between"
DIVERGENCE = "expect_column_kl_divergence_to_be_less_than"


def frame() -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame(
        {
            "a": [1, 2, 3],
            "n": [1, None, 3],
            "s": ["a", "b", "c"],
            "f": [math.inf, math.inf, 1.0],
            "q": [100.005, 100.005, 100.005],
            "e": [0.0, 0.0, 1e-170],
            "d": ["1 May 2020", "Feb 30 2020", "29 Feb"],
            "j": ["{}", "{", "[]"],
        },
        schema_overrides={"n": pl.Int64},
    )


def _range(column: str, share: float, low: Any, high: Any, **more: Any) -> dict[str, Any]:
    ranges = {"quantiles": [share], "value_ranges": [[low, high]]}
    return {"column": column, "quantile_ranges": ranges, **more}


HALVES = {"values": [1, 2], "weights": [0.5, 0.5]}

CASES: dict[str, tuple[str, dict[str, Any], Said]] = {
    "the first place": ("expect_column_to_exist", {"column": "s", "column_index": 0}, True),
    "names in another case": (f"{VALUES}not_be_null", {"column": "A"}, True),
    "just outside a range": (QUANTILES, _range("q", 0.5, 0, 100), True),
    "infinite quantiles": (
        QUANTILES,
        _range("f", 0.25, 0, None, allow_relative_error="linear"),
        False,
    ),
    "equal infinities": (f"{VALUES}be_decreasing", {"column": "f", "strictly": True}, True),
    "order of texts": (f"{VALUES}be_increasing", {"column": "s"}, "raises"),
    "no deviation": (f"{VALUES}not_be_outliers", {"column": "e", "method": "std"}, False),
    "infinite distances": (
        "expect_column_value_z_scores_to_be_less_than",
        {"column": "f", "threshold": 3, "double_sided": True},
        True,
    ),
    "null in a set": (
        "expect_column_distinct_values_to_contain_set",
        {"column": "a", "value_set": [1, None]},
        False,
    ),
    "not JSON": (
        f"{VALUES}match_json_schema",
        {"column": "j", "json_schema": {"type": "object"}},
        "raises",
    ),
    "dates without a year": (f"{VALUES}be_dateutil_parseable", {"column": "d"}, False),
    "other types than text": (f"{VALUES}be_json_parseable", {"column": "a"}, False),
    "text of numbers": (f"{VALUES}match_regex", {"column": "q", "regex": "100"}, True),
    "values of different kinds": (
        "expect_column_pair_values_to_be_equal",
        {"column_A": "a", "column_B": "s"},
        False,
    ),
    "conditions of another kind": (
        f"{VALUES}not_be_null",
        {"column": "a", "row_condition": "a == '1'", "condition_parser": "pandas"},
        True,
    ),
    "names of types": ("expect_column_type_to_be", {"column": "n", "type_": "int64"}, False),
    "nothing expected": (
        DIVERGENCE,
        {"column": "a", "partition_object": None, "threshold": 0.1},
        True,
    ),
    "no threshold": (
        DIVERGENCE,
        {"column": "a", "partition_object": HALVES, "threshold": None},
        True,
    ),
}
