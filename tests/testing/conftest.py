from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from headgate.cli.main import main
from headgate.pipelines import modules
from tests.projects.shop import Done, Shop, make

AGES = """
select store, date_diff('day', day, current_date) as age, now() as at from sales
"""
AGED = """
from datetime import date, datetime
import time

import polars as pl


def aged(sales: pl.DataFrame, limit: int = 3) -> pl.DataFrame:
    if sales.is_empty():
        raise ValueError("no sales to age")
    old = [(date.today() - day).days > limit for day in sales["day"]]
    return sales.select("store", old=pl.Series(old), at=datetime.now(), stamp=time.time())
"""
MORE = """
name: more
owner: ada
sources:
  visits: data/raw/visits.csv
steps:
  ages: {run: transformations/ages.sql, inputs: {sales: visits}}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """The shop, never run: a test of logic needs neither data nor state."""
    made = make(tmp_path / "shop")
    (made.root / "data" / "raw" / "sales.csv").unlink()
    made.write("transformations/ages.sql", AGES)
    made.write("transformations/aged.py", AGED)
    made.write("pipelines/more.yml", MORE)
    return made


@pytest.fixture(autouse=True)
def modules_of_its_own() -> Iterator[None]:
    """Steps are loaded in this process: other tests import modules of the same names."""
    yield
    modules._forget()
    modules._FINDER.root = None


@dataclass(frozen=True)
class Commands:
    """The command line, in this process."""

    root: Path
    read: Callable[[], tuple[str, str]]

    def __call__(self, *words: str, code: int = 0) -> Done:
        with pytest.raises(SystemExit) as ended:
            main.main(["-C", str(self.root), "--no-color", *words])
        out, err = self.read()
        done = Done(int(ended.value.code or 0), out, err)
        assert done.code == code, f"{words} ended with {done.code}\n{out}\n{err}"
        return done


@pytest.fixture
def headgate(shop: Shop, capsys: pytest.CaptureFixture[str]) -> Commands:
    """Calls a command in the shop's repository."""

    def read() -> tuple[str, str]:
        said = capsys.readouterr()
        return said.out, said.err

    return Commands(shop.root, read)
