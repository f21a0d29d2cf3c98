"""Real bicycle rides, month after month: the schema that changed in February 2021 is held."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import polars as pl  # noqa: TID253
import pytest

from tests.projects.shop import Shop

DATA = Path(os.environ.get("HEADGATE_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
REAL = DATA / "citibike_jc"
OLD = ("201901", "201902", "202003", "202004", "202101")
pytestmark = pytest.mark.skipif(
    not REAL.is_dir(), reason="the Citi Bike rides are not beside the project"
)

PIPELINE = """
name: rides
owner: mobility
sources:
  rides:
    path: data/raw/JC-*-citibike-tripdata.csv
    arrives: append
    types:
      tripduration: integer
      starttime: timestamp
      stoptime: timestamp
      start station id: integer
      end station id: integer
      birth year: integer
    checks:
      - not_null: starttime
      - between: {column: tripduration, low: 60, high: 7000000}
      - between: {column: start station latitude, low: 40, high: 41}
      - one_of: {column: usertype, values: [Subscriber, Customer]}
      - greater: {left: stoptime, right: starttime, mostly: 0.9999}
      - unique: [bikeid, starttime]
steps:
  months:
    run: transformations/months.sql
    path: data/out/months.parquet
    checks:
      - unique: month
"""

MONTHS = """
select date_trunc('month', starttime)::date as month, count(*) as rides,
       count(distinct "start station id") as stations
from rides
group by all
order by all
"""


def arrive(shop: Shop, month: str) -> None:
    name = f"JC-{month}-citibike-tripdata.csv"
    shutil.copy(REAL / name, shop.root / "data/raw" / name)


def rows_of(month: str) -> int:
    text = (REAL / f"JC-{month}-citibike-tripdata.csv").read_bytes()
    return text.count(b"\n") - 1


@pytest.fixture(scope="module")
def rides(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A project that has released each month up to January 2021 as it came."""
    shop = Shop(tmp_path_factory.mktemp("rides"))
    shop.write("headgate.yml", "name: rides\n")
    shop.write("pipelines/rides.yml", PIPELINE)
    shop.write("transformations/months.sql", MONTHS)
    (shop.root / "data/raw").mkdir(parents=True)
    for month in OLD:
        arrive(shop, month)
        shop.headgate("run")
    return shop


def test_every_month_is_released_as_it_comes(rides: Shop) -> None:
    assert rides.newest() == len(OLD)
    served = pl.DataFrame(rides.served("months"))
    assert served["rides"].to_list() == [rows_of(month) for month in OLD]


def test_the_new_schema_is_held_and_every_column_named(rides: Shop, tmp_path: Path) -> None:
    shop = Shop(tmp_path / "rides")
    shutil.copytree(rides.root, shop.root)
    before = shop.tree()
    arrive(shop, "202102")

    done = shop.headgate("run", code=1)

    for gone in ("tripduration", "starttime", "start station id", "bikeid", "birth year"):
        assert gone in done.out
    assert "JC-202102-citibike-tripdata.csv" in done.out + done.err
    assert "prod@5" in done.out + done.err
    assert shop.tree() == before
    assert shop.newest() == len(OLD)


def test_the_months_before_it_are_still_released_when_it_is_taken_away(
    rides: Shop, tmp_path: Path
) -> None:
    shop = Shop(tmp_path / "rides")
    shutil.copytree(rides.root, shop.root)
    arrive(shop, "202102")
    shop.headgate("run", code=1)
    (shop.root / "data/raw/JC-202102-citibike-tripdata.csv").unlink()
    assert "nothing changed" in shop.headgate("run").out
