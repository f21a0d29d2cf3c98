"""The queue, and what a helper may compute of a run that is going on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.errors import BusyError, UnknownNameError
from headgate.ledger import history
from headgate.ledger.events import (
    DatasetReused,
    Event,
    GateJudged,
    ReleasePublished,
    SourceIngested,
    StageStarted,
    StepFinished,
)
from headgate.ledger.ledger import Ledger
from headgate.runs import queue
from headgate.runs.claim import claim, holders, is_free, renewed, sweep
from headgate.runs.execute import Ending, Request
from headgate.runs.gate import Waiver
from headgate.runs.helping import candidates
from headgate.runs.queue import RunRequest, Taken
from headgate.workspace.resolve import job
from headgate.workspace.workspace import opened
from tests.projects.shop import make

AT = datetime(2015, 7, 31, 12, tzinfo=UTC)
PAST = "2000-01-01T00:00:00.000000+00:00"


def anything(_: RunRequest) -> bool:
    return True


def asked(
    ledger: Ledger, *pipelines: str, environment: str = "prod", request: Request | None = None
) -> list[int]:
    with ledger.transaction() as tx:
        return [
            queue.ask(tx, name, environment, request or Request(), user="ada", code=None).number
            for name in pipelines
        ]


def take(
    ledger: Ledger, mine: Callable[[RunRequest], bool] = anything, environment: str = "prod"
) -> Taken | None:
    with ledger.transaction() as tx:
        return queue.take_next(tx, environment, "1 on here", mine)


def taken(ledger: Ledger) -> Taken:
    found = take(ledger)
    assert found is not None
    return found


def lose(ledger: Ledger, kind: str) -> None:
    """Lets leases pass, as those of a process that does not answer."""
    with ledger.transaction() as tx:
        tx.execute(
            "update lease set expires = ? where substr(name, 1, ?) = ?", (PAST, len(kind), kind)
        )


def found(ledger: Ledger, number: int) -> RunRequest:
    with ledger.snapshot() as tx:
        return queue.find(tx, number)


def test_what_was_asked_is_what_a_worker_gets(ledger: Ledger) -> None:
    request = Request(
        Waiver(("sales:rows",), "a holiday", "ada"), force=True, retry=True, refresh=True
    )
    [number] = asked(ledger, "shop", request=request)
    got = taken(ledger)
    assert got.asks == request
    assert (got.request.number, got.request.user) == (number, "ada")
    assert found(ledger, number).run == got.claim.run
    with ledger.snapshot() as tx, pytest.raises(UnknownNameError, match="no request 99"):
        queue.find(tx, 99)


def test_requests_are_taken_oldest_first_and_one_of_a_pipeline_at_a_time(ledger: Ledger) -> None:
    first, second, third = asked(ledger, "shop", "shop", "web")
    assert taken(ledger).request.number == first
    assert taken(ledger).request.number == third
    assert take(ledger) is None
    assert found(ledger, second).status == "waiting"


def test_a_request_waits_while_its_pipeline_is_run_by_hand(ledger: Ledger) -> None:
    asked(ledger, "shop")
    with claim(ledger, "shop@prod", run="r1"):
        assert take(ledger) is None
    assert taken(ledger).request.pipeline == "shop"


def test_a_worker_takes_what_is_of_its_environment_and_what_it_may(ledger: Ledger) -> None:
    asked(ledger, "shop", environment="test")
    assert take(ledger) is None
    shop, web = asked(ledger, "shop", "web")
    got = take(ledger, lambda request: request.pipeline == "web")
    assert got is not None
    assert got.request.number == web
    assert found(ledger, shop).attempts == 0


def test_a_later_request_of_a_pipeline_never_comes_before_one_that_is_left_alone(
    ledger: Ledger,
) -> None:
    first, second, web = asked(ledger, "shop", "shop", "web")
    got = take(ledger, lambda request: request.number != first)
    assert got is not None
    assert got.request.number == web
    assert found(ledger, second).attempts == 0
    assert taken(ledger).request.number == first


def test_one_that_moves_the_environment_waits_for_all_and_nothing_overtakes_it(
    ledger: Ledger,
) -> None:
    asked(ledger, "web")
    running = taken(ledger)
    [number] = asked(ledger, "shop", request=Request(refresh=True))
    asked(ledger, "other")
    with renewed(ledger, running.claim):
        assert take(ledger) is None
        queue.finish(ledger, running, Ending.PUBLISHED)
    assert taken(ledger).request.number == number


def test_a_request_from_before_a_refresh_could_be_asked_is_taken(ledger: Ledger) -> None:
    [number] = asked(ledger, "shop")
    with ledger.transaction() as tx:
        body = '{"force": true, "retry": false, "waiver": null}'
        tx.execute("update run_request set body = ? where number = ?", (body, number))
    assert taken(ledger).asks == Request(force=True)


def test_one_that_is_given_back_is_the_first_again_and_counts_no_attempt(ledger: Ledger) -> None:
    first, _ = asked(ledger, "shop", "shop")
    got = taken(ledger)
    with renewed(ledger, got.claim):
        queue.give_back(ledger, got, "stopped")
    assert (found(ledger, first).status, found(ledger, first).attempts) == ("waiting", 0)
    assert taken(ledger).request.number == first


def test_a_finished_request_is_never_taken_again(ledger: Ledger) -> None:
    [number] = asked(ledger, "shop")
    got = taken(ledger)
    with renewed(ledger, got.claim):
        queue.finish(ledger, got, Ending.HELD)
    done = found(ledger, number)
    assert (done.status, done.ending, done.run) == ("done", "held", got.claim.run)
    assert take(ledger) is None


def test_whoever_lost_a_request_can_neither_finish_it_nor_give_it_back(ledger: Ledger) -> None:
    [number] = asked(ledger, "shop")
    slept = taken(ledger)
    lose(ledger, "request:")
    second = taken(ledger)
    assert second.request.number == number
    with pytest.raises(BusyError, match="lost request:"):
        queue.finish(ledger, slept, Ending.PUBLISHED)
    with pytest.raises(BusyError, match="lost request:"):
        queue.give_back(ledger, slept, "stopped")
    assert found(ledger, number).status == "taken"
    queue.finish(ledger, second, Ending.UNCHANGED)
    assert found(ledger, number).run == second.claim.run


def test_a_request_is_given_up_after_as_many_deaths(ledger: Ledger) -> None:
    [number] = asked(ledger, "shop")
    for attempt in range(1, queue.ATTEMPTS + 1):
        taken(ledger)
        assert found(ledger, number).attempts == attempt
        lose(ledger, "request:")
    assert take(ledger) is None
    done = found(ledger, number)
    assert (done.status, done.ending) == ("done", "failed")
    assert done.message == "given up: 3 workers died of it, or lost touch"
    with ledger.snapshot() as tx:
        kinds = [event.kind for _, event in history.events(tx)]
    assert kinds[-2:] == ["request_given_up", "request_finished"]


@pytest.mark.parametrize("deaths", [1, 3])
def test_one_whose_run_published_before_its_worker_died_is_published(
    ledger: Ledger, deaths: int
) -> None:
    [number] = asked(ledger, "shop", request=Request(force=True))
    run = taken(ledger).claim.run
    with ledger.transaction() as tx:
        history.start_run(tx, run=run, pipeline="shop", environment="prod", at=AT)
        tx.append(
            ReleasePublished(
                run=run, at=AT, environment="prod", number=1, pipeline="shop", versions={}
            )
        )
        history.end_run(tx, run, "interrupted", AT)  # in the midst of its triggers
    lose(ledger, "request:")
    for _ in range(deaths - 1):
        assert taken(ledger).asks == Request()
        lose(ledger, "request:")
    if again := take(ledger):
        queue.finish(ledger, again, Ending.UNCHANGED)
    done = found(ledger, number)
    assert (done.status, done.ending, done.run) == ("done", "published", run)


def test_claims_that_nobody_needs_again_leave_no_row(ledger: Ledger) -> None:
    with claim(ledger, "step:clean:f", run="r1"), claim(ledger, "shop@prod", run="r2"):
        pass
    with ledger.snapshot() as tx:
        assert tx.execute("select name from lease") == [("shop@prod",)]
    with claim(ledger, "step:clean:f", run="r3"), claim(ledger, "step:totals:f", run="r4"):
        lose(ledger, "step:clean:")
        with ledger.transaction() as tx:
            assert list(holders(tx, "step:")) == ["totals:f"]
            assert is_free(tx, "step:clean:f")
            sweep(tx)
            rows = tx.execute("select name from lease order by name")
        assert rows == [("shop@prod",), ("step:totals:f",)]


def test_a_step_that_was_swept_cannot_be_recorded_by_the_one_that_slept(ledger: Ledger) -> None:
    with claim(ledger, "step:clean:f", run="r1") as slept:
        lose(ledger, "step:")
        with ledger.transaction() as tx:
            sweep(tx)
        with claim(ledger, "step:clean:f", run="r2") as taken_over:
            assert taken_over.token == slept.token  # the row was new: the owner tells them apart
            with pytest.raises(BusyError), ledger.transaction() as tx:
                slept.fence(tx)


# ------------------------------------------------------------------ what is ready


def stage(number: int) -> StageStarted:
    return StageStarted(run="r", at=AT, number=number, title="")


def ingested(name: str) -> SourceIngested:
    return SourceIngested(
        run="r", at=AT, dataset=name, version=f"{name}1", rows=1, delivered=1, malformed=0
    )


def judged(name: str, verdict: str, version: str = "", gate: str = "") -> GateJudged:
    return GateJudged(
        run="r", at=AT, gate=gate or name, dataset=name, version=version or f"{name}1",
        verdict=verdict, passed=1, total=1,
    )  # fmt: skip


def finished(name: str) -> StepFinished:
    return StepFinished(run="r", at=AT, dataset=name, version=f"{name}1", rows=1, size=1)


def reused(name: str) -> DatasetReused:
    return DatasetReused(run="r", at=AT, dataset=name, version=f"{name}1", rows=1, because="")


SOURCES = [stage(1), ingested("sales"), judged("sales", "open"), reused("stores")]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """The shop's pipeline: `clean` has a gate, `totals` has none, as has `stores`."""
    root: Path = tmp_path_factory.mktemp("shop") / "shop"
    make(root)
    with opened(root) as workspace:
        return SimpleNamespace(job=job(workspace, "shop"))


