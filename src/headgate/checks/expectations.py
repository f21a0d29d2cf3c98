"""What each expectation of Great Expectations says in our words: a metric and its bound."""

from __future__ import annotations

from collections.abc import Callable

from headgate.checks.check import Bound, Match, Names, Range
from headgate.checks.keywords import Keywords
from headgate.checks.metric import (
    Aggregate,
    Between,
    ColumnNames,
    ColumnType,
    Failing,
    Function,
    Ignore,
    Length,
    Matches,
    Metric,
    NoneOf,
    NotMatches,
    NotNull,
    Null,
    OneOf,
    Rows,
    RowsBeside,
    Unique,
)
from headgate.checks.patterns import checked
from headgate.checks.typenames import known_type
from headgate.errors import DeclarationError

Judged = tuple[Metric, Bound]

# ------------------------------------------------------------------ tables


def _row_count_between(given: Keywords) -> Judged:
    return Rows(), Range(*given.number_ends())


def _row_count_equal(given: Keywords) -> Judged:
    count = given.whole("value")
    return Rows(), Range(count, count)


def _row_count_equal_other(given: Keywords) -> Judged:
    return RowsBeside(given.text("other_table_name")), Range(0, 0)


def _columns_ordered(given: Keywords) -> Judged:
    return ColumnNames(), Names(given.names("column_list"), Match.ORDERED)


def _columns_set(given: Keywords) -> Judged:
    exact = given.flag("exact_match", default=True)
    return ColumnNames(), Names(given.names("column_set"), Match.SAME if exact else Match.CONTAINS)


def _column_exists(given: Keywords) -> Judged:
    if given.get("column_index") is not None:
        raise DeclarationError(
            f"{given.kind}: column_index is not supported",
            given.where,
            "use expect_table_columns_to_match_ordered_list",
        )
    return ColumnNames(), Names((given.text("column"),), Match.CONTAINS)


# ------------------------------------------------------------------ rows


def _not_null(given: Keywords) -> Judged:
    return Failing(NotNull(given.text("column"))), given.mostly()


def _null(given: Keywords) -> Judged:
    return Failing(Null(given.text("column"))), given.mostly()


def _between(given: Keywords) -> Judged:
    rule = Between(given.text("column"), *given.ends())
    if rule.low is None and rule.high is None:
        raise DeclarationError(f"{given.kind} has neither min_value nor max_value", given.where)
    return Failing(rule), given.mostly()


def _in_set(given: Keywords) -> Judged:
    return Failing(OneOf(given.text("column"), given.values("value_set"))), given.mostly()


def _not_in_set(given: Keywords) -> Judged:
    return Failing(NoneOf(given.text("column"), given.values("value_set"))), given.mostly()


def _unique(given: Keywords) -> Judged:
    return Failing(Unique((given.text("column"),))), given.mostly()


def _compound_unique(given: Keywords) -> Judged:
    ignore = given.one_of("ignore_row_if", [one.value for one in Ignore], Ignore.ALL_MISSING)
    return Failing(Unique(given.names("column_list"), Ignore(ignore))), given.mostly()


def _length(given: Keywords) -> Judged:
    rule = Length(given.text("column"), *given.number_ends())
    if rule.low is None and rule.high is None:
        raise DeclarationError(f"{given.kind} has neither min_value nor max_value", given.where)
    return Failing(rule), given.mostly()


def _length_equal(given: Keywords) -> Judged:
    size = given.whole("value")
    return Failing(Length(given.text("column"), size, size)), given.mostly()


def _matches(given: Keywords) -> Judged:
    return Failing(Matches(given.text("column"), _pattern(given))), given.mostly()


def _not_matches(given: Keywords) -> Judged:
    return Failing(NotMatches(given.text("column"), _pattern(given))), given.mostly()


def _pattern(given: Keywords) -> str:
    try:
        return checked(given.text("regex"))
    except DeclarationError as error:
        raise DeclarationError(f"{given.kind}: {error.what}", given.where, error.hint) from None


# ------------------------------------------------------------------ columns


def _of_type(given: Keywords) -> Judged:
    given.mostly()  # all values of a typed column have its type, so a share changes nothing
    name = known_type(given.text("type_"), given.where)
    return ColumnType(given.text("column")), Names((name,), Match.CONTAINS)


def _in_type_list(given: Keywords) -> Judged:
    given.mostly()
    names = tuple(known_type(name, given.where) for name in given.names("type_list"))
    return ColumnType(given.text("column")), Names(names, Match.CONTAINS)


