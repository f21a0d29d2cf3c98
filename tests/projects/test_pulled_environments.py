"""An environment that is pushed and pulled is in the other clone what it was in the first."""

from __future__ import annotations

import shutil

import pytest

from headgate.environments import environment
from headgate.environments.environment import Environment
from headgate.errors import BusyError
from headgate.project.remotes import opened_remote
from headgate.runs.claim import claim
from headgate.runs.pull import pull
from headgate.store.manifest import Release
from headgate.workspace.workspace import opened
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
    for each in ("prod", "nb"):
        other.headgate("data", "pull", "--env", each)
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
    told = [shop.headgate("env", "promote", "nb", "prod", code=2).err for shop in (pushed, other)]
    assert "prod moved on to prod@2 since nb began from prod@1" in told[0]
    assert told[0] == told[1]


def made(shop: Shop, name: str = "nb") -> Environment | None:
    with opened(shop.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        return environment.find(tx, name)


def test_a_pulled_branch_is_fixed_and_moves_with_its_base_as_in_the_first_clone(
    pushed: Shop,
) -> None:
    other = pulled(pushed)
    found = made(other)
    assert found is not None
    assert found.fixed
    assert found == made(pushed)
    assert made(other, "prod") is None
    second(other)
    assert "unchanged" in other.headgate("run", "--env", "nb", "--json").out, "nothing arrives"
    other.headgate("run", "--env", "nb", "--refresh")
    moved = made(other)
    assert moved is not None
    assert moved.origin == "prod@2"


def test_an_earlier_release_of_a_branch_is_of_the_base_it_was_of_then(pushed: Shop) -> None:
    second(pushed)
    pushed.headgate("run", "--env", "nb", "--refresh")
    pushed.headgate("data", "push", "--all", "--env", "nb")
    other = clone(pushed)
    for number, base in ((1, "prod@1"), (2, "prod@2")):
        other.headgate("data", "pull", "--env", "nb", "--release", str(number))
        found = made(other)
        assert found is not None
        assert found.origin == base


def test_a_damaged_word_of_what_a_branch_is_changes_nothing_here(pushed: Shop) -> None:
    file = pushed.root.parent / "shelf/headgate/environments/nb.json"
    text = file.read_text()
    other = clone(pushed)
    for old, new in (
        ('"prod"', "7, 8"),
        ('"created"', '"crated"'),
        ('"number": 1', '"number": "x"'),
    ):
        assert old in text
        file.write_text(text.replace(old, new))
        refused = other.headgate("data", "pull", "--env", "nb", code=3)
        assert "damaged" in refused.err
        gone = other.headgate("data", "log", "--env", "nb", code=2)
        assert "no environment named 'nb'" in gone.err


def test_a_sandbox_is_not_pushed(pushed: Shop) -> None:
    pushed.headgate("env", "sandbox", "play", "--key", "stores", "store")
    refused = pushed.headgate("data", "push", "--env", "play", code=2)
    assert "play is a sandbox, which cannot be pushed" in refused.err
    assert not list((pushed.root.parent / "shelf/headgate").rglob("*play*"))


def test_a_branch_that_was_dropped_is_served_again_by_a_pull(pushed: Shop) -> None:
    other = pulled(pushed)
    before = other.headgate("env", "list", "--json").document
    other.headgate("env", "drop", "nb")
    assert other.headgate("env", "list", "--json").document != before
    done = other.headgate("data", "pull", "--env", "nb", "--json").document
    assert (done["release"], done["releases"]) == ("nb@1", 0)
    assert other.headgate("env", "list", "--json").document == before
    assert "unchanged" in other.headgate("run", "--env", "nb", "--json").out


def test_what_was_before_a_dropped_branch_is_refused_with_advice(pushed: Shop) -> None:
    pushed.edit("transformations/clean.py", "RATE = 20", "RATE = 10")
    pushed.headgate("run", "--env", "nb")
    pushed.headgate("data", "push", "--env", "nb", "--all")
    other = pulled(pushed)
    other.headgate("env", "drop", "nb")
    refused = other.headgate("data", "pull", "--env", "nb", "--release", "1", code=2)
    assert "nb was dropped here after nb@2, and 1 is before it" in refused.err
    assert "leave --release out" in refused.err
    other.headgate("data", "pull", "--env", "nb")
    pushed.headgate("env", "drop", "nb")
    pushed.headgate("env", "create", "nb")
    pushed.headgate("data", "push", "--env", "nb")
    done = other.headgate("data", "pull", "--env", "nb", "--json").document
    assert (done["release"], done["releases"]) == ("nb@3", 1)


def test_outputs_are_put_in_place_while_nothing_runs_there(pushed: Shop) -> None:
    other = pulled(pushed)
    refused: list[str] = []
    with opened(other.root) as workspace:
        tools, shelf = workspace.tools, workspace.settings.remotes["shelf"]

        def link(release: Release) -> None:
            with pytest.raises(BusyError), claim(tools.ledger, "shop@prod", run="r"):
                pass
            refused.append(release.name)

        remote = opened_remote(shelf, tools.root, "remotes.shelf")
        pull(tools, "prod", remote, settle=lambda *_: None, link=link)
    assert refused == ["prod@1"]
