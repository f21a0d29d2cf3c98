"""What any engine can do for a run. The embedded engine is DuckDB and Polars in this process.

An engine never decides: it is told what to read, run, measure and write, and gives back what it
saw. A frame (`Frame`) is opaque to every room above this one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

from msgspec import Struct

from headgate.schema.partition import Partition
from headgate.schema.schema import Schema
from headgate.schema.statistics import ColumnStatistics
from headgate.schema.table import Table
from headgate.schema.types import LogicalType

Frame = Any
"""A table in memory, in the engine's own form (a Polars DataFrame for the embedded engine)."""

Value = Any
"""A Python value bound to a parameter of a statement, or a cell of its answer."""


class Format(Struct, frozen=True):
    """How the files of a source are written."""

    kind: Literal["csv", "parquet", "jsonl"]
    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    nulls: tuple[str, ...] = ("",)
    header: bool = True
    advise_options: bool = False
    """Whether a person says this with options of a command, as of a file no source declares."""

    def advice(self, name: str, value: str) -> str:
        """What to write where something of this should be another, for the hints of errors.

        >>> Format("csv").advice("encoding", "latin-1")
        'declare `csv: {encoding: latin-1}`'
        """
        if self.advise_options:
            return f"say `--{name} {value}`"
        return f"declare `csv: {{{name}: {value}}}`"


class Malformed(Struct, frozen=True):
    """A row or a cell of a source file that cannot be what the declaration says."""

    file: str
    line: int
    column: str | None
    value: str
    reason: str


class Ingested(Struct, frozen=True):
    """A delivery as a typed frame, with what was left out of it.

    Rows with a malformed row or cell are in `malformed` and not in `frame`. `malformed_rows`
    counts distinct rows and is exact; `malformed` lists every malformed cell.
    """

    frame: Frame
    schema: Schema
    rows: int
    malformed_rows: int = 0
    malformed: tuple[Malformed, ...] = ()


class Written(Struct, frozen=True):
    """What was written.

    `unique` is the key that the rows were sorted by, where no two rows have the same one.
    """

    rows: int
    schema: Schema
    unique: tuple[str, ...] = ()


PARQUET = frozenset({".parquet", ".pq"})
"""The ends of the names of files that are judged where they lie."""


class Engine(Protocol):
    """The verbs of an engine."""

    name: str

    @property
    def version(self) -> str:
        """The libraries that it measures with. Another one may measure in another way."""
        ...

    def open_ahead(self) -> None:
        """Gets ready to measure, for whoever has something else to do until it is asked."""
        ...

    def ingest(
        self,
        files: Sequence[Path],
        form: Format,
        types: Mapping[str, LogicalType],
        keys: Sequence[str] = (),
    ) -> Ingested:
        """The files of one delivery as one typed frame.

        With keys, a row gives way to the rows of its key in a later file. Raises SourceError where a file cannot be read at all.
        """
        ...

    def trace(
        self,
        files: Sequence[Path],
        form: Format,
        types: Mapping[str, LogicalType],
        keys: Sequence[str] = (),
    ) -> Frame:
        """The frame `ingest` gives, with `_file` and `_line`, where each record starts.

        It costs another pass over the files, so it is asked for only where rows must be named.
        """
        ...

    def merge(self, held: Table, delivery: Frame, keys: Sequence[str]) -> Frame:
        """What is held plus a delivery: keyed rows replace their elders, others are added.

        Without keys the delivery is appended. `_file` and `_line`, where the delivery has them,
        are null for what was held. Raises SourceError where the other columns differ, or where a
        key stands twice in the delivery.
        """
        ...

    def conform(self, held: Table, delivery: Frame) -> Frame | None:
        """The delivery with the columns and types of what is held, whose rows are not read.

        None where what is held would have to take another type, so that both must be merged.
        Raises SourceError where the columns differ.
        """
        ...

    def split(self, frame: Frame, by: Sequence[Partition]) -> Mapping[str, Callable[[], Frame]]:
        """The paths of a frame's parts, sorted, each with what takes its rows out of the frame.

        Raises StepError for a column that cannot divide the rows, or divides them too finely.
        """
        ...

    def cut(self, frame: Frame, rows: int, sort_by: Sequence[str]) -> Sequence[Callable[[], Frame]]:
        """What takes so many rows at a time out of a frame, in the order in which `write` has it.

        Raises StepError where that makes too many parts.
        """
        ...

    def stack(self, pieces: Sequence[Table | Frame], sort_by: Sequence[str]) -> Frame:
        """Tables and frames one after another, each frame in the order in which `write` has it."""
        ...

    def call(
        self, function: Any, inputs: Mapping[str, Table | Frame], params: Mapping[str, Any]
    ) -> Frame:
        """The frame a Python step gives, with each input in the form its annotation asks for."""
        ...

    def select(self, query: str, inputs: Mapping[str, Table]) -> Frame:
        """The frame a SQL step gives; the inputs are tables of those names."""
        ...

    def measure(
        self,
        table: Table | Frame,
        statement: str,
        parameters: Sequence[Value],
        beside: Mapping[str, Table | Frame] | None = None,
    ) -> list[tuple[Value, ...]]:
        """The rows a statement gives over a table that it calls `data`.

        It may also speak of those `beside`, by their names.
        """
        ...

    def gather(
        self,
        table: Table | Frame,
        statement: str,
        parameters: Sequence[Value],
        beside: Mapping[str, Table | Frame] | None = None,
    ) -> Frame:
        """The rows that `measure` gives as a frame, for statements that give many."""
        ...

    def table(self, name: str, path: Path) -> Table:
        """A Parquet file that others wrote, as a table, with what its footer proves.

        Raises SourceError where it cannot be read.
        """
        ...

    def write(self, frame: Frame, path: Path, *, sort_by: Sequence[str] = ()) -> Written:
        """A frame as one Parquet file, equal bytes for equal rows. The store flushes it."""
        ...

    def copy(self, table: Table, path: Path) -> None:
        """All rows of a table as one Parquet file, in order, and never all of them in memory."""
        ...

    def exhaustive(self) -> Engine:
        """An engine that reads every value, whatever a file says of its own values."""
        ...

    def describe(
        self, frame: Frame, listed: Collection[str] = ()
    ) -> Mapping[str, ColumnStatistics]:
        """The exact statistics of every column of a frame.

        Of the columns `listed`, if they hold text, all different values too, where these are few.
        """
        ...
