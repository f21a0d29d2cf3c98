"""Any sequence of runs, branches, refreshes, promotions, rollbacks and drops moves pointers as told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from headgate.environments import environment, life
from headgate.environments.promote import promote
from headgate.environments.propose import Proposal, propose
from headgate.environments.review import Review
from headgate.errors import HeadgateError, UnknownNameError, UsageError
from headgate.ledger import audit
from headgate.ledger.ledger import Transaction
from headgate.runs.execute import Ending
from headgate.schema.schema import Schema
from headgate.store import publishing, refs, releases, rollbacks, versions
from headgate.store.manifest import Part, Release, Version
from headgate.workspace.resolve import job
from headgate.workspace.workspace import opened
from tests.environments.hand import AT

SHOP = """
name: shop
owner: ada
sources: {raw: raw.csv}
steps: {clean: clean.sql, totals: totals.sql}
"""
WEB = """
name: web
owner: ben
sources: {clicks: clicks.csv}
steps: {visits: visits.sql}
"""
READ = {"shop": ("raw",), "web": ("clicks",)}
SHOWN = {"shop": ("clean", "totals"), "web": ("visits",)}
QUERIES = {
    "clean": "select * from raw",
    "totals": "select * from clean",
    "visits": "select * from clicks",
}
SOURCES = {"raw", "clicks"}
NAMES = ("prod", "test", "dev")

State = Mapping[str, str]
Known = Mapping[str, frozenset[str]]


def together(*known: Known) -> Known:
    names = {name for each in known for name in each}
    return {name: frozenset().union(*(each.get(name, ()) for each in known)) for name in names}


@dataclass
class Place:
    """An environment of the model: what it held after each release of this life and earlier ones."""

    past: list[State] = field(default_factory=list)
    known: list[Known] = field(default_factory=list)
    """The versions of each dataset that were known by each of these releases."""
    begun: int = 0
    there: bool = False
    base: tuple[str, int] | None = None

    def add(self, state: State, known: Known | None = None) -> None:
        """Remembers a release, and what became known with it besides."""
        before = self.known[-1] if self.there and self.known else {}
        held = {name: frozenset({version}) for name, version in state.items()}
        self.past.append(state)
        self.known.append(together(before, held, known or {}))

    @property
    def state(self) -> dict[str, str]:
        return dict(self.past[-1]) if self.there and self.past else {}


class Environments(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        root = Path(self.folder.name)
        for name, text in {"shop": SHOP, "web": WEB}.items():
            (root / "pipelines").mkdir(exist_ok=True)
            (root / "pipelines" / f"{name}.yml").write_text(text)
        (root / "headgate.yml").write_text("name: model\n")
        for step, query in QUERIES.items():
            (root / f"{step}.sql").write_text(query)
        self.opening = opened(root)
        self.workspace = self.opening.__enter__()
        self.tools = self.workspace.tools
        file = self.tools.objects.temporary("r")
        file.write_bytes(b"a row that no gate has to read")
        kept = self.tools.objects.keep(file)
        self.part = Part(kept.digest, kept.size, 1)
        self.jobs = {name: job(self.workspace, name) for name in READ}
        self.places = {name: Place() for name in NAMES}
        self.places["prod"].there = True

    @initialize()
    def first_runs(self) -> None:
        for pipeline, read in READ.items():
            self._publish("prod", pipeline, dict.fromkeys((*read, *SHOWN[pipeline]), "0"))

    @rule(name=st.sampled_from(NAMES), pipeline=st.sampled_from(list(READ)), data=st.data())
    def run(self, name: str, pipeline: str, data: st.DataObject) -> None:
        place = self.places[name]
        if not place.there:
            return
        made = {
            dataset: place.state.get(dataset, "0")
            if dataset in SOURCES and name != "prod"  # data is fixed there
            else data.draw(st.sampled_from("0123"))
            for dataset in (*READ[pipeline], *SHOWN[pipeline])
        }
        self._publish(name, pipeline, made)

    @rule(name=st.sampled_from(NAMES), base=st.sampled_from(NAMES), data=st.data())
    def create(self, name: str, base: str, data: st.DataObject) -> None:
        place, origin = self.places[name], self.places[base]
        if place.there or not origin.there:
            with pytest.raises((UsageError, UnknownNameError)):
                life.create(self.tools, name, base)
            return
        number = data.draw(st.integers(1, len(origin.past)))
        if (
            number < origin.begun
        ):  # of an earlier life, whose rows are not for whoever reads this one
            with pytest.raises(UsageError, match="dropped"):
                life.create(self.tools, name, base, number)
            return
        release = life.create(self.tools, name, base, number)
        place.add(origin.past[number - 1], origin.known[number - 1])
        place.begun, place.there, place.base = len(place.past), True, (base, number)
        assert release.name == f"{name}@{len(place.past)}"

    @rule(name=st.sampled_from(NAMES))
    def drop(self, name: str) -> None:
        place = self.places[name]
        used = any(p.base and p.base[0] == name for p in self.places.values() if p.there)
        if name == "prod" or not place.there or used:
            with pytest.raises(HeadgateError):
                life.drop(self.tools, name, "prod")
            return
        life.drop(self.tools, name, "prod")
        place.there, place.base = False, None

    @rule(name=st.sampled_from(NAMES))
    def refresh(self, name: str) -> None:
        place = self.places[name]
        if place.base is None:
            with pytest.raises(UsageError):
                life.refresh(self.tools, name, SOURCES)
            return
        origin, number = self.places[place.base[0]], place.base[1]
        release = life.refresh(self.tools, name, SOURCES)
        assert (release is None) == (number == len(origin.past))
        if release is None:
            return
        began = origin.past[number - 1]
        own = {
            dataset: version
            for dataset, version in place.state.items()
            if dataset not in SOURCES and began.get(dataset) != version
        }
        place.add({**origin.state, **own}, origin.known[-1])
        place.base = (place.base[0], len(origin.past))

    @precondition(lambda self: sum(p.there for p in self.places.values()) > 1)
    @rule(pair=st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)))
    def promote(self, pair: tuple[str, str]) -> None:
        source, target = pair
        one, two = self.places[source], self.places[target]
        if source == target or not (one.there and two.there):
            with pytest.raises(HeadgateError):
                self._propose(source, target)
            return
        moved = self._moved(one, two)
        lacks = any(name not in one.state for name in moved)
        if lacks or any(self._is_ahead(source, target, name) for name in moved):
            with pytest.raises(UsageError):
                self._propose(source, target)
            return
        proposal = self._propose(source, target)
        assert (proposal is None) == (not moved)
        if proposal is None:
            return
        assert {move.dataset for move in proposal.moves} == moved
        [*_, result] = promote(self.tools, proposal, Review())
        assert result.ending is Ending.PUBLISHED
        came = {name: one.known[-1][name] for name in moved}
        two.add({**two.state, **{name: one.state[name] for name in moved}}, came)

    @rule(name=st.sampled_from(NAMES), data=st.data())
    def roll_back(self, name: str, data: st.DataObject) -> None:
        place = self.places[name]
        if not place.there:
            return
        to = data.draw(st.integers(1, len(place.past)))
        possible = to >= place.begun and place.past[to - 1] != place.state
        with self.tools.ledger.transaction() as tx:
            if not possible:
                with pytest.raises(UsageError):
                    self._rollback(tx, name, to)
                return
            self._rollback(tx, name, to)
        place.add(place.past[to - 1])

    @invariant()
    def every_environment_holds_what_the_model_says(self) -> None:
        with self.tools.ledger.snapshot() as tx:
            for name, place in self.places.items():
                assert refs.held(tx, name) == place.state
                current = releases.current(tx, name)
                assert (current.number if current else 0) == (len(place.past) if place.there else 0)
                made = environment.find(tx, name)
                assert ((made.base, made.number) if made else None) == place.base
                log = releases.log(tx, name, limit=1000)[::-1]
                assert [{**r.inputs, **r.versions} for r in log] == place.past
            audit.verify(tx)

    def teardown(self) -> None:
        self.opening.__exit__(None, None, None)
        self.folder.cleanup()

    def _moved(self, one: Place, two: Place) -> set[str]:
        """The datasets that differ, of the pipelines that ran in the first."""
        return {
            name
            for pipeline, read in READ.items()
            if any(shown in one.state for shown in SHOWN[pipeline])
            for name in (*read, *SHOWN[pipeline])
            if one.state.get(name) != two.state.get(name)
        }

    def _is_ahead(self, source: str, target: str, dataset: str) -> bool:
        """Whether the target has a version of the dataset that the source never knew."""
        one, two = self.places[source], self.places[target]
        began = one.base is not None and one.base[0] == target
        if dataset not in two.state or not (began or dataset in SOURCES):
            return False
        return two.state[dataset] not in one.known[-1].get(dataset, ())

    def _propose(self, source: str, target: str) -> Proposal | None:
        jobs = [replace(each, environment=target) for each in self.jobs.values()]
        return propose(self.tools, source, target, jobs, "prod")

    def _publish(self, name: str, pipeline: str, made: dict[str, str]) -> None:
        place = self.places[name]
        made = {dataset: f"{dataset}-{version[-1]}" for dataset, version in made.items()}
        shown = {dataset: made[dataset] for dataset in SHOWN[pipeline]}
        read = {dataset: made[dataset] for dataset in READ[pipeline]}
        with self.tools.ledger.transaction() as tx:
            for dataset, version in made.items():
                versions.record(tx, Version(version, dataset, Schema(()), (self.part,), AT, "r"))
            publishing.publish(tx, Release(name, 0, shown, AT, "r", pipeline, inputs=read))
        place.add({**place.state, **made})

    def _rollback(self, tx: Transaction, name: str, to: int) -> None:
        rollbacks.rollback(
            tx, environment=name, run="r", to=to, dataset=None, user="ada",
            at=self.tools.now(), because="",
        )  # fmt: skip


TestEnvironments = Environments.TestCase
TestEnvironments.settings = settings(
    max_examples=30, stateful_step_count=15, deadline=None, report_multiple_bugs=False
)
