"""A small project in Git with a release of three columns, worked in this process."""

from __future__ import annotations

import json
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from headgate.cli.main import main
from tests.projects.shop import Done, Shop

PIPELINE = """
name: sales
owner: sales_team
sources:
  orders:
    path: data/raw/orders.csv
    types: {id: integer, kind: string, amount: number}
    key: id
steps:
  clean:
    run: transformations/clean.py:clean
    key: id
    path: data/out/clean.parquet
    expect: expectations/clean.yml
  totals:
    run: transformations/totals.sql
    path: data/out/totals.parquet
    key: kind
publish: [clean, totals]
on_publish:
  - name: forecast
    command: touch data/triggered
"""
CLEAN = """
import polars as pl

FACTOR = 2


def clean(orders: pl.LazyFrame) -> pl.LazyFrame:
    # what is sold
    return orders.with_columns(amount=pl.col("amount") * FACTOR)
"""
TOTALS = "select kind, sum(amount) as amount from clean group by kind order by kind\n"
CHECKS = """
checks:
  - not_null: id
  - between: {column: amount, low: 0, high: 1000}
"""
ROWS = 200
ORDERS = "id,kind,amount\n" + "".join(f"{n},{'ab'[n % 2]},{n}\n" for n in range(ROWS))


@dataclass(frozen=True)
class Work(Shop):
    """The project, with Git beside it."""

    def git(self, *words: str) -> str:
        own = ("-c", "user.name=ada", "-c", "user.email=ada@example.org")
        done = subprocess.run(
            ["git", *own, *words], cwd=self.root, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, message: str = "change") -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD")

    def commit_text(self, text: str) -> str:
        """A commit of nothing but words."""
        self.write("README.md", text)
        return self.commit(text)

    def do(self, *words: str, code: int | None = 0) -> Done:
        """Runs a command in this process."""
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            try:
                main.main(["-C", str(self.root), *words])
            except SystemExit as end:
                ended = int(end.code or 0)
        done = Done(ended, out.getvalue(), err.getvalue())
        assert "Traceback" not in done.out + done.err, done.out + done.err
        assert code is None or done.code == code, f"{done.code}\n{done.out}\n{done.err}"
        return done

    def ci(self, *words: str, code: int = 0) -> dict[str, Any]:
        """The verdict, as `--json` has it."""
        found = json.loads(self.do("ci", "--json", *words, code=code).out)
        assert found["schema"] == "headgate.ci/1"
        return dict(found)

    def everything(self) -> dict[str, bytes]:
        """Every file that is not Git's or Headgate's own: the working tree, byte by byte."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and not {".git", ".headgate"} & set(path.parts)
        }

    def pointers(self) -> list[tuple[Any, ...]]:
        """Where every environment points."""
        from headgate.workspace.workspace import opened

        with opened(self.root) as workspace, workspace.tools.ledger.snapshot() as tx:
            return tx.execute("select environment, dataset, version from ref order by 1, 2")


def make(root: Path) -> Work:
    """The project on the branch `main`, with one commit and no release."""
    work = Work(root)
    work.write("headgate.yml", "name: sales\n")
    work.write("pipelines/sales.yml", PIPELINE)
    work.write("transformations/clean.py", CLEAN)
    work.write("transformations/totals.sql", TOTALS)
    work.write("expectations/clean.yml", CHECKS)
    work.write("data/raw/orders.csv", ORDERS)
    work.write(".gitignore", "/.headgate/\n/data/\n")
    work.git("init", "-q", "-b", "main")
    work.commit("begin")
    return work


def stage(verdict: dict[str, Any], name: str) -> dict[str, Any]:
    """A stage of a verdict."""
    [found] = [each for each in verdict["stages"] if each["stage"] == name]
    return dict(found)


def said(verdict: dict[str, Any], severity: str) -> list[str]:
    """What the findings of a severity say."""
    return [
        one["what"]
        for each in verdict["stages"]
        for one in each["findings"]
        if one["severity"] == severity
    ]
