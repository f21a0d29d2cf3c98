"""The stages of a run: sources are read, steps compute, and each result is judged."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from headgate.engines.engine import Frame, Ingested
from headgate.errors import HeadgateError, SourceError, StepError
from headgate.ledger.events import DatasetReused, SourceIngested, StepFailed, StepFinished
from headgate.runs import delivered, deliveries
from headgate.runs.arriving import arrange, merge_keys
from headgate.runs.calling import result
from headgate.runs.compared import turns
from headgate.runs.deliveries import Delivery
from headgate.runs.gate import Judgement
from headgate.runs.going import Going
from headgate.runs.job import SourceJob, StepJob
from headgate.runs.judging import Delivered, pass_gate, refuse
from headgate.runs.plan import (
    Action,
    Compute,
    Ingest,
    Refuse,
    Reuse,
    reusable,
    step_fingerprint,
    why,
)
from headgate.runs.refine import with_unread
from headgate.runs.step_claims import computed_for, sole
from headgate.runs.tracing import trace_of_delivery, trace_of_version, types_of
from headgate.runs.verdicts import ON_TOP_OF
from headgate.runs.writing import Draft, Fresh, layout_of
from headgate.store import holdings
from headgate.store.manifest import Version


class HeldError(Exception):
    """A gate stayed closed: the run ends here, and nothing is published."""

    def __init__(self, judgements: Sequence[Judgement]) -> None:
        super().__init__(judgements)
        self.judgements = judgements


# ------------------------------------------------------------------ sources


def sources(going: Going) -> None:
    """Every source read and judged; all are judged before any that stays closed ends the run.

    One whose checks speak of other sources is judged after these. Where two speak of each other,
    both are read first.
    """
    if not going.job.sources:
        return
    going.begin_stage(going.job.pipeline.sources_title)
    judged_after = turns(going.job)
    waiting: dict[str, Gate] = {}
    closed = []
    for action in going.plan.actions:
        source = going.job.sources.get(action.dataset)
        if source is None:
            continue
        waiting[source.name] = _source(going, source, action)
        for name in judged_after[source.name]:
            judged = waiting.pop(name)()
            if not judged.verdict.lets_through:
                closed.append(judged)
    if closed:
        raise HeldError(closed)


Gate = Callable[[], Judgement]
"""What judges a source that was read, when its turn comes."""


def _source(going: Going, source: SourceJob, action: Action) -> Gate:
    """Reads a source, and gives what judges it."""
    match action:
        case Ingest(delivery=delivery):
            try:
                ingested = _ingest(going, source, delivery)
            except SourceError as error:
                unreadable = delivered.unreadable(source, error)
                return lambda: refuse(going, source.name, unreadable)
            read = replace(ingested, frame=None)  # the rows are in the store by now
            return lambda: _judge_delivery(going, source, delivery, read)
        case Refuse(because=because, hint=hint):
            unread = delivered.unreadable(source, SourceError(because, None, hint))
            return lambda: refuse(going, source.name, unread)
        case Reuse(version=version, because=because):
            _reuse(going, version, because)
    checks = source.checks
    if going.plan.wholes.get(source.name) != going.made[source.name].id:
        # it was read by a run that ended before it was published
        checks = (*checks, *delivered.promises(source, first=True))
    arrived = Delivered(trace=lambda: trace_of_version(going.tools, source, version))
    return lambda: pass_gate(going, source.name, source.name, checks, arrived if checks else None)


def _ingest(going: Going, source: SourceJob, delivery: Delivery) -> Ingested:
    started = time.perf_counter()
    files, held = list(delivery.fresh.values()), _held(going, source)
    types, keys = types_of(source, held), merge_keys(source.source)
    going.tools.engine.open_ahead()  # what is read is measured next
    ingested = going.tools.engine.ingest(files, source.form, types, keys)
    delivery.still()
    base = held if delivery.keeps else None
    try:
        arrival = arrange(going.tools, source.source, base, ingested.frame)
        draft = Draft(
            # a delivery with malformed rows is read again, so that they are named again
            fingerprint="" if ingested.malformed_rows else delivery.fingerprint,
            inputs=deliveries.inputs(base, delivery),
            code={"settings": delivery.settings} | ({ON_TOP_OF: base.id} if base else {}),
            layout=arrival.layout,
            held=base,
        )
        version = going.keep(source.name, arrival.frame, draft)
    except (SourceError, StepError) as error:  # the engine knows no files, nor whose rows they are
        raise SourceError(error.what, ", ".join(delivery.fresh), error.hint) from error
    unread, check = ingested.malformed, delivered.well_formed(source)
    version = with_unread(going, version, unread, check, base)
    going.made[source.name] = version
    going.record(
        version,
        SourceIngested(
            run=going.id,
            at=going.now,
            dataset=source.name,
            version=version.id,
            rows=version.rows,
            delivered=ingested.rows,
            malformed=ingested.malformed_rows,
            files=[path.name for path in files],
            parts=len(version.parts),
            kept=len(arrival.layout.kept),
            seconds=time.perf_counter() - started,
        ),
    )
    return ingested


def _held(going: Going, source: SourceJob) -> Version | None:
    """What was read of the source so far: with the rows that are set aside."""
    if source.name not in going.plan.held:
        return None
    with going.tools.ledger.snapshot() as tx:
        held = holdings.find_whole(
            tx, going.job.environment, source.name, going.plan.held[source.name]
        )
    assert held is not None
    return held


def _judge_delivery(
    going: Going, source: SourceJob, delivery: Delivery, ingested: Ingested
) -> Judgement:
    def trace() -> Frame:
        return trace_of_delivery(going.tools, source, delivery, _held(going, source))

    checks = (*source.checks, *delivered.promises(source, first=not delivery.keeps))
    arrived = Delivered(delivered.malformed(source, ingested), trace)
    return pass_gate(going, source.name, source.name, checks, arrived)


# ------------------------------------------------------------------ steps


def step(going: Going, job: StepJob) -> None:
    """One step: computed or reused, then judged."""
    going.begin_stage(job.step.title or f"Building {job.name}")
    inputs = {dataset: going.made[dataset].id for dataset in job.code.inputs.values()}
    wanted = step_fingerprint(job, inputs)
    action = next(a for a in going.plan.actions if a.dataset == job.name)
    forced = isinstance(action, Compute) and action.because == "it was asked for"
    made = None if forced else reusable(going.tools.ledger, going.tools, job.name, wanted)
    if made is None:
        with sole(going, job.name, wanted) as made:
            if made is None:
                _compute(going, job, inputs, wanted, action)
    if made:
        _take_up(going, job, made, action)
    if not job.checks:
        return
    going.begin_stage(job.step.gate_title or f"Validating {job.name}")
    judged = pass_gate(going, job.name, job.name, job.checks)
    if not judged.verdict.lets_through:
        raise HeldError([judged])


def _compute(
    going: Going,
    job: StepJob,
    inputs: dict[str, str],
    wanted: str,
    action: Action,
) -> None:
    started = time.perf_counter()
    try:
        version = computed(going, job, inputs, wanted)
    except HeadgateError as error:
        _step_failed(going, job, error)
        raise
    going.made[job.name] = version
    because = action.because if isinstance(action, Compute) else why(job, inputs, None)
    seconds = time.perf_counter() - started
    going.record(version, _finished(going, job, version, because, seconds))


def computed(going: Going, job: StepJob, inputs: Mapping[str, str], wanted: str) -> Version:
    """What a step makes of its inputs, in the store and in no record."""
    frame = result(going, job)
    layout = layout_of(job.step.key, job.step.partition_by)
    return going.keep(job.name, frame, Draft(wanted, inputs, job.fingerprint.parts, layout))


def _take_up(going: Going, job: StepJob, made: Version, action: Action) -> None:
    """A version that is there: of an earlier run, or of another worker that works for this one."""
    told = computed_for(going, job.name) if made.run == going.id else None
    if told is None:
        _reuse(going, made, "code and inputs are what they were")
        return
    going.made[job.name] = made
    going.fresh[job.name] = Fresh(told.new_files, told.new_bytes)
    because = action.because if isinstance(action, Compute) else why(job, made.inputs, None)
    going.note(_finished(going, job, made, because, told.seconds, told.worker))


def _finished(
    going: Going, job: StepJob, made: Version, because: str, seconds: float, worker: str = ""
) -> StepFinished:
    return StepFinished(
        run=going.id,
        at=going.now,
        dataset=job.name,
        version=made.id,
        rows=made.rows,
        size=made.size,
        path=going.job.path(job.name),
        parts=len(made.parts),
        because=because,
        seconds=seconds,
        worker=worker,
    )


def _step_failed(going: Going, job: StepJob, error: HeadgateError) -> None:
    cause, trace = error.__cause__, ""
    if cause is not None and not isinstance(cause, HeadgateError):
        import traceback

        trace = "".join(traceback.format_exception(cause, limit=-8))
    going.note(
        StepFailed(run=going.id, at=going.now, dataset=job.name, error=error.what, traceback=trace)
    )


def _reuse(going: Going, version: Version, because: str) -> None:
    going.hold(version)
    going.made[version.dataset] = version
    going.note(
        DatasetReused(
            run=going.id,
            at=going.now,
            dataset=version.dataset,
            version=version.id,
            rows=version.rows,
            because=because,
        )
    )
