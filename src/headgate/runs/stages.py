"""The stages of a run: sources are read, steps compute, and each result is judged."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import replace

from headgate.engines.engine import Frame, Ingested
from headgate.errors import HeadgateError, SourceError, StepError
from headgate.ledger.events import DatasetReused, SourceIngested, StepFailed, StepFinished
from headgate.pipelines.fingerprint import fingerprint
from headgate.pipelines.step import load_function
from headgate.runs import delivered, deliveries
from headgate.runs.arriving import arrange, merge_keys
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
from headgate.runs.tools import Tools
from headgate.runs.tracing import trace_of_delivery, trace_of_version, types_of
from headgate.runs.verdicts import ON_TOP_OF
from headgate.runs.writing import Draft, Layout
from headgate.schema.partition import partitions
from headgate.schema.table import Table
from headgate.store import versions
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
        held = versions.find_whole(tx, source.name, going.plan.held[source.name])
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
    if made:
        _reuse(going, made, "code and inputs are what they were")
    else:
        _compute(going, job, inputs, wanted, action)
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
    frame = _result(going, job)
    layout = Layout(tuple(job.step.key), partitions(job.step.partition_by))
    draft = Draft(wanted, inputs, job.fingerprint.parts, layout)
    version = going.keep(job.name, frame, draft)
    del frame
    going.made[job.name] = version
    because = action.because if isinstance(action, Compute) else why(job, inputs, None)
    going.record(
        version,
        StepFinished(
            run=going.id,
            at=going.now,
            dataset=job.name,
            version=version.id,
            rows=version.rows,
            size=version.size,
            path=going.job.path(job.name),
            parts=len(version.parts),
            because=because,
            seconds=time.perf_counter() - started,
        ),
    )


def _result(going: Going, job: StepJob) -> Frame:
    """What the project's own code gives. Whatever it raises becomes a StepError that names it."""
    tables = {name: going.table(dataset) for name, dataset in job.code.inputs.items()}
    try:
        with redirect_stdout(sys.stderr):  # what a step prints is no part of the run's result
            return _ran(job, tables, going.tools)
    except HeadgateError as error:
        _step_failed(going, job, error.what, "")
        raise type(error)(error.what, error.where or _code_place(going, job), error.hint) from error
    except (Exception, SystemExit) as error:
        # the first paragraph: Polars adds the plan of the whole query
        what = (
            f"step {job.name!r} failed: {type(error).__name__}: {str(error).split(chr(10) * 2)[0]}"
        )
        _step_failed(going, job, what, traceback.format_exc(limit=-8))
        raise StepError(what, _users_line(error, going) or _code_place(going, job)) from error


def _code_place(going: Going, job: StepJob) -> str:
    """The file of a step's code, or the place that declares it."""
    if job.code.file is None:
        return job.code.where
    return job.code.file.relative_to(going.tools.root).as_posix()


def _ran(job: StepJob, tables: Mapping[str, Table], tools: Tools) -> Frame:
    """What the code gives. Raises StepError where it is not the code that the run began with."""
    if job.code.query is not None:
        return tools.engine.select(job.code.query, tables)
    if job.code.target is not None:
        return tools.engine.call(job.code.target, tables, job.step.params)
    function = load_function(job.code, tools.root)
    frame = tools.engine.call(function, tables, job.step.params)
    if fingerprint(job.code, job.step, tools.root).digest != job.fingerprint.digest:
        raise StepError(
            f"the code of step {job.name!r} changed while the run was going on",
            job.code.where,
            "run again: what was made before is kept",
        )
    return frame


def _users_line(error: BaseException, going: Going) -> str | None:
    """The deepest line of the project's own code in a traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    root = str(going.tools.root)
    own = [f for f in frames if f.filename.startswith(root) and "/.venv" not in f.filename]
    if not own:
        return None
    return f"{own[-1].filename.removeprefix(root).lstrip('/')}:{own[-1].lineno}"


def _step_failed(going: Going, job: StepJob, error: str, trace: str) -> None:
    going.note(
        StepFailed(run=going.id, at=going.now, dataset=job.name, error=error, traceback=trace)
    )


def _reuse(going: Going, version: Version, because: str) -> None:
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
