"""Quality checks as a team writes them are checks of what it publishes."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.checks.check import Check, Range, Severity
from headgate.checks.metric import Age, Completeness
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