@pytest.mark.parametrize(
    ("events", "ready"),
    [
        ([], {}),
        (SOURCES, {}),
        ([*SOURCES, stage(2)], {"sales": "sales1", "stores": "stores1"}),
        ([*SOURCES, stage(2), finished("clean")], {"sales": "sales1", "stores": "stores1"}),
        (
            [*SOURCES, stage(2), finished("clean"), stage(3), judged("clean", "closed")],
            {"sales": "sales1", "stores": "stores1"},
        ),
        (
            [*SOURCES, stage(2), finished("clean"), stage(3), judged("clean", "warned", "left2")],
            {"sales": "sales1", "stores": "stores1", "clean": "left2"},
        ),
        (
            [*SOURCES, stage(2), finished("clean"), judged("clean", "open", gate="publish")],
            {"sales": "sales1", "stores": "stores1"},
        ),
        (
            [*SOURCES, stage(2), reused("clean"), judged("clean", "open"), reused("totals")],
            {"sales": "sales1", "stores": "stores1", "clean": "clean1", "totals": "totals1"},
        ),
    ],
)
def test_only_what_passed_its_gate_may_be_read(
    shop: SimpleNamespace, events: Sequence[Event], ready: dict[str, str]
) -> None:
    assert candidates(shop.job, events) == ready


STORY: list[Event] = [
    *SOURCES,
    stage(2),
    finished("clean"),
    stage(3),
    judged("clean", "open"),
    stage(4),
    finished("totals"),
]


@given(st.integers(0, len(STORY)))
def test_the_more_was_told_the_more_is_ready(shop: SimpleNamespace, told: int) -> None:
    before = candidates(shop.job, STORY[:told])
    assert before.items() <= candidates(shop.job, STORY[: told + 1]).items()
    assert before.keys() <= {getattr(event, "dataset", "") for event in STORY[:told]}
