"""kill -9 at each border of a promotion, and of making an environment: all of it happened, or none."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from headgate.ledger import audit
from headgate.ledger.sqlite import open_ledger
from tests.projects.shop import ENVIRONMENT, Shop, make

PROMOTING = [
    "headgate.runs.execute:begin",
    "headgate.runs.transfer:planned",
    "headgate.runs.judging:_record",
    "headgate.runs.publish:require_unmoved",
    "headgate.runs.transfer:_move",
    "headgate.store.releases:promote",
    "headgate.store.releases:append",
    "headgate.store.holdings:adopt",
    "headgate.environments.promotion:finish",
    "headgate.ledger.audit:record",
    "headgate.runs.outputs:refresh",
    "headgate.store.checkout:_note",
    "headgate.runs.execute:pay_triggers",
    "headgate.runs.execute:close",
]
CREATING = [
    "headgate.store.branches:branch",
    "headgate.store.releases:append",
    "headgate.environments.environment:record",
    "headgate.ledger.audit:record",
]
TELL = "import pathlib\npathlib.Path('told').open('a').write('x')\n"


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop with a change of code that ran in dev, and is to be promoted."""
    shop = make(tmp_path_factory.mktemp("ready") / "shop")
    shop.write("tell.py", TELL)
    with (shop.root / "pipelines" / "shop.yml").open("a") as file:
        file.write("on_publish:\n  - command: python tell.py\n")
    shop.headgate("run")
    shop.headgate("env", "create", "dev")
    shop.edit("transformations/clean.py", "RATE = 20", "RATE = 10")
    shop.edit("transformations/totals.sql", "sum(amount)", "2 * sum(amount)")
    shop.headgate("run", "--env", "dev")
    (shop.root / "told").unlink()
    return shop.root


@pytest.fixture
def shop(ready: Path, tmp_path: Path) -> Shop:
    shutil.copytree(ready, tmp_path / "shop")
    return Shop(tmp_path / "shop")


def killed(shop: Shop, place: str, moment: str, *words: str) -> None:
    """A command that dies when it comes to a function, or when it comes back from it."""
    module, _, name = place.partition(":")
    script = f"""
import importlib, os
where = importlib.import_module({module!r})
real = getattr(where, {name!r})
def dying(*args, **keywords):
    if {moment!r} == "after":
        real(*args, **keywords)
    os._exit(9)
setattr(where, {name!r}, dying)
from headgate.cli.main import main
main({list(words)!r})
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=shop.root,
        env={**ENVIRONMENT, "HEADGATE_USER": "ada"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 9, done.stderr.decode()


def is_new(shop: Shop) -> tuple[bool, bool]:
    """Whether readers get each dataset as it was promoted."""
    clean = all(row["net"] == row["amount"] * 100 // 110 for row in shop.served("clean"))
    return clean, {row["amount"] for row in shop.served("totals")} == {60}


def acts(shop: Shop) -> list[str]:
    ledger = open_ledger(shop.root / ".headgate" / "state.db")
    with ledger.snapshot() as tx:
        audit.verify(tx)
        found = [entry.act.action for entry in audit.entries(tx)][::-1]
    ledger.close()
    return found


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("place", PROMOTING)
def test_a_promotion_that_dies_there_happened_or_did_not(
    shop: Shop, place: str, moment: str
) -> None:
    killed(shop, place, moment, "env", "promote", "dev", "prod")
    assert is_new(shop) in {(False, False), (True, True)}
    moved = is_new(shop)[0]
    assert acts(shop) == ["create", *(["ask", "promote"] if moved else [])]
    told = shop.headgate("env", "promote", "dev", "prod").out
    assert ("prod serves what dev does" in told) == moved
    assert is_new(shop) == (True, True)
    assert shop.newest() == 2
    assert "nothing changed" in shop.headgate("run").out
    assert (shop.root / "told").read_text() == "x"
    import polars as pl

    linked = pl.read_parquet(shop.root / "data" / "out" / "clean.parquet")
    assert linked.to_dicts() == shop.served("clean")


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("place", CREATING)
def test_an_environment_whose_making_dies_there_is_there_or_not(
    shop: Shop, place: str, moment: str
) -> None:
    killed(shop, place, moment, "env", "create", "new")
    found = shop.headgate("env", "list", "--json").document["environments"]
    assert [each["environment"] for each in found] == ["prod", "dev"]
    assert acts(shop) == ["create"]
    shop.headgate("env", "create", "new")
    assert acts(shop) == ["create", "create"]
    assert "new@1" in shop.headgate("env", "list").out
