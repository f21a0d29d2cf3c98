"""Gates alone: a dataset or any file is judged, and nothing is processed or published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from headgate.checks.check import Check, Outcome
from headgate.checks.evaluate import evaluate
from headgate.engines.engine import Engine
from headgate.runs.gate import Judgement, judgement
from headgate.schema.table import Table

PARQUET = {".parquet", ".pq"}


def judge_file(engine: Engine, path: Path, checks: Sequence[Check]) -> Judgement:
    """The judgement of a Parquet, CSV or JSON-lines file as it lies there.

    A Parquet file is judged in place. Another one is read by the types that its checks imply; its
    rows that cannot be read are an outcome of their own. Raises SourceError where the file cannot
    be read at all.
    """
    if path.suffix.lower() in PARQUET:
        table = engine.table(path.stem, path)
        found = evaluate(engine, table, checks, now=datetime.now(UTC), newest=_modified(path))
        return judgement(path.stem, path.stem, found)
    return judgement(path.stem, path.stem, _judge_text(engine, path, checks))


def _judge_text(engine: Engine, path: Path, checks: Sequence[Check]) -> list[Outcome]:
    # declarations cost more to import than a Parquet file costs to judge
    from headgate.pipelines.pipeline import Source
    from headgate.pipelines.source import form, source_types
    from headgate.runs.delivered import malformed
    from headgate.runs.job import SourceJob

    source = Source(path=path.name)
    types = source_types(source, checks)
    job = SourceJob(path.stem, source, form(source, str(path)), types, (), str(path))
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
