"""Gates alone: a dataset or any file is judged, and nothing is processed or published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from headgate.checks.check import Check, Outcome
from headgate.checks.evaluate import evaluate
from headgate.engines.engine import Engine
from headgate.pipelines.pipeline import Source
from headgate.pipelines.source import form, source_types
from headgate.runs.delivered import malformed
from headgate.runs.gate import Judgement, judgement
from headgate.runs.job import SourceJob
from headgate.schema.table import Table


def judge_file(engine: Engine, path: Path, checks: Sequence[Check]) -> Judgement:
    """The judgement of a Parquet, CSV or JSON-lines file as it lies there.

    A Parquet file is judged in place. Another one is read by the types that its checks imply; its
    rows that cannot be read are an outcome of their own. Raises SourceError where the file cannot
    be read at all.
    """
    source = Source(path=path.name)
    job = SourceJob(
        path.stem, source, form(source, str(path)), source_types(source, checks), (), str(path)
    )
    if job.form.kind == "parquet":
        table = engine.table(job.name, path)
        found = evaluate(engine, table, checks, now=datetime.now(UTC), newest=_modified(path))
        return judgement(job.name, job.name, found)
    return judgement(job.name, job.name, _judge_text(engine, path, job, checks))


def _judge_text(
    engine: Engine, path: Path, job: SourceJob, checks: Sequence[Check]
) -> list[Outcome]:
    ingested = engine.ingest([path], job.form, job.types)
    with TemporaryDirectory(prefix="headgate-") as folder:
        kept = Path(folder, "rows")
        written = engine.write(ingested.frame, kept)
        statistics = engine.describe(ingested.frame)
        table = Table(job.name, (kept,), written.schema, written.rows, statistics)
        found = evaluate(
            engine,
            table,
            checks,
            now=datetime.now(UTC),
            newest=_modified(path),
            trace=lambda: engine.trace([path], job.form, job.types),
        )
    return [*malformed(job, ingested), *found]


def _modified(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
