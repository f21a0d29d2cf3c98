"""Gates alone: a dataset or any file is judged, and nothing is processed or published."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from msgspec import Struct

from headgate.checks.check import Check, Outcome
from headgate.checks.evaluate import evaluate
from headgate.checks.known import listed_by, may_be_known
from headgate.checks.verify import Verify, engine_for, table_for
from headgate.engines.engine import PARQUET, Engine, Format, Frame, Ingested
from headgate.runs.gate import Judgement, judgement
from headgate.runs.reading import AS_NAMED, Reading
from headgate.schema.table import Table
from headgate.schema.types import LogicalType


class FileRead(Struct, frozen=True):
    """A file as a table, with what of it could not be read.

    `trace` gives its rows with the lines they stand on, where the file has lines.
    """

    table: Table
    malformed: tuple[Outcome, ...] = ()
    malformed_rows: int = 0
    trace: Callable[[], Frame] | None = None


class WrittenLater(Sequence[Path]):
    """The one file of a table whose rows are in memory, written when it is first asked for."""

    def __init__(self, engine: Engine, frame: Frame, path: Path) -> None:
        self._engine, self._frame, self._path = engine, frame, path

    def __getitem__(self, place: Any) -> Any:
        return self._written[place]

    def __len__(self) -> int:
        return len(self._written)

    @cached_property
    def _written(self) -> tuple[Path, ...]:
        self._engine.write(self._frame, self._path)
        return (self._path,)


@contextmanager
def read_file(
    engine: Engine, path: Path, checks: Sequence[Check] = (), reading: Reading = AS_NAMED
) -> Iterator[FileRead]:
    """A Parquet, CSV or JSON-lines file as a table, for the length of a block.

    A Parquet file is read in place. Another one is read by the types that are said or that the
    checks imply; where its statistics do not say what is asked, its rows are kept aside until the
    block ends. Raises SourceError where the file cannot be
    read at all, and UsageError where it is none of which that can be said.
    """
    form, types = reading.form(path), reading.types_for(checks)
    if path.suffix.lower() in PARQUET:
        yield FileRead(engine.table(path.stem, path))
        return
    ingested = engine.ingest([path], form, types)
    reading.require_columns(ingested.schema.names)
    from tempfile import TemporaryDirectory  # a Parquet file is read where it lies

    with TemporaryDirectory(prefix="headgate-") as folder:
        statistics = engine.describe(ingested.frame, listed_by(checks))
        rows = WrittenLater(engine, ingested.frame, Path(folder, "rows"))
        table = Table(path.stem, rows, ingested.schema, ingested.rows, statistics)
        yield FileRead(
            table,
            _malformed(path, form, types, reading, ingested),
            ingested.malformed_rows,
            lambda: engine.trace([path], form, types),
        )


def _malformed(
    path: Path,
    form: Format,
    types: Mapping[str, LogicalType],
    reading: Reading,
    ingested: Ingested,
) -> tuple[Outcome, ...]:
    """The outcome of rows that cannot be read, as that of its source or of one of this one file."""
    if not ingested.malformed_rows:
        return ()
    # declarations cost more to import than most files cost to judge
    from headgate.pipelines.pipeline import Source
    from headgate.runs.delivered import malformed
    from headgate.runs.job import SourceJob

    if reading.source:
        return tuple(malformed(reading.source, ingested))
    known = dict(reading.promised) | dict(reading.types)
    said = {column: kind.value for column, kind in known.items()}
    source = Source(path=path.name, types=said)
    job = SourceJob(path.stem, source, form, types, (), str(path))
    return tuple(malformed(job, ingested))


def judge_file(
    engine: Engine,
    path: Path,
    checks: Sequence[Check],
    verify: Verify = Verify.QUICK,
    reading: Reading = AS_NAMED,
    beside: Mapping[str, Table] | None = None,
) -> Judgement:
    """The judgement of a file as it lies there. `beside` are the tables that checks compare with.

    Rows that cannot be read are an outcome of their own. Raises SourceError as `read_file` does.
    """
    engine = engine_for(verify, engine)
    if verify is Verify.FULL or not all(may_be_known(check.metric) for check in checks):
        engine.open_ahead()
    with read_file(engine, path, checks, reading) as file:
        table = table_for(verify, engine, file.table)
        found = evaluate(
            engine,
            table,
            checks,
            # rows may refer to others of their file
            beside={table.name: table, **(beside or {})},
            now=datetime.now(UTC),
            newest=_modified(path),
            trace=file.trace,
        )
    return judgement(file.table.name, file.table.name, [*file.malformed, *found])


def _modified(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
