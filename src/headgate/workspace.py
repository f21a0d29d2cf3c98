"""A project with its parts opened. It holds parts; the rooms hold the verbs."""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from headgate.checks.check import Check
from headgate.checks.evaluate import evaluate
from headgate.checks.verify import Verify, engine_for, table_for
from headgate.engines.find import find
from headgate.environments import environment, life
from headgate.environments.life import require_exists
from headgate.errors import DeclarationError, UnknownNameError
from headgate.incidents.channels import Channel, make
from headgate.ledger import audit
from headgate.ledger.audit import Act
from headgate.ledger.events import RolledBack
from headgate.ledger.ledger import Transaction
from headgate.ledger.open import is_address, open_ledger
from headgate.observe.backtest import Label, Past
from headgate.pipelines.fingerprint import fingerprint
from headgate.pipelines.source import form, source_types
from headgate.project import git
from headgate.project.access import Right, require
from headgate.project.checks import asked, at_last_gate, at_own_gate
from headgate.project.functions import with_code
from headgate.project.git_commit import commit_pointers
from headgate.project.project import DeclaredPipeline, Project, load
from headgate.project.promised import NOTHING, Redacted, promised_types
from headgate.project.remotes import is_url, opened_remote
from headgate.project.root import find_root
from headgate.project.settings import (
    AnyChannel,
    PluginChannel,
    Settings,
    is_reference,
    override,
    read_settings,
    reveal,
)
from headgate.runs import outputs
from headgate.runs.claim_all import claim_all
from headgate.runs.compared import Judged, released, released_tables, require_made_before
from headgate.runs.gate import Judgement, judgement
from headgate.runs.job import Job, SourceJob, StepJob, beside, checks_of_gates, declared_checks
from headgate.runs.tools import Code, Tools
from headgate.schema.table import Table
from headgate.store import holdings, releases, versions
from headgate.store.manifest import Release
from headgate.store.objects import Objects
from headgate.store.readers import ELSEWHERE, Lease

if TYPE_CHECKING:
    from headgate.contracts.contract import Contract
    from headgate.contracts.service_levels.cadence import Cadence
    from headgate.contracts.service_levels.service_level import ServiceLevel
    from headgate.environments.declared import Declared


class Workspace(Struct, frozen=True, dict=True):
    """A project and the parts that serve it, in one environment."""

    settings: Settings
    environment: str
    tools: Tools

    @cached_property
    def project(self) -> Project:
        """What the repository declares, read when it is first asked for.

        What was released can be seen and rolled back without it, so that a slip in a pipeline
        never stands in the way. Raises DeclarationError where it cannot be understood.
        """
        return load(self.tools.root)

    @cached_property
    def contracts(self) -> Mapping[str, Contract]:
        """What datasets promise, by name. Raises DeclarationError for what cannot be understood."""
        from headgate.project.contracts import read_contracts

        return read_contracts(self.tools.root)


@contextmanager
def opened(start: Path, environment: str | None = None) -> Iterator[Workspace]:
    """The project around a folder, its parts open until the block ends.

    Raises DeclarationError where there is no project or its settings cannot be understood, and
    StateError where its state cannot be opened.
    """
    root = find_root(start)
    settings = read_settings(root)
    if environment:
        settings = override(settings, "--env", environment=environment)
    home = root / ".headgate"
    ledger = open_ledger(_state(root, settings.state) or home / "state.db", reveal)
    try:
        tools = Tools(
            root=root,
            ledger=ledger,
            engine=find("embedded", root),
            objects=store(root, settings),
            user=user(),
            dvc=settings.versioning.dvc,
            commit=commit_pointers if settings.versioning.git_commit else None,
            code=lambda: Code(git.commit(root), git.dirty(root)),
        )
        _require_alive(tools, settings.environment)
        yield Workspace(settings, settings.environment, tools)
    finally:
        ledger.close()


