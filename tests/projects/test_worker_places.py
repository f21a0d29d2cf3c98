"""A worker that dies at each border of what it does: the next one goes on, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.runs.claim import holders
from headgate.workspace.workspace import opened
from tests.projects.workers import Yard, chances, diamond, said, until

BORDERS = [
    "headgate.runs.queue:_take",
    "headgate.cli.worker:run",
    "headgate.runs.execute:begin",
    "headgate.runs.publish:_move",
    "headgate.runs.queue:finish",
    "headgate.runs.claim:_give_back",
]
HELPING = [
    ("headgate.runs.helping:_compute", "before", 1),
    ("headgate.runs.going:Going.record", "before", 2),
    ("headgate.runs.going:Going.record", "after", 1),
]
"""Where a helper dies, and how often its step is computed in all."""

DYING = """
import importlib, os
module, _, name = PLACE.partition(":")
where = importlib.import_module(module)
*owners, name = name.split(".")
for owner in owners:
    where = getattr(where, owner)
real = getattr(where, name)
def dying(*args, **keywords):
    if MOMENT == "after":
        real(*args, **keywords)
    os._exit(9)
setattr(where, name, dying)
"""


def dying(place: str, moment: str) -> str:
    """Python after which a process dies when it comes to a function, or when it comes back."""
    return DYING.replace("PLACE", repr(place)).replace("MOMENT", repr(moment))


@pytest.fixture
def dice(tmp_path: Path, state: str | Path) -> Iterator[Yard]:
    made = chances(tmp_path / "dice", "a", state)
    yield made
    made.stop()


@pytest.fixture
def yard(tmp_path: Path, state: str | Path) -> Iterator[Yard]:
    made = diamond(tmp_path / "yard", 0.5, state)
    yield made
    made.stop()


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("place", BORDERS)
def test_a_request_whose_worker_dies_there_is_done_once(
    dice: Yard, place: str, moment: str
) -> None:
    [number] = dice.ask("--force")
    first = dice.worker("--once", before=dying(place, moment))
    said(first)
    assert first.returncode == 9
    second = dice.worker("--once")
    said(second)
    assert second.returncode == 0
    assert dice.request(number).ending == "published"
    assert dice.published() == [1]
    finished = dice.events("request_finished")
    assert [event["request"] for event in finished] == [number]
    assert dice.strays() == []


@pytest.mark.parametrize(("place", "moment", "times"), HELPING)
def test_a_run_whose_helper_dies_there_goes_on_alone(
    yard: Yard, place: str, moment: str, times: int
) -> None:
    helper = yard.worker(before=dying(place, moment))
    until(lambda: working(yard), helper)
    yard.shop.headgate("run")
    said(helper)
    assert helper.returncode == 9
    assert yard.published() == [1]
    calls = Counter(call.split()[0] for call in yard.calls())
    assert calls["left"] == calls["both"] == 1
    assert calls["right"] == times
    assert len(yard.events("step_computed")) == (moment == "after")
    yard.shop.headgate("run")
    assert yard.strays() == []


def working(yard: Yard) -> bool:
    """Whether a worker is alive."""
    with opened(yard.shop.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        return bool(holders(tx, "worker:"))
