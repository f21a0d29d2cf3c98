"""Checks as pipelines declare them: a word, what it is about, and how strict it is.

    checks:
      - not_null: Store
      - between: {column: Sales, low: 0, high: 50000, mostly: 0.95, severity: warn}
      - unique: [Store, Date]

Each word is an expectation under a shorter name, so it is judged in the same way, and whatever an
expectation knows a word knows too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from headgate.checks.check import Check, Severity
from headgate.checks.on_fail import KEYS, with_policy
from headgate.checks.suite import read_expectation
from headgate.errors import DeclarationError, UnknownNameError, did_you_mean

ENDS = {
    "low": "min_value",
    "high": "max_value",
    "strict_low": "strict_min",
    "strict_high": "strict_max",
}
MODIFIERS = ("where", "mostly", "severity", "description", "notify", *KEYS)
"""What every word understands: which rows, which share of them, how loud, in words, for whom.

And what becomes of the rows that break it.
"""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the vocabulary: the expectation it is, its keywords, and what it may be short for.

    `short` names the keyword that a value without keywords is for.
    """

    expectation: str
    says: str
    short: str = "column"
    keywords: Mapping[str, str] = field(default_factory=dict)


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
    "sql": Word(
        "unexpected_rows_expectation",
        "A query, in which {batch} is the table, gives no row.",
        "query",
        {"query": "unexpected_rows_query"},
    ),
}


def read_check(given: Mapping[str, Any], where: str) -> Check:
    """The check that one entry of a pipeline's `checks:` declares.

    Raises DeclarationError, with `where`, for whatever is not understood.
    """
    if not isinstance(given, Mapping) or len(given) != 1:
        raise DeclarationError("a check is one word", where, "for example - not_null: Store")
    [(name, body)] = given.items()
    if name not in WORDS:
        raise UnknownNameError.of("check", str(name), WORDS, where)
    word = WORDS[name]
    keywords = _keywords(name, word, body, where)
    modifiers = {key: keywords.pop(key) for key in MODIFIERS if key in keywords}
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
        kwargs |= {"row_condition": modifiers["where"], "condition_parser": "spark"}
    kind = word.expectation
    if name == "unique" and len(kwargs.get("column_list", ())) == 1:
        kind = "expect_column_values_to_be_unique"
        kwargs["column"] = kwargs.pop("column_list")[0]
    try:
        check = read_expectation({"type": kind, "kwargs": kwargs}, where)
    except DeclarationError as error:
        raise DeclarationError(_in_own_words(error.what, name, word), where, error.hint) from None
    named = replace(
        check,
        kind=name,
        severity=_severity(modifiers.get("severity", "error"), where),
        notify=_people(modifiers.get("notify", ()), where),
        description=str(modifiers.get("description") or check.description),
    )
    policy = {key: modifiers[key] for key in KEYS if key in modifiers}
    return with_policy(named, policy, loud="severity" in modifiers, where=where)


def _in_own_words(message: str, name: str, word: Word) -> str:
    """An expectation's message in the words that were written."""
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
