"""What contracts promise of the service is judged by what happened, whatever the clock says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from headgate.cli.contract_sla import as_json, judged
from headgate.errors import HeadgateError
from headgate.incidents.respond import respond
from headgate.ledger.results import measurements
from headgate.runs.execute import Result, run
from headgate.store import rollbacks
from headgate.workspace.channels import alert_channels
from headgate.workspace.resolve import job
from headgate.workspace.workspace import Workspace, opened
from tests.projects.aging import age
from tests.projects.shop import Shop

HEAD = "store,day,amount,kind\n"
START = datetime(2026, 3, 1, 6, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CONTRACT = """
kind: DataContract
apiVersion: v3.2.0
id: shop
version: 1.0.0
schema:
  - name: sales
    properties: [{name: store, logicalType: integer}, {name: day, logicalType: date}]
  - name: totals
slaProperties:
"""


@dataclass
class Day:
    """The shop, at work under a clock that the test moves."""

    shop: Shop
    at: datetime = START

    def promise(self, *entries: str) -> None:
        """The service levels of the contract."""
        lines = "".join(f"  - {{{entry}}}\n" for entry in entries)
        self.shop.write("contracts/shop.yaml", CONTRACT + lines)

    def pass_(self, time: timedelta) -> None:
        self.at += time

    def run(self, took: timedelta = timedelta()) -> Result:
        """A run; its alerts go out that much later."""
        with self._open() as workspace:
            result = run(job(workspace, "shop"), workspace.tools)
            self.pass_(took)
            respond(workspace.tools.ledger, alert_channels(workspace.project), self.at)
            return result

    def deliver(self, name: str, amount: int = 5, day: str = "2026-03-01") -> Result:
        """A delivery of one row, and a run."""
        self.shop.deliver(f"{HEAD}{name},{day},{amount},0\n", f"sales_{name}.csv")
        return self.run()

    def levels(self) -> dict[str, dict[str, Any]]:
        """Every level as it is judged now, by its dataset and property."""
        with self._open() as workspace, workspace.tools.ledger.snapshot() as tx:
            found = [as_json(one) for one in judged(workspace, tx, workspace.contracts)]
        return {f"{one['dataset']} {one['property']}": one for one in found}

    def verdict(self, name: str) -> str:
        return str(self.levels()[name]["verdict"])

    def rollback(self) -> None:
        with self._open() as workspace, workspace.tools.ledger.transaction() as tx:
            rollbacks.rollback(
                tx, environment="prod", run="r", to=None, dataset=None,
                user="ada", at=self.at, because="",
            )  # fmt: skip

    def deviations(self, dataset: str) -> list[tuple[datetime, float | None]]:
        with self._open() as workspace, workspace.tools.ledger.snapshot() as tx:
            return measurements(tx, dataset, "delivery_deviation")

    def _open(self) -> Any:
        return _at(self.shop, lambda: self.at)


class _at:  # noqa: N801 - reads as a word
    """The shop's workspace, opened with a clock."""

    def __init__(self, shop: Shop, now: Callable[[], datetime]) -> None:
        self._opened, self._now = opened(shop.root), now

    def __enter__(self) -> Workspace:
        workspace = self._opened.__enter__()
        return replace(workspace, tools=replace(workspace.tools, now=self._now))

    def __exit__(self, *error: Any) -> None:
        self._opened.__exit__(*error)


@pytest.fixture
def day(shop: Shop) -> Day:
    return Day(shop)


def test_latency_is_of_the_newest_value_or_of_the_delivery(day: Day) -> None:
    day.promise(
        "property: latency, value: 6, unit: h, element: totals",
        "property: latency, value: 2, unit: d, element: sales.day",
    )
    assert day.verdict("totals latency") == "not known yet"
    day.deliver("1", day="2026-03-01")
    day.pass_(7 * HOUR)
    found = day.levels()
    assert (found["totals latency"]["verdict"], found["totals latency"]["observed"]) == (
        "missed",
        7 * 3600,
    )
    assert found["sales latency"]["verdict"] == "met"
    assert found["sales latency"]["observed"] == 0, "the day lasts until its end"
    day.pass_(3 * DAY)
    assert day.verdict("sales latency") == "missed"
    day.shop.edit("transformations/totals.sql", "count(*) as days", "count(*) as n")
    day.run()
    assert day.verdict("totals latency") == "missed", "other code is no new data"
    day.deliver("2")
    assert day.verdict("totals latency") == "met"
    day.rollback()
    assert day.verdict("totals latency") == "missed", "it is the older data again"


