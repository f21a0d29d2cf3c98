"""An environment that was dropped does not come back by a run that somebody asked for before."""

from __future__ import annotations

import pytest

from headgate.environments import life
from headgate.errors import UnknownNameError
from headgate.runs import queue
from headgate.runs.execute import Ending, run
from headgate.workspace.resolve import job
from headgate.workspace.workspace import opened
from tests.projects.shop import Shop


def test_what_was_asked_for_ends_with_its_environment(open_shop: Shop) -> None:
    open_shop.headgate("env", "create", "dev")
    open_shop.headgate("run", "--env", "dev", "--queue")
    open_shop.headgate("run", "--queue")
    open_shop.headgate("env", "drop", "dev")
    with opened(open_shop.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        ended = queue.find(tx, 1)
        assert (ended.status, ended.ending) == (queue.DONE, "failed")
        assert ended.message == "given up: dev was dropped"
        assert queue.find(tx, 2).status == queue.WAITING
    refused = open_shop.headgate("worker", "--once", "--env", "dev", code=2)
    assert "no environment named 'dev'" in refused.err


def test_a_worker_that_took_a_request_before_the_drop_says_no_more_of_it(open_shop: Shop) -> None:
    open_shop.headgate("env", "create", "dev")
    open_shop.headgate("run", "--env", "dev", "--queue")
    with opened(open_shop.root, "dev") as workspace:
        tools = workspace.tools
        resolved = job(workspace, "shop")
        with tools.ledger.transaction() as tx:
            taken = queue.take_next(tx, "dev", "me", lambda _: True)
        assert taken is not None
        life.drop(tools, "dev", "prod")
        with pytest.raises(UnknownNameError, match="no environment named 'dev'"):
            run(resolved, tools, taken.asks, taken.claim)
        queue.give_back(tools.ledger, taken, "its worker was told to stop")
        assert queue.finish(tools.ledger, taken, Ending.PUBLISHED).ending == "failed"
        with tools.ledger.snapshot() as tx:
            assert not life.exists(tx, "dev")
            assert queue.unfinished(tx, "dev") == []
