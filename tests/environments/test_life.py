"""An environment begins as a release of another one, moves on with it, and ends."""

from __future__ import annotations

import pytest

from headgate.environments import environment, life
from headgate.errors import BusyError, StoreError, UnknownNameError, UsageError
from headgate.ledger import audit
from headgate.runs.claim import claim
from headgate.runs.tools import Tools
from headgate.store import appearances, releases, rollbacks
from tests.environments.hand import held, publish


def test_a_new_environment_holds_what_its_base_does(tools: Tools) -> None:
    publish(tools.ledger, "prod", raw="r1", clean="c1")
    made = life.create(tools, "dev", "prod")
    assert (made.name, made.kind, made.origin) == ("dev@1", "branch", "prod@1")
    assert (made.versions, made.inputs) == ({"clean": "c1"}, {"raw": "r1"})
    assert held(tools.ledger, "dev") == held(tools.ledger, "prod")
    publish(tools.ledger, "dev", raw="r1", clean="c2")
    assert held(tools.ledger, "prod") == {"raw": "r1", "clean": "c1"}


def test_an_environment_may_begin_from_an_earlier_release_and_let_its_sources_move(
    tools: Tools,
) -> None:
    for version in ("c1", "0" * 32 + ".dir", "c3"):
        publish(tools.ledger, "prod", clean=version)
    life.create(tools, "dev", "prod", 1, fixed=False)
    assert held(tools.ledger, "dev") == {"clean": "c1"}
    with pytest.raises(StoreError, match="no longer in the store"):
        life.create(tools, "old", "prod", 2)  # what lists its parts was never kept
    with tools.ledger.snapshot() as tx:
        made = environment.find(tx, "dev")
        assert environment.find(tx, "old") is None
    assert made is not None
    assert (made.origin, made.fixed, made.user) == ("prod@1", False, "ada")


@pytest.mark.parametrize("name", ["", "a/b", "-dev", "dev prod", "ü", "x" * 101])
def test_a_name_that_cannot_be_one_is_refused(tools: Tools, name: str) -> None:
    publish(tools.ledger, "prod", clean="c1")
    with pytest.raises(UsageError, match="cannot be the name"):
        life.create(tools, name, "prod")


def test_a_name_that_is_taken_and_a_base_without_a_release_are_refused(tools: Tools) -> None:
    with pytest.raises(UsageError, match="prod has no release"):
        life.create(tools, "dev", "prod")
    publish(tools.ledger, "prod", clean="c1")
    life.create(tools, "dev", "prod")
    for name in ("dev", "prod"):
        with pytest.raises(UsageError, match="there is an environment"):
            life.create(tools, name, "prod")
    with pytest.raises(UnknownNameError, match="no release 7"):
        life.create(tools, "new", "prod", 7)


def test_a_refresh_moves_sources_and_what_the_environment_did_not_change(tools: Tools) -> None:
    publish(tools.ledger, "prod", raw="r1", clean="c1", totals="t1")
    life.create(tools, "dev", "prod")
    publish(tools.ledger, "dev", raw="r1", clean="c9", totals="t1")
    publish(tools.ledger, "prod", raw="r2", clean="c2", totals="t2")
    moved = life.refresh(tools, "dev", {"raw"})
    assert moved is not None
    assert (moved.kind, moved.origin, moved.because) == (
        "refresh", "prod@2", "moved from prod@1 to prod@2",
    )  # fmt: skip
    assert held(tools.ledger, "dev") == {"raw": "r2", "clean": "c9", "totals": "t2"}
    assert life.refresh(tools, "dev", {"raw"}) is None


def test_a_refresh_lets_go_of_a_source_that_the_base_does_not_have(tools: Tools) -> None:
    publish(tools.ledger, "prod", clean="c1", gone="g1")
    life.create(tools, "dev", "prod")
    publish(tools.ledger, "dev", raw="r1", clean="c2", own="o1", gone="g1")
    publish(tools.ledger, "prod", clean="c3")
    life.refresh(tools, "dev", {"raw"})
    assert held(tools.ledger, "dev") == {"clean": "c2", "own": "o1"}


