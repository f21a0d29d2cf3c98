"""Words that look beyond one column: other datasets, earlier releases, functions of the project."""

from __future__ import annotations

import math
from typing import Any

from headgate.checks.check import Bound, Range
from headgate.checks.distributions import Histogram, Weights
from headgate.checks.drift import OF_VALUES, Drift, Measure
from headgate.checks.functions import Figure, Keeps, PythonFunction
from headgate.checks.keywords import Keywords, is_number
from headgate.checks.metric import Failing, Plain
from headgate.checks.references import Reference
from headgate.checks.released import SERVED, is_release, numbered
from headgate.checks.word import Word

Judged = tuple[Plain, Bound]


def reference(given: Keywords) -> Judged:
    """The rows whose values stand in another dataset."""
    columns = _names(given, "columns")
    to = given.text("to")
    keys = columns if given.get("keys") is None else _names(given, "keys")
    if len(keys) != len(columns):
        raise given.wrong("keys", f"a list as long as columns, {len(columns)}")
    return Failing(Reference(columns, to, keys)), given.mostly()


def distribution(given: Keywords) -> Judged:
    """How far a column lies from a reference."""
    column = given.text("column")
    measure = Measure(given.one_of("measure", list(Measure), Measure.PSI))
    against = given.get("against")
    if isinstance(against, dict):
        found: str | Weights | Histogram = _histogram(given, against)
    else:
        found = _compared(given, "against")
    if measure in OF_VALUES and isinstance(found, Histogram):
        raise given.wrong("measure", "psi, js or chi2 where edges are given: they have no values")
    at_most = given.number("at_most")
    if at_most < 0:
        raise given.wrong("at_most", "a number from 0 on")
    return Drift(column, measure, found), Range(high=at_most)


def python(given: Keywords) -> Judged:
    """What a function of the project says of each row, or the number that it gives."""
    run = given.get("run")
    if isinstance(run, str) and run:
        function = PythonFunction(run)
    elif callable(run):
        function = PythonFunction(getattr(run, "__name__", type(run).__name__), load=lambda: run)
    else:
        raise given.wrong("run", "a function, such as checks/rules.py:plausible")
    low, high = given.get("low"), given.get("high")
    if low is None and high is None:
        return Failing(Keeps(function)), given.mostly()
    for name, end in (("low", low), ("high", high)):
        if end is not None and not is_number(end):
            raise given.wrong(name, "a number")
    if low is not None and high is not None and low > high:
        raise given.wrong("high", f"not less than low, {low!r}")
    for name in ("mostly", "row_condition"):
        if given.given.get(name) is not None:
            raise given.wrong(name, "for functions that judge rows, and this one gives a number")
    return Figure(function), Range(low, high)


def _compared(given: Keywords, name: str) -> str:
    """A dataset, a release, or the one that is served."""
    text = given.text(name)
    if text == "release":
        return SERVED
    if is_release(text) and numbered(text) is None:
        raise given.wrong(name, "a dataset, release, or the name of a release such as prod@12")
    return text


def _histogram(given: Keywords, against: dict[str, Any]) -> Weights | Histogram:
    parts = Keywords(f"{given.kind}: against", against, given.where)
    weights = parts.get("weights")
    if not isinstance(weights, list) or not weights or not all(map(_is_weight, weights)):
        raise parts.wrong("weights", "a list of numbers from 0 on")
    if not sum(weights):
        raise parts.wrong("weights", "a list with a number above 0")
    if "edges" not in against:
        values = parts.values("values")
        if len(set(values)) != len(weights):
            raise parts.wrong("values", "a list of different values, one for each weight")
        parts.all_read()
        return Weights(values, tuple(weights))
    edges = parts.get("edges")
    if not isinstance(edges, list) or not all(map(is_number, edges)):
        raise parts.wrong("edges", "a list of numbers")
    if len(edges) != len(weights) + 1 or sorted(set(edges)) != edges:
        raise parts.wrong("edges", "a list of rising numbers, one more than there are weights")
    parts.all_read()
    return Histogram(tuple(edges), tuple(weights))


def _is_weight(value: object) -> bool:
    return is_number(value) and 0 <= value < math.inf  # type: ignore[operator]


def _names(given: Keywords, name: str) -> tuple[str, ...]:
    """One name, or a list of names."""
    value = given.get(name)
    return (value,) if isinstance(value, str) and value else given.names(name)


# ------------------------------------------------------------------ the words


def _keywords(*names: str) -> dict[str, str]:
    return {name: name for name in names}


RELATION_WORDS: dict[str, Word] = {
    "reference": Word(
        "",
        "The values of the columns stand together in a row of another dataset, or of the same.",
        "",
        _keywords("columns", "to", "keys"),
        reference,
    ),
    "distribution": Word(
        "",
        "The values are distributed as in another version, another dataset, or as it is written.",
        "",
        _keywords("column", "measure", "at_most", "against"),
        distribution,
    ),
    "python": Word(
        "",
        "A function of the project says true of the row, or gives a number between two ends.",
        "run",
        _keywords("run", "low", "high"),
        python,
    ),
}