def _aggregate(function: Function) -> Callable[[Keywords], Judged]:
    def judged(given: Keywords) -> Judged:
        ordered = function in {Function.MIN, Function.MAX}
        span = Range(*(given.ends() if ordered else given.number_ends()))
        return Aggregate(function, given.text("column")), span

    return judged


EXPECTATIONS: dict[str, Callable[[Keywords], Judged]] = {
    "expect_table_row_count_to_be_between": _row_count_between,
    "expect_table_row_count_to_equal": _row_count_equal,
    "expect_table_row_count_to_equal_other_table": _row_count_equal_other,
    "expect_table_columns_to_match_ordered_list": _columns_ordered,
    "expect_table_columns_to_match_set": _columns_set,
    "expect_column_to_exist": _column_exists,
    "expect_column_values_to_not_be_null": _not_null,
    "expect_column_values_to_be_null": _null,
    "expect_column_values_to_be_between": _between,
    "expect_column_values_to_be_in_set": _in_set,
    "expect_column_values_to_not_be_in_set": _not_in_set,
    "expect_column_values_to_be_unique": _unique,
    "expect_compound_columns_to_be_unique": _compound_unique,
    "expect_column_value_lengths_to_be_between": _length,
    "expect_column_value_lengths_to_equal": _length_equal,
    "expect_column_values_to_match_regex": _matches,
    "expect_column_values_to_not_match_regex": _not_matches,
    "expect_column_values_to_be_of_type": _of_type,
    "expect_column_values_to_be_in_type_list": _in_type_list,
    "expect_column_min_to_be_between": _aggregate(Function.MIN),
    "expect_column_max_to_be_between": _aggregate(Function.MAX),
    "expect_column_mean_to_be_between": _aggregate(Function.MEAN),
    "expect_column_sum_to_be_between": _aggregate(Function.SUM),
    "expect_column_stdev_to_be_between": _aggregate(Function.STDEV),
    "expect_column_median_to_be_between": _aggregate(Function.MEDIAN),
    "expect_column_unique_value_count_to_be_between": _aggregate(Function.DISTINCT),
}

NOT_YET = {
    "expect_column_bootstrapped_ks_test_p_value_to_be_greater_than",
    "expect_column_chisquare_test_p_value_to_be_greater_than",
    "expect_column_distinct_values_to_be_in_set",
    "expect_column_distinct_values_to_contain_set",
    "expect_column_distinct_values_to_equal_set",
    "expect_column_kl_divergence_to_be_less_than",
    "expect_column_most_common_value_to_be_in_set",
    "expect_column_pair_cramers_phi_value_to_be_less_than",
    "expect_column_pair_values_a_to_be_greater_than_b",
    "expect_column_pair_values_to_be_equal",
    "expect_column_pair_values_to_be_in_set",
    "expect_column_parameterized_distribution_ks_test_p_value_to_be_greater_than",
    "expect_column_proportion_of_non_null_values_to_be_between",
    "expect_column_proportion_of_unique_values_to_be_between",
    "expect_column_quantile_values_to_be_between",
    "expect_column_type_to_be",
    "expect_column_value_z_scores_to_be_less_than",
    "expect_column_values_to_be_dateutil_parseable",
    "expect_column_values_to_be_decreasing",
    "expect_column_values_to_be_increasing",
    "expect_column_values_to_be_json_parseable",
    "expect_column_values_to_match_json_schema",
    "expect_column_values_to_match_like_pattern",
    "expect_column_values_to_match_like_pattern_list",
    "expect_column_values_to_match_regex_list",
    "expect_column_values_to_match_strftime_format",
    "expect_column_values_to_not_be_outliers",
    "expect_column_values_to_not_match_like_pattern",
    "expect_column_values_to_not_match_like_pattern_list",
    "expect_column_values_to_not_match_regex_list",
    "expect_multicolumn_sum_to_equal",
    "expect_multicolumn_values_to_be_equal",
    "expect_multicolumn_values_to_be_unique",
    "expect_query_results_to_match_comparison",
    "expect_select_column_values_to_be_unique_within_record",
    "expect_table_column_count_to_be_between",
    "expect_table_column_count_to_equal",
    "unexpected_rows_expectation",
}
"""Expectations of Great Expectations 1.24 that are understood, and cannot be judged yet."""
