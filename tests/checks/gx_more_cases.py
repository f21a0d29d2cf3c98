# ruff: noqa: DTZ001 - the timestamps of the data have no time zone
"""Data and expectations for texts, several columns, distributions and conditions on rows."""

from __future__ import annotations

import math
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.checks.gx_cases import Expectation

if TYPE_CHECKING:
    import polars as pl

COLUMNS = ["a", "b", "c", "x", "y", "k", "s", "d", "j", "w", "t", "o", "e", "v"]


def frames() -> dict[str, pl.DataFrame]:
    """Clean, dirty, edge and empty tables with the same columns."""
    clean = _frame(
        a=[1, 2, 3, 4, 5, 6, 7, 8],
        b=[1, 2, 3, 4, 5, 6, 7, 8],
        c=[10, 20, 30, 40, 50, 60, 70, 80],
        x=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0],
        y=[0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5],
        k=["p", "p", "q", "p", "q", "p", "p", "q"],
        s=["a1", "a2", "b1", "b2", "a1", "ab", "ba", "a_1"],
        d=["2020-01-01", "2020-02-29", "1999-12-31", "2021-05-05"] * 2,
        j=['{"n": 1}', '{"n": 2}', '{"n": 3, "m": null}', '{"n": 0}'] * 2,
        w=["alpha", "beta", "gamma", "delta", "alpha", "beta", "gamma", "delta"],
        t=[datetime(2020, 1, day) for day in range(1, 9)],
        o=["2020-01-01", "2020-01-02", "2020-01-03", "2020-01-04"] * 2,
        e=[Decimal("0.10"), Decimal("0.20"), Decimal("0.30"), Decimal("0.40")] * 2,
        v=['{"n": 1}', '{"n": 2.5, "m": null}'] * 4,
    )
    dirty = _frame(
        a=[1, 2, None, 4, 5, None, 7, 8],
        b=[1, 3, None, None, 5, 6, 7, 8],
        c=[5, 4, 4, None, 3, 9, 9, 100],
        x=[1.0, 2.5, 3.0, None, 4.0, math.nan, 3.5, 1000.0],
        y=[1.0, 2.5, None, None, 9.0, 1.0, math.nan, 7.5],
        k=["p", "q", None, "r", "p", "q", "", "P"],
        s=["a1", "A1", None, "", "xx", "a%1", "a_1", "zza1zz"],
        d=["2020-01-01", "2020-13-01", "", None, "Jan 5 2021", "tomorrow", "2021-2-3", "12"],
        j=['{"n": 1}', "{", "[1, 2]", None, "", '"n"', '{"n": "x"}', "NaN"],
        w=["alpha", None, "Alpha", "epsilon", "", "beta", "zeta", "beta"],
        t=[datetime(2020, 1, 3), None, datetime(2020, 1, 1)] + [datetime(2020, 1, 2)] * 5,
        o=["2020-01-04", None, "2020-01-03", "2020-01-03"] + ["2019-12-31"] * 4,
        e=[Decimal("0.10"), None, Decimal("9.99"), Decimal("-1.00")] * 2,
        v=['{"n": 1}', "{}", None, "[1]", '{"n": "1"}', "3", '{"n": null}', '{"n": -0}'],
    )
    edge = _frame(
        a=[0, -1, 2**40 + 1, None, 1, 1, 1, 2**50],
        b=[0, 1, 2**40, None, None, 1, 1, -(2**50)],
        c=[None, None, None, None, None, None, None, 3],
        x=[math.inf, -math.inf, -0.0, 0.0, None, math.nan, 1e308, 1e-100],
        y=[math.inf, 1.0, 0.0, -0.0, None, math.nan, 1e308, 0.0],
        k=["é", "é", "日本", "日本", None, "", " ", "e"],
        s=["é", "日本", "a\nb", "🤦🏼", "", None, "%", "_"],
        d=[
            "\uff11\uff12",
            "2020-02-30",
            "0001-01-01",
            "9999-12-31",
            "10000-01-01",
            None,
            " ",
            "now",
        ],
        j=["1", "null", "true", '{"a": {"b": []}}', " {} ", "Infinity", "{'a': 1}", None],
        w=["é", "É", None, "ß", "ss", "", " ", "日"],
        t=[datetime(1970, 1, 1), datetime(1969, 12, 31), None, None, None, None, None, None],
        o=[None, None, None, None, None, None, None, "1970-01-01"],
        e=[Decimal("0.00"), Decimal("0.01"), None, None, None, None, None, None],
        v=["null", "true", "NaN", " {} ", '{"n": 1e400}', '{"n": {}}', None, '{"N": 1}'],
    )
    return {"clean": clean, "dirty": dirty, "edge": edge, "empty": clean.head(0)}


