"""Checks as pipelines declare them: a word, what it is about, and how strict it is.

    checks:
      - not_null: Store
      - between: {column: Sales, low: 0, high: 50000, mostly: 0.95, severity: warn}
      - unique: [Store, Date]

Most words are an expectation under a shorter name, so they are judged in the same way, and whatever
an expectation knows a word knows too. Others have no equal there: see `own_words` and
`relation_words`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from headgate.checks.check import Check, Severity
from headgate.checks.declared import as_written
from headgate.checks.keywords import Keywords
from headgate.checks.modifiers import modified
from headgate.checks.on_fail import KEYS, with_policy
from headgate.checks.own_words import OWN_WORDS, read_own
from headgate.checks.relation_words import RELATION_WORDS
from headgate.checks.suite import read_expectation
from headgate.checks.word import ENDS, Word
from headgate.checks.words import in_words
from headgate.errors import DeclarationError, UnknownNameError, did_you_mean

MODIFIERS = (
    "where",
    "mostly",
    "max_count",
    "nan",
    "by",
    "severity",
    *KEYS,
    "description",
    "dimension",
    "notify",
    "owner",
)
"""What words understand: which rows, how many may break it, how loud, what becomes of the rows that
break it, in words, for whom."""


def _column(expectation: str, says: str, **keywords: str) -> Word:
    return Word(expectation, says, "column", {"column": "column", **keywords})


def _number(name: str, says: str) -> Word:
    return _column(f"expect_column_{name}_to_be_between", says, **ENDS)


WORDS: dict[str, Word] = {
    "not_null": _column("expect_column_values_to_not_be_null", "The value is there."),
    "null": _column("expect_column_values_to_be_null", "The value is not there."),
    "between": _column(
        "expect_column_values_to_be_between", "The value lies between two ends.", **ENDS
    ),
    "one_of": _column(
        "expect_column_values_to_be_in_set", "The value is one of these.", values="value_set"
    ),
    "none_of": _column(
        "expect_column_values_to_not_be_in_set", "The value is none of these.", values="value_set"
    ),
    "matches": _column(
        "expect_column_values_to_match_regex",
        "The text contains a match of a regular expression.",
        pattern="regex",
    ),
    "not_matches": _column(
        "expect_column_values_to_not_match_regex",
        "The text contains no match of a regular expression.",
        pattern="regex",
    ),
    "length": _column(
        "expect_column_value_lengths_to_be_between",
        "The text has a number of characters between two ends.",
        **ENDS,
    ),
    "like": _column(
        "expect_column_values_to_match_like_pattern",
        "The whole text is like a pattern of SQL, in which % is any text and _ one character.",
        pattern="like_pattern",
        escape="escape",
    ),
    "not_like": _column(
        "expect_column_values_to_not_match_like_pattern",
        "The whole text is not like a pattern of SQL.",
        pattern="like_pattern",
        escape="escape",
    ),
    "strftime": _column(
        "expect_column_values_to_match_strftime_format",
        "The text is a time in a format of Python's strptime.",
        format="strftime_format",
    ),
    "json_schema": _column(
        "expect_column_values_to_match_json_schema",
        "The text is JSON that a JSON Schema accepts.",
        schema="json_schema",
    ),
    "increasing": _column(
        "expect_column_values_to_be_increasing",
        "No value is below the one before it.",
        strictly="strictly",
    ),
    "decreasing": _column(
        "expect_column_values_to_be_decreasing",
        "No value is above the one before it.",
        strictly="strictly",
    ),
    "unique": Word(
        "expect_compound_columns_to_be_unique",
        "No two rows agree in these columns.",
        "columns",
        {"columns": "column_list", "ignore": "ignore_row_if"},
    ),
    "equal": Word(
        "expect_column_pair_values_to_be_equal",
        "Two columns have the same value.",
        "",
        {"left": "column_A", "right": "column_B", "ignore": "ignore_row_if"},
    ),
    "greater": Word(
        "expect_column_pair_values_a_to_be_greater_than_b",
        "The left column is above the right one, or with or_equal not below it.",
        "",
        {
            "left": "column_A",
            "right": "column_B",
            "or_equal": "or_equal",
            "ignore": "ignore_row_if",
        },
    ),
    "sum_to": Word(
        "expect_multicolumn_sum_to_equal",
        "The columns of a row add up to a total.",
        "",
        {"columns": "column_list", "total": "sum_total", "ignore": "ignore_row_if"},
    ),
    "z_score": _column(
        "expect_column_value_z_scores_to_be_less_than",
        "The value lies less than so many standard deviations from the mean, or above it.",
        threshold="threshold",
        double_sided="double_sided",
    ),
    "outliers": _column(
        "expect_column_values_to_not_be_outliers",
        "No value is an outlier: more quartile ranges, or deviations, away than the multiplier.",
        method="method",
        multiplier="multiplier",
    ),
    "exists": _column("expect_column_to_exist", "There is a column of this name."),
    "type": _column(
        "expect_column_values_to_be_of_type", "The column is of this type.", type="type_"
    ),
    "columns": Word(
        "expect_table_columns_to_match_ordered_list",
        "The columns have these names, in this order.",
        "names",
        {"names": "column_list"},
    ),
    "columns_at_least": Word(
        "expect_table_columns_to_match_set",
        "There are columns of these names, and maybe more.",
        "names",
        {"names": "column_set", "exact": "exact_match"},
    ),
    "column_count": Word(
        "expect_table_column_count_to_be_between",
        "The table has a number of columns between two ends.",
        "",
        {"low": "min_value", "high": "max_value"},
    ),
    "rows": Word(
        "expect_table_row_count_to_be_between",
        "The table has a number of rows between two ends.",
        "",
        {"low": "min_value", "high": "max_value"},
    ),
    "rows_as": Word(
        "expect_table_row_count_to_equal_other_table",
        "The table has as many rows as another dataset of the same release.",
        "dataset",
        {"dataset": "other_table_name"},
    ),
    "mean": _number("mean", "The mean lies between two ends."),
    "median": _number("median", "The median lies between two ends."),
    "sum": _number("sum", "The sum lies between two ends."),
    "min": _number("min", "The least value lies between two ends."),
    "max": _number("max", "The greatest value lies between two ends."),
    "stdev": _number("stdev", "The standard deviation lies between two ends."),
    "distinct": _number("unique_value_count", "The number of different values lies between ends."),
    "distinct_share": _number(
        "proportion_of_unique_values", "Of the values, the share that differs lies between ends."
    ),
    "most_common": Word(
        "expect_column_most_common_value_to_be_in_set",
        "The value that occurs most often is one of these; with ties, one of those that do.",
        "",
        {"column": "column", "values": "value_set", "ties": "ties_okay"},
    ),
    "sql": Word(
        "unexpected_rows_expectation",
        "A query, in which {batch} is the table, gives no row.",
        "query",
        {"query": "unexpected_rows_query"},
    ),
    **OWN_WORDS,
    **RELATION_WORDS,
}


def read_check(given: Mapping[str, Any], where: str) -> Check:
    """The check that one entry of a pipeline's `checks:` declares.

    Raises DeclarationError, with `where`, for whatever is not understood.
    """
    if not isinstance(given, Mapping) or len(given) != 1:
        raise DeclarationError("a check is one word", where, "for example - not_null: Store")
    [(name, body)] = given.items()
    body = as_written(body)
    if name not in WORDS:
        raise UnknownNameError.of("check", str(name), WORDS, where)
    word = WORDS[name]
    keywords = _keywords(name, word, body, where)
    modifiers = {
        key: keywords.pop(key) for key in MODIFIERS if key in keywords and key not in word.keywords
    }
    _only_known(name, word, keywords, where)
    kwargs = {word.keywords[key]: value for key, value in keywords.items()}
    if name == "columns_at_least":
        kwargs.setdefault("exact_match", False)
    if name == "unique" and isinstance(kwargs.get("column_list"), str):
        kwargs["column_list"] = [kwargs["column_list"]]
    return _modified(word, name, kwargs, modifiers, where)


def _keywords(name: str, word: Word, body: object, where: str) -> dict[str, Any]:
    if isinstance(body, Mapping):
        return {str(key): value for key, value in body.items()}
    if not word.short:
        keys = ", ".join(word.keywords)
        raise DeclarationError(f"{name} needs its keywords: {keys}", where)
    return {word.short: body}


def _only_known(name: str, word: Word, keywords: Mapping[str, Any], where: str) -> None:
    known = (*word.keywords, *MODIFIERS)
    for key in keywords:
        if key not in known:
            raise DeclarationError(
                f"{name} has no keyword {key!r}", where, did_you_mean(key, known)
            )


def _modified(
    word: Word, name: str, kwargs: dict[str, Any], modifiers: Mapping[str, Any], where: str
) -> Check:
    if "mostly" in modifiers:
        kwargs["mostly"] = modifiers["mostly"]
    if "where" in modifiers:
        kwargs |= {"row_condition": modifiers["where"], "condition_parser": "sql"}
    try:
        check = _read(word, name, kwargs, where)
    except DeclarationError as error:
        raise DeclarationError(_in_own_words(error.what, name, word), where, error.hint) from None
    check = modified(replace(check, kind=name, description=""), modifiers)
    named = replace(
        check,
        severity=_severity(modifiers.get("severity", "error"), where),
        notify=_people(modifiers.get("notify", ()), where),
        description=str(modifiers.get("description") or in_words(check)),
    )
    policy = {key: modifiers[key] for key in KEYS if key in modifiers}
    return with_policy(named, policy, loud="severity" in modifiers, where=where)


def _read(word: Word, name: str, kwargs: dict[str, Any], where: str) -> Check:
    if word.read is not None:
        return read_own(word.read, Keywords(name, kwargs, where))
    kind = word.expectation
    if name == "unique" and len(kwargs.get("column_list", ())) == 1:
        kind = "expect_column_values_to_be_unique"
        kwargs["column"] = kwargs.pop("column_list")[0]
    return read_expectation({"type": kind, "kwargs": kwargs}, where)


def _in_own_words(message: str, name: str, word: Word) -> str:
    """An expectation's message in the words that were written."""
    if word.expectation:
        message = message.replace(word.expectation, name)
    for own, theirs in word.keywords.items():
        message = message.replace(theirs, own)
    return message.replace("row_condition", "where")


def _severity(word: object, where: str) -> Severity:
    try:
        return Severity(str(word))
    except ValueError:
        raise UnknownNameError.of("severity", str(word), list(Severity), where) from None


def _people(names: object, where: str) -> tuple[str, ...]:
    listed = [names] if isinstance(names, str) else names
    if not isinstance(listed, list | tuple) or not all(isinstance(one, str) for one in listed):
        raise DeclarationError("notify: is a list of names", where)
    return tuple(listed)
