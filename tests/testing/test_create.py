"""A test made of real rows: few, belonging together, and with nothing personal in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from headgate.ledger import audit
from headgate.project.yaml import read_yaml
from headgate.testing import run_tests
from headgate.workspace.workspace import opened
from tests.projects.bank import ACCOUNTS, CUSTOMERS, KEY, email, iban, make
from tests.projects.shop import Shop
from tests.testing.conftest import Commands


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    bank = make(tmp_path_factory.mktemp("bank"))
    bank.headgate("run")
    return bank.root


@pytest.fixture
def shop(released: Path, tmp_path: Path) -> Shop:
    """The bank's repository after its first release."""
    shutil.copytree(released, tmp_path / "bank")
    return Shop(tmp_path / "bank")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADGATE_REDACTION_KEY", KEY)


def test_rows_belong_together_and_nothing_personal_is_in_them(
    shop: Shop, headgate: Commands
) -> None:
    words = ("test", "--create", "statements", "--where", "amount > 100", "--rows", "3")
    done = headgate(*words, "--json").document
    assert done["rows"] == {"payments": 3, "accounts": 3, "customers": 3}
    assert "customers.email" in done["redacted"]
    text = (shop.root / "tests" / "statements.yml").read_text()
    (test,) = read_yaml(text, "x").data["tests"]
    given = test["given"]
    assert [row["amount"] > 100 for row in given["payments"]] == [True] * 3
    assert {row["account"] for row in given["payments"]} == {r["iban"] for r in given["accounts"]}
    assert {row["owner"] for row in given["accounts"]} == {row["id"] for row in given["customers"]}
    assert len(test["expect"]["rows"]) == 3
    raw = [*map(email, range(CUSTOMERS)), *map(iban, range(ACCOUNTS))]
    assert [value for value in raw if value in text] == []
    assert [one.status for one in run_tests(shop.root)] == ["passed"]
    with opened(shop.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        (entry,) = audit.entries(tx, limit=1)
    assert (entry.act.action, entry.act.body) == ("export", {"file": "tests/statements.yml"})
    assert "is there already" in headgate(*words, code=2).err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["statement"], "did you mean 'statements'?"),
        (["statements", "--where", "colour = 1"], "no input of the step has the column colour"),
        (["statements", "--where", "shops: id = 1"], "no input named 'shops'"),
        (["statements", "--where", "amount >"], "amount >"),
        (["transformations/statements.sql"], "is no step of a pipeline"),
        (["statements", "--junit", "x.xml"], "--create runs no tests"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    headgate: Commands, shop: Shop, words: list[str], told: str
) -> None:
    done = headgate("test", "--create", *words, code=2)
    assert told in done.err
    assert not (shop.root / "tests").exists()


def test_without_a_key_nothing_is_written(
    headgate: Commands, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEADGATE_REDACTION_KEY")
    done = headgate("test", "--create", "statements", code=2)
    assert "HEADGATE_REDACTION_KEY is not set" in done.err
    assert not (shop.root / "tests").exists()


def test_a_step_that_does_not_give_the_same_twice_is_no_test(
    headgate: Commands, shop: Shop
) -> None:
    step = shop.root / "transformations" / "statements.sql"
    step.write_text("select id, random() as luck from customers\n")
    done = headgate("test", "--create", "statements", code=3)
    assert "does not give the same twice" in done.err