def test_a_level_that_cannot_be_judged_is_an_error_and_data_is_then_not_in_time(day: Day) -> None:
    day.promise(
        "property: latency, value: 1000, unit: y, element: sales.day",
        "property: retention, value: 1000, unit: y, element: sales.day",
        "property: availability, value: 99%, valueExt: 1000 y, element: sales",
    )
    day.deliver("0", day="9999-12-31")
    day.pass_(HOUR)
    assert {one["verdict"] for one in day.levels().values()} == {"met"}
    day.promise("property: latency, value: 1, unit: d, element: sales.paid")
    with pytest.raises(HeadgateError, match=r"contracts/shop\.yaml:10.*sales\.paid"):
        day.levels()
    day.shop.write(
        "contracts/shop.yaml",
        CONTRACT.replace("{name: store, logicalType: integer}", "{name: paid, logicalType: date}")
        + "  - {property: latency, value: 1, unit: d, element: sales.paid}\n",
    )
    found = day.levels()["sales latency"]
    assert (found["verdict"], found["because"]) == (
        "error",
        "sales has no column 'paid'; correct element:",
    )


def test_before_anything_is_served_every_level_can_be_judged_and_in_a_fixed_environment_none_is(
    day: Day,
) -> None:
    day.promise(
        "property: frequency, value: 1, unit: h",
        *(f"property: {name}, value: 1, unit: h" for name in ("latency", "retention")),
        *(f"property: timeTo{what}, value: 1 h" for what in ("Detect", "Notify", "Repair")),
        *(f"property: {name}, value: 1%" for name in ("availability", "errorRate")),
        "property: throughput, value: 1, unit: runs/d",
        "property: generalAvailability, value: '2026-01-01'",
        "property: endOfSupport, value: '2030-01-01'",
        "property: endOfLife, value: '2026-01-01'",
    )
    found = {name: one["verdict"] for name, one in day.levels().items()}
    assert found.pop("totals generalAvailability") == found.pop("sales generalAvailability")
    assert set(found.values()) == {"not known yet", "met"}
    assert {name for name, verdict in found.items() if verdict == "met"} == {
        f"{dataset} endOf{what}" for dataset in ("sales", "totals") for what in ("Support", "Life")
    }
    day.deliver("1")
    late = day.shop.headgate("status", "--check", code=4)
    assert "sales latency" in late.out
    day.shop.headgate("env", "create", "dev", "--from", "prod")
    assert "latency" not in day.shop.headgate("status", "--check", "--env", "dev").out


def test_the_deviation_from_what_was_expected_is_kept_as_a_metric_of_each_delivery(
    day: Day,
) -> None:
    day.promise("property: frequency, value: 1, unit: d")
    day.deliver("1")
    assert day.deviations("sales") == [], "nothing said when the first was expected"
    day.pass_(DAY + HOUR)
    day.deliver("2")
    day.shop.edit("transformations/totals.sql", "count(*) as days", "count(*) as n")
    day.run()
    day.pass_(DAY - 2 * HOUR)
    day.deliver("3")
    expected = [(START + DAY + HOUR, 3600.0), (START + 2 * DAY - HOUR, -7200.0)]
    assert day.deviations("sales") == day.deviations("totals") == expected
    found = day.levels()["totals frequency"]
    assert (found["verdict"], found["slack"]) == ("met", 86_400)
    assert found["details"]["late_deliveries"] == 1
    day.pass_(DAY + HOUR)
    assert day.verdict("totals frequency") == "missed"
    (first, second, *_) = day.shop.events("delivery_published")
    assert {first["dataset"], second["dataset"]} == {"sales", "totals"}
    assert first["expected_at"] == (START + DAY).isoformat()
    assert "sales, 2 h early" in day.shop.headgate("show").out


def test_new_data_that_is_promoted_is_a_delivery_of_where_it_comes_to(open_shop: Shop) -> None:
    Day(open_shop).promise("property: frequency, value: 1, unit: d, element: totals")
    open_shop.headgate("env", "create", "dev", "--moving")
    open_shop.edit("transformations/totals.sql", "count(*) as days", "count(*) as n")
    open_shop.headgate("run", "--env", "dev")
    open_shop.headgate("env", "promote", "dev", "prod")
    assert open_shop.events("delivery_published") == [], "other code is no new data"
    open_shop.deliver(f"{HEAD}3,2024-01-03,5,0\n", "sales_3.csv")
    open_shop.headgate("run", "--env", "dev")
    open_shop.headgate("env", "promote", "dev", "prod")
    there, here = open_shop.events("delivery_published")
    assert there["run"] != here["run"]
    assert there["version"] == here["version"]
    assert -86_400 < there["deviation"] < here["deviation"] < -86_000


