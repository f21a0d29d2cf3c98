"""Functions of a project as checks: found when it is read, asked again when their code changes."""

from __future__ import annotations

import pytest

from tests.projects.shop import FIRST, Shop

RULES = """
import polars as pl

from transformations.helpers import vat

MOST = 100


def plausible(sales: pl.DataFrame) -> pl.Series:
    print("asked")
    return vat(sales["amount"], 0) <= MOST


def spread(sales: pl.LazyFrame) -> float:
    return sales.select(pl.col("amount").max() - pl.col("amount").min()).collect().item()
"""


@pytest.fixture
def checked(shop: Shop) -> Shop:
    shop.write("checks/rules.py", RULES)
    shop.edit(
        "pipelines/shop.yml",
        "expect: expectations/sales.json",
        "checks:\n      - python: checks/rules.py:plausible\n"
        "      - python: {run: 'checks/rules.py:spread', high: 50}",
    )
    return shop


def test_rows_are_judged_by_a_function(checked: Shop) -> None:
    checked.deliver(FIRST + "3,2024-01-01,400,a\n")
    done = checked.headgate("run", code=1)
    assert "asked" in done.err
    assert "asked" not in done.out
    assert "checks/rules.py:plausible says so" in done.out
    assert "amount = 400" in done.out
    assert "data/raw/sales.csv:5" in done.out
    assert "the number of checks/rules.py:spread is 390" in done.out
    [judged] = [one for one in checked.events("gate_judged") if one["dataset"] == "sales"]
    assert judged["failing_rows"]


def test_it_is_asked_again_when_its_code_or_what_it_calls_changes(checked: Shop) -> None:
    checked.headgate("run")
    assert "asked" not in checked.headgate("run").err
    checked.edit("checks/rules.py", "MOST = 100", "MOST = 25")
    assert "its checks are new" in checked.headgate("plan").out
    assert "1 of 3 rows" in checked.headgate("run", code=1).out
    checked.edit("checks/rules.py", "MOST = 25", "MOST = 30")
    assert "asked" in checked.headgate("run").err
    checked.edit("transformations/helpers.py", "amount * 100", "amount * 200")
    assert "2 of 3 rows" in checked.headgate("run", code=1).out


def test_a_function_that_fails_closes_the_gate_with_its_line(checked: Shop) -> None:
    checked.edit("checks/rules.py", '    print("asked")\n', '    sales["amuont"]\n')
    out = checked.headgate("run", code=1).out
    assert "checks/rules.py:9: ColumnNotFoundError" in out


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("checks/rules.py:plausibel", "did you mean 'plausible'?"),
        ("checks/rule.py:plausible", "did you mean 'checks/rules.py'?"),
        ("checks/rules.py", "name a file and its function"),
        ("../rules.py:plausible", "leads out of the project"),
    ],
)
def test_a_function_that_is_not_there_is_an_error_with_its_line(
    checked: Shop, name: str, said: str
) -> None:
    checked.edit("pipelines/shop.yml", "python: checks/rules.py:plausible", f"python: {name}")
    told = checked.headgate("plan", code=2).err
    assert said in told
    assert "pipelines/shop.yml:10" in told


def test_a_function_may_be_given_in_python(shop: Shop) -> None:
    (shop.root / "pipelines/shop.yml").unlink()
    shop.write(
        "pipelines/shop.py",
        """
        import polars as pl
        from headgate import Pipeline, Source


        def small(sales: pl.DataFrame) -> pl.Series:
            return sales["amount"] < 25


        shop = Pipeline(
            name="shop",
            owner="sales_team",
            sources={"sales": Source(path="data/raw/sales.csv", checks=[{"python": small}])},
        )


        @shop.step
        def totals(sales: pl.LazyFrame) -> pl.LazyFrame:
            return sales.select(pl.col("amount").sum())
        """,
    )
    assert "small says so" in shop.headgate("run", code=1).out
    shop.edit("pipelines/shop.py", "< 25", "< 35")
    shop.headgate("run")
    tried = [
        "quality",
        "backtest",
        "sales",
        "--check",
        "python: {run: 'checks/rules.py:plausible'}",
    ]
    shop.write("checks/rules.py", RULES)
    assert "1 check on 1 version" in shop.headgate(*tried).out
