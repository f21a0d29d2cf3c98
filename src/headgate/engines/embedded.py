"""The engine that needs nothing but this process: DuckDB and Polars."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from headgate.engines.engine import Engine, Format, Frame, Ingested, Value, Written
from headgate.errors import SourceError
from headgate.schema.partition import Partition
from headgate.schema.statistics import ColumnStatistics
from headgate.schema.table import Table
from headgate.schema.types import LogicalType

if TYPE_CHECKING:
    import duckdb

    from headgate.engines.ingest import Delivery
    from headgate.engines.parts import Part


class EmbeddedEngine:
    """Reads, computes, measures and writes with DuckDB and Polars. Its frames are Polars frames.

    It may be used from several threads at once. Files below `root` are named relative to it in
    everything the engine says of them.
    """

    name = "embedded"

    def __init__(self, root: Path | None = None) -> None:
        self._folder = root
        self._root = f"{root}/" if root else ""
        self._opened: duckdb.DuckDBPyConnection | None = None
        self._opening = Lock()

    @property
    def version(self) -> str:
        import duckdb
        import polars as pl

        return f"duckdb {duckdb.__version__}, polars {pl.__version__}"

    def open_ahead(self) -> None:
        Thread(target=self._connection, name="duckdb", daemon=True).start()

    def ingest(
        self,
        files: Sequence[Path],
        form: Format,
        types: Mapping[str, LogicalType],
        keys: Sequence[str] = (),
    ) -> Ingested:
        return self._deliver(files, form, types, keys).ingested

    def trace(
        self,
        files: Sequence[Path],
        form: Format,
        types: Mapping[str, LogicalType],
        keys: Sequence[str] = (),
    ) -> Frame:
        return self._deliver(files, form, types, keys).traced()

    def merge(self, held: Table, delivery: Frame, keys: Sequence[str]) -> Frame:
        from headgate.engines.merge import merge

        return merge(held, delivery, keys)

    def conform(self, held: Table, delivery: Frame) -> Frame | None:
        from headgate.engines.merge import conform

        return conform(held, delivery)

    def split(self, frame: Frame, by: Sequence[Partition]) -> Mapping[str, Callable[[], Frame]]:
        from headgate.engines.split import split

        return split(frame, by)

    def cut(self, frame: Frame, rows: int, sort_by: Sequence[str]) -> Sequence[Callable[[], Frame]]:
        from headgate.engines.split import cut

        return cut(frame, rows, sort_by)

    def stack(self, pieces: Sequence[Table | Frame], sort_by: Sequence[str]) -> Frame:
        from headgate.engines.merge import stack

        return stack(pieces, sort_by)

    def call(
        self, function: Any, inputs: Mapping[str, Table | Frame], params: Mapping[str, Any]
    ) -> Frame:
        from headgate.engines.frames import call

        return call(function, inputs, params)

    def select(self, query: str, inputs: Mapping[str, Table]) -> Frame:
        from headgate.engines.duckdb import select

        return select(query, inputs)

    def measure(
        self,
        table: Table | Frame,
        statement: str,
        parameters: Sequence[Value],
        beside: Mapping[str, Table | Frame] | None = None,
    ) -> list[tuple[Value, ...]]:
        from headgate.engines.damage import damage_told
        from headgate.engines.duckdb import measure

        with damage_told():
            tables = {"data": table, **(beside or {})}
            return measure(self._connection(), tables, statement, parameters)

    def gather(
        self,
        table: Table | Frame,
        statement: str,
        parameters: Sequence[Value],
        beside: Mapping[str, Table | Frame] | None = None,
    ) -> Frame:
        from headgate.engines.damage import damage_told
        from headgate.engines.duckdb import gather

        with damage_told():
            tables = {"data": table, **(beside or {})}
            return gather(self._connection(), tables, statement, parameters)

    def table(self, name: str, path: Path) -> Table:
        from headgate.engines.duckdb import table_of

        return table_of(self._connection(), name, path)

    def write(self, frame: Frame, path: Path, *, sort_by: Sequence[str] = ()) -> Written:
        from headgate.engines.write import write

        return write(frame, path, sort_by=sort_by)

    def copy(self, table: Table, path: Path) -> None:
        from headgate.engines.duckdb import copy

        copy(self._connection(), table, path)

    def describe(
        self, frame: Frame, listed: Collection[str] = ()
    ) -> Mapping[str, ColumnStatistics]:
        from headgate.engines.statistics import statistics_of

        return statistics_of(frame, listed)

    def exhaustive(self) -> Engine:
        return ExhaustiveEngine(self._folder)

    def _connection(self) -> duckdb.DuckDBPyConnection:
        with self._opening:
            if self._opened is None:
                self._opened = self._connect()
            return self._opened

    def _connect(self) -> duckdb.DuckDBPyConnection:
        from headgate.engines.duckdb import connect

        return connect()

    def _deliver(
        self,
        files: Sequence[Path],
        form: Format,
        types: Mapping[str, LogicalType],
        keys: Sequence[str],
    ) -> Delivery:
        from headgate.engines.ingest import read_parts, settle

        try:
            read = self._reader(form, types)
            parts = read_parts(files, lambda path: read(path).below(self._root), form)
            return settle(parts, types, form, keys)
        except SourceError as error:
            where = error.where and error.where.removeprefix(self._root)
            raise SourceError(error.what, where, error.hint) from error

    def _reader(self, form: Format, types: Mapping[str, LogicalType]) -> Callable[[Path], Part]:
        match form.kind:
            case "csv":
                from headgate.engines.csv import read_csv

                return lambda path: read_csv(self._connection, path, form, types)
            case "parquet":
                from headgate.engines.parquet import read_parquet

                return lambda path: read_parquet(self._connection, path)
            case "jsonl":
                from headgate.engines.jsonl import read_jsonl

                return read_jsonl


class ExhaustiveEngine(EmbeddedEngine):
    """The embedded engine, measuring without a shortcut: no row group of a file is skipped."""

    name = "exhaustive"

    def _connect(self) -> duckdb.DuckDBPyConnection:
        connection = super()._connect()
        # both take a file's own word for what its values are
        connection.execute("set disabled_optimizers = 'statistics_propagation,filter_pushdown'")
        return connection
