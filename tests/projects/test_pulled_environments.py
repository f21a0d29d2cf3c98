"""An environment that is pushed and pulled is in the other clone what it was in the first."""

from __future__ import annotations

import shutil

import pytest

from tests.projects.shop import Shop
from tests.projects.test_remotes import clone, second


@pytest.fixture
def pushed(open_shop: Shop) -> Shop:
    """The shop with a branch, both of it and of `prod` in a remote."""
    open_shop.headgate("env", "create", "nb")
    open_shop.headgate("data", "remote", "add", "shelf", "../shelf")
    for name in ("prod", "nb"):
        open_shop.headgate("data", "push", "--env", name)
    return open_shop


def pulled(shop: Shop, name: str = "clone") -> Shop:
    """A clone that has both, and the deliveries."""
    other = clone(shop, name)
    shutil.copytree(shop.root / "data/raw", other.root / "data/raw")
    for environment in ("prod", "nb"):
        other.headgate("data", "pull", "--env", environment)
    return other


def test_what_ran_in_a_pulled_branch_is_promoted_there(pushed: Shop) -> None:
    other = pulled(pushed)
    other.edit("transformations/clean.py", "RATE = 20", "RATE = 10")
    other.headgate("run", "--env", "nb")
    other.headgate("env", "promote", "nb", "prod")
    assert all(row["net"] == row["amount"] * 100 // 110 for row in other.served("clean"))


def test_a_promotion_is_refused_there_for_what_it_is_refused_for_here(pushed: Shop) -> None:
    pushed.edit("transformations/clean.py", "RATE = 20", "RATE = 10")
    pushed.headgate("run", "--env", "nb")
    second(pushed)
    for name in ("prod", "nb"):
        pushed.headgate("data", "push", "--env", name)
    other = pulled(pushed)
    for shop in (pushed, other):
        refused = shop.headgate("env", "promote", "nb", "prod", code=2)
        assert "promoting would take sales back" in refused.err
