"""Contracts at the gates of a project, and the commands about them."""

from __future__ import annotations

import pytest

from tests.projects.shop import FIRST, Shop

SALES = """
kind: DataContract
apiVersion: v3.2.0
id: sales
version: 1.0.0
status: active
schema:
  - name: sales
    properties:
      - {name: store, logicalType: integer, required: true}
      - {name: amount, logicalType: integer, logicalTypeOptions: {maximum: 25}}
  - name: stores
    properties:
      - {name: store, logicalType: string, primaryKey: true}
  - name: totals
    properties:
      - {name: store, logicalType: integer, primaryKey: true}
    quality:
      - {metric: rowCount, mustBeGreaterThan: 1}
team: {name: sales team}
slaProperties: [{property: latency, value: 4, unit: h}]
"""


@pytest.fixture
def promised(shop: Shop) -> Shop:
    shop.write("contracts/sales.yaml", SALES)
    shop.edit(
        "pipelines/shop.yml",
        "  stores: data/raw/stores.csv",
        "  stores: {path: data/raw/stores.csv}",
    )
    # texts that look like numbers stay texts, because the contract says so
    shop.edit(
        "transformations/clean.py",
        "sales.join(stores,",
        "sales.join(stores.cast({'store': pl.Int64}),",
    )
    shop.edit("pipelines/shop.yml", "key: [store]\npublish", "key: [store]\npublish")
    shop.deliver("store,town\n001,Ulm\n002,Jena\n", "stores.csv")
    return shop


@pytest.mark.parametrize("word", ["sales", "contracts/sales.yaml:sales"])
def test_before_the_first_release_the_check_of_a_contract_asks_for_a_file(
    promised: Shop, word: str
) -> None:
    done = promised.headgate("contract", "check", word, code=2)
    assert "nothing of sales has been released" in done.err
    assert f"judge a file of it: headgate contract check {word} FILE" in done.err
    judged = promised.headgate("contract", "check", word, "data/raw/sales.csv", code=1)
    assert "FAILED (4/5 expectations)" in judged.out


def test_a_contract_closes_the_gate_of_what_breaks_it_at_its_own_line(promised: Shop) -> None:
    held = promised.headgate("run", code=1)
    assert "✓ PASSED (4/4 expectations)  stores" in held.out
    assert "✗ amount at most 25  1 of 3 rows" in held.out
    assert "contracts/sales.yaml:10 (amount)" in held.err
    # a draft is judged as loudly as it is meant
    promised.edit("contracts/sales.yaml", "status: active", "status: draft")
    run = promised.headgate("run")
    assert "! amount at most 25" in run.out
    # a published step keeps its promises before its readers see it, and not at its own gate
    last = run.out.partition("Versioning data")[2]
    assert "✓ PASSED (5/5 expectations)" in last
    # so are they where what is served is judged anew
    assert "PASSED (5/5 expectations)  totals" in promised.headgate("validate", "totals").out
    promised.edit("contracts/sales.yaml", "mustBeGreaterThan: 1", "mustBeGreaterThan: 9")
    assert "! " in promised.headgate("validate", "totals").out
    promised.edit("contracts/sales.yaml", "mustBeGreaterThan: 9", "mustBeGreaterThan: 1")
    exported = promised.headgate("data", "export", "stores", "out.csv")
    assert exported.code == 0
    assert "001,Ulm" in (promised.root / "out.csv").read_text()

    checked = promised.headgate("contract", "check", "sales", code=1)
    assert "✗ FAILED (4/5 expectations)  sales" in checked.out
    assert (
        "PASSED (5/5 expectations)  totals" in promised.headgate("contract", "check", "totals").out
    )
    promised.write("new.csv", FIRST.replace("30", "3"))
    words = ("contract", "check", "contracts/sales.yaml:sales", "new.csv", "--json")
    [judged] = promised.headgate(*words).document["judged"]
    assert (judged["verdict"], judged["passed"]) == ("open", 5)

    shown = promised.headgate("contract", "show", "totals").out
    assert "totals  1.0.0 (draft)  contracts/sales.yaml:14" in shown
    for line in (
        "owner: sales team",
        "key: store",
        "rows above 1",
        "latency: 4 h",
        "as warnings (draft)",
    ):
        assert line in shown
    document = promised.headgate("contract", "show", "sales", "--json").document
    assert document["columns"][1]["logicalTypeOptions"] == {"maximum": 25}
    assert [one["key"] for one in document["promises"]][:3] == ["name", "logicalType", "required"]


def test_a_file_of_another_shape_breaks_the_contract_and_is_no_error_of_usage(
    promised: Shop,
) -> None:
    promised.write("new.csv", "shop,price\n1,3\n")
    judged = promised.headgate("contract", "check", "contracts/sales.yaml:sales", "new.csv", code=1)
    assert "✗ columns store, amount exist" in judged.out
    assert "missing 'store', 'amount'" in judged.out


def test_what_is_wrong_with_contracts_stops_every_run_and_is_listed(promised: Shop) -> None:
    promised.edit("contracts/sales.yaml", "required: true", "requird: true")
    promised.write("contracts/other.yaml", SALES.replace("mustBeGreaterThan", "mustBeMoreThan"))
    refused = promised.headgate("run", code=2)
    assert "unknown key 'mustBeMoreThan'" in refused.err
    listed = promised.headgate("contract", "lint", code=1)
    assert listed.out.splitlines()[-1] == "✗ 2 contract files: 2 errors, 0 warnings"
    assert (
        "contracts/sales.yaml:9: error: schema[0].properties[0]: unknown key 'requird'"
        in listed.out
    )
    words = ("contract", "lint", "contracts/sales.yaml", "--json")
    document = promised.headgate(*words, code=1).document
    assert document["contracts"]["contracts/sales.yaml"][0]["hint"] == "did you mean 'required'?"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("lint", "contracts/sale.yaml"), "no such file: contracts/sale.yaml"),
        (("lint", "contracts"), "contracts is a folder, not a file"),
        (("show", "sale"), "no contract of dataset 'sale'"),
        (("check", "contracts/sales.yaml"), "contracts/sales.yaml holds 3 contracts"),
        (("check", "sales", "data/raw/sale.csv"), "no such file: data/raw/sale.csv"),
    ],
)
def test_a_slip_is_told_with_what_to_do(promised: Shop, words: tuple[str, ...], said: str) -> None:
    done = promised.headgate("contract", *words, code=2)
    assert said in done.err
    assert "help: " in done.err
