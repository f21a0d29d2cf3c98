"""Who may change what is served, in every way that there is, and whose change it is."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.projects.shop import SALES, Shop

HEAD = "store,day,amount,kind\n"
POLICY = "name: shop\nenvironments: {prod: {publish: [ada]}, new: {publish: [ada]}}\n"


@pytest.fixture
def guarded(open_shop: Shop) -> Shop:
    """The shop with one release, in which Ada alone may publish."""
    open_shop.write("headgate.yml", POLICY)
    return open_shop


def test_who_may_not_publish_changes_nothing_in_any_way(guarded: Shop) -> None:
    guarded.headgate("data", "remote", "add", "shelf", "../shelf")
    guarded.headgate("data", "push")
    guarded.headgate("data", "tag", "kept")
    ways = [
        ("data", "pull"),
        ("import", "dvc"),
        ("worker", "--once"),
        ("data", "gc", "--delete"),
        ("data", "tag", "--delete", "kept"),
        ("data", "unpin", "prod@1"),
        ("env", "create", "new"),
        ("env", "sandbox", "new", "--synthetic"),
    ]
    for words in ways:
        done = guarded.headgate(*words, code=2, HEADGATE_USER="ben")
        assert "ben may not publish to" in done.err, (words, done.err)
    assert guarded.newest() == 1
    assert "kept" in guarded.headgate("data", "tag").out


def test_an_environment_with_reviewers_begins_with_what_they_have_seen(guarded: Shop) -> None:
    guarded.write("headgate.yml", "name: shop\nenvironments: {new: {reviewers: [ben]}}\n")
    for words in (("create", "new"), ("sandbox", "new", "--sample", "100%")):
        done = guarded.headgate("env", *words, code=2)
        assert "new has reviewers" in done.err
        assert "headgate.yml:2" in done.err


def test_rows_leave_with_who_may_read_them(guarded: Shop) -> None:
    guarded.write("headgate.yml", "name: shop\nenvironments: {prod: {read_raw: [ada]}}\n")
    guarded.headgate("data", "remote", "add", "shelf", "../shelf")
    for words in (("data", "push"), ("data", "checkout", "1")):
        done = guarded.headgate(*words, code=2, HEADGATE_USER="ben")
        assert "ben may not read rows of prod" in done.err
    guarded.headgate("data", "checkout", "1")


def test_a_sandbox_takes_nothing_from_elsewhere(guarded: Shop) -> None:
    guarded.headgate("data", "remote", "add", "shelf", "../shelf")
    guarded.headgate("env", "sandbox", "play", "--sample", "100%", "--key", "stores", "store")
    for words in (("data", "pull"), ("import", "dvc")):
        done = guarded.headgate(*words, "--env", "play", code=2)
        assert "play is a sandbox" in done.err


# ------------------------------------------------------------------ promotion

REVIEWED = "name: shop\nenvironments:\n  prod: {reviewers: [ada, ben], read_raw: [ada, ben]}\n"


def test_who_asked_a_worker_for_a_run_is_an_author_of_what_it_made(open_shop: Shop) -> None:
    open_shop.headgate("env", "create", "dev")
    open_shop.edit("transformations/clean.py", "RATE = 20", "RATE = 10")
    open_shop.write("headgate.yml", REVIEWED)
    open_shop.headgate("run", "--queue", "--env", "dev", HEADGATE_USER="ben")
    open_shop.headgate("worker", "--once", "--env", "dev", HEADGATE_USER="robot")
    open_shop.headgate("env", "promote", "dev", "prod", code=1, HEADGATE_USER="cyd")
    done = open_shop.headgate("env", "approve", "dev", "prod", code=2, HEADGATE_USER="ben")
    assert "nobody approves their own change" in done.err
    open_shop.headgate("env", "approve", "dev", "prod")


def test_who_pulled_what_moves_is_an_author_of_it(open_shop: Shop, tmp_path: Path) -> None:
    open_shop.headgate("data", "remote", "add", "shelf", str(tmp_path / "shelf"))
    open_shop.headgate("env", "create", "dev")
    open_shop.edit("transformations/clean.py", "RATE = 20", "RATE = 10")
    open_shop.headgate("run", "--env", "dev", HEADGATE_USER="eve")
    for name in ("prod", "dev"):
        open_shop.headgate("data", "push", "--env", name)
    away = Shop(tmp_path / "away")
    shutil.copytree(open_shop.root, away.root, ignore=shutil.ignore_patterns(".headgate"))
    away.headgate("data", "pull")
    away.headgate("data", "pull", "--env", "dev", HEADGATE_USER="ben")
    away.write("headgate.yml", REVIEWED)
    away.headgate("env", "promote", "dev", "prod", code=1, HEADGATE_USER="cyd")
    done = away.headgate("env", "approve", "dev", "prod", code=2, HEADGATE_USER="ben")
    assert "nobody approves their own change" in done.err


def test_an_approval_is_for_the_gates_that_were_shown(open_shop: Shop) -> None:
    open_shop.headgate("env", "create", "dev")
    open_shop.edit("transformations/clean.py", "RATE = 20", "RATE = 10")
    open_shop.write("headgate.yml", REVIEWED)
    open_shop.headgate("run", "--env", "dev")
    open_shop.headgate("env", "promote", "dev", "prod", code=1)
    open_shop.headgate("env", "approve", "dev", "prod", HEADGATE_USER="ben")
    open_shop.suite("sales", SALES[:1])
    done = open_shop.headgate("env", "promote", "dev", "prod", code=1)
    assert "what ben approved counts no more" in done.err
    assert open_shop.newest() == 1


SECRET = re.compile(r"(?<![\w.:])-?977(\.0)?(?![\w.:])")


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_a_promotion_that_is_held_tells_no_value_to_who_may_not_read(
    open_shop: Shop, words: tuple[str, ...]
) -> None:
    open_shop.headgate("env", "create", "dev", "--moving")
    open_shop.suite("sales", SALES[:1])
    open_shop.deliver(HEAD + "3,2024-01-03,-977,0\n", "sales_2.csv")
    open_shop.suite("clean", [])
    open_shop.headgate("run", "--env", "dev")
    open_shop.suite("sales", SALES)
    open_shop.write("headgate.yml", "name: shop\nenvironments: {prod: {read_raw: [ada]}}\n")
    promote = ("env", "promote", "dev", "prod", *words)
    told = open_shop.headgate(*promote, code=1, HEADGATE_USER="ci")
    assert not SECRET.search(told.out + told.err)
    seen = open_shop.headgate(*promote, code=1)
    assert SECRET.search(seen.out + seen.err)
