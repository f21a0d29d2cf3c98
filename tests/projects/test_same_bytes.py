"""Two environments that hold the same bytes each know how they came to be there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from headgate.environments.collect import collect
from headgate.environments.retention import Rules
from headgate.store import holdings, refs, versions
from headgate.workspace.workspace import opened
from tests.projects.aging import age
from tests.projects.shop import Shop

PIPELINE = """
name: shop
owner: team
sources:
  orders:
    path: data/orders*.csv
    on_malformed: quarantine
    malformed_limit: 0.9
    types: {id: integer, amount: integer}
    checks:
      - between: {column: amount, low: 0, high: 100, on_fail: quarantine, limit: 0.9}
steps:
  clean: {run: transformations/clean.sql}
publish: [clean]
"""
GOOD = "id,amount\n1,10\n2,20\n"
BAD = f"{GOOD}3,900\n"
ALL = Rules(0, 0, frozenset({"prod", "dev"}), grace=timedelta(0))


@pytest.fixture
def orders(shop: Shop) -> Shop:
    """Production without a row that its gate set aside, and a branch of it that reads files."""
    shop.write("headgate.yml", "name: shop\nenvironment: prod\n")
    shop.write("pipelines/shop.yml", PIPELINE)
    shop.write("transformations/clean.sql", "select * from orders")
    shop.write("data/orders.csv", BAD)
    shop.headgate("run")
    shop.headgate("env", "create", "dev", "--moving")
    return shop


def quarantine(shop: Shop, environment: str) -> dict[str, int]:
    listed = shop.headgate("status", "--env", environment, "--json").document["quarantine"]
    return {each["dataset"]: each["rows"] for each in listed}


def test_a_corrected_file_in_a_branch_empties_no_quarantine_but_its_own(orders: Shop) -> None:
    orders.write("data/orders.csv", GOOD)
    orders.headgate("run", "--env", "dev")
    assert quarantine(orders, "dev") == {}
    assert quarantine(orders, "prod") == {"orders": 1}
    assert "nothing to do" in orders.headgate("plan", "--env", "dev").out
    kept = orders.headgate("data", "quarantine", "--json", code=None)
    assert "Traceback" not in kept.err
    orders.write("data/orders.csv", BAD)
    assert "nothing to do" in orders.headgate("plan").out


def test_a_sweep_keeps_what_production_set_aside_and_what_it_read(orders: Shop) -> None:
    orders.write("data/orders.csv", GOOD)
    orders.headgate("run", "--env", "dev")
    age(orders, 100)
    with opened(orders.root, "prod") as workspace:
        tools = workspace.tools
        collect(tools, ALL, tuple, "prod")
        with tools.ledger.snapshot() as tx:
            id_ = refs.held(tx, "prod")["orders"]
            assert refs.held(tx, "dev")["orders"] == id_
            held = holdings.find(tx, "prod", "orders", id_)
            whole = holdings.find_whole(tx, "prod", "orders", id_)
            assert held is not None
            assert whole is not None
            aside = versions.quarantined(tx, held)
        assert aside is not None
        assert whole.rows == 3
        for version in (held, whole, aside):
            assert versions.present(tools.objects, version)


def test_a_corrected_file_in_production_empties_no_quarantine_of_a_branch(orders: Shop) -> None:
    orders.write("data/orders.csv", GOOD)
    orders.headgate("run")
    assert quarantine(orders, "prod") == {}
    assert quarantine(orders, "dev") == {"orders": 1}
    assert "nothing to do" in orders.headgate("plan").out


def test_a_branch_takes_over_how_its_base_knows_it(orders: Shop) -> None:
    orders.write("data/orders.csv", GOOD)
    orders.headgate("run")
    orders.headgate("env", "create", "late", "--moving")
    assert quarantine(orders, "late") == {}
    assert "nothing to do" in orders.headgate("plan", "--env", "late").out
    orders.headgate("env", "drop", "late")
    with opened(orders.root, "prod") as workspace, workspace.tools.ledger.snapshot() as tx:
        assert tx.execute("select 1 from holding where environment = 'late'") == []


def test_rows_that_a_branch_lets_go_stay_aside_in_production(orders: Shop) -> None:
    orders.write("data/orders_2.csv", "id,amount\n4,many\n")
    orders.headgate("run", code=None)
    orders.headgate("run", "--env", "dev", code=None)
    before = quarantine(orders, "prod")
    assert before == quarantine(orders, "dev") == {"orders": 2}
    orders.headgate("quality", "dismiss", "orders", "--file", "data/orders_2.csv", "--env", "dev")
    assert quarantine(orders, "dev") == {"orders": 1}
    assert quarantine(orders, "prod") == before


def test_what_moves_brings_along_what_was_set_aside_of_it(orders: Shop) -> None:
    orders.write("data/orders.csv", BAD.replace("2,20", "2,30"))
    orders.headgate("run", "--env", "dev")
    orders.headgate("env", "promote", "dev", "prod")
    assert quarantine(orders, "prod") == {"orders": 1}
    assert "nothing to do" in orders.headgate("plan").out
