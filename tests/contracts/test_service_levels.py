"""What a contract promises of the service is read with file and line, in the standard's words."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.contracts.contract import Contract
from headgate.contracts.service_levels.cadence import Cadence
from headgate.contracts.service_levels.cron import cron
from headgate.contracts.service_levels.reading import NAMES, cadence, service_levels
from headgate.contracts.service_levels.service_level import Rate, ServiceLevel, Share
from headgate.errors import DeclarationError
from headgate.project.contracts import read_contracts

HEAD = """
kind: DataContract
apiVersion: v3.2.0
id: shop
version: 1.0.0
schema:
  - name: orders
    id: o1
    physicalName: ORDERS
    properties: [{name: placed, id: p1, logicalType: timestamp}, {name: amount, logicalType: number}]
  - name: items
    properties: [{name: number, logicalType: integer}]
"""
Levels = Callable[..., list[ServiceLevel]]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def levels(tmp_path: Path) -> Levels:
    """Reads service levels from the text below the tables, of one of them or of both."""

    def reading(text: str, dataset: str = "orders") -> list[ServiceLevel]:
        (tmp_path / "contracts").mkdir(exist_ok=True)
        (tmp_path / "contracts" / "a.yaml").write_text(HEAD.lstrip() + textwrap.dedent(text))
        return list(service_levels(read_contracts(tmp_path)[dataset]))

    return reading


@pytest.mark.parametrize(
    ("written", "name", "promise"),
    [
        ("property: latency, value: 4, unit: h", "latency", 4 * HOUR),
        ("property: LATENCY, value: 1.5, unit: days", "latency", 36 * HOUR),
        ("property: ly, value: '30', unit: m", "latency", HOUR / 2),
        ("property: freshness, value: PT15M", "latency", HOUR / 4),
        ("property: retention, value: 3, unit: M", "retention", 93 * DAY),
        ("property: retention, value: P1Y2W", "retention", 380 * DAY),
        ("property: timeToDetect, value: 90 min", "timeToDetect", 1.5 * HOUR),
        ("property: timetonotify, value: 1, unit: H", "timeToNotify", HOUR),
        ("property: timeToRepair, value: 2, unit: w", "timeToRepair", 14 * DAY),
        ("property: frequency, value: 1, unit: d", "frequency", Cadence(DAY)),
        ("property: frequency, value: 4, valueExt: 1, unit: d", "frequency", Cadence(6 * HOUR)),
        ("property: frequency, value: weekly", "frequency", Cadence(7 * DAY)),
        ("property: availability, value: 99.5, unit: percent", "availability", Share(0.995)),
        ("property: availability, value: 95%", "availability", Share(0.95)),
        ("property: availability, value: 0.5", "availability", Share(0.5)),
        ("property: errorRate, value: 1, unit: '%'", "errorRate", Share(0.01)),
        ("property: errorRate, value: 0.7, unit: '%'", "errorRate", Share(7 / 1000)),
        ("property: throughput, value: 10, unit: rows/h", "throughput", Rate(10, "rows", HOUR)),
        ("property: throughput, value: 2, unit: runs per day", "throughput", Rate(2, "runs", DAY)),
        ("property: throughput, value: 5, unit: d", "throughput", Rate(5, "rows", DAY)),
        (
            "property: endOfLife, value: '2027-01-31'",
            "endOfLife",
            datetime(2027, 1, 31, tzinfo=UTC),
        ),
        (
            "property: generalAvailability, value: '2022-05-12T09:30:10-08:00'",
            "generalAvailability",
            datetime(2022, 5, 12, 17, 30, 10, tzinfo=UTC),
        ),
        ("property: affinity, value: 12, unit: parsecs", "affinity", None),
    ],
)
def test_a_level_is_read_as_what_it_promises(
    levels: Levels, written: str, name: str, promise: object
) -> None:
    (found,) = levels(f"slaProperties:\n  - {{{written}}}\n")
    assert (found.property, found.promise) == (name, promise)
    assert found.where == "contracts/a.yaml:13"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("property: latency, value: soon", "no length of time"),
        ("property: latency, value: 4", "no length of time"),
        ("property: latency, value: -4, unit: h", "no length of time"),
        ("property: latency, value: 4, unit: parsecs", "no length of time"),
        ("property: latency, unit: h", "key 'value' is missing"),
        ("property: latency, value: true, unit: h", "no number"),
        ("property: latency, value: 9e99, unit: y", "no length of time"),
        ("property: retention, value: P2000Y", "no length of time"),
        ("property: retention, value: [1], unit: h", "expected text or a number"),
        ("property: availability, value: 101, unit: percent", "no share"),
        ("property: availability, value: 2, unit: ratio", "no share"),
        ("property: availability, value: 99, valueExt: 3", "no length of time to judge"),
        ("property: throughput, value: 5, unit: bytes/h", "no rate"),
        ("property: endOfLife, value: never", "no date"),
        ("property: frequency, value: 1, unit: d, schedule: 0 25 * * *", "bad hour"),
        ("property: frequency, value: 1, unit: d, schedule: 0 0 30 2 *", "bad day-of-month"),
        ("property: frequency, value: 1, unit: d, schedule: x, scheduler: airflow", "airflow"),
        ("property: latency, value: 4, unit: h, element: orders.place", "orders.placed"),
        ("property: latency, value: 4, unit: h, element: order", "orders"),
        ("property: frequency, value: daily, customProperties: 5", "customProperties"),
        ("value: 4", "key 'property' is missing"),
    ],
)
def test_a_level_that_cannot_be_understood_is_refused_with_its_line(
    levels: Levels, written: str, told: str
) -> None:
    with pytest.raises(DeclarationError, match=r"contracts/a\.yaml:1\d: ") as caught:
        levels(f"slaProperties:\n  - {{{written}}}\n")
    assert told in str(caught.value)


def test_an_element_says_what_a_level_is_about_and_without_one_it_is_about_all(
    levels: Levels,
) -> None:
    text = """
    slaProperties:
      - {property: latency, value: 1, unit: h, element: orders.placed}
      - {property: latency, value: 2, unit: h, element: ORDERS}
      - {property: latency, value: 3, unit: h, element: /schema/o1/properties/p1}
      - {property: latency, value: 4, unit: h, element: "items, orders.amount"}
      - {property: latency, value: 5, unit: h}
    """
    assert [(one.written, one.column) for one in levels(text)] == [
        ("1 h", "placed"), ("2 h", ""), ("3 h", "placed"), ("4 h", "amount"), ("5 h", ""),
    ]  # fmt: skip
    assert [one.written for one in levels(text, "items")] == ["4 h", "5 h"]
    default = "slaDefaultElement: items\nslaProperties: [{property: latency, value: 1 h}]\n"
    assert levels(default) == []


def test_a_schedule_and_an_allowed_lateness_are_part_of_a_cadence(
    levels: Levels, tmp_path: Path
) -> None:
    levels("""
    slaProperties:
      - property: frequency
        value: 1
        unit: d
        scheduler: cron
        schedule: 0 6 * * *
        customProperties: [{property: allowedLateness, value: 30 min}]
    """)
    found = cadence(read_contracts(tmp_path)["orders"])
    assert found == Cadence(DAY, cron("0 6 * * *"), HOUR / 2)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "last", "came", "deviation"),
    [
        (None, "2026-11-02T06:00", "2026-11-03T06:10", HOUR / 6),
        (None, "2026-11-02T06:00", "2026-11-03T05:00", -HOUR),
        ("0 6 * * *", "2026-11-02T05:55", "2026-11-03T05:58", -HOUR / 30),
        ("0 6 * * *", "2026-11-02T06:40", "2026-11-03T06:30", HOUR / 2),
        ("0 6 * * *", "2026-11-02T06:00", "2026-11-02T12:00", None),
        ("0 6 * * *", "2026-11-02T06:00", "2026-11-04T05:00", 23 * HOUR),
        ("0 6 * * *", "2026-11-04T05:00", "2026-11-05T05:00", -HOUR),
        ("0 6 * * mon-fri", "2026-11-20T06:00", "2026-11-23T06:00", timedelta()),
    ],
)
def test_a_delivery_is_compared_with_when_it_was_expected(
    text: str | None, last: str, came: str, deviation: timedelta | None
) -> None:
    one = Cadence(DAY, cron(text) if text else None)
    assert one.deviation(at(last), at(came)) == deviation


def numbers(low: int, high: int) -> st.SearchStrategy[frozenset[int]]:
    some = st.frozensets(st.integers(low, high), min_size=1, max_size=4)
    return st.one_of(st.just(frozenset(range(low, high + 1))), some)


@given(
    numbers(0, 59), numbers(0, 23), numbers(1, 28), numbers(1, 12), numbers(0, 6),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001
)  # fmt: skip
def test_a_schedule_names_the_minutes_that_its_fields_do(
    minutes: frozenset[int],
    hours: frozenset[int],
    days: frozenset[int],
    months: frozenset[int],
    weekdays: frozenset[int],
    start: datetime,
) -> None:
    full = (len(days) == 28, len(weekdays) == 7)
    given_days = "*" if full[0] else ",".join(map(str, days))
    given_weekdays = "*" if full[1] else ",".join(map(str, weekdays))
    fields = [",".join(map(str, one)) for one in (minutes, hours)]
    text = " ".join([*fields, given_days, ",".join(map(str, months)), given_weekdays])
    found, start = cron(text), start.replace(tzinfo=UTC)
    assert found.latest(found.after(start)) == found.after(start)

    def is_day(day: datetime) -> bool:
        of_month, of_week = full[0] or day.day in days, full[1] or day.isoweekday() % 7 in weekdays
        either = not full[0] and not full[1]
        return day.month in months and (of_month or of_week if either else of_month and of_week)

    def naive() -> datetime:
        day = start.replace(hour=0, minute=0, second=0, microsecond=0)
        while True:
            if is_day(day):
                for hour in sorted(hours):
                    for minute in sorted(minutes):
                        if (moment := day.replace(hour=hour, minute=minute)) > start:
                            return moment
            day += DAY

    assert found.after(start) == naive()


words = ["1 d", "daily", "P", "PT", "99%", "0 6 * * *", "* * * *", "rows/", "d", "orders."]
plain = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
    | st.sampled_from(words)
)  # fmt: skip
customs = st.fixed_dictionaries({"property": st.just("allowedLateness"), "value": plain})
anything = plain | st.lists(plain | customs, max_size=2) | customs
names = st.sampled_from([*NAMES, "frequency", "x"]) | anything
keys = ["value", "valueExt", "unit", "element", "schedule", "scheduler", "customProperties"]


@settings(max_examples=100)
@given(st.lists(st.fixed_dictionaries({"property": names}, optional=dict.fromkeys(keys, anything))))
def test_whatever_stands_there_is_read_or_refused_with_its_place(
    entries: list[dict[str, object]],
) -> None:
    contract = Contract(
        "orders", "a.yaml:1",
        document={"schema": [{"name": "orders"}], "slaProperties": entries},
        place=lambda keys: "a.yaml:" + "/".join(map(str, keys)),
    )  # fmt: skip
    told = ""
    try:
        service_levels(contract)
    except DeclarationError as error:
        told = str(error)
    assert not told or told.startswith("a.yaml:slaProperties/")