def test_what_did_not_begin_from_another_cannot_be_refreshed(tools: Tools) -> None:
    publish(tools.ledger, "prod", clean="c1")
    with pytest.raises(UsageError, match="nothing to move it to"):
        life.refresh(tools, "prod", ())


def test_a_dropped_environment_serves_nobody_and_its_numbers_go_on(tools: Tools) -> None:
    publish(tools.ledger, "prod", clean="c1")
    life.create(tools, "dev", "prod")
    publish(tools.ledger, "dev", clean="c2")
    life.drop(tools, "dev", "prod")
    assert held(tools.ledger, "dev") == {}
    with tools.ledger.snapshot() as tx:
        assert releases.current(tx, "dev") is None
        assert [each.name for each in releases.log(tx, "dev")] == ["dev@2", "dev@1"]
    again = life.create(tools, "dev", "prod")
    assert (again.name, again.versions) == ("dev@3", {"clean": "c1"})


def test_a_rollback_does_not_reach_behind_the_beginning(tools: Tools) -> None:
    publish(tools.ledger, "prod", clean="c1")
    life.create(tools, "dev", "prod")
    publish(tools.ledger, "dev", clean="c2")
    life.drop(tools, "dev", "prod")
    life.create(tools, "dev", "prod")
    for to, told in ((None, "no earlier state"), (2, "was dropped since")):
        with tools.ledger.transaction() as tx, pytest.raises(UsageError, match=told):
            rollbacks.rollback(
                tx, environment="dev", run="r", to=to, dataset=None, user="ada",
                at=tools.now(), because="",
            )  # fmt: skip


def test_some_environments_cannot_be_dropped(tools: Tools) -> None:
    publish(tools.ledger, "prod", clean="c1")
    life.create(tools, "test", "prod")
    life.create(tools, "dev", "test")
    with pytest.raises(UsageError, match="project's own"):
        life.drop(tools, "prod", "prod")
    with pytest.raises(UsageError, match="dev began from test"):
        life.drop(tools, "test", "prod")
    with pytest.raises(UnknownNameError, match="no environment named 'tset'"):
        life.drop(tools, "tset", "prod")
    life.drop(tools, "dev", "prod")
    life.drop(tools, "test", "prod")


@pytest.mark.parametrize("act", ["drop", "refresh"])
def test_an_environment_is_left_alone_while_a_run_is_at_work_in_it(tools: Tools, act: str) -> None:
    publish(tools.ledger, "prod", clean="c1")
    life.create(tools, "dev", "prod")
    publish(tools.ledger, "prod", clean="c2")
    with claim(tools.ledger, "shop@dev", run="busy"), pytest.raises(BusyError, match="run busy"):
        life.drop(tools, "dev", "prod") if act == "drop" else life.refresh(tools, "dev", ())
    assert held(tools.ledger, "dev") == {"clean": "c1"}


def test_each_act_stands_in_the_audit_log(tools: Tools) -> None:
    publish(tools.ledger, "prod", clean="c1")
    life.create(tools, "dev", "prod")
    publish(tools.ledger, "prod", clean="c2")
    life.refresh(tools, "dev", ())
    life.drop(tools, "dev", "prod")
    with tools.ledger.snapshot() as tx:
        acts = [entry.act for entry in audit.entries(tx)][::-1]
        audit.verify(tx)
    assert [(act.action, act.subject) for act in acts] == [
        ("create", "prod@1"), ("refresh", "prod@2"), ("drop", "dev@2"),
    ]  # fmt: skip
    assert {(act.user, act.environment) for act in acts} == {("ada", "dev")}


def test_what_came_with_a_branch_took_its_place_in_the_base(tools: Tools) -> None:
    publish(tools.ledger, "prod", clean="c1")
    publish(tools.ledger, "prod", clean="c2")
    life.create(tools, "test", "prod")
    life.create(tools, "dev", "test")
    with tools.ledger.snapshot() as tx:
        assert appearances.before(tx, "dev", "clean", "c2") == "c1"
        assert appearances.before(tx, "dev", "clean", "c1") is None
    publish(tools.ledger, "dev", clean="c3")
    with tools.ledger.snapshot() as tx:
        assert appearances.before(tx, "dev", "clean", "c3") == "c2"
