"""Rows that could not be read leave the quarantine when a person says so."""

from __future__ import annotations

import pytest

from tests.projects.shop import Shop
from tests.projects.test_set_aside import HEAD, MORE, amounts, dirty

__all__ = ["dirty"]

FILE = "data/raw/sales_2.csv"


@pytest.fixture
def redelivered(dirty: Shop) -> Shop:
    """A shop with a row that could not be read, and came again under another name."""
    dirty.headgate("run")
    dirty.deliver(MORE, "sales_2.csv")
    dirty.headgate("run")
    dirty.deliver(HEAD + "3,45,f\n", "sales_3.csv")
    dirty.headgate("run")
    return dirty


def quarantine(shop: Shop) -> dict[str, int]:
    listed = shop.headgate("status", "--json").document["quarantine"]
    return {each["dataset"]: each["rows"] for each in listed}


def test_rows_that_were_delivered_again_are_dismissed_for_good(redelivered: Shop) -> None:
    assert quarantine(redelivered)["sales"] == 2
    words = ("quality", "dismiss", "sales", "--file", FILE, "--reason", "came again, says Ada")
    done = redelivered.headgate(*words)
    assert f"1 row of {FILE} dismissed from the quarantine of sales" in done.out
    assert quarantine(redelivered)["sales"] == 1
    before = amounts(redelivered)
    redelivered.headgate("run")
    assert "nothing changed" in redelivered.headgate("run").out
    redelivered.deliver(HEAD + "4,60,h\n", "sales_4.csv")
    redelivered.headgate("run")
    assert quarantine(redelivered)["sales"] == 1  # the one that a check set aside
    assert amounts(redelivered) == [*before, 60]
    [told] = redelivered.events("rows_dismissed")
    assert (told["rows"], told["user"], told["reason"]) == (1, "ada", "came again, says Ada")


def test_rows_that_a_check_set_aside_are_not_dismissed(redelivered: Shop) -> None:
    words = ("quality", "dismiss", "sales", "--file", "data/raw/sales.csv")
    done = redelivered.headgate(*words, code=2)
    assert "no row of sales in quarantine that could not be read is from" in done.err
    assert quarantine(redelivered)["sales"] == 2


def test_where_nothing_else_is_set_aside_the_quarantine_is_empty(redelivered: Shop) -> None:
    redelivered.edit("pipelines/shop.yml", "column: amount, low: 0", "column: amount, low: -9")
    redelivered.headgate("run")
    redelivered.headgate("quality", "dismiss", "sales", "--file", FILE)
    assert "sales" not in quarantine(redelivered)
    redelivered.headgate("run")
    assert "sales" not in quarantine(redelivered)
    assert "nothing changed" in redelivered.headgate("run").out
