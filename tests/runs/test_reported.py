"""A trigger reports a model by one line of JSON among whatever else it prints."""

from __future__ import annotations

import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.runs.reported import LONGEST_LINE, MOST_MODELS, Report, reported

NAMES = st.text(string.ascii_letters + string.digits + " _-/é", min_size=1, max_size=40)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)
REPORTS = st.fixed_dictionaries(
    {"model": NAMES},
    optional={"metrics": st.dictionaries(NAMES, NUMBERS, max_size=5), "location": NAMES},
)
OTHER = st.sampled_from(
    ["", "epoch 1", "{", "[1, 2]", "null", '"model"', '{"loss": 1}', '{"model": "m", "epoch": 3}']
)


@given(st.lists(REPORTS | OTHER, max_size=12))
def test_every_report_is_found_in_order_and_nothing_else(printed: list[Any]) -> None:
    lines = [line if isinstance(line, str) else json.dumps(line) for line in printed]
    found = reported("\n".join(lines))
    assert found.problems == ()
    assert found.reports == tuple(
        Report(each["model"], each.get("metrics", {}), each.get("location", ""))
        for each in printed
        if isinstance(each, dict)
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"model": ""}', "the name of a model"),
        ('{"model": 7}', "the name of a model"),
        ('{"model": "a\\nb"}', "the name of a model"),
        ('{"model": "m", "metrics": [1]}', "model m: metrics are"),
        ('{"model": "m", "metrics": {"rmse": "12"}}', "metric rmse is no finite number"),
        ('{"model": "m", "metrics": {"rmse": NaN}}', "metric rmse is no finite number"),
        ('{"model": "m", "metrics": {"rmse": 1e999}}', "metric rmse is no finite number"),
        ('{"model": "m", "metrics": {"rmse": true}}', "metric rmse is no finite number"),
        (f'{{"model": "m", "metrics": {{"n": 1{"0" * 400}}}}}', "metric n is no finite number"),
        ('{"model": "m", "location": 3}', "model m: a location"),
        (json.dumps({"model": "m" * 201}), "the name of a model"),
        (json.dumps({"model": "m", "metrics": {str(n): n for n in range(101)}}), "metrics are"),
    ],
)
def test_what_is_meant_as_a_report_and_is_none_is_said(line: str, problem: str) -> None:
    found = reported(f"before\n{line}\nafter")
    assert found.reports == ()
    [said] = found.problems
    assert problem in said


def test_an_endless_line_is_no_report() -> None:
    assert reported('{"model": "' + "m" * LONGEST_LINE + '"}').problems == ()


def test_of_too_many_models_the_first_are_kept_and_it_is_said() -> None:
    lines = [json.dumps({"model": f"m{n}"}) for n in range(MOST_MODELS + 1)]
    found = reported("\n".join(lines))
    assert len(found.reports) == MOST_MODELS
    assert found.problems == ("101 models were reported, and 100 are kept",)
