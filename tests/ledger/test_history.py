from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from headgate.errors import StateError, UnknownNameError
from headgate.ledger import cursor, history, results
from headgate.ledger.clock import moment, stamp
from headgate.ledger.events import RunStarted, StageStarted
from headgate.ledger.ledger import Ledger

AT = datetime(2015, 7, 31, 12, tzinfo=UTC)


@pytest.fixture
def three_runs(ledger: Ledger) -> Ledger:
    with ledger.transaction() as tx:
        for day, (run, pipeline) in enumerate(
            [("aa11", "shop"), ("aa22", "shop"), ("bb33", "web")]
        ):
            history.start_run(
                tx, run=run, pipeline=pipeline, environment="prod", at=AT + timedelta(days=day),
                owner="ann",
            )  # fmt: skip
    return ledger


def test_runs_are_told_newest_first_and_by_pipeline(three_runs: Ledger) -> None:
    with three_runs.snapshot() as tx:
        assert [run.id for run in history.runs(tx)] == ["bb33", "aa22", "aa11"]
        assert [run.id for run in history.runs(tx, pipeline="shop")] == ["aa22", "aa11"]
        assert [run.id for run in history.runs(tx, limit=1)] == ["bb33"]
        assert history.runs(tx, environment="test") == []


def test_a_run_is_found_by_the_start_of_its_id(three_runs: Ledger) -> None:
    with three_runs.snapshot() as tx:
        found = history.find_run(tx, "bb")
        assert found == history.RunRecord(
            "bb33", "web", "prod", "running", AT + timedelta(days=2), None, "ann"
        )
        with pytest.raises(UnknownNameError, match="more than one") as two:
            history.find_run(tx, "aa")
        assert two.value.hint == "say aa22, aa11"
        with pytest.raises(UnknownNameError, match="no run named 'bb34'") as none:
            history.find_run(tx, "bb34")
        assert none.value.hint == "did you mean 'bb33'?"


def test_a_run_that_never_ended_is_interrupted(three_runs: Ledger) -> None:
    with three_runs.transaction() as tx:
        assert history.interrupted(tx, "shop", "prod") == "aa22"
        history.end_run(tx, "aa22", "published", AT + timedelta(days=3))
        history.end_run(tx, "aa11", "held", AT + timedelta(days=3))
        assert history.interrupted(tx, "shop", "prod") is None
        assert history.interrupted(tx, "web", "prod") == "bb33"
    with three_runs.snapshot() as tx:
        ended = history.find_run(tx, "aa22")
        assert (ended.status, ended.ended_at) == ("published", AT + timedelta(days=3))


def test_only_a_run_that_started_can_end(ledger: Ledger) -> None:
    with pytest.raises(StateError), ledger.transaction() as tx:
        history.end_run(tx, "nobody", "published", AT)


def test_events_are_chosen_by_run_kind_and_place(ledger: Ledger) -> None:
    begun = [
        RunStarted(run=run, at=AT, pipeline="shop", environment="prod") for run in ("r1", "r2")
    ]
    stages = [StageStarted(run="r1", at=AT, number=n, title="") for n in (1, 2)]
    ledger.append(*begun, *stages)
    with ledger.snapshot() as tx:
        every = history.events(tx)
        assert [event for _, event in every] == [*begun, *stages]
        assert [e for _, e in history.events(tx, run="r1")] == [begun[0], *stages]
        assert [e for _, e in history.events(tx, kinds=["run_started"])] == begun
        assert history.events(tx, after=every[1][0], limit=1) == [every[2]]
        two_kinds = history.events(tx, run="r2", kinds=["stage_started", "run_started"])
        assert [e for _, e in two_kinds] == [begun[1]]


def test_an_event_of_a_newer_release_is_left_out(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        tx.execute("insert into event (run, kind, at, body) values ('r', 'new_thing', '', '{}')")
    with ledger.snapshot() as tx:
        assert history.events(tx) == []


def test_a_cursor_only_goes_forward(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        assert cursor.position(tx, "alerts") == 0
        cursor.advance(tx, "alerts", 7)
        cursor.advance(tx, "alerts", 3)
        assert cursor.position(tx, "alerts") == 7


def test_a_judgement_is_remembered_for_its_version_and_suite(ledger: Ledger) -> None:
    result = results.GateResult("open", [{"check": "rows", "value": 3}], "r1", AT)
    with ledger.transaction() as tx:
        results.keep_gate_result(tx, "sales", "v1", "s1", result)
        assert results.gate_result(tx, "sales", "v1", "s1") == result
        assert results.gate_result(tx, "sales", "v1", "s2") is None
        assert results.gate_result(tx, "sales", "v2", "s1") is None


def test_measurements_are_told_oldest_first(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        for day in range(3):
            results.keep_measurements(
                tx, run=f"r{day}", dataset="sales", version="v", at=AT + timedelta(days=day),
                values={"rows": float(day), "mean": None},
            )  # fmt: skip
        newest = results.measurements(tx, "sales", "rows", limit=2)
        assert newest == [(AT + timedelta(days=1), 1.0), (AT + timedelta(days=2), 2.0)]
        assert results.measurements(tx, "sales", "mean", limit=1)[0][1] is None


def test_times_sort_as_text() -> None:
    times = [AT + timedelta(microseconds=step) for step in (0, 1, 10, 999_999, 1_000_000)]
    assert sorted(stamp(time) for time in times) == [stamp(time) for time in times]
    assert [moment(stamp(time)) for time in times] == times
    with pytest.raises(ValueError, match="no time zone"):
        stamp(datetime(2015, 7, 31))  # noqa: DTZ001 - what must be refused
