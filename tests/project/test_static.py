"""What the text of a project shows to be wrong with columns."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

import headgate
from headgate.cli.main import main
from headgate.project.columns import columns_read
from headgate.project.project import load
from headgate.project.static import static_findings
from tests.project.conftest import Write

PIPELINE = """
name: shop
owner: sales
sources:
  orders:
    path: data/orders.csv
    types: {id: integer, amount: number, shop: string}
    checks: [{columns: [id, amount, shop, note]}]
  shops: {path: data/shops.csv, types: {id: string}}
steps:
  clean: transformations/clean.sql
  totals: transformations/totals.sql
publish: [totals]
"""
FILES = {
    "headgate.yml": "",
    "pipelines/shop.yml": PIPELINE,
    "transformations/clean.sql": """
        select o.id, o.amount, o.note, s.town
        from orders o
        join shops s on o.shop = s.id
    """,
    "transformations/totals.sql": """
        select town, sum(amount) as amount, count(id) as orders, max(note) as note
        from clean
        group by town
    """,
}
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: totals
version: 1.0.0
status: active
schema:
  - name: totals
    properties:
      - {name: town, logicalType: string}
      - {name: amount, logicalType: number}
      - {name: orders, logicalType: integer}
      - {name: note, logicalType: string}
"""


def found(root: Path) -> list[tuple[str, str, str]]:
    """The severity, place and words of each finding."""
    return [(one.severity.value, one.where, one.what) for one in static_findings(load(root))]


def test_nothing_is_found_in_a_project_where_all_columns_agree(write: Write) -> None:
    assert found(write({**FILES, "contracts/totals.yaml": CONTRACT})) == []


