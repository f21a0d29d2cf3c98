"""Where a verdict is not that of Great Expectations, on purpose, and why.

The table in the documentation is made from this list, and a test holds each entry against Great
Expectations itself: an entry that no longer differs is an error.
"""

from __future__ import annotations

from msgspec import Struct


class Difference(Struct, frozen=True):
    """One case where Great Expectations 1.24, with pandas, says otherwise.

    `kinds` are the types it is about, and `issue` is where it is known there, if it is.
    """

    name: str
    kinds: tuple[str, ...]
    ours: str
    theirs: str
    why: str
    issue: str | None = None


SETS = (
    "expect_column_distinct_values_to_contain_set",
    "expect_column_distinct_values_to_equal_set",
)
PAIRS = (
    "expect_column_pair_values_to_be_equal",
    "expect_column_pair_values_a_to_be_greater_than_b",
    "expect_column_pair_values_to_be_in_set",
)
ORDERED = ("expect_column_values_to_be_increasing", "expect_column_values_to_be_decreasing")
TYPES = (
    "expect_column_type_to_be",
    "expect_column_values_to_be_of_type",
    "expect_column_values_to_be_in_type_list",
)
READ = (
    "expect_column_values_to_match_strftime_format",
    "expect_column_values_to_be_dateutil_parseable",
    "expect_column_values_to_be_json_parseable",
    "expect_column_values_to_match_json_schema",
)
MATCHED = (
    "expect_column_values_to_match_regex",
    "expect_column_values_to_not_match_regex",
    "expect_column_values_to_match_regex_list",
    "expect_column_values_to_not_match_regex_list",
)
FAR = ("expect_column_value_z_scores_to_be_less_than", "expect_column_values_to_not_be_outliers")
DIVERGENCE = ("expect_column_kl_divergence_to_be_less_than",)

DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        "the first place",
        ("expect_column_to_exist",),
        "column_index 0 is the first place",
        "column_index 0 is not looked at",
        "zero is taken for nothing there, and any place passes",
    ),
    Difference(
        "names in another case",
        ("every type about a column",),
        "no such column, which is an error",
        "a column whose name differs in case is taken for it",
        "columns that differ only in case are different columns in Parquet and in pandas",
    ),
    Difference(
        "just outside a range",
        ("expect_column_quantile_values_to_be_between",),
        "a quantile outside its range fails",
        "one within a ten-thousandth of an end passes",
        "a bound that is not one cannot be relied on; write the tolerance into the range",
    ),
    Difference(
        "infinite quantiles",
        ("expect_column_quantile_values_to_be_between",),
        "a quantile that is infinite is infinite, and so is one between it and a number",
        "interpolated, it is unknown",
        "numpy subtracts infinity from infinity",
    ),
    Difference(
        "equal infinities",
        ORDERED,
        "two equal infinities are not strictly in order",
        "they are",
        "their difference is not a number, which pandas lets pass",
    ),
    Difference(
        "order of texts",
        ORDERED,
        "texts have the order of their characters",
        "it raises",
        "pandas subtracts neighbours, and texts cannot be subtracted",
    ),
    Difference(
        "no deviation",
        ("expect_column_values_to_not_be_outliers",),
        "where the standard deviation is 0, no value is an outlier",
        "every value that is not the mean is one",
        "of numbers that are next to equal the mean is, by rounding, none of them",
    ),
    Difference(
        "infinite distances",
        FAR,
        "an infinite value is farther than any other, and fails",
        "it passes, and so does every other value",
        "its distance from a mean that is infinite is not a number, which pandas lets pass",
    ),
    Difference(
        "null in a set",
        SETS,
        "null in the set says nothing",
        "it is a member that no column ever has",
        "missing values are left out of the column before, so such a check could never pass",
    ),
    Difference(
        "not JSON",
        ("expect_column_values_to_match_json_schema",),
        "a text that is not JSON breaks the schema",
        "it raises, and nothing is judged",
        "one broken row should not hide all others",
    ),
    Difference(
        "dates without a year",
        ("expect_column_values_to_be_dateutil_parseable",),
        "what a text does not say is taken from a leap year",
        "it is taken from today",
        "29 February would be a date in some years only, and the verdict change without the data",
    ),
    Difference(
        "other types than text",
        READ,
        "an error: the column is not text",
        "every row is unexpected, or it raises",
        "it says nothing of the rows; the check is about another column or type",
    ),
    Difference(
        "text of numbers",
        MATCHED,
        "an error: floating point numbers have no text of their own",
        "the text that Python would print is searched",
        "1e16 and 10000000000000000.0 are one number; each engine prints another",
    ),
    Difference(
        "values of different kinds",
        PAIRS,
        "an error: numbers and text cannot be compared",
        "every row is unexpected",
        "the declaration or the type is wrong, and not the rows",
    ),
    Difference(
        "conditions of another kind",
        ("every type with a row_condition",),
        "an error: the column cannot be compared with the value",
        "no row meets the condition, and the check passes",
        "a check that judges nothing by mistake must not pass",
    ),
    Difference(
        "names of types",
        TYPES,
        "the names of pandas, SQL and Spark are all known, and stand for what they hold",
        "those of the engine at hand pass, and with missing values int64 is float64",
        "a suite outlives the engine it was written for",
    ),
    Difference(
        "nothing expected",
        DIVERGENCE,
        "refused without a partition_object",
        "the column is compared with itself, and passes",
        "a check that always passes hides that nothing is checked",
    ),
    Difference(
        "no threshold",
        DIVERGENCE,
        "refused without a threshold",
        "it passes",
        "a check that always passes hides that nothing is checked",
    ),
)
