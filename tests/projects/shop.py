"""A small team's repository, written into a folder and worked from the command line."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.warm import warm

PIPELINE = """
name: shop
owner: sales_team
sources:
  sales:
    path: data/raw/sales*.csv
    arrives: upsert
    key: [store, day]
    types: {store: integer, day: date, amount: integer, kind: string}
    expect: expectations/sales.json
  stores: data/raw/stores.csv
steps:
  clean:
    run: transformations/clean.py:clean
    expect: expectations/clean.json
    path: data/out/clean.parquet
    key: [store, day]
  totals:
    run: transformations/totals.sql
    path: data/out/totals.parquet
    key: [store]
publish: [clean, totals]
"""

CLEAN = """
import polars as pl

from transformations.helpers import vat

RATE = 20


def clean(sales: pl.LazyFrame, stores: pl.LazyFrame) -> pl.LazyFrame:
    joined = sales.join(stores, on="store", how="left")
    return joined.with_columns(net=vat(pl.col("amount"), RATE)).sort("store", "day")
"""

HELPERS = """
def vat(amount, rate):
    return amount * 100 // (100 + rate)


def unused(amount):
    return amount + 1
"""

TOTALS = """
-- what every store sold
select store, sum(amount) as amount, count(*) as days
from clean
group by store
order by store
"""

SALES: list[tuple[str, dict[str, Any]]] = [
    ("expect_table_row_count_to_be_between", {"min_value": 1, "max_value": 5000}),
    (
        "expect_table_columns_to_match_ordered_list",
        {"column_list": ["store", "day", "amount", "kind"]},
    ),
    ("expect_column_values_to_not_be_null", {"column": "store"}),
    ("expect_column_values_to_be_between", {"column": "amount", "min_value": 0, "max_value": 500}),
    ("expect_column_values_to_be_in_set", {"column": "kind", "value_set": ["0", "a", "b"]}),
]
CLEAN_SUITE: list[tuple[str, dict[str, Any]]] = [
    ("expect_column_to_exist", {"column": "net"}),
    ("expect_column_values_to_be_between", {"column": "net", "min_value": 0, "max_value": 500}),
]

FIRST = "store,day,amount,kind\n1,2024-01-01,10,0\n1,2024-01-02,20,a\n2,2024-01-01,30,0\n"
STORES = "store,town\n1,Ulm\n2,Jena\n3,Bonn\n"


@dataclass(frozen=True)
class Done:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


@dataclass(frozen=True)
class Shop:
    """The repository of a small shop."""

    root: Path

    def headgate(self, *words: str, code: int | None = 0, **environ: str) -> Done:
        """Runs a command in the repository; `code` is how it has to end, None for any way."""
        child = warm().fork(self.root, ("command", *words), environ=environ)
        ended = child.wait()
        assert ended is not None
        result = Done(ended, child.output.read_text(), child.errors.read_text())
        if code is not None:
            told = f"headgate {' '.join(words)} ended with {ended}"
            assert result.code == code, f"{told}\n{result.out}\n{result.err}"
        assert "Traceback" not in result.out + result.err, result.out + result.err
        return result

    def write(self, path: str, text: str | bytes) -> Path:
        """A file of the repository."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, bytes):
            target.write_bytes(text)
        else:
            target.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return target

    def deliver(self, text: str | bytes, name: str = "sales.csv") -> Path:
        """A delivery of sales."""
        return self.write(f"data/raw/{name}", text)

    def edit(self, path: str, old: str, new: str) -> None:
        """Replaces text that stands once in a file."""
        target = self.root / path
        text = target.read_text()
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
        target.write_text(text.replace(old, new))

    def suite(self, name: str, expectations: Iterable[tuple[str, dict[str, Any]]]) -> None:
        """A Great Expectations suite."""
        body = [{"expectation_type": kind, "kwargs": kwargs} for kind, kwargs in expectations]
        self.write(
            f"expectations/{name}.json",
            json.dumps({"expectation_suite_name": name, "expectations": body}, indent=2),
        )

    def served(self, dataset: str, at: int | None = None) -> list[dict[str, Any]]:
        """The rows that readers get."""
        from headgate.reading import read

        frame = read(dataset, at=at, project=self.root)
        return list(frame.collect().to_dicts())

    def newest(self) -> int:
        """The number of the release that is served."""
        from headgate.store import releases
        from headgate.workspace.workspace import opened

        with opened(self.root) as workspace, workspace.tools.ledger.snapshot() as tx:
            release = releases.current(tx, "prod")
        assert release is not None
        return release.number

    def events(self, kind: str) -> list[dict[str, Any]]:
        """All events of a kind, oldest first."""
        from headgate.ledger import history
        from headgate.workspace.workspace import opened

        with opened(self.root) as workspace, workspace.tools.ledger.snapshot() as tx:
            return [event.as_json() for _, event in history.events(tx, kinds=(kind,))]

    def tree(self) -> dict[str, tuple[int, bytes]]:
        """Every published file of the working tree, with its inode and its bytes."""
        return {
            str(path.relative_to(self.root)): (path.stat().st_ino, path.read_bytes())
            for path in sorted((self.root / "data" / "out").rglob("*"))
            if path.is_file()
        }


def make(root: Path) -> Shop:
    """The shop's repository with its first delivery, not run yet."""
    shop = Shop(root)
    shop.write("headgate.yml", "name: shop\n")
    shop.write("pipelines/shop.yml", PIPELINE)
    shop.write("transformations/clean.py", CLEAN)
    shop.write("transformations/helpers.py", HELPERS)
    shop.write("transformations/totals.sql", TOTALS)
    shop.suite("sales", SALES)
    shop.suite("clean", CLEAN_SUITE)
    shop.deliver(FIRST)
    shop.write("data/raw/stores.csv", STORES)
    return shop