def _frame(**columns: list[Any]) -> pl.DataFrame:
    import polars as pl

    kinds: dict[str, Any] = {
        **dict.fromkeys("abc", pl.Int64),
        **dict.fromkeys("xy", pl.Float64),
        **dict.fromkeys("ksdjwov", pl.String),
        "t": pl.Datetime("us"),
        "e": pl.Decimal(9, 2),
    }
    return pl.DataFrame(columns, schema={name: kinds[name] for name in COLUMNS})


def row(kind: str, column: str, **keywords: Any) -> Expectation:
    return f"expect_column_values_to_{kind}", {"column": column, **keywords}


def _pair(kind: str, first: str, second: str, **keywords: Any) -> Expectation:
    names = {"column_A": first, "column_B": second}
    return f"expect_column_pair_values_{kind}", {**names, **keywords}


def _several(kind: str, columns: str, **keywords: Any) -> Expectation:
    return f"expect_{kind}", {"column_list": list(columns), **keywords}


def _where(expectation: Expectation, condition: Any, parser: str | None = None) -> Expectation:
    kind, keywords = expectation
    parsed = {"condition_parser": parser} if parser else {}
    return kind, {**keywords, "row_condition": condition, **parsed}


def _compare(column: str, operator: str, value: Any) -> dict[str, Any]:
    named = {"name": column}
    return {"type": "comparison", "column": named, "operator": operator, "parameter": value}


def _null(column: str, is_null: bool) -> dict[str, Any]:
    return {"type": "nullity", "column": {"name": column}, "is_null": is_null}


PAIR_IGNORES: list[dict[str, Any]] = [
    {},
    {"ignore_row_if": "either_value_is_missing"},
    {"ignore_row_if": "neither"},
    {"mostly": 0.5},
]
IGNORES: list[dict[str, Any]] = [
    {},
    {"ignore_row_if": "any_value_is_missing"},
    {"ignore_row_if": "never"},
    {"mostly": 0.5},
]
SCHEMA = {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]}

TABLES: list[Expectation] = [
    ("expect_table_column_count_to_equal", {"value": 14}),
    ("expect_table_column_count_to_equal", {"value": 13}),
    ("expect_table_column_count_to_be_between", {"min_value": 14, "max_value": 20}),
    ("expect_table_column_count_to_be_between", {"max_value": 13}),
    ("expect_column_to_exist", {"column": "b", "column_index": 1}),
    ("expect_column_to_exist", {"column": "b", "column_index": 2}),
    ("expect_column_to_exist", {"column": "b", "column_index": 99}),
    ("expect_column_type_to_be", {"column": "k", "type_": "str"}),
    ("expect_column_type_to_be", {"column": "x", "type_": "float64"}),
    ("expect_column_type_to_be", {"column": "x", "type_": "int64"}),
]

TEXTS: list[Expectation] = [
    *[
        row(kind, column, regex_list=patterns, **more)
        for kind, mores in (
            ("match_regex_list", ({}, {"match_on": "any"}, {"match_on": "all"}, {"mostly": 0.5})),
            ("not_match_regex_list", ({}, {"mostly": 0.5})),
        )
        for more in mores
        for column, patterns in (("s", ["^a", "1$"]), ("w", ["a$", "(?i)^É"]), ("k", ["^.$"]))
    ],
    *[
        row("match_strftime_format", column, strftime_format=form, **more)
        for column in "do"
        for form in ("%Y-%m-%d", "%d", "%b %d %Y")
        for more in ({}, {"mostly": 0.3})
    ],
    *[
        row(kind, column, **more)
        for kind in ("be_dateutil_parseable", "be_json_parseable")
        for column in "dowjs"
        for more in ({}, {"mostly": 0.2})
    ],
    row("match_json_schema", "v", json_schema=SCHEMA),
    row("match_json_schema", "v", json_schema={"type": "object"}, mostly=0.5),
    row("match_json_schema", "v", json_schema={"anyOf": [SCHEMA, {"type": "array"}]}),
]