def _require_alive(tools: Tools, name: str) -> None:
    """Raises UsageError where the environment to work in has expired."""
    with tools.ledger.snapshot() as tx:
        made = environment.find(tx, name)
    if made:
        made.require_alive(tools.now())


def store(root: Path, settings: Settings) -> Objects:
    """Where a project's versions are: a folder, or a remote with a folder as its cache."""
    home, declared = root / ".headgate", settings.store
    if declared is None:
        return Objects(home / "store")
    if not is_url(declared.url):
        return Objects(root / declared.url.removeprefix("file://"))
    import hashlib

    # another remote has another cache: what is in one was never sent to the other
    name = hashlib.sha256(declared.url.encode()).hexdigest()[:12]
    return Objects(home / "cache" / name, opened_remote(declared, root, "store"))


def _place(root: Path, path: str | None) -> Path | None:
    return root / path if path else None


def _state(root: Path, state: str | None) -> str | Path | None:
    """The path of the state, or its address; `${NAME}` may stand for either as a whole."""
    told = reveal(state) if state and is_reference(state) else state
    return told if told and is_address(told) else _place(root, told)


def user() -> str:
    """Who is at work: `HEADGATE_USER`, or the login name."""
    import getpass

    try:
        return os.environ.get("HEADGATE_USER") or getpass.getuser()
    except (KeyError, OSError):
        return "unknown"  # a container's user without a name


def chosen(project: Project, names: Sequence[str]) -> list[str]:
    """The pipelines of those names; all of them without a name.

    Raises UnknownNameError for a name that is no pipeline, DeclarationError where there is none.
    """
    if not project.pipelines:
        raise DeclarationError(
            "the project has no pipeline", str(project.root), "declare one in pipelines/*.yml"
        )
    for name in names:
        if name not in project.pipelines:
            raise UnknownNameError.of("pipeline", name, project.pipelines)
    return list(dict.fromkeys(names)) or list(project.pipelines)


def known_dataset(workspace: Workspace, name: str) -> None:
    """Raises UnknownNameError for a name that is no dataset, neither recorded nor declared."""
    if name not in datasets(workspace):
        declared = {
            dataset
            for each in workspace.project.pipelines.values()
            for dataset in (*each.pipeline.sources, *each.pipeline.steps)
        }
        if name not in declared:
            raise UnknownNameError.of("dataset", name, declared)


def datasets(workspace: Workspace) -> set[str]:
    """The datasets that have a version."""
    with workspace.tools.ledger.snapshot() as tx:
        return versions.datasets(tx)


def require_environment(workspace: Workspace) -> None:
    """Raises UnknownNameError where the environment to work in is not there.

    The project's own always is; any other one is made on purpose, so that a slip of the pen is none.
    """
    with workspace.tools.ledger.snapshot() as tx:
        require_exists(tx, workspace.environment, workspace.project.settings.environment)


def require_known(workspace: Workspace) -> None:
    """Raises UnknownNameError where the environment is not there, nor has a log of releases.

    It is asked without the project's pipelines, so that a slip in one stands in nobody's way.
    """
    own = read_settings(workspace.tools.root).environment
    with workspace.tools.ledger.snapshot() as tx:
        life.require_known(tx, workspace.environment, own)


def require_whole(workspace: Workspace, what: str) -> None:
    """Raises UsageError where the environment to work in is a sandbox, which cannot do `what`."""
    with workspace.tools.ledger.snapshot() as tx:
        made = environment.find(tx, workspace.environment)
    if made:
        made.require_whole(what)


