"""Each service level is a figure of facts: what was promised, what was observed, and the slack."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.contracts.service_levels.cadence import Cadence
from headgate.contracts.service_levels.cron import cron
from headgate.contracts.service_levels.service_level import Promise, Rate, ServiceLevel, Share
from headgate.scorecard.availability import Slice, availability
from headgate.scorecard.freshness import frequency, latency, retention
from headgate.scorecard.indicator import Indicator, Verdict
from headgate.scorecard.life import end_of_life, end_of_support, general_availability
from headgate.scorecard.rates import error_rate, throughput
from headgate.scorecard.response import (
    Closure,
    time_to_detect,
    time_to_notify,
    time_to_repair,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MET, WARNED, MISSED, UNKNOWN = Verdict.MET, Verdict.WARNED, Verdict.MISSED, Verdict.UNKNOWN


def level(name: str, promise: Promise = None, window: timedelta = 30 * DAY) -> ServiceLevel:
    return ServiceLevel("orders", name, promise, "", "a.yaml:1", window=window)


@pytest.mark.parametrize(
    ("until", "verdict", "observed", "slack"),
    [
        (NOW - 3 * HOUR, MET, 3 * HOUR, HOUR),
        (NOW - 4 * HOUR, MET, 4 * HOUR, timedelta()),
        (NOW - 5 * HOUR, MISSED, 5 * HOUR, -HOUR),
        (NOW + HOUR, MET, timedelta(), 4 * HOUR),
    ],
)
def test_latency_is_the_age_of_the_newest_data(
    until: datetime, verdict: Verdict, observed: timedelta, slack: timedelta
) -> None:
    found = latency(level("latency"), 4 * HOUR, until, NOW)
    assert (found.verdict, found.observed, found.slack) == (
        verdict,
        observed.total_seconds(),
        slack.total_seconds(),
    )
    assert latency(level("latency"), 4 * HOUR, None, NOW).verdict is UNKNOWN


@pytest.mark.parametrize(
    ("cadence", "gaps", "verdict", "late", "details"),
    [
        (Cadence(DAY), [48, 24, 23], MET, 0, (2, 0, 24)),
        (Cadence(DAY), [75, 49, 25], MISSED, 1, (2, 1, 26)),
        (Cadence(DAY, None, 2 * HOUR), [75, 49, 25], MET, 1, (2, 0, 26)),
        (Cadence(DAY, cron("0 9 * * *")), [28, 4], MET, 0, (1, 0, 24)),
        (Cadence(DAY, cron("0 9 * * *")), [52, 28], MISSED, 3, (1, 0, 24)),
    ],
)
def test_frequency_is_missed_while_a_delivery_is_late(
    cadence: Cadence,
    gaps: list[int],
    verdict: Verdict,
    late: int,
    details: tuple[int, int, int],
) -> None:
    found = frequency(level("frequency"), cadence, [NOW - gap * HOUR for gap in gaps], NOW)
    assert (found.verdict, found.details["late_seconds"]) == (verdict, late * 3600)
    told = ("deliveries", "late_deliveries", "longest_gap_seconds")
    assert [found.details[name] for name in told] == [*details[:2], details[2] * 3600]
    assert frequency(level("frequency"), cadence, [], NOW).verdict is UNKNOWN


@pytest.mark.parametrize(
    ("first", "reach", "verdict"),
    [
        (400, 400, MET),
        (400, 366, MET),
        (400, 300, MISSED),
        (400, None, MISSED),
        (10, 10, MET),
        (10, 5, MISSED),
    ],
)
def test_retention_reaches_as_far_back_as_promised_or_as_there_ever_was_data(
    first: int, reach: int | None, verdict: Verdict
) -> None:
    back = None if reach is None else NOW - reach * DAY
    found = retention(level("retention"), 366 * DAY, NOW - first * DAY, back, NOW)
    assert found.verdict is verdict
    assert (found.slack is not None and found.slack >= 0) == (verdict is MET)


@pytest.mark.parametrize(
    ("name", "days", "served", "verdict"),
    [
        ("generalAvailability", 1, False, UNKNOWN),
        ("generalAvailability", -1, False, MISSED),
        ("generalAvailability", 1, True, MET),
        ("endOfSupport", 31, True, MET),
        ("endOfSupport", 29, True, WARNED),
        ("endOfSupport", 0, True, WARNED),
        ("endOfLife", 31, True, MET),
        ("endOfLife", 30, True, WARNED),
        ("endOfLife", 0, True, MISSED),
        ("endOfLife", -1, False, MET),
    ],
)
def test_a_date_says_from_when_and_until_when_it_is_served(
    name: str, days: int, served: bool, verdict: Verdict
) -> None:
    at, own = NOW + days * DAY, level(name)
    found: dict[str, Callable[[], Indicator]] = {
        "generalAvailability": lambda: general_availability(own, at, NOW, served=served),
        "endOfSupport": lambda: end_of_support(own, at, NOW),
        "endOfLife": lambda: end_of_life(own, at, NOW, served=served),
    }
    assert found[name]().verdict is verdict


@pytest.mark.parametrize(
    ("endings", "verdict", "observed"),
    [
        (["published"] * 19 + ["held"], MET, 0.05),
        (["published"] * 8 + ["held", "failed"], MISSED, 0.2),
        (["unchanged", "interrupted"], MET, 0.0),
        (["interrupted"], UNKNOWN, None),
        ([], UNKNOWN, None),
    ],
)
def test_the_error_rate_is_the_share_of_runs_that_went_wrong(
    endings: Sequence[str], verdict: Verdict, observed: float | None
) -> None:
    found = error_rate(level("errorRate"), Share(0.05), endings)
    assert (found.verdict, found.observed) == (verdict, observed)


@pytest.mark.parametrize(
    ("counts", "verdict", "observed"),
    [
        ([(NOW - 2 * DAY, 100), (NOW - DAY, 100)], MET, 100.0),
        ([(NOW - 4 * DAY, 100), (NOW - DAY, 100)], MISSED, 50.0),
        ([(NOW - 60 * DAY, 9000), (NOW - DAY, 3000)], MET, 100.0),
        ([(NOW - HOUR, 5000)], UNKNOWN, None),
        ([], UNKNOWN, None),
    ],
)
def test_throughput_is_what_came_in_the_window_in_the_unit_of_the_promise(
    counts: list[tuple[datetime, int]], verdict: Verdict, observed: float | None
) -> None:
    found = throughput(level("throughput"), Rate(100, "rows", DAY), counts, NOW)
    assert (found.verdict, found.observed) == (verdict, observed)


@pytest.mark.parametrize("days", [1, 3, 7, 30, 49, 90])
def test_a_throughput_that_is_just_enough_is_enough(days: int) -> None:
    counts = [(NOW - 200 * DAY, 1), (NOW - HOUR, days)]
    promised = level("throughput", window=days * DAY)
    assert throughput(promised, Rate(1, "rows", DAY), counts, NOW).verdict is MET


CLOSED = Closure(NOW - 10 * HOUR, NOW - 9 * HOUR, NOW - 8.5 * HOUR, NOW - 6 * HOUR)
STANDING = Closure(NOW - 5 * HOUR, NOW - 5 * HOUR)
LONG_AGO = Closure(NOW - 90 * DAY, NOW - 80 * DAY, NOW - 80 * DAY, NOW - 70 * DAY)


@pytest.mark.parametrize(
    ("closures", "detect", "notify", "repair"),
    [
        ([CLOSED], 1, 0.5, 3),
        ([CLOSED, STANDING], 1, 5, 5),
        ([LONG_AGO, STANDING], 0, 5, 5),
        ([LONG_AGO], None, None, None),
        ([], None, None, None),
    ],
)
def test_a_response_is_as_fast_as_its_slowest_and_what_is_open_counts(
    closures: list[Closure], detect: float | None, notify: float | None, repair: float | None
) -> None:
    for figure, hours in (
        (time_to_detect, detect), (time_to_notify, notify), (time_to_repair, repair)
    ):  # fmt: skip
        found = figure(level("timeTo..."), 2 * HOUR, closures, NOW)
        if hours is None:
            assert (found.verdict, found.observed) == (UNKNOWN, None)
        else:
            assert found.observed == hours * 3600
            assert found.verdict is (MET if hours <= 2 else MISSED)


def test_availability_is_missed_when_the_bad_time_is_more_than_the_budget() -> None:
    def found(bad: timedelta, share: float = 0.99) -> Indicator:
        good = Slice(NOW - 60 * DAY, NOW - DAY, NOW)
        return availability(
            level("availability"), Share(share), [good, Slice(NOW - DAY, NOW, NOW - bad)], NOW
        )

    fine, over = found(7 * HOUR), found(8 * HOUR)
    assert (fine.verdict, over.verdict) == (MET, MISSED)
    assert fine.details["budget_seconds"] == pytest.approx(7.2 * 3600)
    assert fine.details["budget_left_seconds"] == pytest.approx(0.2 * 3600)
    assert fine.details["burn_rate"] == pytest.approx(7 / 7.2)
    assert fine.observed == pytest.approx(1 - 7 / 720)
    assert found(HOUR, 1.0).verdict is MISSED
    assert found(timedelta(), 1.0).verdict is MET
    let_through = Slice(NOW - HOUR, NOW, None)
    only = availability(level("availability"), Share(0.9), [let_through], NOW)
    assert (only.observed, only.details["bad_seconds"]) == (0, 3600)


hours = st.integers(0, 24 * 60)


@given(st.lists(st.tuples(hours, st.none() | hours), max_size=12), st.floats(0, 1))
def test_the_error_budget_adds_up_and_availability_is_a_share(
    drawn: list[tuple[int, int | None]], share: float
) -> None:
    starts = sorted({NOW - hour * HOUR for hour, _ in drawn})
    goods = [None if good is None else NOW - good * HOUR for _, good in drawn]
    slices = [
        Slice(start, end, good)
        for start, end, good in zip(starts, [*starts[1:], NOW], goods, strict=False)
    ]
    found = availability(level("availability"), Share(share), slices, NOW)
    minutes = [NOW - 30 * DAY + HOUR * n for n in range(30 * 24)]  # all facts are at whole hours
    inside = [(one, at) for at in minutes for one in slices if one.start <= at < one.end]
    if not inside:
        assert found.verdict is UNKNOWN
        return
    bad = sum(one.good_until is None or at >= one.good_until for one, at in inside)
    assert found.observed is not None
    assert 0 <= found.observed <= 1
    assert found.observed == pytest.approx(1 - bad / len(inside))
    details = {name: value for name, value in found.details.items() if isinstance(value, float)}
    assert details["bad_seconds"] == bad * 3600
    spent = details["budget_seconds"] - details["budget_left_seconds"]
    assert spent == pytest.approx(details["bad_seconds"], abs=1e-3)
    assert (details["budget_left_seconds"] >= 0) == (found.verdict is MET)


@given(st.timedeltas(-90 * DAY, 90 * DAY), st.timedeltas(timedelta(), 90 * DAY))
def test_a_later_now_never_lowers_latency(back: timedelta, later: timedelta) -> None:
    until = NOW - back
    first = latency(level("latency"), DAY, until, NOW)
    second = latency(level("latency"), DAY, until, NOW + later)
    assert first.observed is not None
    assert second.observed is not None
    assert second.observed >= first.observed >= 0
    assert not (first.verdict is MISSED and second.verdict is MET)