CLEAN, TOTALS, SHOP = (
    "transformations/clean.sql",
    "transformations/totals.sql",
    "pipelines/shop.yml",
)
CASES = {
    "a column that the input lacks": (
        {CLEAN: FILES[CLEAN].replace("o.note", "o.nots as note")},
        ("error", f"{CLEAN}:1", "o has no column 'nots'"),
    ),
    "a column that the step before does not write": (
        {CLEAN: FILES[CLEAN].replace("o.amount, ", "")},
        ("error", f"{TOTALS}:1", "clean has no column 'amount'"),
    ),
    "a column of two inputs": (
        {CLEAN: FILES[CLEAN].replace("o.id", "id").replace("shops s", "(select id, town from shops) s")},
        ("error", f"{CLEAN}:1", "'id' is a column of several tables"),
    ),
    "a join of every row with every row": (
        {CLEAN: "select o.id, amount, note, town\nfrom orders o,\nshops s\n"},
        ("warn", f"{CLEAN}:3", "s is joined without a condition"),
    ),
    "a star in what is published": (
        {TOTALS: "select * from clean"},
        ("info", f"{TOTALS}:1", "totals is published, and the query takes all columns by *"),
    ),
    "the clock": (
        {TOTALS: FILES[TOTALS].replace("max(note)", "max(note || today())")},
        ("info", f"{TOTALS}:1", "the query asks current_date"),
    ),
    "a promise that is not kept": (
        {"contracts/totals.yaml": CONTRACT.replace("name: orders", "name: order")},
        ("error", "contracts/totals.yaml:11", "totals is promised a column 'order', and its step writes none"),
    ),
    "a type that is never the one that is promised": (
        {"contracts/totals.yaml": CONTRACT.replace("orders, logicalType: integer", "orders, logicalType: string")},
        ("error", "contracts/totals.yaml:11", "totals.orders is promised as string, and its step writes integer"),
    ),
    "a promise that the gate of a source does not let through": (
        {"contracts/orders.yaml": CONTRACT.replace("name: totals", "name: orders")},
        ("error", "contracts/orders.yaml:9", "orders is promised a column 'town', and its source is declared with none"),
    ),
    "a column that nobody promised": (
        {"contracts/totals.yaml": CONTRACT.replace("      - {name: note, logicalType: string}\n", "")},
        ("info", "contracts/totals.yaml:7", "totals has a column 'note' that its contract does not name"),
    ),
    "a column that the contract of the input lacks": (
        {"contracts/shops.yaml": CONTRACT.replace("name: totals", "name: shops").replace("name: town", "name: city")},
        ("warn", f"{CLEAN}:1", "clean reads shops.town, which its contract does not name"),
    ),
    "a check of a column that is not there": (
        {SHOP: PIPELINE.replace("note]}]", "note]}, {not_null: ammount}]")},
        ("error", f"{SHOP}:7", "a check of orders names a column 'ammount' that it does not have"),
    ),
    "a quality check of a column that is not there": (
        {SHOP: PIPELINE + "quality_checks:\n  - {type: uniqueness, columns: [twon]}\n"},
        ("error", f"{SHOP}:14", "a check of totals names a column 'twon' that it does not have"),
    ),
    "a key that is not there": (
        {SHOP: PIPELINE.replace("totals: trans", "totals:\n    key: city\n    run: trans")},
        ("error", f"{SHOP}:12", "key of totals names a column 'city' that it does not have"),
    ),
    "a column that nothing reads": (
        {TOTALS: "select town, sum(amount) as amount, count(id) as orders from clean group by town"},
        ("info", f"{SHOP}:10", "no step reads clean.note"),
    ),
    "a contract of what is no dataset": (
        {"contracts/totals.yaml": CONTRACT.replace("name: totals", "name: total")},
        ("warn", "contracts/totals.yaml:7", "no pipeline has a dataset 'total', so nothing is judged by this contract"),
    ),
    "a column that a consumer names": (
        {"contracts/consumers/report.yaml": "name: report\nowner: finance\ntype: dashboard\nreads:\n  totals: [town, order]\n"},
        ("error", "contracts/consumers/report.yaml:5", "report (finance) reads totals.order, which there is not"),
    ),
    "a dataset that nothing reads": (
        {SHOP: PIPELINE.replace("steps:", "  more: data/more.csv\nsteps:")},
        ("warn", f"{SHOP}:9", "nothing reads more, and it is not published"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_found_at_its_line(write: Write, case: str) -> None:
    changed, finding = CASES[case]
    assert finding in found(write({**FILES, **changed}))


def test_a_dataset_that_a_check_of_another_looks_at_is_not_left_over(write: Write) -> None:
    check = "reference: {columns: shop, to: more, keys: id}"
    pipeline = PIPELINE.replace("note]}]", "note]}, {" + check + "}]")
    files = {**FILES, SHOP: pipeline.replace("steps:", "  more: data/more.csv\nsteps:")}
    assert found(write(files)) == []


def test_a_dataset_that_a_contract_refers_to_is_not_left_over(write: Write) -> None:
    contract = """
        apiVersion: v3.1.0
        kind: DataContract
        id: orders
        version: 1.0.0
        status: active
        schema:
          - name: orders
            properties:
              - {name: id, logicalType: integer}
              - {name: amount, logicalType: number}
              - {name: shop, logicalType: string, relationships: [{to: more.id}]}
              - {name: note}
    """
    pipeline = PIPELINE.replace("steps:", "  more: data/more.csv\nsteps:")
    files = {**FILES, SHOP: pipeline, "contracts/orders.yaml": textwrap.dedent(contract)}
    assert found(write(files)) == []


def test_what_is_unknown_is_no_error(write: Write) -> None:
    # no gate lists the columns of the orders, and a function writes what it likes
    open_pipeline = PIPELINE.replace("    checks: [{columns: [id, amount, shop, note]}]\n", "")
    python = open_pipeline.replace(
        "clean: transformations/clean.sql", "clean: transformations/c.py:clean"
    )
    code = "def clean(orders, shops):\n    return helper(orders)\n"
    files = {**FILES, SHOP: python, "transformations/c.py": code, "contracts/totals.yaml": CONTRACT}
    assert [one for one in found(write(files)) if one[0] == "error"] == []


def test_a_consumer_that_cannot_be_understood_is_an_error_of_lint(write: Write) -> None:
    reader = "name: report\nowner: finance\ntype: dashboard\nreads: {totals: [twon]}\n"
    contract = {"contracts/totals.yaml": CONTRACT}
    for text, said in (
        (reader, "no column named 'twon'"),
        (reader.replace("owner", "ownr"), "unknown key 'ownr'"),
        (reader.replace("totals", "totls"), "no dataset named 'totls'"),
    ):
        root = write({**FILES, **contract, "contracts/consumers/report.yaml": text})
        ended = CliRunner().invoke(main, ["-C", str(root), "lint"])
        assert ended.exit_code == 2
        assert said in ended.output


def read(root: Path) -> Mapping[str, Mapping[str, frozenset[str] | None]]:
    """The columns that each step reads."""
    return columns_read(load(root))


def test_the_columns_that_steps_read_are_told_or_unknown(write: Write) -> None:
    files = {**FILES, TOTALS: "select * from clean, shops where clean.town = shops.town"}
    assert read(write(files)) == {
        "clean": {
            "orders": frozenset({"id", "amount", "note", "shop"}),
            "shops": frozenset({"id", "town"}),
        },
        "totals": {"clean": frozenset({"id", "amount", "note", "town"}), "shops": None},
    }


def test_lint_prints_file_and_line_and_ends_with_1_for_errors(write: Write) -> None:
    root = write(
        {**FILES, **CASES["a key that is not there"][0], "contracts/totals.yaml": CONTRACT}
    )
    ended = CliRunner().invoke(main, ["-C", str(root), "lint"])
    assert ended.exit_code == 1
    assert ended.output.splitlines() == [
        f"{SHOP}:12: error: key of totals names a column 'city' that it does not have",
        "  known: amount, note, orders, town",
        "✗ 1 error, 0 warnings, 0 remarks",
    ]
    [finding] = json.loads(CliRunner().invoke(main, ["-C", str(root), "lint", "--json"]).output)[
        "findings"
    ]
    assert finding == {
        "dataset": "totals",
        "where": f"{SHOP}:12",
        "severity": "error",
        "what": "key of totals names a column 'city' that it does not have",
        "hint": "known: amount, note, orders, town",
    }
    write({SHOP: PIPELINE})
    assert CliRunner().invoke(main, ["-C", str(root), "lint"]).exit_code == 0


def test_the_example_has_no_mistakes_and_its_columns_are_followed() -> None:
    example = Path(headgate.__file__).parent / "project" / "examples" / "rossmann"
    assert found(example) == []
    told = read(example)["train_clean"]
    assert [len(columns or ()) for columns in told.values()] == [9, 10]


def test_a_function_that_a_pipeline_in_python_decorates_is_read(write: Write) -> None:
    code = """
        import headgate
        import polars as pl

        shop = headgate.Pipeline(
            name="shop",
            owner="sales",
            sources={"orders": {"path": "o.csv", "checks": [{"columns": ["id", "amount"]}]}},
        )

        @shop.step
        def totals(orders: pl.LazyFrame) -> pl.LazyFrame:
            return orders.select(pl.col("amonut").sum())
    """
    root = write({"headgate.yml": "", "pipelines/shop.py": code})
    said = ("error", "pipelines/shop.py:12", "the frame has no column 'amonut'")
    assert said in found(root)
