"""Any sequence of publishes and rollbacks gives what a list of dictionaries would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from headgate.errors import BusyError, HeadgateError, UsageError
from headgate.ledger.open import open_ledger
from headgate.schema.schema import Schema
from headgate.store import publishing, refs, releases, rollbacks, versions
from headgate.store.manifest import Release, Version

AT = datetime(2015, 7, 31, 12, tzinfo=UTC)
SHOWN = {"shop": ("sales", "stores"), "web": ("pages",)}
READ = {"shop": ("raw",), "web": ("clicks", "sales")}
DATASETS = sorted({*SHOWN["shop"], *SHOWN["web"], *READ["shop"], *READ["web"]})

pointers = st.integers(0, 3)


@dataclass(frozen=True)
class Pointer:
    version: str
    visible: bool
    pipeline: str


@dataclass(frozen=True)
class Step:
    """A release of the model. A rollback names the step it went back to."""

    state: dict[str, Pointer]
    restores: int | None = None
    only: str | None = None

    @property
    def visible(self) -> dict[str, str]:
        return {name: p.version for name, p in self.state.items() if p.visible}

    @property
    def all(self) -> dict[str, str]:
        return {name: p.version for name, p in self.state.items()}


class Releases(RuleBasedStateMachine):
    def __init__(self, state: str | Path) -> None:
        super().__init__()
        self.ledger = open_ledger(state)
        self.steps: list[Step] = []

    @initialize()
    def record_versions(self) -> None:
        with self.ledger.transaction() as tx:
            for dataset in DATASETS:
                for number in range(4):
                    made = Version(f"{dataset}{number}", dataset, Schema(()), (), AT, "r")
                    versions.record(tx, made)

    @rule(pipeline=st.sampled_from(["shop", "web"]), data=st.data(), whole=st.booleans())
    def publish(self, pipeline: str, data: st.DataObject, *, whole: bool) -> None:
        names = SHOWN[pipeline]
        if not whole:
            names = tuple(data.draw(st.lists(st.sampled_from(names), unique=True)))
        shown = {name: f"{name}{data.draw(pointers)}" for name in names}
        read = {name: f"{name}{data.draw(pointers)}" for name in READ[pipeline]}
        state = {
            name: pointer
            for name, pointer in self._state().items()
            if name in shown or not (pointer.visible and pointer.pipeline == pipeline)
        }
        for name, version in read.items():
            if name not in state or not state[name].visible:
                state[name] = Pointer(version, visible=False, pipeline=pipeline)
        for name, version in shown.items():
            state[name] = Pointer(version, visible=True, pipeline=pipeline)
        self.steps.append(Step(state))
        made = self._publish(pipeline, shown, read, len(self.steps) - 1)
        assert made.number == len(self.steps)

    @rule()
    def publish_from_a_stale_release(self) -> None:
        with pytest.raises(BusyError):
            self._publish("shop", {"sales": "sales0"}, {}, len(self.steps) + 1)

    @precondition(lambda self: self.steps)
    @rule(dataset=st.none() | st.sampled_from(DATASETS), data=st.data())
    def roll_back_to(self, dataset: str | None, data: st.DataObject) -> None:
        to = data.draw(st.integers(1, len(self.steps)))
        was, now = self.steps[to - 1].state, self._state()
        possible = was != now if dataset is None else dataset in was and dataset in now
        changes = self._seen(to, dataset) != self._seen(len(self.steps), dataset)
        if not possible or not changes:
            with pytest.raises(HeadgateError):
                self._rollback(to, dataset)
            return
        self._rollback(to, dataset)
        self._went_back(to, dataset)

    @precondition(lambda self: self.steps)
    @rule(dataset=st.none() | st.sampled_from(DATASETS))
    def roll_back(self, dataset: str | None) -> None:
        if dataset is not None and dataset not in self._state():
            return
        to = len(self.steps)
        while (step := self.steps[to - 1]).restores and step.only in (None, dataset):
            assert step.restores is not None
            to = step.restores
        now = self._seen(len(self.steps), dataset)
        earlier = [n for n in range(1, to) if self._seen(n, dataset) not in (now, None)]
        if not earlier:
            with pytest.raises(UsageError):
                self._rollback(None, dataset)
            return
        self._rollback(None, dataset)
        self._went_back(earlier[-1], dataset)

    @invariant()
    def the_environment_is_as_the_model_says(self) -> None:
        with self.ledger.snapshot() as tx:
            current = releases.current(tx, "prod")
            held = refs.held(tx, "prod")
            log = releases.log(tx, "prod", limit=1000)
        assert held == {name: p.version for name, p in self._state().items()}
        assert (current.number if current else 0) == len(self.steps)
        for release, step in zip(reversed(log), self.steps, strict=True):
            assert release.versions == step.visible
            assert {**release.versions, **release.inputs} == step.all
            assert (release.restores, release.only) == (step.restores, step.only)

    @invariant()
    def every_moment_is_remembered(self) -> None:
        with self.ledger.snapshot() as tx:
            for number in range(len(self.steps) + 1):
                at = AT + timedelta(minutes=number, seconds=30)
                seen = releases.as_of(tx, "prod", at)
                assert (seen.number if seen else 0) == number

    @invariant()
    def the_log_of_a_dataset_is_its_moves(self) -> None:
        with self.ledger.snapshot() as tx:
            for dataset in DATASETS:
                seen = [
                    (n, s.all[dataset]) for n, s in enumerate(self.steps, 1) if dataset in s.all
                ]
                moves = [
                    number
                    for place, (number, version) in enumerate(seen)
                    if place == 0 or seen[place - 1][1] != version
                ]
                log = releases.log(tx, "prod", dataset, limit=1000)
                assert [release.number for release in log] == moves[::-1]

    @invariant()
    def what_was_taken_back_is_known(self) -> None:
        with self.ledger.snapshot() as tx:
            found = rollbacks.undone(tx, "prod")
        now = self.steps[-1].visible if self.steps else {}
        expected = [
            self.steps[number - 1].visible for number in sorted(self._undone(len(self.steps)))
        ]
        assert found == [taken for taken in reversed(expected) if taken != now]

    def teardown(self) -> None:
        self.ledger.close()

    def _state(self) -> dict[str, Pointer]:
        return dict(self.steps[-1].state) if self.steps else {}

    def _seen(self, number: int, dataset: str | None) -> object:
        state = self.steps[number - 1].all
        return state if dataset is None else state.get(dataset)

    def _undone(self, number: int) -> set[int]:
        """The publishes that the rollback of that number, and those it stands on, took back."""
        if not number or (restores := self.steps[number - 1].restores) is None:
            return set()
        taken = {n for n in range(restores + 1, number) if self.steps[n - 1].restores is None}
        below = restores if self.steps[number - 1].only is None else number - 1
        return taken | self._undone(below)

    def _went_back(self, to: int, dataset: str | None) -> None:
        was, state = self.steps[to - 1].state, self._state()
        state = dict(was) if dataset is None else {**state, dataset: was[dataset]}
        self.steps.append(Step(state, to, dataset))

    def _publish(
        self, pipeline: str, shown: dict[str, str], read: dict[str, str], expected: int
    ) -> Release:
        with self.ledger.transaction() as tx:
            at = AT + timedelta(minutes=len(self.steps))
            draft = Release("prod", 0, shown, at, "r", pipeline, inputs=read)
            return publishing.publish(tx, draft, expected=expected)

    def _rollback(self, to: int | None, dataset: str | None) -> None:
        with self.ledger.transaction() as tx:
            rollbacks.rollback(
                tx, environment="prod", run="r", to=to, dataset=dataset, user="ann",
                at=AT + timedelta(minutes=len(self.steps) + 1), because="",
            )  # fmt: skip


def test_releases_are_as_the_model_says(new_state: Callable[[], str | Path]) -> None:
    class Here(Releases):
        def __init__(self) -> None:
            super().__init__(new_state())

    most = 15 if isinstance(new_state(), str) else 60  # a server answers a hundred times slower
    run_state_machine_as_test(
        Here, settings=settings(max_examples=most, stateful_step_count=15, deadline=None)
    )
