"""What each expectation of Great Expectations says in our words: a metric and its bound."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from headgate.checks import gx_columns, gx_rows, gx_tables
from headgate.checks.check import Bound
from headgate.checks.distributions import Side
from headgate.checks.gx_rows import mostly
from headgate.checks.keywords import Keywords
from headgate.checks.metric import Function, Plain

Judged = tuple[Plain, Bound]


class Level(StrEnum):
    """What it costs to judge an expectation that the statistics of a table do not prove."""

    NOTHING = "nothing is read"
    COUNT = "rows are counted, with all others in one read"
    AGGREGATE = "one aggregate, with all others in one read"
    GROUPS = "the different values are gathered, in a read of its own"
    ORDER = "the rows are read in their order"
    PYTHON = "the different texts are read by Python"
    QUERY = "the query runs"


class Expectation(Struct, frozen=True):
    """A type of expectation: what reads it, what it says, and what it costs.

    `example` holds keywords that make a check. `conditional` ones may be about some rows only,
    and `parses` ones may read text as timestamps, as they could in 0.18.
    """

    read: Callable[[Keywords], Judged]
    says: str
    level: Level
    example: Mapping[str, Any]
    conditional: bool = True
    parses: bool = False

    def __call__(self, given: Keywords) -> Judged:
        return self.read(given)


def _table(
    read: Callable[[Keywords], Judged], says: str, level: Level = Level.NOTHING, **example: Any
) -> Expectation:
    return Expectation(read, says, level, example, conditional=False)


def _rows(read: Callable[[Keywords], Judged], says: str, **example: Any) -> Expectation:
    return Expectation(read, says, Level.NOTHING, example)


def _aggregate(function: Function, says: str, level: Level = Level.AGGREGATE) -> Expectation:
    example = {"column": "Sales", "min_value": 0, "max_value": 1}
    parses = function in gx_columns.ORDERED
    return Expectation(gx_columns.aggregate(function), says, level, example, parses=parses)


def _value(
    read: Callable[[Keywords], Any], says: str, level: Level = Level.COUNT, **example: Any
) -> Expectation:
    parses = read in {gx_rows.between, gx_rows.in_set, gx_rows.not_in_set}
    parses |= read in {gx_rows.increasing, gx_rows.decreasing}
    return Expectation(mostly(read), says, level, {"column": "Sales", **example}, parses=parses)


def _pair(read: Callable[[Keywords], Any], says: str, **example: Any) -> Expectation:
    given = {"column_A": "Open", "column_B": "Close", **example}
    parses = read is gx_rows.greater
    return Expectation(mostly(read), says, Level.COUNT, given, parses=parses)


def _several(
    read: Callable[[Keywords], Any], says: str, level: Level = Level.COUNT, **example: Any
) -> Expectation:
    return Expectation(mostly(read), says, level, {"column_list": ["Store", "Date"], **example})


def _set(side: Side, says: str) -> Expectation:
    example = {"column": "Open", "value_set": [0, 1]}
    return Expectation(gx_columns.distinct(side), says, Level.GROUPS, example, parses=True)


TABLES: dict[str, Expectation] = {
    "expect_table_row_count_to_be_between": _rows(
        gx_tables.rows_between,
        "The table has a number of rows between two ends.",
        min_value=1,
        max_value=9,
    ),
    "expect_table_row_count_to_equal": _rows(
        gx_tables.rows_equal, "The table has exactly this many rows.", value=9
    ),
    "expect_table_row_count_to_equal_other_table": _rows(
        gx_tables.rows_equal_other,
        "The table has as many rows as another dataset of the same release.",
        other_table_name="train_clean",
    ),
    "expect_table_columns_to_match_ordered_list": _table(
        gx_tables.columns_ordered,
        "The columns have these names, in this order.",
        column_list=["Store", "Date"],
    ),
    "expect_table_columns_to_match_set": _table(
        gx_tables.columns_set,
        "The columns have these names, in any order; with exact_match false, there may be more.",
        column_set=["Store", "Date"],
    ),
    "expect_table_column_count_to_be_between": _table(
        gx_tables.column_count_between,
        "The table has a number of columns between two ends.",
        min_value=1,
        max_value=9,
    ),
    "expect_table_column_count_to_equal": _table(
        gx_tables.column_count_equal, "The table has exactly this many columns.", value=9
    ),
    "expect_column_to_exist": _table(
        gx_tables.column_exists,
        "There is a column of this name; with column_index, at this place.",
        column="Sales",
    ),
    "expect_column_type_to_be": _table(
        gx_tables.column_type, "The column is of this type.", column="Sales", type_="int64"
    ),
    "expect_column_values_to_be_of_type": _rows(
        gx_tables.of_type, "The column is of this type.", column="Sales", type_="int64"
    ),
    "expect_column_values_to_be_in_type_list": _rows(
        gx_tables.in_type_list,
        "The column is of one of these types.",
        column="Sales",
        type_list=["int64", "int32"],
    ),
    "unexpected_rows_expectation": _table(
        gx_tables.unexpected_rows,
        "A query, in which {batch} is the table, gives no row.",
        Level.QUERY,
        unexpected_rows_query="SELECT * FROM {batch} WHERE Sales < 0",
    ),
    "expect_query_results_to_match_comparison": _table(
        gx_tables.query_results,
        "Two queries, one of them about another dataset, give the same rows in any order.",
        Level.QUERY,
        base_query="SELECT Store FROM {batch}",
        comparison_data_source_name="stores",
        comparison_query="SELECT Store FROM stores",
    ),
}

ROWS: dict[str, Expectation] = {
    "expect_column_values_to_not_be_null": _value(gx_rows.not_null, "The value is there."),
    "expect_column_values_to_be_null": _value(gx_rows.null, "The value is not there."),
    "expect_column_values_to_be_between": _value(
        gx_rows.between, "The value lies between two ends.", min_value=0, max_value=9
    ),
    "expect_column_values_to_be_in_set": _value(
        gx_rows.in_set, "The value is one of these.", value_set=[0, 1]
    ),
    "expect_column_values_to_not_be_in_set": _value(
        gx_rows.not_in_set, "The value is none of these.", value_set=[0, 1]
    ),
    "expect_column_values_to_be_unique": _value(
        gx_rows.unique, "No other row has the same value.", Level.GROUPS
    ),
    "expect_column_value_lengths_to_be_between": _value(
        gx_rows.length, "The text has a number of characters between two ends.", min_value=1
    ),
    "expect_column_value_lengths_to_equal": _value(
        gx_rows.length_equal, "The text has exactly this many characters.", value=1
    ),
    "expect_column_values_to_match_regex": _value(
        gx_rows.matches, "The text contains a match of a regular expression.", regex="^a"
    ),
    "expect_column_values_to_not_match_regex": _value(
        gx_rows.not_matches, "The text contains no match of a regular expression.", regex="^a"
    ),
    "expect_column_values_to_match_regex_list": _value(
        gx_rows.matches_some,
        "The text contains a match of one, or with match_on all of each, of these expressions.",
        regex_list=["^a", "b$"],
    ),
    "expect_column_values_to_not_match_regex_list": _value(
        gx_rows.matches_none,
        "The text contains a match of none of these expressions.",
        regex_list=["^a", "b$"],
    ),
    "expect_column_values_to_match_like_pattern": _value(
        gx_rows.like, "The whole text is like a pattern of SQL; case counts.", like_pattern="a%"
    ),
    "expect_column_values_to_not_match_like_pattern": _value(
        gx_rows.not_like, "The whole text is not like a pattern of SQL.", like_pattern="a%"
    ),
    "expect_column_values_to_match_like_pattern_list": _value(
        gx_rows.like_some,
        "The whole text is like one, or with match_on all like each, of these patterns of SQL.",
        like_pattern_list=["a%", "_b"],
    ),
    "expect_column_values_to_not_match_like_pattern_list": _value(
        gx_rows.like_none,
        "The whole text is like none of these patterns of SQL.",
        like_pattern_list=["a%", "_b"],
    ),
    "expect_column_values_to_match_strftime_format": _value(
        gx_rows.strptime,
        "The text is a time in this format of Python's strptime.",
        Level.PYTHON,
        strftime_format="%Y-%m-%d",
    ),
    "expect_column_values_to_be_dateutil_parseable": _value(
        gx_rows.date_text, "The text is a date in some form that dateutil reads.", Level.PYTHON
    ),
    "expect_column_values_to_be_json_parseable": _value(
        gx_rows.json_text, "The text is JSON.", Level.PYTHON
    ),
    "expect_column_values_to_match_json_schema": _value(
        gx_rows.json_schema,
        "The text is JSON that a JSON Schema accepts.",
        Level.PYTHON,
        json_schema={"type": "object"},
    ),
    "expect_column_value_z_scores_to_be_less_than": _value(
        gx_rows.z_score,
        "The value lies less than this many standard deviations from the mean, or above it.",
        threshold=3,
        double_sided=True,
    ),
    "expect_column_values_to_not_be_outliers": _value(
        gx_rows.not_outlier,
        "The value lies within so many quartile ranges of the quartiles, or deviations of the mean.",
        method="iqr",
        multiplier=1.5,
    ),
    "expect_column_values_to_be_increasing": _value(
        gx_rows.increasing, "No value is less than the one before it.", Level.ORDER
    ),
    "expect_column_values_to_be_decreasing": _value(
        gx_rows.decreasing, "No value is more than the one before it.", Level.ORDER
    ),
    "expect_column_pair_values_to_be_equal": _pair(gx_rows.equal, "Two values are equal."),
    "expect_column_pair_values_a_to_be_greater_than_b": _pair(
        gx_rows.greater, "The first value is greater than the second; with or_equal, or as great."
    ),
    "expect_column_pair_values_to_be_in_set": _pair(
        gx_rows.pair_in_set,
        "Two values together are one of these pairs, where null is a missing value.",
        value_pairs_set=[[0, 1], [1, None]],
    ),
    "expect_compound_columns_to_be_unique": _several(
        gx_rows.compound_unique, "No other row has the same values.", Level.GROUPS
    ),
    "expect_multicolumn_values_to_be_unique": _several(
        gx_rows.compound_unique,
        "No other row has the same values: the older name of the one for compound columns.",
        Level.GROUPS,
    ),
    "expect_multicolumn_sum_to_equal": _several(
        gx_rows.sum_equal, "The values add up to a total.", sum_total=1
    ),
    "expect_multicolumn_values_to_be_equal": _several(
        gx_rows.alike, "All values are equal; missing ones are equal to each other."
    ),
    "expect_select_column_values_to_be_unique_within_record": _several(
        gx_rows.different, "No two of the values are equal; two missing ones would be."
    ),
}

COLUMNS: dict[str, Expectation] = {
    "expect_column_min_to_be_between": _aggregate(
        Function.MIN, "The least value lies between two ends."
    ),
    "expect_column_max_to_be_between": _aggregate(
        Function.MAX, "The greatest value lies between two ends."
    ),
    "expect_column_mean_to_be_between": _aggregate(
        Function.MEAN, "The mean lies between two ends."
    ),
    "expect_column_sum_to_be_between": _aggregate(Function.SUM, "The sum lies between two ends."),
    "expect_column_stdev_to_be_between": _aggregate(
        Function.STDEV, "The standard deviation, that of a sample, lies between two ends."
    ),
    "expect_column_median_to_be_between": _aggregate(
        Function.MEDIAN, "The median lies between two ends."
    ),
    "expect_column_unique_value_count_to_be_between": _aggregate(
        Function.DISTINCT, "The number of different values lies between two ends."
    ),
    "expect_column_proportion_of_unique_values_to_be_between": _aggregate(
        Function.UNIQUE, "Of the values, the share that differs lies between two ends."
    ),
    "expect_column_proportion_of_non_null_values_to_be_between": _aggregate(
        Function.FILLED, "Of the rows, the share that has a value lies between two ends."
    ),
    "expect_column_quantile_values_to_be_between": Expectation(
        gx_columns.quantiles,
        "Each quantile lies in its range.",
        Level.GROUPS,
        {
            "column": "Sales",
            "quantile_ranges": {"quantiles": [0.1, 0.9], "value_ranges": [[0, 1], [1, None]]},
        },
    ),
    "expect_column_distinct_values_to_be_in_set": _set(
        Side.UNEXPECTED, "Every different value is in the set."
    ),
    "expect_column_distinct_values_to_contain_set": _set(
        Side.ABSENT, "Every member of the set is a value."
    ),
    "expect_column_distinct_values_to_equal_set": _set(
        Side.EITHER, "The different values are the members of the set."
    ),
    "expect_column_most_common_value_to_be_in_set": Expectation(
        gx_columns.most_common,
        "The value that occurs most often is in the set; with ties_okay, one of those that do.",
        Level.GROUPS,
        {"column": "Open", "value_set": [1], "ties_okay": True},
    ),
    "expect_column_kl_divergence_to_be_less_than": Expectation(
        gx_columns.divergence,
        "The distribution is close to the expected one, in Kullback-Leibler divergence.",
        Level.GROUPS,
        {
            "column": "Open",
            "partition_object": {"values": [0, 1], "weights": [0.2, 0.8]},
            "threshold": 0.1,
        },
    ),
}

EXPECTATIONS: dict[str, Expectation] = {**TABLES, **ROWS, **COLUMNS}
"""Every expectation that is judged, by its name in Great Expectations."""

_NOBODY = "Great Expectations 1.24 does not judge it either"
NOT_YET: dict[str, str] = {
    "expect_column_bootstrapped_ks_test_p_value_to_be_greater_than": _NOBODY,
    "expect_column_chisquare_test_p_value_to_be_greater_than": _NOBODY,
    "expect_column_pair_cramers_phi_value_to_be_less_than": _NOBODY,
    "expect_column_parameterized_distribution_ks_test_p_value_to_be_greater_than": _NOBODY,
}
"""Expectations of Great Expectations 1.24 that are known and not judged, and why."""