RELATIVE: list[Expectation] = [
    *[
        (
            "expect_column_value_z_scores_to_be_less_than",
            {"column": column, "threshold": threshold, "double_sided": sided},
        )
        for column in "abcxy"
        for threshold in (0.5, 1, 2)
        for sided in (True, False)
    ],
    *[
        row("not_be_outliers", column, method=method, multiplier=multiplier)
        for column in "abcxy"
        for method in ("iqr", "std")
        for multiplier in (0, 1, 1.5)
    ],
    row("not_be_outliers", "x"),
    *[
        row(kind, column, **more)
        for kind in ("be_increasing", "be_decreasing")
        for column in "abcxyt"
        for more in ({}, {"strictly": True}, {"mostly": 0.5})
    ],
]

SEVERAL: list[Expectation] = [
    *[
        _pair(kind, first, second, **more, **ignoring)
        for kind, more in (
            ("to_be_equal", {}),
            ("a_to_be_greater_than_b", {}),
            ("a_to_be_greater_than_b", {"or_equal": True}),
        )
        for first, second in (("a", "b"), ("x", "y"), ("a", "x"), ("t", "t"))
        for ignoring in PAIR_IGNORES
    ],
    _pair("to_be_equal", "s", "w"),
    _pair("to_be_equal", "k", "k"),
    *[
        _pair("to_be_in_set", first, second, value_pairs_set=pairs, **ignoring)
        for first, second, pairs in (
            ("a", "b", [[1, 1], [2, 2], [5, 5], [None, 6]]),
            ("a", "k", [[1, "p"], [2, "q"], [8, None]]),
            ("x", "y", [[1, 1], [2.5, 2.5], [None, None]]),
        )
        for ignoring in PAIR_IGNORES
    ],
    *[
        _several("multicolumn_sum_to_equal", columns, sum_total=total, **ignoring)
        for columns, total in (("ab", 2), ("abc", 12), ("xy", 1.5), ("ax", 2))
        for ignoring in IGNORES
    ],
    *[
        _several(kind, columns, **ignoring)
        for kind in (
            "multicolumn_values_to_be_equal",
            "select_column_values_to_be_unique_within_record",
            "multicolumn_values_to_be_unique",
        )
        for columns in ("ab", "abc", "xy", "ax", "kw", "sk")
        for ignoring in IGNORES
    ],
]


def _quantiles(column: str, shares: list[float], ranges: list[Any], **more: Any) -> Expectation:
    spans = {"quantiles": shares, "value_ranges": ranges}
    given = {"column": column, "quantile_ranges": spans, **more}
    return "expect_column_quantile_values_to_be_between", given


def _set(kind: str, column: str, values: list[Any]) -> Expectation:
    return f"expect_column_distinct_values_to_{kind}", {"column": column, "value_set": values}


def _divergence(column: str, expected: dict[str, Any], **more: Any) -> Expectation:
    given = {"column": column, "partition_object": expected, "threshold": 0.2, **more}
    return "expect_column_kl_divergence_to_be_less_than", given


SHARES = [0.0, 0.1, 0.25, 0.5, 0.7, 0.9, 1.0]
PQ = {"values": ["p", "q"], "weights": [0.6, 0.4]}
PQR = {"values": ["p", "q", "r"], "weights": [0.5, 0.25, 0.25]}
BINS = {"bins": [0, 2, 4, 8], "weights": [0.2, 0.3, 0.5]}
GAP = {"bins": [0, 2, 4, 8], "weights": [0.5, 0.0, 0.5]}
TAILS = {"bins": [2, 4, 6], "weights": [0.4, 0.4], "tail_weights": [0.1, 0.1]}

