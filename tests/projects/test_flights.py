"""Real flights beside planes, airports, airlines and weather: the orphans are found and counted."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import polars as pl  # noqa: TID253
import pytest

from tests.projects.shop import Shop

DATA = Path(os.environ.get("HEADGATE_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
REAL = DATA / "nycflights13"
NAMES = ("flights", "planes", "airports", "airlines", "weather")
pytestmark = pytest.mark.skipif(
    not REAL.is_dir(), reason="the flights of New York are not beside the project"
)

SOURCE = """
  {name}:
    path: data/raw/{name}.csv
    csv: {{nulls: ["", NA]}}
    checks:
"""
CHECKS = {
    "flights": """
      - reference: {columns: tailnum, to: planes, mostly: 0.8, description: plane is known}
      - reference: {columns: dest, to: airports, keys: faa, severity: warn}
      - reference: {columns: origin, to: airports, keys: faa}
      - reference: {columns: carrier, to: airlines}
      - reference: {columns: [origin, time_hour], to: weather, mostly: 0.99}
      - between: {column: month, low: 1, high: 12}
""",
    "planes": "\n      - unique: tailnum\n",
    "airports": "\n      - unique: faa\n",
    "airlines": "\n      - unique: carrier\n",
    "weather": "\n      - unique: [origin, time_hour]\n",
}
STEP = """
steps:
  punctuality:
    run: transformations/punctuality.sql
    path: data/out/punctuality.parquet
    checks:
      - reference: {columns: carrier, to: airlines}
      - unique: carrier
"""
PUNCTUALITY = """
select carrier, count(*) as flights, avg(arr_delay) as delay from flights group by 1 order by 1
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A project of the five tables, released once."""
    shop = Shop(tmp_path_factory.mktemp("flights"))
    sources = "".join(SOURCE.format(name=name).rstrip() + CHECKS[name] for name in NAMES)
    shop.write("headgate.yml", "name: flights\n")
    shop.write("pipelines/flights.yml", f"name: flights\nowner: ops\nsources:{sources}{STEP}")
    shop.write("transformations/punctuality.sql", PUNCTUALITY)
    (shop.root / "data/raw").mkdir(parents=True)
    for name in NAMES:
        shutil.copy(REAL / f"{name}.csv", shop.root / "data/raw" / f"{name}.csv")
    shop.headgate("run")
    return shop


def table(name: str) -> pl.DataFrame:
    return pl.read_csv(REAL / f"{name}.csv", null_values=["", "NA"], infer_schema_length=None)


def orphans(columns: list[str], other: str, keys: list[str]) -> tuple[int, int]:
    """How many flights are judged, and how many of them have no partner, by another engine."""
    judged = table("flights").drop_nulls(columns)
    lost = judged.join(table(other), left_on=columns, right_on=keys, how="anti")
    return judged.height, lost.height


def test_the_orphans_are_those_that_another_engine_counts(shop: Shop) -> None:
    assert shop.newest() == 1
    [gate] = [event for event in shop.events("gate_judged") if event["dataset"] == "flights"]
    found = {
        tuple(outcome["columns"]): (
            outcome["elements"] - outcome["missing"],
            outcome["unexpected"],
            outcome["status"],
        )
        for outcome in gate["outcomes"]
        if outcome["kind"] == "reference"
    }
    assert found == {
        ("tailnum",): (*orphans(["tailnum"], "planes", ["tailnum"]), "passed"),
        ("dest",): (*orphans(["dest"], "airports", ["faa"]), "failed"),
        ("origin",): (*orphans(["origin"], "airports", ["faa"]), "passed"),
        ("carrier",): (*orphans(["carrier"], "airlines", ["carrier"]), "passed"),
        ("origin", "time_hour"): (
            *orphans(["origin", "time_hour"], "weather", ["origin", "time_hour"]),
            "passed",
        ),
    }
    assert found["tailnum",][1] == 50_094
    assert found["dest",][1] == 7_602
    assert gate["verdict"] == "warned"


def test_flights_without_a_plane_are_held_once_they_matter(shop: Shop, tmp_path: Path) -> None:
    strict = Shop(tmp_path / "strict")
    shutil.copytree(shop.root, strict.root)
    strict.edit("pipelines/flights.yml", "to: planes, mostly: 0.8", "to: planes, mostly: 0.9")

    done = strict.headgate("run", code=1)

    assert "50,094 of 336,776 rows" in done.out
    assert "plane is known" in done.out


def test_all_orphans_are_kept_as_rows(shop: Shop, tmp_path: Path) -> None:
    target = tmp_path / "lost.parquet"
    [run] = {event["run"] for event in shop.events("gate_judged") if event["dataset"] == "flights"}
    shop.headgate("data", "rows", run, "--gate", "flights", "--out", str(target))
    kept = pl.read_parquet(target)
    assert kept.height == 7_602
    assert sorted(kept["dest"].unique()) == ["BQN", "PSE", "SJU", "STT"]
    assert kept["_file"].unique().to_list() == ["data/raw/flights.csv"]
    # the line of a kept row is the line of its flight
    lines = (REAL / "flights.csv").read_text().splitlines()
    for line, dest in kept.select("_line", "dest").head(50).rows():
        assert lines[line - 1].split(",")[13] == dest
