"""What a replay says before and after: never more than is known."""

from __future__ import annotations

from typing import Any

import pytest

from tests.projects.shop import Shop

PIPELINE = """
name: flights
owner: sales_team
sources:
  flights:
    path: data/raw/flights*.csv
    arrives: append
    types: {id: integer, dest: string, seats: integer}
    checks:
      - reference: {columns: dest, to: airports, keys: code, on_fail: quarantine, limit: 0.9}
      - between: {column: seats, low: 0, on_fail: quarantine, limit: 0.9}
  airports:
    path: data/raw/airports.csv
    arrives: replace
    types: {code: string}
steps:
  clean:
    run: transformations/clean.sql
    path: data/out/clean.parquet
publish: [clean]
"""
FLIGHTS = "id,dest,seats\n1,JFK,10\n2,SJU,20\n3,BQN,30\n4,SJU,-1\n5,JFK,40\n"


@pytest.fixture
def flights(shop: Shop) -> Shop:
    """Flights, three of which go to airports that nobody listed, and one has too few seats."""
    shop.write("pipelines/shop.yml", PIPELINE)
    shop.write("transformations/clean.sql", "select * from flights\n")
    shop.write("data/raw/airports.csv", "code\nJFK\n")
    shop.write("data/raw/flights.csv", FLIGHTS)
    shop.headgate("run")
    return shop


def replayed(shop: Shop, *words: str) -> dict[str, Any]:
    return shop.headgate("quality", "replay", "flights", *words, "--json").document


def test_a_forecast_does_not_count_what_depends_on_a_dataset_that_is_read_again(
    flights: Shop,
) -> None:
    flights.write("data/raw/airports.csv", "code\nJFK\nSJU\nBQN\n")
    told = replayed(flights, "--dry-run")
    assert (told["passed"], told["stay"]) == (None, None)
    assert told["because"] == (
        "their checks compare with airports, which is read again: data/raw/airports.csv changed"
    )
    assert "a run would judge them again; their checks compare with airports" in (
        flights.headgate("quality", "replay", "flights", "--dry-run").out
    )
    assert replayed(flights)["passed"] == 2


def test_a_forecast_counts_where_what_it_compares_with_stays(flights: Shop) -> None:
    flights.write("data/raw/flights.csv", FLIGHTS)
    flights.edit("pipelines/shop.yml", "low: 0", "low: -5")
    # the row with too few seats goes to an airport that is not listed, too
    told = replayed(flights, "--dry-run")
    assert (told["passed"], told["because"]) == (0, "")
    assert replayed(flights)["passed"] == 0


def test_after_a_rollback_it_says_that_the_rollback_holds_the_rows_back(flights: Shop) -> None:
    flights.write("data/raw/airports.csv", "code\nJFK\nSJU\nBQN\n")
    assert replayed(flights)["passed"] == 2
    flights.headgate("data", "rollback")
    for words in ((), ("--dry-run",)):
        told = replayed(flights, *words)
        assert (told["passed"], told["stay"], told["release"]) == (0, 3, "prod@3")
        assert told["because"].startswith("a rollback took back what a run makes of them")
    done = flights.headgate("quality", "replay", "flights")
    assert "3 rows of flights in quarantine; a rollback took back" in done.out
    flights.headgate("run", "--force")
    assert "1 row of flights in quarantine" in flights.headgate("quality", "replay", "flights").out


def test_a_release_made_by_a_changed_check_says_so(flights: Shop) -> None:
    flights.edit("pipelines/shop.yml", "low: 0", "low: 20")
    flights.headgate("run")
    newest = flights.headgate("data", "log", "--json").document["releases"][0]
    assert newest["release"] == "prod@2"
    assert newest["because"].startswith("flights: its checks are new")
    assert "nothing new" not in newest["because"]
