"""Quality checks of a pipeline, of every type, gate what is published."""

from __future__ import annotations

import pytest

from tests.projects.shop import FIRST, Shop

CHECKS = """
quality_checks:
  - {type: completeness, on: [clean]}
  - {type: freshness, max_delay_hours: 48}
  - {type: uniqueness, columns: [store, day], on: [clean]}
  - {type: validity, column: kind, values: ["0", a, b], on: [clean]}
  - {type: volume, min_rows: 1, max_change: 0.5, on: [clean], notify: [ann]}
  - {type: consistency, left: net, operator: "<=", right: amount, on: [clean]}
  - {type: consistency, columns: [store], reference: stores, on: [totals]}
  - {type: accuracy, reference: stores, keys: [store], columns: [town], on: [clean]}
"""


@pytest.fixture
def gated(shop: Shop) -> Shop:
    with (shop.root / "pipelines/shop.yml").open("a") as file:
        file.write(CHECKS)
    return shop


def test_every_type_is_judged_before_anything_is_published(gated: Shop) -> None:
    out = gated.headgate("run").out
    assert "PASSED (8/8 expectations)" in out  # of clean
    assert "PASSED (2/2 expectations)" in out  # of totals
    assert "nothing changed, prod@1 is served" in gated.headgate("run").out


def test_too_large_a_change_of_volume_holds_a_release_back(gated: Shop) -> None:
    gated.headgate("run")
    more = "".join(f"3,2024-02-{day:02},5,0\n" for day in range(1, 8))
    gated.deliver(FIRST + more)
    out = gated.headgate("run", code=1).out
    assert "10 rows beside 3 of the release before, a change of 233.3 %" in out
    assert gated.newest() == 1


def test_cells_that_are_not_as_in_the_reference_hold_a_release_back(gated: Shop) -> None:
    gated.edit(
        "transformations/clean.py",
        ".sort(",
        '.with_columns(town=pl.col("town").replace("Ulm", "Berlin")).sort(',
    )
    out = gated.headgate("run", code=1).out
    assert "33.3 % of cells of town as in stores: 2 of 3 town differ" in out


def test_a_reference_that_is_no_dataset_is_an_error_with_its_line(gated: Shop) -> None:
    gated.edit("pipelines/shop.yml", "accuracy, reference: stores", "accuracy, reference: shops")
    told = gated.headgate("plan", code=2).err
    assert "no dataset named 'shops'" in told
    assert "pipelines/shop.yml:31" in told
