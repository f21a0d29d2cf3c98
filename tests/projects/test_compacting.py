"""Small files are joined: the same rows in fewer files, in a release of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import Any

import pytest

from tests.projects.shop import Shop
from tests.projects.test_partitions import HEAD, append, files
from tests.warm import ENVIRONMENT

Rows = list[dict[str, Any]]


def deliver(shop: Shop, *numbers: int) -> None:
    """A delivery of one row each, each in a run of its own."""
    for number in numbers:
        shop.deliver(HEAD + f"9,2024-02-{number:02},{number},0\n", f"sales_{number}.csv")
        shop.headgate("run")


@pytest.fixture
def daily(shop: Shop) -> Shop:
    """A source with five files, of 3, 1, 1, 1 and 1 rows."""
    append(shop)
    shop.headgate("run")
    deliver(shop, 2, 3, 4, 5)
    return shop


def sales(shop: Shop) -> Rows:
    """The rows of the source as it is held."""
    import polars as pl

    from headgate.workspace.held import held_table
    from headgate.workspace.workspace import opened

    with opened(shop.root) as workspace:
        paths = list(held_table(workspace, "sales").paths)
    return pl.read_parquet(paths).sort("store", "day").to_dicts()


def test_the_rows_stay_and_the_release_says_why(daily: Shop) -> None:
    before = sales(daily)
    done = daily.headgate("data", "compact", "sales")
    assert "✓ prod@6: sales compacted 5 parts into 1" in done.out
    assert list(files(daily, "sales")) == [""]
    assert sales(daily) == before
    assert daily.served("totals", at=5) == daily.served("totals", at=6)
    assert "sales: compacted 5 parts into 1" in daily.headgate("data", "log").out
    assert "compact" in daily.headgate("audit").out
    assert "nothing changed" in daily.headgate("run").out
    assert sales(daily) == before


def test_a_comparison_finds_no_row_changed(daily: Shop) -> None:
    daily.headgate("data", "compact")
    done = daily.headgate("data", "diff", "prod@5", "prod@6", "--key", "store", "--key", "day")
    assert "0 added, 0 removed, 0 changed" in done.out
    (found,) = daily.headgate("data", "diff", "prod@5", "prod@6", "--json").document["datasets"]
    assert found["dataset"] == "sales"
    assert (found["rows"]["added"], found["rows"]["removed"]) == (0, 0)


def test_parts_that_stay_are_shared_and_later_deliveries_go_on(daily: Shop) -> None:
    first, *_ = files(daily, "sales").values()
    daily.headgate("data", "compact", "--rows", "3")
    now = files(daily, "sales")
    assert [int(path[5:11]) for path in now] == [1, 2, 5]
    assert next(iter(now.values())) == first
    deliver(daily, 6)
    assert list(files(daily, "sales").items())[:3] == list(now.items())
    assert [row["amount"] for row in sales(daily)][-5:] == [2, 3, 4, 5, 6]
    arrived = daily.events("source_ingested")[-1]
    assert (arrived["parts"], arrived["kept"]) == (4, 3)


def test_a_delivery_that_was_held_before_is_not_read_again(daily: Shop) -> None:
    daily.headgate("data", "compact")
    before = sales(daily)
    daily.deliver(HEAD + "9,2024-02-05,5,0\n", "sales_again.csv")
    daily.headgate("run")
    assert sales(daily) == before


def test_a_rollback_brings_the_small_files_back(daily: Shop) -> None:
    small = files(daily, "sales")
    daily.headgate("data", "compact")
    daily.headgate("data", "rollback")
    assert files(daily, "sales") == small
    assert "nothing changed" in daily.headgate("run").out


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ("    partition_by: day\n", "partition_by: day says which files it has"),
        ("    partition_by: {rows: 2}\n", "fills its files up to 2 rows"),
    ],
)
def test_files_that_a_declaration_wants_are_not_joined(
    shop: Shop, declared: str, said: str
) -> None:
    append(shop, declared)
    shop.headgate("run")
    assert said in shop.headgate("data", "compact", "sales", code=2).err
    assert "nothing to compact" in shop.headgate("data", "compact", code=2).err


def test_what_cannot_be_joined_is_said(daily: Shop) -> None:
    assert "output of a step" in daily.headgate("data", "compact", "clean", code=2).err
    refused = daily.headgate("data", "compact", "sales", "--rows", "1", code=2)
    assert "not in more parts than its rows need" in refused.err
    daily.deliver(HEAD + "9,2024-02-06,6,0\n", "sales_6.csv")
    assert "has something else to do first" in daily.headgate("data", "compact", code=2).err
    assert len(files(daily, "sales")) == 5


def test_only_who_may_publish_joins_files(daily: Shop) -> None:
    settings = daily.root / "headgate.yml"
    text = settings.read_text()
    settings.write_text(f"{text}environments:\n  prod:\n    publish: [somebody]\n")
    assert "may not publish" in daily.headgate("data", "compact", code=2).err
    assert len(files(daily, "sales")) == 5


DYING = """
import os, signal, sys
from headgate.store import publishing, versions
from headgate.runs import compact
module, name = {"versions": (versions, "record"), "publish": (publishing, "publish"),
                "joined": (compact, "joined")}[sys.argv.pop(1)]
def dying(*given, **named):
    os.kill(os.getpid(), signal.SIGKILL)
setattr(module, name, dying)
from headgate.cli.main import main
main()
"""


@pytest.mark.parametrize("place", ["joined", "versions", "publish"])
def test_a_kill_leaves_what_is_served_and_the_next_one_completes_it(
    daily: Shop, place: str
) -> None:
    before, small = sales(daily), files(daily, "sales")
    killed = subprocess.run(
        [sys.executable, "-c", DYING, place, "-C", str(daily.root), "data", "compact"],
        env=ENVIRONMENT,
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert (sales(daily), files(daily, "sales")) == (before, small)
    daily.headgate("data", "compact")
    assert sales(daily) == before
    assert len(files(daily, "sales")) == 1
