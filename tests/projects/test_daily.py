"""A day is added after another: what differs between any two of them is told right."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

from headgate.cli.diff import _between, _compared
from headgate.cli.named import of_release
from headgate.store import releases
from headgate.workspace.workspace import opened
from tests.projects.shop import Shop

PIPELINE = """
name: shop
owner: sales_team
sources:
  sales:
    path: data/raw/day_*.csv
    arrives: upsert
    key: [day, store]
    partition_by: day
    types: {store: integer, day: date, amount: integer}
steps:
  clean:
    run: transformations/clean.sql
    path: data/out/clean.parquet
    key: [day, store]
    partition_by: day
"""
DAYS = 6
Rows = dict[tuple[date, int], int]


def days() -> list[Rows]:
    """What is held after each delivery: a day more, and every second one restates a row."""
    held: Rows = {}
    found = []
    for n in range(DAYS):
        today = date(2024, 1, 1) + timedelta(days=n)
        held = held | {(today, store): 10 * n + store for store in range(1, 4)}
        if n % 2:
            held[(today - timedelta(days=1), 2)] = 1000 + n
        found.append(held)
    return found


def test_the_difference_of_any_two_days_is_that_of_their_rows(shop: Shop) -> None:
    shop.write("pipelines/shop.yml", PIPELINE)
    shop.write("transformations/clean.sql", "select * from sales where amount is not null\n")
    held: list[Rows] = days()
    before: Rows = {}
    for n, now in enumerate(held):
        fresh = {key: value for key, value in now.items() if before.get(key) != value}
        lines = [f"{day},{store},{amount}" for (day, store), amount in fresh.items()]
        shop.write(f"data/raw/day_{n}.csv", "day,store,amount\n" + "\n".join(lines) + "\n")
        shop.headgate("run")
        before = now
    with opened(shop.root) as workspace:
        with workspace.tools.ledger.snapshot() as tx:
            made = [releases.find(tx, "prod", n + 1) for n in range(DAYS)]
        named = [of_release(workspace, release) for release in made if release]
        assert len(named) == DAYS
        for one, two in itertools.permutations(range(DAYS), 2):
            pairs = _between(named[one], named[two])
            assert set(pairs) == {"sales", "clean"}
            for name, pair in pairs.items():
                found = _compared(workspace, name, *pair, ())
                assert found.found is not None
                old, new = held[one], held[two]
                assert (found.found.added, found.found.removed, found.found.changed) == (
                    len(new.keys() - old.keys()),
                    len(old.keys() - new.keys()),
                    sum(old[key] != new[key] for key in old.keys() & new.keys()),
                )
                assert found.parts <= 2 * (abs(one - two) + 1), "parts that both have are not read"
