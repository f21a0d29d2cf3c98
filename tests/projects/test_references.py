"""References between the datasets of a pipeline: judged when both are there, and again when either moves."""

from __future__ import annotations

import pytest

from tests.projects.shop import FIRST, STORES, Shop

REFERS = "checks:\n      - reference: {columns: store, to: stores}\n    expect"


def refer(shop: Shop) -> None:
    shop.edit("pipelines/shop.yml", "expect: expectations/sales", f"{REFERS}: expectations/sales")


def test_a_source_is_judged_after_the_one_it_refers_to(shop: Shop) -> None:
    refer(shop)
    shop.deliver(FIRST + "9,2024-01-03,7,0\n")
    out = shop.headgate("run", code=1).out
    assert "store in stores" in out
    assert "store = 9" in out
    assert [event["dataset"] for event in shop.events("source_ingested")] == ["sales", "stores"]
    judged = {event["dataset"]: event for event in shop.events("gate_judged")}
    assert judged["sales"]["failing_rows"]
    assert list(judged) == ["stores", "sales"]
    shop.write("data/raw/stores.csv", STORES + "9,Kiel\n")
    out = shop.headgate("run").out
    assert "PASSED (6/6 expectations)" in out


def test_a_moved_reference_is_judged_anew_and_an_unmoved_one_is_not(shop: Shop) -> None:
    refer(shop)
    shop.headgate("run")
    assert "nothing changed" in shop.headgate("run").out
    shop.write("data/raw/stores.csv", "store,town\n1,Ulm\n3,Bonn\n")
    out = shop.headgate("run", code=1).out
    assert "1 of 3 rows" in out
    assert shop.newest() == 1


def test_two_sources_may_refer_to_each_other(shop: Shop) -> None:
    refer(shop)
    body = "{path: data/raw/stores.csv, checks: [reference: {columns: store, to: sales}]}"
    shop.edit("pipelines/shop.yml", "stores: data/raw/stores.csv", f"stores: {body}")
    out = shop.headgate("run", code=1).out
    assert "store in sales" in out
    assert "store = 3" in out
    shop.write("data/raw/stores.csv", "store,town\n1,Ulm\n2,Jena\n")
    shop.headgate("run")


def test_a_reference_to_a_source_that_cannot_be_read_is_no_pass(shop: Shop) -> None:
    refer(shop)
    (shop.root / "data/raw/stores.csv").unlink()
    out = shop.headgate("run", code=1).out
    assert "no dataset 'stores' to compare" in out


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("store", "no dataset named 'store'\n  --> pipelines/shop.yml:10\n"),
        ("totals", "totals is made after sales, which is to be compared with it"),
    ],
)
def test_a_reference_that_leads_nowhere_is_an_error_with_its_line(
    shop: Shop, name: str, said: str
) -> None:
    refer(shop)
    shop.edit("pipelines/shop.yml", "to: stores", f"to: {name}")
    told = shop.headgate("plan", code=2).err
    assert said in told
    assert "did you mean 'stores'?" in told or name == "totals"


def test_a_step_may_refer_to_what_was_made_before_it(shop: Shop) -> None:
    shop.edit(
        "pipelines/shop.yml",
        "path: data/out/totals.parquet",
        "path: data/out/totals.parquet\n    checks: [reference: {columns: store, to: clean}]",
    )
    assert "PASSED (1/1 expectations)" in shop.headgate("run").out
