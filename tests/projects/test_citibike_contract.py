"""Real bicycle rides: the columns of February 2021 break the contract of January, column by column."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import polars as pl  # noqa: TID253
import pytest
from click.testing import CliRunner, Result

from headgate.cli.main import main
from tests.projects.shop import Shop

DATA = Path(os.environ.get("HEADGATE_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
REAL = DATA / "citibike_jc"
pytestmark = pytest.mark.skipif(
    not REAL.is_dir(), reason="the Citi Bike rides are not beside the project"
)
ROWS = 200

OLD = {
    "tripduration": "integer",
    "starttime": "timestamp",
    "stoptime": "timestamp",
    "start station id": "integer",
    "start station name": "string",
    "start station latitude": "number",
    "start station longitude": "number",
    "end station id": "integer",
    "end station name": "string",
    "end station latitude": "number",
    "end station longitude": "number",
    "bikeid": "integer",
    "usertype": "string",
    "birth year": "integer",
    "gender": "integer",
}
NEW = {
    "ride_id": "string",
    "rideable_type": "string",
    "started_at": "timestamp",
    "ended_at": "timestamp",
    "start_station_name": "string",
    "start_station_id": "string",
    "end_station_name": "string",
    "end_station_id": "string",
    "start_lat": "number",
    "start_lng": "number",
    "end_lat": "number",
    "end_lng": "number",
    "member_casual": "string",
}
SUCCESSORS = {
    "start station id": "start_station_id",
    "start station name": "start_station_name",
    "end station id": "end_station_id",
    "end station name": "end_station_name",
}
"""Columns whose next names are seen from their names. A person decides what they mean."""

PIPELINE = """
name: rides
owner: mobility
sources:
  raw: {path: data/raw/rides.csv, types: {%s}}
steps:
  rides:
    run: transformations/rides.sql
    path: data/out/rides.parquet
"""
AS_IT_COMES = "select * from raw\n"
MAPPED = """
select started_at, ended_at, start_station_name as start_station, end_station_name as end_station,
       rideable_type, member_casual = 'member' as is_member
from raw
order by started_at, ride_id
"""
MAPPED_TYPES = {
    "started_at": "timestamp",
    "ended_at": "timestamp",
    "start_station": "string",
    "end_station": "string",
    "rideable_type": "string",
    "is_member": "boolean",
}
CONSUMERS = {
    "durations": "name: durations\nowner: planning\ntype: dashboard\nreads: {rides: [tripduration, starttime]}\n",
    "churn": "name: churn\nowner: science\ntype: ml\nreads: {rides: [usertype, birth year]}\n",
}


def contract(version: str, columns: dict[str, str]) -> str:
    head = (
        f"kind: DataContract\napiVersion: v3.2.0\nid: rides\nversion: {version}\nstatus: active\n"
    )
    listed = [f"      - {{name: {name}, logicalType: {kind}}}\n" for name, kind in columns.items()]
    return f"{head}schema:\n  - name: rides\n    properties:\n{''.join(listed)}"


def typed(columns: dict[str, str]) -> str:
    return ", ".join(f"{name}: {kind}" for name, kind in columns.items())


def arrive(shop: Shop, month: str) -> None:
    """The first rides of a month."""
    with (REAL / f"JC-{month}-citibike-tripdata.csv").open() as file:
        shop.write("data/raw/rides.csv", "".join(islice(file, ROWS + 1)))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A project that has published January under the contract of January's columns."""
    shop = Shop(tmp_path / "rides")
    shop.write("headgate.yml", "name: rides\n")
    shop.write("pipelines/rides.yml", PIPELINE % typed(OLD))
    shop.write("transformations/rides.sql", AS_IT_COMES)
    shop.write("contracts/rides.yaml", contract("1.0.0", OLD))
    for name, text in CONSUMERS.items():
        shop.write(f"contracts/consumers/{name}.yaml", text)
    arrive(shop, "202101")
    return shop


@pytest.fixture
def diff(shop: Shop) -> Callable[..., Result]:
    def call(*words: str) -> Result:
        return CliRunner().invoke(main, ["-C", str(shop.root), "contract", "diff", *words])

    return call


def hit(lines: list[str], column: str) -> str:
    """Who is named below the line of a column."""
    place = next(n for n, line in enumerate(lines) if f"rides.{column} is not in the data" in line)
    return lines[place + 1] if lines[place + 1].startswith("      hits") else ""


def test_each_column_of_january_is_reported_with_who_reads_it(
    shop: Shop, diff: Callable[..., Result]
) -> None:
    assert diff("rides", "data/raw/rides.csv").exit_code == 0  # January keeps its own contract

    arrive(shop, "202102")
    done = diff("rides", "data/raw/rides.csv")
    lines = done.stdout.splitlines()

    assert done.exit_code == 1
    for gone in OLD:
        (line,) = [one for one in lines if f"rides.{gone} is not in the data" in one]
        assert line.startswith("  - breaking ")
        asked = f"(is it {SUCCESSORS.get(gone)!r} now?)" in line
        assert asked == ("is it" in line) == (gone in SUCCESSORS)
    for new in NEW:
        assert f"  + compatible  rides.{new} is in the data and not in the contract" in lines
    assert hit(lines, "tripduration") == "      hits durations (planning)"
    assert hit(lines, "birth year") == "      hits churn (science)"
    assert hit(lines, "bikeid") == ""
    assert lines[-1] == "✗ 15 breaking changes of 28 for consumers; demands 2.0.0 (major)"


def test_a_step_maps_the_new_columns_to_the_next_version_of_the_contract(
    shop: Shop, diff: Callable[..., Result]
) -> None:
    shop.headgate("run")
    assert diff("rides").exit_code == 0

    # the run of the old step is held back, and readers keep January
    arrive(shop, "202102")
    held = shop.headgate("run", code=1)
    assert "birth year" in held.out + held.err
    assert shop.newest() == 1

    # the next version is accepted as such, and still says whom it breaks
    (shop.root / "old.yaml").write_text(contract("1.0.0", OLD))
    shop.write("contracts/rides.yaml", contract("2.0.0", MAPPED_TYPES))
    shop.write("pipelines/rides.yml", PIPELINE % typed(NEW))
    shop.write("transformations/rides.sql", MAPPED)
    told = diff("old.yaml", "rides")
    assert told.exit_code == 1
    assert "rides  1.0.0 → 2.0.0" in told.stdout
    assert "demands 2.0.0 (major)" in told.stdout
    assert "and the changes demand" not in told.stdout
    assert "hits durations (planning)" in told.stdout

    # the readers move on, the step gives what version 2 promises, and the data keeps it
    reads = "{rides: {columns: [started_at, ended_at], version: '>=2,<3'}}"
    shop.edit("contracts/consumers/durations.yaml", "{rides: [tripduration, starttime]}", reads)
    shop.edit("contracts/consumers/churn.yaml", "[usertype, birth year]", "[is_member]")
    shop.headgate("run")
    assert shop.newest() == 2
    assert pl.DataFrame(shop.served("rides")).shape == (ROWS, len(MAPPED_TYPES))
    done = diff("rides")
    assert done.exit_code == 0, done.output
    assert "✓ nothing changed in what is promised" in done.stdout