def job(workspace: Workspace, pipeline: str) -> Job:
    """A pipeline, resolved for a run in the workspace's environment."""
    project = workspace.project
    declared = project.pipelines[pipeline]
    if not declared.steps:
        raise DeclarationError(
            f"pipeline {pipeline!r} has no step, so there is nothing to publish",
            declared.where,
            "declare one under steps:, or with @pipeline.step in Python",
        )
    with workspace.tools.ledger.snapshot() as tx:
        made = environment.find(tx, workspace.environment)
    redacted: Redacted = made.sampled.get("redacted", {}) if made else {}
    sources = {
        name: source_job(project, declared, name, redacted) for name in declared.pipeline.sources
    }
    steps = {}
    for name, code in declared.steps.items():
        step = declared.pipeline.steps[name]
        seen = fingerprint(code, step, project.root)
        checks = _checks(project, declared, name, redacted)
        steps[name] = StepJob(name, step, code, seen, checks)
    own = {name: step.checks for name, step in steps.items()}
    quality = at_last_gate(project, declared, own, redacted)
    linked = workspace.environment == project.settings.environment
    fixed = made.origin if made and made.fixed else ""
    sealed = bool(made and made.sampled)
    found = Job(
        declared.pipeline,
        workspace.environment,
        sources,
        steps,
        quality,
        linked,
        fixed,
        sealed,
        _cadences(workspace, {*sources, *steps}),
        partial(require_exists, name=workspace.environment, default=project.settings.environment),
    )
    require_made_before(found)
    return found


def service_levels(workspace: Workspace) -> dict[str, tuple[ServiceLevel, ...]]:
    """What contracts promise of the service, by dataset; datasets without such a promise are none.

    Raises DeclarationError, with file and line, for a promise that cannot be understood.
    """
    if not workspace.contracts:
        return {}
    from headgate.contracts.service_levels.reading import service_levels as levels_of

    found = {name: levels_of(contract) for name, contract in workspace.contracts.items()}
    return {name: levels for name, levels in found.items() if levels}


def _cadences(workspace: Workspace, names: Collection[str]) -> dict[str, Cadence]:
    """How often new data is expected of datasets whose contracts say so."""
    own = {name: one for name, one in workspace.project.contracts.items() if name in names}
    if not own:
        return {}
    from headgate.contracts.service_levels.reading import cadence

    return {name: found for name, contract in own.items() if (found := cadence(contract))}


def declared_datasets(workspace: Workspace) -> Declared:
    """What pipelines and contracts say of the datasets: keys, references, who may see what."""
    from headgate.environments.declared import declared  # few commands read contracts

    jobs = [job(workspace, name) for name in workspace.project.pipelines]
    return declared(jobs, workspace.project.contracts)


def source_job(
    project: Project, declared: DeclaredPipeline, name: str, redacted: Redacted = NOTHING
) -> SourceJob:
    """A source of a pipeline, resolved, where these columns of the environment are redacted."""
    source = declared.pipeline.sources[name]
    where = declared.place("sources", name)
    checks, how = _checks(project, declared, name, redacted), form(source, where)
    # a Parquet file says its types itself: a contract judges them, and bends none
    says_itself = how.kind == "parquet"
    telling = asked(project, declared, name) if says_itself else checks
    types = source_types(source, telling, declared.place("sources", name, "types"))
    if not says_itself:
        types = promised_types(project, name) | types
    return SourceJob(name, source, how, types, checks, where)


def _checks(
    project: Project, declared: DeclaredPipeline, name: str, redacted: Redacted
) -> tuple[Check, ...]:
    """The checks of a dataset's gate, with the code of the functions that they name."""
    found = at_own_gate(project, declared, name, redacted)
    return tuple(with_code(check, project.root) for check in found)


def alert_channels(project: Project) -> list[Channel]:
    """The channels that the project declares, ready to deliver; the console where it names none."""
    declared = project.settings.channels
    if not declared:
        return [make("console", {}, project.root)]
    return [_channel(entry, project.root) for entry in declared]


def _channel(entry: AnyChannel, root: Path) -> Channel:
    if isinstance(entry, PluginChannel):
        return make(entry.name, {**entry.options, "min_severity": entry.min_severity}, root)
    return make(entry.type, entry.model_dump(exclude={"type"}), root)