def test_a_closed_gate_is_seen_told_of_and_repaired_in_time_or_not(day: Day) -> None:
    day.promise(
        "property: errorRate, value: 20%",
        "property: timeToDetect, value: 1, unit: h",
        "property: timeToNotify, value: 30, unit: m",
        "property: timeToRepair, value: 4, unit: h",
        "property: latency, value: 1, unit: d, element: totals",
        "property: availability, value: 99%, valueExt: 10 d",
        "property: throughput, value: 1, unit: rows/d, element: sales",
    )
    day.deliver("1")
    assert day.verdict("totals timeToRepair") == "not known yet"
    day.pass_(DAY)
    day.shop.deliver(f"{HEAD}2,2026-03-02,-1,0\n", "sales_2.csv")
    day.run(took=HOUR)
    found = day.levels()
    assert found["totals timeToDetect"]["verdict"] == "met"
    assert found["totals timeToNotify"]["observed"] == 3600
    assert found["totals timeToNotify"]["verdict"] == "missed"
    assert found["totals timeToRepair"]["observed"] == 3600
    assert found["totals timeToRepair"]["verdict"] == "met"
    assert found["totals errorRate"]["observed"] == 0.5
    assert found["totals availability"]["details"]["bad_seconds"] == 3600
    assert found["totals availability"]["details"]["budget_seconds"] == pytest.approx(8640)
    day.pass_(4 * HOUR)
    assert day.verdict("totals timeToRepair") == "missed", "it counts while it is open"
    day.deliver("2")
    day.pass_(DAY)
    found = day.levels()
    assert found["totals timeToRepair"]["observed"] == 5 * 3600
    assert found["totals availability"]["verdict"] == "missed"
    assert found["totals availability"]["details"]["bad_seconds"] == 5 * 3600
    assert found["sales throughput"]["verdict"] == "met"
    assert found["sales throughput"]["details"]["total"] == 5


def test_what_a_contract_promises_to_retain_is_not_collected(day: Day) -> None:
    day.at = datetime.now(UTC)
    for name in ("1", "2", "3"):
        day.deliver(name)
        day.pass_(DAY)
    day.promise("property: retention, value: 90, unit: d, element: totals")
    assert day.verdict("totals retention") == "met"
    age(day.shop, 83)
    day.at = datetime.now(UTC)
    words = ("data", "gc", "--json", "--keep-days", "0", "--keep-releases", "0")
    there = day.shop.headgate(*words).document
    assert {one["dataset"] for one in there["going"]} == {"clean", "sales"}
    assert "the contract of totals promises it" in {one["because"] for one in there["staying"]}
    day.shop.headgate(*words, "--delete")
    assert day.verdict("totals retention") == "met"
    day.promise("property: retention, value: 90, unit: d")
    assert day.verdict("sales retention") == "missed", "its versions are gone"
    day.promise("property: retention, value: 30, unit: d, element: totals")
    found = day.shop.headgate(*words).document
    assert "totals" in {one["dataset"] for one in found["going"]}


def test_status_shows_what_is_missed_and_ends_with_4_when_asked_whether_data_is_late(
    open_shop: Shop,
) -> None:
    day = Day(open_shop)
    open_shop.headgate("status", "--check")
    day.promise(
        "property: frequency, value: 1, unit: d, element: totals",
        "property: endOfLife, value: '2020-01-01'",
    )
    told = open_shop.headgate("status", "--check").out
    assert "! totals endOfLife: it is served after its end; promised 2020-01-01" in told
    age(open_shop, 2)
    late = open_shop.headgate("status", "--check", code=4)
    assert "! totals frequency: 2 days" in late.out
    assert "promised 1 d  (contracts/shop.yaml:10)" in late.out
    open_shop.headgate("status")
    document = open_shop.headgate("status", "--check", "--json", code=4).document
    assert {one["property"] for one in document["service_levels"]} == {"frequency", "endOfLife"}
    day.promise("property: frequency, value: soon")
    assert "contracts/shop.yaml:10" in open_shop.headgate("status", "--check", code=2).err
    assert "prod@1" in open_shop.headgate("status").out


def test_all_levels_are_listed_with_promise_figure_verdict_and_line(open_shop: Shop) -> None:
    assert "no contract has slaProperties" in open_shop.headgate("contract", "sla").out
    Day(open_shop).promise(
        "property: ly, value: 1, unit: d",
        "property: affinity, value: 12, unit: parsecs",
    )
    lines = open_shop.headgate("contract", "sla").out.splitlines()
    assert len(lines) == 5
    assert all(word in lines[1] for word in ("sales", "latency", "1 d", "met", "shop.yaml:10"))
    assert all(word in lines[2] for word in ("affinity", "12 parsecs", "not executed"))
    found = open_shop.headgate("contract", "sla", "totals", "--json").document
    assert [one["verdict"] for one in found["levels"]] == ["met", "not executed"]
    assert "no contract named 'total'" in open_shop.headgate("contract", "sla", "total", code=2).err
