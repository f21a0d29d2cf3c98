"""What is made or brought stays while nothing names it yet, and a sweep keeps nobody waiting."""

from __future__ import annotations

import fcntl
import os
from datetime import timedelta
from pathlib import Path

import pytest

from headgate.environments import raw_values
from headgate.environments import sandbox as module
from headgate.environments.collect import collect, find
from headgate.environments.entity import Entity
from headgate.environments.retention import Rules
from headgate.environments.sample import Wanted
from headgate.environments.sandbox import Order
from headgate.project.remotes import opened_remote
from headgate.project.settings import Remote
from headgate.runs.pull import pull
from headgate.store import locks, readers, refs, releases
from headgate.workspace.declared import declared_datasets
from headgate.workspace.workspace import Workspace, opened
from tests.projects.shop import Shop
from tests.projects.test_remotes import clone

ALL = Rules(0, 0, frozenset({"prod"}), grace=timedelta(0))


def held(workspace: Workspace) -> set[str]:
    with locks.sweeping(workspace.tools.objects.root):
        return readers.held(workspace.tools.objects)


def test_a_sweep_while_a_sandbox_is_made_takes_nothing_of_it(
    open_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept: list[int] = []
    look_through = raw_values.leaks

    def swept_first(*given: object) -> object:
        with opened(open_shop.root) as other:
            swept.append(collect(other.tools, ALL, tuple, "prod")[1].objects)
        return look_through(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "leaks", swept_first)
    with opened(open_shop.root) as workspace:
        with workspace.tools.ledger.snapshot() as tx:
            base = releases.current(tx, "prod")
        assert base is not None
        order = Order("play", Wanted(rows=1), Entity("stores", ("store",)))
        made = module.sandbox(workspace.tools, declared_datasets(workspace), base, order, None)
        assert swept == [0]
        assert held(workspace) == set()
        assert made.rows["stores"][1] < 3
        with workspace.tools.ledger.snapshot() as tx:
            names = refs.held(tx, "play")
        assert not workspace.tools.objects.lacking(dict.fromkeys(names.values()))


def test_what_is_pulled_is_held_from_before_it_is_brought(open_shop: Shop) -> None:
    open_shop.headgate("data", "remote", "add", "shelf", "../shelf")
    open_shop.headgate("data", "push")
    other = clone(open_shop)
    seen: list[set[str]] = []
    with opened(other.root) as workspace:
        settings = workspace.settings.remotes["shelf"]
        assert isinstance(settings, Remote)
        remote = opened_remote(settings, workspace.tools.root, "remotes.shelf")

        def told(*_: object) -> None:
            seen.append(held(workspace))

        done = pull(
            workspace.tools,
            "prod",
            remote,
            told=told,
            settle=lambda *_: None,
            link=lambda _: None,
        )
        assert done is not None
        assert set(done.release.versions.values()) <= seen[0]
        assert held(workspace) == set()


def test_a_search_for_what_can_go_keeps_nobody_waiting(open_shop: Shop) -> None:
    free: list[bool] = []
    with opened(open_shop.root) as workspace:
        lock: Path = workspace.tools.objects.root / locks.FOLDER / ".sweep"

        def named() -> tuple[str, ...]:
            handle = os.open(lock, os.O_RDWR)
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
                free.append(True)
            finally:
                os.close(handle)
            return ()

        find(workspace.tools, ALL, named)
    assert free == [True]
