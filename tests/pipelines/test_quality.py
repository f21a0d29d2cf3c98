"""Quality checks as a team writes them are checks of what it publishes."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.checks.accuracy import Accuracy
from headgate.checks.check import Bound, Check, Range, Severity, Share
from headgate.checks.metric import (
    Age,
    Between,
    Completeness,
    Failing,
    Ignore,
    Length,
    Matches,
    OneOf,
    Plain,
    Rows,
    RowsChange,
    Rule,
    Unique,
)
from headgate.checks.pairs import Different, Equal, Greater
from headgate.checks.references import Reference
from headgate.checks.released import SERVED
from headgate.checks.texts import Strptime
from headgate.errors import DeclarationError
from headgate.pipelines.pipeline import Pipeline
from headgate.pipelines.quality import DataQualityCheck, as_checks


def test_the_collaborative_definition_of_a_pipeline_runs_as_it_is_written() -> None:
    from headgate import DataQualityCheck, Pipeline

    # Example: Collaborative Data Pipeline Definition
    pipeline = Pipeline(
        name="customer_segmentation",
        owner="data_science_team",
        reviewers=["marketing_analytics", "data_engineering"],
        schedule="daily",
        quality_checks=[
            DataQualityCheck(
                type="completeness",
                threshold=0.99,
                notify=["data_engineers", "business_analysts"]
            ),
            DataQualityCheck(
                type="freshness",
                max_delay_hours=4,
                notify=["marketing_team"]
            )
        ]
    )  # fmt: skip
    assert pipeline.name == "customer_segmentation"
    assert [check.type for check in pipeline.quality_checks] == ["completeness", "freshness"]


def pipeline(**keywords: object) -> Pipeline:
    steps = {"clean": "a.py:clean", "features": "a.py:features"}
    return Pipeline(name="p", owner="o", steps=steps, **keywords)


def test_each_check_gates_what_is_published() -> None:
    checks = [
        DataQualityCheck("completeness", threshold=0.99, columns=["a"], notify=["x"]),
        DataQualityCheck("freshness", max_delay_hours=4, severity="warn", on=["clean"]),
    ]
    made = as_checks(pipeline(publish=["features"], quality_checks=checks), ["p.yml:4", "p.yml:5"])
    complete = Check(
        "completeness", Completeness(("a",)), Range(low=0.99), where="p.yml:4", notify=("x",)
    )
    fresh = Check("freshness", Age(), Range(high=4.0), Severity.WARN, where="p.yml:5")
    assert made == {"features": [complete], "clean": [fresh]}


def test_without_publish_every_step_is_judged() -> None:
    made = as_checks(pipeline(quality_checks=[DataQualityCheck("completeness")]), "p.yml")
    assert sorted(made) == ["clean", "features"]


@pytest.mark.parametrize(
    ("keywords", "text"),
    [
        (
            {"type": "freshnes"},
            "unknown quality check type 'freshnes'\n  did you mean 'freshness'?",
        ),
        ({"type": "freshness"}, "key 'max_delay_hours' is missing"),
        (
            {"type": "completeness", "treshold": 1},
            "unknown key 'treshold'\n  did you mean 'threshold'?",
        ),
        (
            {"type": "completeness", "threshold": 99},
            "threshold: should be less than or equal to 1, got 99",
        ),
    ],
)
def test_a_wrong_check_says_what_is_wrong(keywords: dict[str, Any], text: str) -> None:
    with pytest.raises(DeclarationError) as raised:
        DataQualityCheck(**keywords)
    assert str(raised.value) == text


def test_models_built_in_python_complain_like_files_do() -> None:
    with pytest.raises(DeclarationError) as raised:
        Pipeline(name="p", owner="o", sources={"a": {"pth": "x"}}, steps={"b": 3})
    assert str(raised.value) == (
        "sources.a: unknown key 'pth'\n  did you mean 'path'?\n  steps.b: expected a mapping, got 3"
    )


def measured(type: str, **keywords: Any) -> list[tuple[Plain, Bound]]:  # noqa: A002
    """What the checks of one declaration measure, and the bounds they keep."""
    declared = DataQualityCheck(type, on=["clean"], **keywords)
    made = as_checks(pipeline(quality_checks=[declared]), "p.yml:4")["clean"]
    assert {check.kind for check in made} == {type}
    return [(check.metric, check.bound) for check in made]  # type: ignore[misc]


ANY = Ignore.ANY_MISSING
RULES: list[tuple[dict[str, Any], Rule]] = [
    ({"type": "uniqueness", "columns": ["a", "b"]}, Unique(("a", "b"))),
    ({"type": "validity", "column": "a", "values": ["x", 1]}, OneOf("a", ("x", 1))),
    ({"type": "validity", "column": "a", "pattern": "^x"}, Matches("a", "^x")),
    ({"type": "validity", "column": "a", "low": 1, "high": 3}, Between("a", 1, 3)),
    ({"type": "validity", "column": "a", "max_length": 3}, Length("a", None, 3)),
    ({"type": "validity", "column": "a", "format": "%Y"}, Strptime("a", "%Y")),
    ({"type": "consistency", "left": "a", "right": "b"}, Equal(("a", "b"), ANY)),
    (
        {"type": "consistency", "left": "a", "operator": "!=", "right": "b"},
        Different(("a", "b"), ANY),
    ),
    (
        {"type": "consistency", "left": "a", "operator": "<=", "right": "b"},
        Greater(("b", "a"), or_equal=True, ignore=ANY),
    ),
    (
        {"type": "consistency", "left": "a", "operator": ">", "right": "b"},
        Greater(("a", "b"), or_equal=False, ignore=ANY),
    ),
    (
        {"type": "consistency", "columns": ["a"], "reference": "features"},
        Reference(("a",), "features", ("a",)),
    ),
]


@pytest.mark.parametrize(("keywords", "rule"), RULES)
def test_a_share_of_the_rows_must_keep_a_rule(keywords: dict[str, Any], rule: Rule) -> None:
    assert measured(threshold=0.9, **keywords) == [(Failing(rule), Share(0.9))]


def test_numbers_are_held_against_their_ends() -> None:
    assert measured("volume", min_rows=1, max_rows=9, max_change=0.2) == [
        (Rows(), Range(1, 9)),
        (RowsChange(SERVED), Range(high=0.2)),
    ]
    assert measured("accuracy", reference="features", keys=["k"], threshold=0.5) == [
        (Accuracy("features", ("k",)), Range(low=0.5))
    ]


@pytest.mark.parametrize(
    ("keywords", "text"),
    [
        ({"type": "uniqueness"}, "key 'columns' is missing"),
        ({"type": "validity", "column": "a"}, "validity needs one of values, pattern"),
        ({"type": "validity", "column": "a", "pattern": "x", "low": 1}, "validity needs one of"),
        ({"type": "volume"}, "volume needs min_rows, max_rows or max_change"),
        ({"type": "consistency", "left": "a"}, "needs left and right, or columns and reference"),
        (
            {"type": "consistency", "left": "a", "right": "b", "columns": ["c"]},
            "needs left and right, or columns and reference",
        ),
        (
            {"type": "consistency", "left": "a", "right": "b", "operator": "=>"},
            "expected '==', '!=', '<', '<=', '>' or '>=', got '=>'",
        ),
        ({"type": "accuracy", "reference": "x"}, "key 'keys' is missing"),
    ],
)
def test_a_check_that_says_too_little_or_too_much_is_refused(
    keywords: dict[str, Any], text: str
) -> None:
    with pytest.raises(DeclarationError) as raised:
        DataQualityCheck(**keywords)
    assert text in str(raised.value)


def test_a_slip_within_a_form_is_told_with_its_place() -> None:
    declared = DataQualityCheck("validity", column="a", pattern="(")
    with pytest.raises(DeclarationError) as raised:
        as_checks(pipeline(quality_checks=[declared]), "p.yml:4")
    assert str(raised.value).startswith("p.yml:4")


def test_a_single_name_needs_no_list() -> None:
    short = DataQualityCheck(type="uniqueness", columns="a", on="d", notify="carol")
    full = DataQualityCheck(type="uniqueness", columns=["a"], on=["d"], notify=["carol"])
    assert short == full
