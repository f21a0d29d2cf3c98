"""No promise is left out of a project's gates without a word."""

from __future__ import annotations

from headgate.project.project import load
from headgate.project.promised import at_own_gate
from tests.projects.shop import Shop

STORES = """
kind: DataContract
apiVersion: v3.2.0
id: stores
version: 1.0.0
status: active
schema:
  - name: stores
    properties:
      - {name: store, logicalType: integer, relationships: [{to: totals.store}]}
  - name: town
    properties:
      - {name: town, logicalType: string, required: true}
  - name: prices
    properties:
      - {name: store, logicalType: integer, relationships: [{to: stores.store}]}
"""
PRICES = """
name: prices
owner: prices
sources: {prices: data/raw/prices.csv}
"""


def test_what_a_source_promises_of_a_step_is_judged_once_the_step_is_made(shop: Shop) -> None:
    shop.write("contracts/stores.yaml", STORES)
    held = shop.headgate("run", code=1)
    assert "store = 3" in held.out.partition("Versioning data")[2]
    assert "contracts/stores.yaml:9 (store)" in held.err
    shop.deliver("store,town\n1,Ulm\n2,Jena\n", "stores.csv")
    assert "✓ PASSED (1/1 expectations)" in shop.headgate("run").out


def test_what_no_gate_judges_is_said_by_lint_and_show(shop: Shop) -> None:
    shop.write("contracts/stores.yaml", STORES)
    shop.write("pipelines/prices.yml", PRICES)
    listed = shop.headgate("contract", "lint").out
    assert "contracts/stores.yaml:10: warning: no pipeline reads or makes 'town'" in listed
    beyond = "store in stores: stores is no dataset of pipeline prices"
    assert f"contracts/stores.yaml:15: warning: no gate judges that {beyond}" in listed

    shown = shop.headgate("contract", "show", "prices").out
    assert f"{beyond}  line 15" in shown.partition("not judged")[2]
    document = shop.headgate("contract", "show", "town", "--json").document
    assert {one["judged"] for one in document["promises"]} == {False}
    # what stands in a pipeline that cannot be read is shown all the same
    shop.write("pipelines/prices.yml", "name: [")
    assert "store in stores" in shop.headgate("contract", "show", "prices").out


def test_lint_says_once_what_a_run_refuses_of_the_service_levels(shop: Shop) -> None:
    level = "slaProperties: [{property: latency, value: soon, unit: h}]\n"
    shop.write("contracts/stores.yaml", STORES + level)
    assert "contracts/stores.yaml:16" in shop.headgate("run", code=2).err
    listed = shop.headgate("contract", "lint", code=1).out
    assert listed.count("contracts/stores.yaml:16: error: latency: soon h is no number") == 1


def test_a_rule_is_not_judged_where_what_it_looks_at_is_redacted(shop: Shop) -> None:
    """It may look at a column in a query, or by the rows that it counts."""
    rules = """\
        quality:
          - {metric: missingValues, arguments: {missingValues: ["", null]}, mustBeLessThan: 2}
          - {type: sql, query: "SELECT COUNT(*) FROM {object} WHERE {property} > 'Z'", mustBe: 0}
          - {type: sql, query: "SELECT COUNT(*) FROM {object}", mustBeLessThan: 9}
  - name: town
"""
    shop.write(
        "contracts/stores.yaml",
        STORES.replace(
            "  - name: town\n",
            """\
      - name: town
        logicalType: string
"""
            + rules,
        ),
    )
    project = load(shop.root)
    declared = project.pipelines["shop"]
    [all_of_it, left] = (
        at_own_gate(project, declared, "stores", redacted)
        for redacted in ({}, {"stores": {"town"}})
    )
    gone = [one.kind for one in all_of_it if one not in left]
    assert gone == ["logicalType", "missingValues", "sql"]
    assert [one.kind for one in left].count("sql") == 1