def held_tables(workspace: Workspace) -> dict[str, Table]:
    """Every dataset of the environment as it is held now."""
    with workspace.tools.ledger.snapshot() as tx:
        held = releases.held(tx, workspace.environment)
        known = {
            name: holdings.find(tx, workspace.environment, name, version)
            for name, version in held.items()
        }
    objects = workspace.tools.objects
    return {name: versions.table(objects, found) for name, found in known.items() if found}


def held_table(workspace: Workspace, name: str) -> Table:
    """A dataset as it is held now.

    Raises UnknownNameError for a name that is no dataset, or of which nothing has been released,
    and AccessError for a person who may not read its rows.
    """
    known_dataset(workspace, name)
    require(workspace.settings, workspace.tools, Right.READ_RAW, workspace.environment)
    tables = held_tables(workspace)
    if name not in tables:
        raise _nothing_of(name)
    return tables[name]


def declared_key(workspace: Workspace, name: str) -> tuple[str, ...]:
    """The columns that the project declares as the key of a dataset; none where it does not."""
    for pipeline in workspace.project.pipelines:
        resolved = job(workspace, pipeline)
        if name in resolved.sources:
            return tuple(resolved.sources[name].source.key)
        if name in resolved.steps:
            return tuple(resolved.steps[name].step.key)
    return ()


def own_checks(workspace: Workspace, name: str) -> tuple[tuple[Check, ...], set[str]]:
    """All checks that the project declares for a dataset, and the sources its pipelines read."""
    checks: list[Check] = []
    sources: set[str] = set()
    for pipeline in workspace.project.pipelines:
        resolved = job(workspace, pipeline)
        declared = checks_of_gates(resolved)
        if name in declared:
            checks += declared[name]
            sources |= set(resolved.sources)
    return tuple(dict.fromkeys(checks)), sources


def past(
    workspace: Workspace,
    name: str,
    limit: int,
    sources: Collection[str] = (),
    checks: Sequence[Check] = (),
) -> tuple[list[Past], int]:
    """The distinct versions of a dataset that the environment has held, newest first.

    At the most `limit` whose data is still in the store, and the number of those that were passed
    over because theirs is gone. The newest of `sources` in a release is its newest delivery. Each
    has beside it what `checks` compare with.
    Raises UnknownNameError for a name that is no dataset, or of which nothing has been released,
    and AccessError for a person who may not read its rows.
    """
    known_dataset(workspace, name)
    require(workspace.settings, workspace.tools, Right.READ_RAW, workspace.environment)
    environment, objects = workspace.environment, workspace.tools.objects
    found: list[Past] = []
    gone = 0
    with workspace.tools.ledger.snapshot() as tx:
        numbers = releases.firsts(tx, environment, name)
        if not numbers:
            raise _nothing_of(name)
        known = cache(partial(holdings.find, tx, environment))
        for number in numbers:
            release = releases.find(tx, environment, number)
            assert release is not None  # the ledger keeps every release that an item names
            state = release.state
            held = {each: kept for each, id_ in state.items() if (kept := known(each, id_))}
            if name not in held or not versions.present(objects, held[name]):
                gone += 1
                continue
            tables = {each: versions.table(objects, kept) for each, kept in held.items()}
            tables |= _earlier(tx, workspace, name, state[name], checks)
            # a gate meets all rows, those too that it sets aside
            whole = holdings.find_whole(tx, environment, name, state[name])
            if whole and versions.present(objects, whole):
                tables[name] = versions.table(objects, whole)
            came = [held[source].created_at for source in sources if source in held]
            label = Label(release.name, state[name], release.published_at)
            found.append(Past(label, tables[name], tables, max(came, default=None)))
            if len(found) == limit:
                break
    return found, gone


def _nothing_of(name: str) -> UnknownNameError:
    return UnknownNameError(f"nothing of {name} has been released", None, "headgate run")