DISTRIBUTIONS: list[Expectation] = [
    *[
        _quantiles(column, SHARES, [[0, 5]] * 7, **more)
        for column, more in (
            *((column, {}) for column in "abcxy"),
            *((column, {"allow_relative_error": "lower"}) for column in "abcxy"),
            *((column, {"allow_relative_error": "higher"}) for column in "abcxy"),
            # beside an infinity, on purpose, not as numpy interpolates
            *((column, {"allow_relative_error": "linear"}) for column in "abc"),
            *((column, {"allow_relative_error": "midpoint"}) for column in "abc"),
        )
    ],
    _quantiles("a", [0.5], [[None, 4]]),
    _quantiles("a", [0.5], [[5, None]]),
    _quantiles("x", [0.1, 0.9], [[1, 2], [7, 8]]),
    *[
        _set(kind, column, values)
        for kind in ("be_in_set", "contain_set", "equal_set")
        for column, values in (
            ("a", [1, 2, 3, 4, 5, 6, 7, 8]),
            ("a", [1, 2, 99]),
            ("x", [1.0, 2.5, 1000]),
            ("k", ["p", "q"]),
            ("k", ["p", "q", "r", "", "P"]),
            ("k", ["z"]),
            ("t", ["2020-01-01", "2020-01-02", "2020-01-03"]),
        )
    ],
    *[
        (
            "expect_column_most_common_value_to_be_in_set",
            {"column": column, "value_set": values, **ties},
        )
        for column, values in (("k", ["p", "é"]), ("a", [1]), ("w", ["beta"]), ("x", [0.0]))
        for ties in ({}, {"ties_okay": True})
    ],
    *[
        (f"expect_column_proportion_of_{what}_values_to_be_between", {"column": column, **span})
        for what in ("unique", "non_null")
        for column in "abcxkt"
        for span in (
            {"min_value": 0.5, "max_value": 1},
            {"max_value": 0.5},
            {"min_value": 1, "strict_min": True},
        )
    ],
    _divergence("k", PQ),
    _divergence("k", PQ, tail_weight_holdout=0.1),
    _divergence("k", PQR),
    _divergence("k", PQR, tail_weight_holdout=0.01),
    _divergence("a", {"values": [1, 2, 3, 4], "weights": [0.25] * 4}, tail_weight_holdout=0.5),
    *[
        _divergence(column, expected, **more)
        for column in "abxy"
        for expected, more in (
            (BINS, {}),
            (BINS, {"tail_weight_holdout": 0.1}),
            (GAP, {"tail_weight_holdout": 0.1, "internal_weight_holdout": 0.05}),
            (TAILS, {}),
            ({"bins": [-math.inf, 2, 4, math.inf], "weights": [0.2, 0.3, 0.5]}, {}),
            (
                {"bins": [-math.inf, 2, 4], "weights": [0.5, 0.5]},
                {"tail_weight_holdout": 0.1},
            ),
            (
                {"bins": [2, 4, math.inf], "weights": [0.5, 0.5]},
                {"tail_weight_holdout": 0.1},
            ),
        )
    ],
]

BOTH = {"type": "and", "conditions": [_compare("a", ">", 1), _null("k", is_null=False)]}
EITHER = {"type": "or", "conditions": [_compare("k", "==", "p"), _compare("x", "<=", 3)]}
JUDGED: list[Expectation] = [
    row("not_be_null", "b"),
    row("be_between", "c", min_value=5, max_value=50, mostly=0.5),
    row("be_unique", "b"),
    row("be_increasing", "c"),
    row("not_be_outliers", "x", method="std", multiplier=1),
    row("match_strftime_format", "d", strftime_format="%Y-%m-%d"),
    _pair("to_be_equal", "a", "b"),
    _several("multicolumn_sum_to_equal", "ab", sum_total=2),
    _several("compound_columns_to_be_unique", "bk"),
    _set("be_in_set", "k", ["p", "q"]),
    _quantiles("x", [0.5], [[0, 5]]),
    _divergence("k", PQ, tail_weight_holdout=0.1),
    ("expect_table_row_count_to_be_between", {"min_value": 1, "max_value": 5}),
    ("expect_table_row_count_to_equal", {"value": 3}),
    ("expect_column_mean_to_be_between", {"column": "x", "min_value": 0, "max_value": 5}),
    ("expect_column_max_to_be_between", {"column": "a", "min_value": 0, "max_value": 5}),
    (
        "expect_column_proportion_of_unique_values_to_be_between",
        {"column": "k", "min_value": 0.5},
    ),
    (
        "expect_column_value_z_scores_to_be_less_than",
        {"column": "x", "threshold": 1, "double_sided": True},
    ),
]
CONDITIONS: list[Expectation] = [
    *[
        _where(one, condition)
        for one in JUDGED
        for condition in (
            _compare("a", ">", 1),
            _compare("k", "==", "p"),
            _compare("k", "!=", "p"),
            _compare("k", "IN", ["p", "q"]),
            _compare("k", "NOT_IN", ["p", "q"]),
            _null("b", is_null=True),
            BOTH,
            EITHER,
        )
    ],
    *[
        _where(JUDGED[place], condition, "pandas")
        for place in (0, 1, 6)
        for condition in (
            "a > 1",
            "`a` > 1 & k == 'p'",
            'k != "p" | x <= 3',
            "not (x > 2)",
            "1 < a <= 7",
            "k in ['p', 'q'] and a.notnull()",
            "k not in ('p',)",
            "-1 == a or b == 5",
        )
    ],
]

PANDAS: list[Expectation] = [
    *TABLES,
    *TEXTS,
    *RELATIVE,
    *SEVERAL,
    *DISTRIBUTIONS,
    *CONDITIONS,
]
"""What Great Expectations judges in pandas."""
