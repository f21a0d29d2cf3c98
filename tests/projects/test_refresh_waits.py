"""An environment is moved when its run can begin: after another one, or when a worker is there."""

from __future__ import annotations

import threading
from contextlib import ExitStack

from headgate.runs.claim import claim
from headgate.store import releases
from headgate.store.manifest import Release
from headgate.workspace.workspace import opened
from tests.projects.shop import Shop
from tests.projects.test_remotes import second


def log(shop: Shop) -> list[Release]:
    with opened(shop.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        return releases.log(tx, "dev")


def test_a_refresh_that_is_left_to_a_worker_is_done_just_before_its_run(open_shop: Shop) -> None:
    open_shop.headgate("env", "create", "dev")
    second(open_shop)
    open_shop.headgate("run", "--env", "dev", "--refresh", "--queue")
    assert [release.kind for release in log(open_shop)] == ["branch"], "nothing moved yet"
    open_shop.headgate("worker", "--once", "--env", "dev", HEADGATE_USER="bot")
    moved = next(release for release in log(open_shop) if release.kind == "refresh")
    assert (moved.origin, moved.user) == ("prod@2", "ada"), "who asked for it moved it"
    refused = open_shop.headgate("run", "--refresh", "--queue", code=2)
    assert "prod was not begun from another environment" in refused.err


def test_a_refresh_waits_for_a_run_as_long_as_it_is_told(open_shop: Shop) -> None:
    open_shop.headgate("env", "create", "dev")
    second(open_shop)
    with opened(open_shop.root) as workspace, ExitStack() as held:
        held.enter_context(claim(workspace.tools.ledger, "shop@dev", run="other"))
        refused = open_shop.headgate("run", "--env", "dev", "--refresh", code=3)
        assert "shop@dev is held by run other" in refused.err
        threading.Timer(2, held.close).start()
        open_shop.headgate("run", "--env", "dev", "--refresh", "--wait", "100")