def judge_served(
    workspace: Workspace,
    names: Sequence[str],
    suite: Sequence[Check] | None = None,
    verify: Verify = Verify.QUICK,
) -> list[Judgement]:
    """The judgements of datasets as they are held now, by a suite or else by their own checks.

    Without names: of every dataset that has checks. Raises UnknownNameError for a name that is no
    dataset, or of which nothing has been released.
    """
    for name in names:
        known_dataset(workspace, name)
    tools = workspace.tools
    engine = engine_for(verify, tools.engine)
    held = held_tables(workspace)
    tables = {name: table_for(verify, engine, table) for name, table in held.items()}
    judged = []
    for pipeline in workspace.project.pipelines:
        for name, checks in declared_checks(job(workspace, pipeline)).items():
            if name not in names and (names or not checks):
                continue
            if name not in tables:
                raise _nothing_of(name)
            asked = checks if suite is None else suite
            with tools.ledger.snapshot() as tx:
                version = releases.held(tx, workspace.environment)[name]
                earlier = _earlier(tx, workspace, name, version, asked)
            outcomes = evaluate(
                engine,
                tables[name],
                asked,
                beside=tables | earlier,
                now=tools.now(),
                ledger=tools.ledger,
            )
            judged.append(judgement(name, name, outcomes))
    return judged


def _earlier(
    tx: Transaction, workspace: Workspace, name: str, version: str, checks: Sequence[Check]
) -> dict[str, Table]:
    """What checks of a version that was once held compare with, of those before it."""
    held = Judged(workspace.environment, name, version, version)
    ids = released(tx, held, beside(checks))
    return released_tables(tx, workspace.tools.objects, name, ids)


def roll_back(
    workspace: Workspace, *, to: int | None, dataset: str | None, because: str
) -> tuple[Release, Release]:
    """The release that was served, and the new one that serves an earlier state again.

    Readers get it at once. The working tree follows where the project can be read, else with the
    next run. Raises AccessError for a person who may not publish, BusyError while a run in the
    environment is going on, and StoreError where data of the earlier state is no longer there.
    """
    tools = workspace.tools
    require_known(workspace)
    require(workspace.settings, tools, Right.PUBLISH, workspace.environment)
    run = secrets.token_hex(4)
    whole = claim_all(tools.ledger, workspace.environment, run=run)
    with Lease(tools.objects) as lease, whole as held:
        with tools.ledger.transaction(durable=True) as tx:
            for each in held:
                each.fence(tx)
            before = releases.current(tx, workspace.environment)
            after = releases.rollback(
                tx,
                environment=workspace.environment,
                run=run,
                to=to,
                dataset=dataset,
                user=tools.user,
                at=tools.now(),
                because=because,
            )
            assert before is not None
            found = versions.find_each(tx, after.versions)
            lease.require(found.values(), f"nothing was changed; {ELSEWHERE}")
            tx.append(_rolled_back(before, after, dataset, tools.user))
            audit.record(tx, _act(before, after, dataset))
        link_outputs(workspace, after, run)
    return before, after


def link_outputs(workspace: Workspace, release: Release, run: str) -> None:
    """Puts a release where the project declares it, as far as the project can be read."""
    try:
        jobs = [job(workspace, name) for name in workspace.project.pipelines]
    except DeclarationError:
        return  # a slip in the project must not stand in the way of the data
    for each in jobs:
        workspace.tools.ledger.append(*outputs.refresh(each, workspace.tools, release, run))


def _act(before: Release, after: Release, dataset: str | None) -> Act:
    body = {"undone": before.name, "restored": after.restores, "because": after.because}
    more = {"dataset": dataset} if dataset else {}
    return Act(
        after.published_at, after.user, "rollback", after.environment, after.name, body | more
    )


def _rolled_back(before: Release, after: Release, dataset: str | None, who: str) -> RolledBack:
    return RolledBack(
        run=after.run,
        at=after.published_at,
        environment=after.environment,
        number=after.number,
        undone=before.number,
        restored=after.restores or 0,
        dataset=dataset,
        user=who,
        because=after.because,
    )
