"""A dataset at its gate: judged or remembered, its failing rows kept, all of it recorded."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache

from msgspec import Struct
from msgspec.structs import replace

from headgate.checks.check import Check, Outcome, Status
from headgate.checks.evaluate import evaluate
from headgate.checks.quarantine import failing_rows
from headgate.checks.set_aside import judged_again, left_of, sift
from headgate.engines.engine import Frame
from headgate.ledger import audit
from headgate.ledger.audit import Act
from headgate.ledger.events import CheckWaived, GateJudged
from headgate.runs import verdicts
from headgate.runs.compared import Standing, on_top_of, released, released_tables
from headgate.runs.delivered import WELL_FORMED, counted
from headgate.runs.gate import Judgement, judgement, spared, waive
from headgate.runs.going import Going
from headgate.runs.job import beside
from headgate.runs.refine import Refined, newly_aside, recalled, refine, unread_rows_of
from headgate.runs.writing import Draft
from headgate.schema.table import Table
from headgate.store import versions
from headgate.store.manifest import Version


class Delivered(Struct, frozen=True):
    """What a gate is told of a delivery: what of it was malformed, and how to find a row's line."""

    outcomes: tuple[Outcome, ...] = ()
    trace: Callable[[], Frame] | None = None


def pass_gate(
    going: Going,
    gate: str,
    dataset: str,
    checks: Sequence[Check],
    arrived: Delivered | None = None,
) -> Judgement:
    """The judgement of a dataset at a gate: made now, or remembered where nothing changed.

    Where checks set rows aside, what is left of the dataset is the candidate from then on.
    """
    whole = going.made[dataset]
    if not checks and not arrived:
        return judgement(gate, dataset, [])
    arrived = arrived or Delivered()
    compared, tables = _compared(going, gate, whole, beside(checks))
    asked = spared(dataset, checks, going.waiver)
    asking = Asking(going, gate, whole, asked, tuple(checks), compared, tables)
    if not arrived.outcomes and (judged := _remembered(asking)):
        return judged
    return _judge(asking, arrived)


class Asking(Struct, frozen=True):
    """A version at a gate. `checks` are the declared ones but for those that a person waives.

    `compared` are the versions that checks compare with, by name, and `beside` their tables.
    """

    going: Going
    gate: str
    whole: Version
    checks: tuple[Check, ...]
    declared: tuple[Check, ...]
    compared: Mapping[str, str]
    beside: Mapping[str, Table]

    def key(self, checks: Sequence[Check]) -> str:
        """What the verdict under these checks depends on besides the version."""
        if self.gate == self.whole.dataset:
            held = self.going.plan.wholes.get(self.gate)
            return verdicts.own_key(self.whole, checks, self.compared, held)
        return verdicts.key(self.gate, checks, self.compared)

    def keys(self) -> tuple[str, ...]:
        """The keys under which a verdict of the version may be remembered."""
        plan, environment = self.going.plan, self.going.job.environment
        dataset = self.whole.dataset
        if self.gate == dataset:
            held = plan.wholes.get(dataset)
            return verdicts.own_keys(self.whole, self.checks, self.compared, held, environment)
        key = self.key(self.checks)
        return verdicts.keys(key, self.whole.id, plan.held.get(dataset), environment)

    def outcomes(self, table: Table, trace: Callable[[], Frame] | None) -> list[Outcome]:
        """The outcomes of the checks on a table."""
        return evaluate(
            self.going.tools.engine,
            table,
            self.checks,
            beside=self.beside,
            now=self.going.now,
            newest=_newest_delivery(self.going),
            trace=trace,
            ledger=self.going.tools.ledger,
        )


def _remembered(asking: Asking) -> Judgement | None:
    going, gate, whole = asking.going, asking.gate, asking.whole
    with going.tools.ledger.snapshot() as tx:
        found = verdicts.remembered(tx, gate, whole, asking.keys(), asking.checks)
    refined = recalled(going, whole, found.left) if found else None
    if found is None or refined is None:
        return None
    return _record(asking, found.judgement, refined, found.key, found.failing, cached=True)


def _judge(asking: Asking, arrived: Delivered) -> Judgement:
    started = time.perf_counter()
    going, whole, engine = asking.going, asking.whole, asking.going.tools.engine
    table = versions.table(going.tools.objects, whole)
    trace: Callable[[], Frame] | None = None
    if arrived.trace:
        trace = cache(arrived.trace)  # it reads the files again
    with going.tools.ledger.snapshot() as tx:
        held = going.plan.wholes.get(whole.dataset)
        base = on_top_of(tx, going.tools.objects, whole, held)
    sifted = sift(engine, table, asking.outcomes(table, trace), asking.beside, base)
    refined = refine(going, whole, sifted, trace, asking.beside)
    outcomes = sifted.outcomes
    if refined.good is not whole:
        broken = [outcome.check for outcome in sifted.broken]
        trace = left_of(engine, table, broken, trace, asking.beside) if trace else None
        table = versions.table(going.tools.objects, refined.good)
        # a row may refer to one of its own table that was set aside
        left = replace(asking, beside={**asking.beside, whole.dataset: table})
        outcomes = judged_again(sifted, left.outcomes(table, trace))
    judged = judgement(asking.gate, whole.dataset, counted([*arrived.outcomes, *outcomes]))
    failing = _keep_failing(asking, table, refined.good, judged, trace)
    seconds = time.perf_counter() - started
    key = asking.key(asking.checks)
    return _record(asking, judged, refined, key, failing, seconds=seconds)


