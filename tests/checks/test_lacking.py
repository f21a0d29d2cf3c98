"""A column that is not there is told once, however many checks need it."""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from typing import Any

from headgate.checks.check import Check
from headgate.checks.evaluate import evaluate
from headgate.checks.lacking import LACKS, Told, folded
from headgate.checks.native import read_check
from headgate.checks.typed import NoColumnError
from headgate.cli.failures import failures
from headgate.cli.withheld import outcome_withheld
from headgate.engines.embedded import EmbeddedEngine
from headgate.schema.table import Table

NEEDS: list[dict[str, Any]] = [
    {"between": {"column": "Week", "low": 0}},
    {"between": {"column": "Month", "low": 0}},
    {"type": {"column": "Week", "type": "integer"}},
    {"not_null": "Week"},
]
KEPT: dict[str, Any] = {"unique": "Store"}
SCHEMA: dict[str, Any] = {
    "schema": {"columns": {"Store": "integer", "Week": "integer", "Month": "integer"}}
}


def outcomes(engine: EmbeddedEngine, table: Table, words: Iterable[Told]) -> list[dict[str, Any]]:
    checks: list[Check] = [read_check(one, "a.yml:1") for one in words]
    return [one.as_json() for one in evaluate(engine, table, checks)]


def said(found: Iterable[Told], verbosity: int = 0) -> str:
    lines = failures(list(found), [], verbosity=verbosity)
    return "\n".join("".join(text for text, _ in line) for line in lines)


def test_where_a_check_failed_for_the_column_all_that_need_it_are_one_line(
    engine: EmbeddedEngine, sales: Table
) -> None:
    for judge in ({"columns": ["Store", "Week", "Month"]}, SCHEMA):
        found = outcomes(engine, sales, [NEEDS[0], judge, *NEEDS[1:], KEPT])
        text = said(found)
        assert text.count("could not be judged") == 1
        assert "✗ 4 more checks need Week, Month" in text
        assert "no column" not in text  # the check that failed for it has said so
        assert [one["status"] for one in found].count("error") == 4
        assert said(found, verbosity=1).count("could not be judged") == 4
        # whoever may not read rows is told no more lines, and no value
        assert said(map(outcome_withheld, found)).count("could not be judged") == 1


def test_where_no_check_failed_for_it_each_column_is_a_line_that_says_why(
    engine: EmbeddedEngine, sales: Table
) -> None:
    text = said(outcomes(engine, sales, [*NEEDS, KEPT]))
    assert "✗ 3 checks need Week  could not be judged\n      no column 'Week'" in text
    assert "✗ Month at least 0    could not be judged\n      no column 'Month'" in text
    assert text.count("could not be judged") == 2


def test_a_check_that_is_an_error_for_another_reason_is_not_hidden(
    engine: EmbeddedEngine, sales: Table
) -> None:
    other = {"reference": {"columns": "Store", "to": "stores"}}
    found = outcomes(engine, sales, [*NEEDS, {"columns": ["Week"]}, other])
    assert [one["status"] for one in folded(found)] == ["error", "error", "failed", "error"]
    assert LACKS not in found[-1].get("details", {})


def test_the_name_of_the_column_goes_with_its_error_to_another_process() -> None:
    error = pickle.loads(pickle.dumps(NoColumnError("no column 'a'", name="a")))  # noqa: S301 - it is ours
    assert (error.name, error.what) == ("a", "no column 'a'")
