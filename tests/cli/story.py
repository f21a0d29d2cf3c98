"""The events of runs of the example, as the ledger gives them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from headgate.ledger.events import (
    CheckWaived,
    DatasetReused,
    Event,
    GateJudged,
    ReleasePublished,
    RunFinished,
    RunStarted,
    SourceIngested,
    StageStarted,
    StepFinished,
    TriggerFinished,
)

NOW = datetime(2026, 11, 19, 9, 2, tzinfo=UTC)
RUN = "7f3a91c2"
RECORDS = 1_017_209


def started(**changed: Any) -> RunStarted:
    words: dict[str, Any] = {"pipeline": "rossmann", "environment": "prod", **changed}
    return RunStarted(run=RUN, at=NOW, **words)


def stage(number: int, title: str) -> StageStarted:
    return StageStarted(run=RUN, at=NOW, number=number, title=title)


def ingested(dataset: str) -> SourceIngested:
    return SourceIngested(
        run=RUN, at=NOW, dataset=dataset, version="v", rows=9, delivered=9, malformed=0
    )


def judged(dataset: str, passed: int, total: int, **changed: Any) -> GateJudged:
    words: dict[str, Any] = {"gate": dataset, "verdict": "open", "seconds": 0.0612, **changed}
    return GateJudged(
        run=RUN, at=NOW, dataset=dataset, version="v", passed=passed, total=total, **words
    )


def computed(dataset: str, path: str | None) -> StepFinished:
    return StepFinished(
        run=RUN,
        at=NOW,
        dataset=dataset,
        version="v",
        rows=RECORDS,
        size=1,
        path=path,
        because="first run",
        seconds=0.31,
    )


def reused(dataset: str) -> DatasetReused:
    return DatasetReused(
        run=RUN, at=NOW, dataset=dataset, version="v", rows=RECORDS, because="unchanged"
    )


def published(number: int = 1) -> ReleasePublished:
    return ReleasePublished(
        run=RUN,
        at=NOW,
        environment="prod",
        number=number,
        pipeline="rossmann",
        versions={},
        new_files=2,
        new_bytes=41_200_000,
        seconds=0.05,
    )


def ended(status: str, **changed: Any) -> RunFinished:
    words: dict[str, Any] = {
        "serving": "prod@1",
        "serving_since": "2026-11-19T06:02:00+00:00",
        "seconds": 1.4,
        **changed,
    }
    return RunFinished(
        run=RUN, at=NOW, pipeline="rossmann", environment="prod", status=status, **words
    )


def waived(dataset: str, check: str) -> CheckWaived:
    return CheckWaived(
        run=RUN, at=NOW, dataset=dataset, check=check, reason="Black Friday", user="ana"
    )


def outcome(
    description: str, rows: Sequence[dict[str, Any]] = (), **changed: Any
) -> dict[str, Any]:
    samples = [
        {"values": list(row.items()), "file": "data/raw/train.csv", "line": 88_120 + place}
        for place, row in enumerate(rows)
    ]
    return {
        "check": "ab12cd34ef56",
        "kind": "expect_column_values_to_be_between",
        "description": description,
        "columns": [name for name in dict(rows[0]) if name in description] if rows else [],
        "severity": "error",
        "where": "expectations/raw_train.json:41",
        "notify": ["data_engineers"],
        "status": "failed",
        "observed": len(rows),
        "elements": RECORDS,
        "missing": 0,
        "unexpected": len(rows),
        "message": "",
        "samples": samples[:20],
        **changed,
    }


SALES = outcome("Sales between 0 and 50,000", [{"Sales": 1_250_000, "Store": 5}] * 3)
STORE = outcome(
    "Store not null",
    [{"Store": None, "Sales": n} for n in range(5)],
    check="cd34ef56ab12",
    where="expectations/raw_train.json:57",
    notify=["data_engineers", "marketing_team"],
)

GOOD: list[Event] = [
    started(),
    stage(1, "Validating raw data"),
    ingested("train"),
    judged("train", 13, 13),
    stage(2, "Processing raw data"),
    computed("train_clean", "data/processed/train_clean.parquet"),
    stage(3, "Validating processed data"),
    judged("train_clean", 15, 15),
    stage(4, "Versioning data"),
    published(),
    TriggerFinished(
        run=RUN, at=NOW, trigger="python models/retrain.py", release="prod@1", attempts=1
    ),
    ended("published"),
]
HELD: list[Event] = [
    started(),
    stage(1, "Validating raw data"),
    ingested("train"),
    judged("train", 11, 13, verdict="closed", outcomes=[SALES, STORE], failing_rows="v"),
    ingested("store"),
    judged("store", 9, 9),
    ended("held", message="gate train closed, nothing was published"),
]
