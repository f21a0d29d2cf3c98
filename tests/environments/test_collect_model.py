"""Whatever was done before: what is needed never goes, and what nobody needs does."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from headgate.engines.find import find as engine
from headgate.environments import environment as environments
from headgate.environments.collect import collect, find
from headgate.environments.environment import Environment
from headgate.environments.marking import pin_release, pin_version, tag_release, unpin, untag
from headgate.environments.retention import GRACE, Rules
from headgate.errors import HeadgateError, StoreError, UsageError
from headgate.ledger import history
from headgate.ledger.sqlite import open_ledger
from headgate.runs.claim import claim
from headgate.runs.tools import Tools
from headgate.schema.schema import Schema
from headgate.store import publishing, releases, rollbacks, versions
from headgate.store.manifest import Part, Release, Version
from headgate.store.objects import Objects
from headgate.store.readers import Lease, require_held

START = datetime(2026, 1, 1, tzinfo=UTC)
ENVIRONMENTS = ["prod", "dev"]
DATASETS = ["sales", "stores"]
Key = tuple[str, str]

several = st.lists(st.integers(0, 30), min_size=1, max_size=2, unique=True)


@dataclass
class Step:
    """A release of the model, with all that its environment held."""

    at: datetime
    items: dict[str, str]
    publish: bool = True


@dataclass
class Made:
    """A version of the model: its objects, and what belongs to it."""

    version: Version
    objects: set[str]
    run: str
    environment: str
    at: datetime
    beside: set[Key] = field(default_factory=set)


class Collecting(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        root = Path(self.folder.name)
        self.now = START
        self.ledger = open_ledger(root / "state.db")
        self.objects = Objects(root / "store")
        self.tools = Tools(
            root, self.ledger, engine("embedded", root), self.objects, "ada", now=lambda: self.now
        )
        self.made: dict[Key, Made] = {}
        self.steps: dict[str, list[Step]] = {name: [] for name in ENVIRONMENTS}
        self.refs: dict[str, dict[str, str]] = {name: {} for name in ENVIRONMENTS}
        self.created: set[str] = set()
        self.tags: dict[str, tuple[str, int]] = {}
        self.pins: dict[str, set[Key]] = {}
        self.git: set[str] = set()
        self.leases: list[tuple[Lease, set[Key]]] = []
        self.works: list[tuple[ExitStack, str]] = []
        self.runs: dict[str, tuple[str, datetime]] = {}

    # -------------------------------------------------------------- what people and runs do

    @rule(
        dataset=st.sampled_from(DATASETS),
        parts=several,
        environment=st.sampled_from(ENVIRONMENTS),
        aside=st.none() | several,
        works=st.booleans(),
    )
    def make(
        self,
        dataset: str,
        parts: list[int],
        environment: str,
        aside: list[int] | None,
        *,
        works: bool,
    ) -> None:
        self._make(dataset, parts, environment, aside, works=works)

    def _make(
        self,
        dataset: str,
        parts: list[int],
        environment: str,
        aside: list[int] | None,
        *,
        works: bool,
    ) -> None:
        run = f"r{len(self.runs)}"
        self.runs[run] = (environment, self.now)
        with self.ledger.transaction() as tx:
            history.start_run(
                tx, run=run, pipeline=run, environment=environment, at=self.now, owner="ada"
            )
        if works:
            stack = ExitStack()
            stack.enter_context(claim(self.ledger, run, run=run))
            self.works.append((stack, run))
        beside = set()
        if aside is not None:
            whole = self._made(dataset, [*parts, *aside], run, environment, set())
            rest = self._made(f"_quarantine/{dataset}", aside, run, environment, set())
            beside = {whole, rest}
        self._made(dataset, parts, run, environment, beside)

    @rule(
        contents=st.lists(several, min_size=1, max_size=4),
        environment=st.sampled_from(ENVIRONMENTS),
        aside=st.none() | several,
        passed=st.sampled_from([timedelta(), timedelta(hours=2), timedelta(days=20)]),
    )
    def runs_one_after_another(
        self,
        contents: list[list[int]],
        environment: str,
        aside: list[int] | None,
        passed: timedelta,
    ) -> None:
        for parts in contents:
            self._make("sales", parts, environment, aside, works=False)
            self._publish(environment, {"sales": list(self.made)[-1][1]})
            self._pass(passed)

    @rule(contents=st.lists(several, min_size=3, max_size=3), days=st.sampled_from([0, 1]))
    def releases_go_on_while_the_first_is_read(self, contents: list[list[int]], days: int) -> None:
        for number, parts in enumerate(contents):
            self._make("sales", parts, "prod", None, works=False)
            key = list(self.made)[-1]
            self._publish("prod", {"sales": key[1]})
            if not number:
                lease = Lease(self.objects)
                assert lease.hold([self.made[key].version])
                self.leases.append((lease, {key}))
        self.gc(timedelta(days=40), days, 0, 1)

    @rule(
        contents=st.lists(several, min_size=3, max_size=3),
        environment=st.sampled_from(ENVIRONMENTS),
    )
    def what_was_served_in_these_days_was_published_before(
        self, contents: list[list[int]], environment: str
    ) -> None:
        for parts, passed in zip(contents, (40, 5, 5), strict=True):
            self._make("sales", parts, environment, None, works=False)
            self._publish(environment, {"sales": list(self.made)[-1][1]})
            self._pass(timedelta(days=passed))
        self.gc(timedelta(), 30, 0, 1)

    @precondition(lambda self: self.works)
    @rule()
    def a_run_ends(self) -> None:
        stack, _ = self.works.pop()
        stack.close()

    @precondition(lambda self: self.made)
    @rule(environment=st.sampled_from(ENVIRONMENTS), data=st.data())
    def publish(self, environment: str, data: st.DataObject) -> None:
        chosen: dict[str, str] = {}
        for dataset in DATASETS:
            ids = sorted(id_ for name, id_ in self.made if name == dataset)
            if ids:
                chosen[dataset] = data.draw(st.sampled_from(ids))
        self._publish(environment, chosen)

    def _publish(self, environment: str, chosen: dict[str, str]) -> None:
        if not chosen:
            return
        wanted = [self.made[key].version for key in chosen.items()]
        lease = Lease(self.objects)  # as a run does, until it ends
        if lease.hold(wanted):
            with self.ledger.transaction() as tx:
                publishing.publish(tx, Release(environment, 0, chosen, self.now, "r", "shop"))
            self.refs[environment] = dict(chosen)  # what the pipeline does not name leaves
            self.steps[environment].append(Step(self.now, dict(self.refs[environment])))
        else:
            assert not all(self._is_there(key) for key in chosen.items())
        lease.close()

    @rule(environment=st.sampled_from(ENVIRONMENTS), data=st.data())
    def roll_back(self, environment: str, data: st.DataObject) -> None:
        steps = self.steps[environment]
        if not steps or not self.refs[environment]:
            return
        to = data.draw(st.integers(1, len(steps)))
        lease = Lease(self.objects)
        try:
            with self.ledger.transaction() as tx:
                rollbacks.rollback(
                    tx, environment=environment, run="r", to=to, dataset=None, user="ada",
                    at=self.now, because="",
                )  # fmt: skip
                found = [self.made[key].version for key in steps[to - 1].items.items()]
                self._require(lease, found)
        except StoreError:
            assert not all(self._is_there(key) for key in steps[to - 1].items.items())
        except UsageError:
            assert steps[to - 1].items == steps[-1].items
        else:
            self.refs[environment] = dict(steps[to - 1].items)
            steps.append(Step(self.now, dict(steps[to - 1].items), publish=False))
        lease.close()

    @rule(name=st.sampled_from(["q1", "q2"]), data=st.data())
    def tag(self, name: str, data: st.DataObject) -> None:
        if (release := self._release(data)) is None:
            return
        items = self.steps[release.environment][release.number - 1].items.items()
        try:
            tag_release(self.tools, name, release, "")
        except UsageError:
            assert name in self.tags
        except StoreError:
            assert not all(self._is_there(key) for key in items)
        else:
            self.tags[name] = (release.environment, release.number)

    @precondition(lambda self: self.tags)
    @rule(data=st.data())
    def untag(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.tags)))
        untag(self.tools, name)
        del self.tags[name]

    @precondition(lambda self: self.made)
    @rule(data=st.data(), whole=st.booleans())
    def pin(self, data: st.DataObject, *, whole: bool) -> None:
        try:
            if not whole:
                key = data.draw(st.sampled_from(sorted(self.made)))
                pin = pin_version(self.tools, self.made[key].version, "prod", "a law")
                self.pins[pin.subject] = {key}
            elif release := self._release(data):
                pin = pin_release(self.tools, release, "a law")
                items = self.steps[release.environment][release.number - 1].items
                self.pins[pin.subject] = set(items.items())
        except StoreError:
            assert not all(self._is_there(key) for key in self.made)

    @precondition(lambda self: self.pins)
    @rule(data=st.data())
    def unpin(self, data: st.DataObject) -> None:
        subject = data.draw(st.sampled_from(sorted(self.pins)))
        unpin(self.tools, subject, "prod")
        del self.pins[subject]

    @precondition(lambda self: self.made)
    @rule(data=st.data())
    def commit(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.made)))
        if self._is_there(key):
            self.git.add(key[1])

    @precondition(lambda self: self.git)
    @rule()
    def rewrite_history(self) -> None:
        self.git.clear()

    @rule(made=st.booleans())
    def make_or_drop_dev(self, *, made: bool) -> None:
        with self.ledger.transaction() as tx:
            if made:
                self.created.add("dev")
                environments.record(tx, Environment("dev", "prod", 1, self.now, "ada"))
                return
            self.created.discard("dev")
            self.refs["dev"] = {}
            tx.execute("delete from environment where name = ?", ("dev",))
            tx.execute("delete from ref where environment = ?", ("dev",))

    @precondition(lambda self: self.made)
    @rule(data=st.data())
    def read(self, data: st.DataObject) -> None:
        used = {key for items in self.refs.values() for key in items.items()}
        key = data.draw(st.sampled_from(sorted(self.made.keys() - used) or sorted(self.made)))
        lease = Lease(self.objects)
        if lease.hold([self.made[key].version]):
            self.leases.append((lease, {key}))
        else:
            assert not self._is_there(key)
            lease.close()

    @precondition(lambda self: self.leases)
    @rule()
    def stop_reading(self) -> None:
        self.leases.pop(0)[0].close()

    def _pass(self, passed: timedelta) -> None:
        self.now += passed
        for path in (self.objects.root / "files").rglob("*"):
            if path.is_file():
                at = path.stat().st_mtime - passed.total_seconds()
                os.utime(path, (at, at))

    # -------------------------------------------------------------- and what gc makes of it

    @rule(
        passed=st.sampled_from([timedelta(), timedelta(hours=2), timedelta(days=40)]),
        days=st.sampled_from([0, 0, 30]),
        newest=st.sampled_from([0, 0, 1, 2]),
        delete=st.sampled_from([1, 1, 0]),
    )
    def gc(self, passed: timedelta, days: float, newest: int, delete: int) -> None:
        self._pass(passed)
        rules = Rules(days, newest, frozenset({"prod"}))
        before = self._lying()
        if before and not self.made:
            with pytest.raises(UsageError):
                find(self.tools, rules, lambda: self.git)
            return
        needed = self._needed(rules)
        young = {
            path.parent.name + path.name
            for path in (self.objects.root / "files").rglob("*")
            if path.is_file()
            and path.stat().st_mtime > datetime.now(UTC).timestamp() - GRACE.total_seconds()
        }
        if delete:
            garbage, swept = collect(self.tools, rules, lambda: self.git, "prod")
            kept, lying = before & (needed | young), self._lying()
            assert lying == kept
            assert swept.objects == len(garbage.digests)
        else:
            garbage = find(self.tools, rules, lambda: self.git)
            assert self._lying() == before
        assert set(garbage.digests) == before - needed - young
        assert sum(each.objects for each in garbage.going) == len(garbage.digests)
        assert garbage.young == len((before - needed) & young)
        assert sum(each.objects for each in garbage.staying) == len(before & needed)

    @invariant()
    def what_somebody_uses_is_whole(self) -> None:
        for name, items in self.refs.items():
            assert all(self._is_there(key) for key in items.items()), name
        for name, (environment, number) in self.tags.items():
            items = self.steps[environment][number - 1].items
            assert all(self._is_there(key) for key in items.items()), name
        for keys in (*self.pins.values(), *(keys for _, keys in self.leases)):
            assert all(self._is_there(key) for key in keys)

    def teardown(self) -> None:
        for stack, _ in self.works:
            stack.close()
        for lease, _ in self.leases:
            lease.close()
        self.ledger.close()
        self.folder.cleanup()

    # -------------------------------------------------------------- the model

    def _needed(self, rules: Rules) -> set[str]:
        """All objects that stay, told from the model alone."""
        keys: set[Key] = {key for keys in self.pins.values() for key in keys}
        keys |= {key for _, read in self.leases for key in read}
        keys |= {key for key in self.made if key[1] in self.git}
        read = {key[1] for _, held in self.leases for key in held}
        keys |= {key for key in self.made if key[1] in read}
        for environment, number in self.tags.values():
            keys |= set(self.steps[environment][number - 1].items.items())
        since = self.now - max(timedelta(days=rules.keep_days), GRACE)
        there = {"prod", *self.created, *(name for name, held in self.refs.items() if held)}
        for environment in there:
            keys |= set(self._retained(environment, rules.keep_releases, since))
        working = {run for _, run in self.works}
        for key, made in self.made.items():
            environment, started = self.runs[made.run]
            if made.run in working or made.at >= self.now - GRACE:
                keys.add(key)
            if environment in there and started >= since:
                keys.add(key)
        while more := {b for key in keys for b in self.made[key].beside} - keys:
            keys |= more
        objects = {digest for key in keys for digest in self.made[key].objects}
        for id_ in self.git | read | self._beside_of_readers():
            objects |= {
                digest
                for key, made in self.made.items()
                if key[1] == id_
                for digest in made.objects
            }
        return objects

    def _beside_of_readers(self) -> set[str]:
        held = {key for _, keys in self.leases for key in keys}
        return {beside[1] for key in held for beside in self.made[key].beside}

    def _retained(self, environment: str, newest: int, since: datetime) -> Iterable[Key]:
        steps = self.steps[environment]
        served = [n for n, step in enumerate(steps) if step.at < since][-1:]
        for number, step in enumerate(steps):
            if number >= len(steps) - newest or step.at >= since or number in served:
                yield from step.items.items()
        for dataset, version in self.refs[environment].items():
            yield dataset, version
            had = [(s.items[dataset], s.publish) for s in steps if dataset in s.items]
            moves = [
                had[n - 1][0] if n else None
                for n, (held, publish) in enumerate(had)
                if held == version and publish and (not n or had[n - 1][0] != version)
            ]
            if moves and moves[-1] is not None:
                yield dataset, moves[-1]

    def _is_there(self, key: Key) -> bool:
        return all(self.objects.verify(digest) for digest in self.made[key].objects)

    def _require(self, lease: Lease, found: list[Version]) -> None:
        if not lease.hold(found):
            raise StoreError("gone")

    def _lying(self) -> set[str]:
        found = (self.objects.root / "files").rglob("*")
        return {path.parent.name + path.name for path in found if path.is_file()}

    def _release(self, data: st.DataObject) -> Release | None:
        numbers = [(name, n) for name in ENVIRONMENTS for n in range(1, len(self.steps[name]) + 1)]
        if not numbers:
            return None
        environment, number = data.draw(st.sampled_from(numbers))
        with self.ledger.snapshot() as tx:
            return releases.find(tx, environment, number)

    def _made(
        self, dataset: str, contents: list[int], run: str, environment: str, beside: set[Key]
    ) -> Key:
        parts = []
        for place, content in enumerate(dict.fromkeys(contents)):
            temporary = self.objects.temporary(run)
            temporary.write_bytes(f"part {content}".encode())
            kept = self.objects.keep(temporary)
            path = f"{place}.parquet" if len(set(contents)) > 1 else ""
            parts.append(Part(kept.digest, kept.size, 1, {}, path))
        id_ = versions.gather(self.objects, run, parts)
        whole = next((b[1] for b in beside if not b[0].startswith("_")), "")
        aside = next((b[1] for b in beside if b[0].startswith("_")), "")
        version = Version(
            id_, dataset, Schema(()), tuple(parts), self.now, run, whole=whole, aside=aside
        )
        with self.ledger.transaction() as tx:
            versions.record(tx, version)
        key = (dataset, id_)
        digests = {part.digest for part in parts} | ({id_} if id_.endswith(".dir") else set())
        # a version that is known stays as it was first recorded
        known = self.made.pop(key, None)
        self.made[key] = known or Made(version, digests, run, environment, self.now, beside - {key})
        return key


TestCollecting = Collecting.TestCase
TestCollecting.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)


@pytest.fixture
def collecting() -> Iterator[Collecting]:
    machine = Collecting()
    yield machine
    machine.teardown()


def test_what_is_read_stays_when_no_release_names_it(collecting: Collecting) -> None:
    collecting.releases_go_on_while_the_first_is_read([[1], [2], [3]], 0)
    collecting.what_somebody_uses_is_whole()
    collecting.stop_reading()
    collecting.gc(timedelta(), 0, 0, 1)
    assert len(collecting._lying()) == 2  # what is served, and what it took the place of


def test_what_was_served_at_the_beginning_of_the_days_stays(collecting: Collecting) -> None:
    collecting.what_was_served_in_these_days_was_published_before([[1], [2], [3]], "prod")
    assert len(collecting._lying()) == 3


def test_a_held_version_is_told_apart_from_a_missing_one(tmp_path: Path) -> None:
    objects = Objects(tmp_path)
    version = Version("0" * 32, "sales", Schema(()), (Part("0" * 32, 1, 1),), START, "r")
    with pytest.raises(HeadgateError, match="no longer in the store"):
        require_held(objects, version)
