"""What moves is kept while its gates judge it, though its environment ends and a sweep comes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from headgate.environments.collect import collect
from headgate.environments.life import drop
from headgate.environments.promote import promote
from headgate.environments.propose import propose
from headgate.environments.retention import Rules
from headgate.environments.review import Review
from headgate.errors import StoreError
from headgate.ledger import history
from headgate.ledger.events import Event, GateJudged, Promoted
from headgate.store import locks, readers
from headgate.workspace.resolve import job
from headgate.workspace.workspace import Workspace, opened
from tests.projects.shop import Shop

LONG_AGO = "2020-01-01T00:00:00.000000+00:00"
ALL = Rules(0, 0, frozenset({"prod"}), grace=timedelta(0))


@pytest.fixture
def changed(open_shop: Shop) -> Shop:
    """The shop with a change of code that ran in dev."""
    open_shop.headgate("env", "create", "dev")
    open_shop.edit("transformations/clean.py", "RATE = 20", "RATE = 10")
    open_shop.headgate("run", "--env", "dev")
    return open_shop


def sweep_without(workspace: Workspace, environment: str) -> None:
    """The environment ends long after it ran, and all goes that nobody needs then."""
    with workspace.tools.ledger.transaction() as tx:
        tx.execute("update run set started = ? where environment = ?", (LONG_AGO, environment))
        tx.execute("update version set created = ?", (LONG_AGO,))
    drop(workspace.tools, environment, "prod")
    collect(workspace.tools, ALL, tuple, "prod")


def test_a_sweep_while_gates_judge_what_moves_takes_nothing_of_it(changed: Shop) -> None:
    with opened(changed.root, "prod") as workspace:
        proposal = propose(workspace.tools, "dev", "prod", [job(workspace, "shop")], "prod")
        assert proposal is not None
        swept: list[bool] = []

        def listener(event: Event) -> None:
            if isinstance(event, GateJudged) and not swept:
                swept.append(True)
                sweep_without(workspace, "dev")

        workspace.tools.ledger.subscribe(listener)
        promote(workspace.tools, proposal, Review())
        assert swept
        with locks.sweeping(workspace.tools.objects.root):
            assert readers.held(workspace.tools.objects) == set(), "it is let go of in the end"
    assert len(changed.served("clean")) == 3


def test_what_went_before_it_began_ends_it(changed: Shop) -> None:
    with opened(changed.root, "prod") as workspace:
        proposal = propose(workspace.tools, "dev", "prod", [job(workspace, "shop")], "prod")
        assert proposal is not None
        sweep_without(workspace, "dev")
        with pytest.raises(StoreError, match="no longer in the store"):
            promote(workspace.tools, proposal, Review())
    assert changed.newest() == 1


def test_what_goes_wrong_after_the_move_does_not_make_it_a_failed_run(changed: Shop) -> None:
    with opened(changed.root, "prod") as workspace:
        proposal = propose(workspace.tools, "dev", "prod", [job(workspace, "shop")], "prod")
        assert proposal is not None

        def listener(event: Event) -> None:
            if isinstance(event, Promoted):
                raise ConnectionError("the screen is gone")

        workspace.tools.ledger.subscribe(listener)
        with pytest.raises(ConnectionError):
            promote(workspace.tools, proposal, Review())
        with workspace.tools.ledger.snapshot() as tx:
            newest = history.runs(tx, environment="prod")[0]
    assert newest.status == "published"
    told = changed.events("run_finished")[-1]
    assert (told["run"], told["status"], told["message"]) == (
        newest.id,
        "published",
        "ConnectionError",
    )
    assert changed.newest() == 2
