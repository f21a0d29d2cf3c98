from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from headgate.incidents.rule import alert_of
from headgate.ledger.events import Event, GateJudged, ReleasePublished, RunFinished, TriggerFailed

THEN = datetime(2026, 11, 19, 9, 2, tzinfo=UTC)
NOW = datetime(2026, 11, 19, 9, 3, tzinfo=UTC)


def outcome(**changed: Any) -> dict[str, Any]:
    return {
        "check": "ab12",
        "kind": "expect_column_values_to_be_between",
        "description": "Sales between 0 and 50,000",
        "severity": "error",
        "status": "failed",
        "notify": ["data_engineers"],
        "elements": 1_017_209,
        "unexpected": 3,
        "samples": [{"values": [["Sales", 1_250_000]], "file": "train.csv", "line": 7}],
        **changed,
    }


def judged(verdict: str, *outcomes: dict[str, Any], gate: str = "train") -> GateJudged:
    return GateJudged(
        run="r1",
        at=THEN,
        gate=gate,
        dataset="train",
        version="v",
        verdict=verdict,
        passed=13 - len(outcomes),
        total=13,
        outcomes=outcomes,
    )


def test_a_closed_gate_alerts_those_that_its_failed_checks_name() -> None:
    other = outcome(description="Store not null", notify=["marketing", "data_engineers"])
    passed = outcome(status="passed", notify=["nobody"])
    alert = alert_of(judged("closed", outcome(), other, passed), NOW, "rossmann")
    assert alert is not None
    assert (alert.severity, alert.cause, alert.at) == ("error", "gate_judged", NOW)
    assert alert.title == "rossmann: gate train closed, 3 of 13 expectations failed"
    assert alert.notify == ("data_engineers", "marketing")
    assert alert.text.splitlines() == [
        "- Sales between 0 and 50,000: 3 of 1,017,209 rows",
        "- Store not null: 3 of 1,017,209 rows",
        "headgate show r1",
    ]


def test_an_alert_carries_no_row_of_the_data() -> None:
    alert = alert_of(judged("closed", outcome()), NOW)
    assert alert is not None
    assert "1250000" not in str(alert)


def test_a_gate_that_opened_with_warnings_warns() -> None:
    alert = alert_of(judged("warned", outcome(severity="warn"), gate="publish"), NOW)
    assert alert is not None
    assert alert.severity == "warn"
    assert alert.title == (
        "gate publish of train opened with warnings, 1 of 13 expectations failed"
    )


def test_a_check_that_could_not_be_judged_is_said_so() -> None:
    alert = alert_of(judged("closed", outcome(status="error", severity="info")), NOW)
    assert alert is not None
    assert "- Sales between 0 and 50,000: could not be judged" in alert.text


def test_checks_that_need_a_column_that_is_gone_are_one_line_beside_the_cause() -> None:
    lacks = {"details": {"lacks": ["Sales"]}}
    need = [outcome(status="error", **lacks)] * 12
    gone = outcome(description="columns exist", **lacks)
    alert = alert_of(judged("closed", *need, gone), NOW)
    assert alert is not None
    assert [line for line in alert.text.splitlines() if line.startswith("- ")] == [
        "- 12 more checks need Sales: could not be judged",
        "- columns exist: 3 of 1,017,209 rows",
    ]


def test_a_long_list_of_failures_is_cut() -> None:
    alert = alert_of(judged("closed", *[outcome()] * 12), NOW)
    assert alert is not None
    assert alert.text.splitlines()[-2] == "- and 2 more"


def test_a_failed_trigger_alerts_and_says_that_the_release_stands() -> None:
    event = TriggerFailed(
        run="r1", at=THEN, trigger="python retrain.py", release="prod@1", attempts=3, error="exit 2"
    )
    alert = alert_of(event, NOW, "rossmann")
    assert alert is not None
    assert (alert.severity, alert.title) == ("error", "rossmann: trigger failed: python retrain.py")
    assert alert.text == "prod@1 stands. exit 2"


def test_a_failed_run_alerts_with_its_message_and_hint() -> None:
    alert = alert_of(ended("failed"), NOW)
    assert alert is not None
    assert (alert.severity, alert.pipeline) == ("error", "rossmann")
    assert alert.title == "rossmann: run failed in prod"
    assert alert.text == "the disk is full\nfree some space"


def ended(status: str) -> RunFinished:
    return RunFinished(
        run="r1",
        at=THEN,
        pipeline="rossmann",
        environment="prod",
        status=status,
        message="the disk is full",
        hint="free some space",
    )


@pytest.mark.parametrize(
    "event",
    [
        judged("open"),
        judged("waived", outcome(status="waived")),
        ended("published"),
        ended("unchanged"),
        ended("held"),  # its gate has raised the alert
        ended("interrupted"),
        ReleasePublished(
            run="r1", at=THEN, environment="prod", number=1, pipeline="rossmann", versions={}
        ),
    ],
    ids=lambda event: f"{event.kind} {getattr(event, 'status', getattr(event, 'verdict', ''))}",
)
def test_what_is_well_or_told_already_raises_no_alert(event: Event) -> None:
    assert alert_of(event, NOW) is None


def test_rows_that_were_set_aside_are_told_of_by_number() -> None:
    kept = outcome(status="quarantined", unexpected=37)
    event = replace(judged("warned", kept), set_aside=37, newly_set_aside=37)
    alert = alert_of(event, NOW, "rossmann")
    assert alert is not None
    assert alert.severity == "warn"
    assert alert.title == "rossmann: gate train opened, 37 rows set aside"
    assert "- Sales between 0 and 50,000: 37 of 1,017,209 rows set aside" in alert.text
    warned = outcome(severity="warn", description="Store not null")
    both = alert_of(replace(judged("warned", kept, warned), set_aside=37, newly_set_aside=37), NOW)
    assert both is not None
    assert (
        both.title
        == "gate train opened with warnings, 1 of 13 expectations failed, 37 rows set aside"
    )


def test_new_rows_are_told_apart_from_those_set_aside_before() -> None:
    kept = outcome(status="quarantined", unexpected=90)
    event = replace(judged("warned", kept), set_aside=94, newly_set_aside=35, unread_earlier=4)
    alert = alert_of(event, NOW)
    assert alert is not None
    assert alert.title == "gate train opened, 35 rows set aside now, 94 in all"
    assert "- 4 rows of earlier deliveries could not be read" in alert.text


def test_rows_that_were_told_of_before_raise_no_second_alert() -> None:
    kept, warned = outcome(status="quarantined"), outcome(severity="warn")
    assert alert_of(replace(judged("warned", kept), set_aside=94), NOW) is None
    assert alert_of(replace(judged("warned", kept, warned), set_aside=94), NOW) is not None
    closed = replace(judged("closed", outcome()), set_aside=0)
    assert alert_of(closed, NOW) is not None