def _compared(
    going: Going, gate: str, whole: Version, names: Sequence[str]
) -> tuple[dict[str, str], dict[str, Table]]:
    """The versions that checks of a version at a gate compare with, and their tables."""
    dataset, plan = whole.dataset, going.plan
    made = [name for name in names if name in going.made]
    standing = Standing(going.job, plan.held, plan.wholes)
    at_gate = standing.at_own_gate if gate == dataset else standing.at_publish_gate
    with going.tools.ledger.snapshot() as tx:
        earlier = released(tx, at_gate(dataset, whole.id), names)
        tables = released_tables(tx, going.tools.objects, dataset, earlier)
    ids = {name: going.made[name].id for name in made}
    return ids | earlier, {name: going.table(name) for name in made} | tables


def refuse(going: Going, dataset: str, outcome: Outcome) -> Judgement:
    """The judgement of a delivery that could not even be read."""
    judged = waive(judgement(dataset, dataset, [outcome]), going.waiver)
    going.judged.append(judged)
    with going.tools.ledger.transaction() as tx:
        going.claim.fence(tx)
        tx.append(_judged_event(going, judged))
    return judged


def _newest_delivery(going: Going) -> datetime | None:
    made = [going.made[name].created_at for name in going.job.sources if name in going.made]
    return max(made, default=None)


def _keep_failing(
    asking: Asking,
    table: Table,
    judged_on: Version,
    judged: Judgement,
    trace: Callable[[], Frame] | None,
) -> Version | None:
    """All rows that broke a rule and were not set aside, kept beside those that were."""
    failed = [outcome for outcome in judged.outcomes if outcome.status is Status.FAILED]
    going = asking.going
    engine, beside = going.tools.engine, asking.beside
    frame = failing_rows(engine, table, failed, trace, beside=beside) if failed else None
    if frame is None:
        return None
    draft = Draft(inputs={judged_on.dataset: judged_on.id})
    return going.keep(versions.quarantine_of(judged_on.dataset), frame, draft)


def _record(
    asking: Asking,
    found: Judgement,
    refined: Refined,
    key: str,
    failing: Version | str | None = None,
    *,
    cached: bool = False,
    seconds: float = 0.0,
) -> Judgement:
    """The judgement in the ledger: for people as an event, for the next run as a verdict.

    What is remembered is the verdict without anybody's word. A waiver is given once, and lasts
    with the release that it let through.
    """
    going, whole = asking.going, refined.whole
    judged = waive(found, going.waiver)
    own = asking.gate == whole.dataset
    left = refined.left if own else verdicts.Left()
    event = replace(
        _judged_event(going, judged, failing, cached=cached, seconds=seconds),
        version=refined.good.id,
        whole=whole.id if refined.good is not whole else None,
        aside=left.aside or None,
    )
    if own and refined.aside and judged.lets_through:
        event = _counting(event, going, judged, refined)
    going.judged.append(judged)
    with going.tools.ledger.transaction() as tx:
        going.claim.fence(tx)
        for version in (*refined.new, failing):
            if isinstance(version, Version):
                versions.record(tx, version)
        verdicts.remember(tx, found, whole.id, key, going.id, going.now, left)
        waivers = _waived(going, judged)
        tx.append(event, *waivers)
        for waiver in waivers:
            audit.record(tx, _act(going, waiver))
    declared = asking.key(asking.declared)
    waived = verdicts.waived(declared, going.job.environment)
    if judged.verdict is not found.verdict or key not in {declared, waived}:
        going.waived.append((judged, whole.id, waived, left))
    if refined.good is not whole:
        going.made[whole.dataset], going.wholes[whole.dataset] = refined.good, whole
    return judged


def _counting(event: GateJudged, going: Going, judged: Judgement, refined: Refined) -> GateJudged:
    """The event with the numbers of rows that are set aside."""
    unread = [o.unexpected or 0 for o in judged.outcomes if o.check.kind == WELL_FORMED]
    return replace(
        event,
        set_aside=refined.aside.rows if refined.aside else 0,
        newly_set_aside=newly_aside(going, refined),
        unread_earlier=unread_rows_of(going, refined.whole) - sum(unread),
    )


def _judged_event(
    going: Going,
    judged: Judgement,
    failing: Version | str | None = None,
    *,
    cached: bool = False,
    seconds: float = 0.0,
) -> GateJudged:
    return GateJudged(
        run=going.id,
        at=going.now,
        gate=judged.gate,
        dataset=judged.dataset,
        version="",
        verdict=judged.verdict.value,
        passed=judged.passed,
        total=len(judged.outcomes),
        outcomes=[outcome.as_json() for outcome in judged.outcomes],
        failing_rows=failing.id if isinstance(failing, Version) else failing,
        cached=cached,
        seconds=seconds,
    )


def _act(going: Going, waived: CheckWaived) -> Act:
    body = {"run": going.id, "dataset": waived.dataset, "reason": waived.reason}
    return Act(waived.at, waived.user, "waive", going.job.environment, waived.check, body)


def _waived(going: Going, judged: Judgement) -> list[CheckWaived]:
    if going.waiver is None:
        return []
    return [
        CheckWaived(
            run=going.id,
            at=going.now,
            dataset=judged.dataset,
            check=outcome.check.description or outcome.check.kind,
            reason=going.waiver.reason,
            user=going.waiver.user,
        )
        for outcome in judged.outcomes
        if outcome.status is Status.WAIVED and going.waiver.covers(judged.dataset, outcome.check)
    ]
