"""DuckDB in this process: measuring tables and running queries over them.

Frames come and go through Arrow's C stream, so pyarrow is not needed. Tables in files are measured
by the extension module alone: what its package adds in Python, relations and expressions, takes
longer to import than DuckDB itself, and is imported where frames come or go.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headgate.engines.engine import Value
from headgate.engines.footer import statistics_of
from headgate.engines.types import logical_of, quoted
from headgate.errors import SourceError, StepError, StoreError
from headgate.schema.schema import Column, Schema
from headgate.schema.table import Table

if TYPE_CHECKING:
    from types import ModuleType

    import duckdb
    import polars as pl


MEMORY = "50%"
"""How much of the memory DuckDB takes before it spills. Polars and the steps need the rest."""


def connect() -> duckdb.DuckDBPyConnection:
    """A database in memory, which spills to the system's temporary folder."""
    connection: duckdb.DuckDBPyConnection = extension().connect()
    # by default it would make a folder .tmp in the project
    spill = _temporary_folder() / f"headgate-{os.getuid()}"
    connection.execute("set temp_directory = ?", [str(spill)])
    connection.execute("set memory_limit = ?", [MEMORY])
    # no parquet_metadata_cache: a file that is written over at once would keep its old footer
    return connection


def _temporary_folder() -> Path:
    """The system's folder for temporary files."""
    # the first two that tempfile looks at; importing it takes random numbers and four compressions
    for usual in (os.environ.get("TMPDIR", ""), "/tmp"):  # noqa: S108 - a place, and no file's name
        if os.access(usual, os.W_OK | os.X_OK):
            return Path(usual).absolute()
    import tempfile

    return Path(tempfile.gettempdir())


def extension() -> ModuleType:
    """DuckDB without what its package adds in Python: connections, statements and errors."""
    try:
        import _duckdb
    except ImportError:  # a package that is built in another way
        import duckdb

        return duckdb
    return _duckdb


def table_of(connection: duckdb.DuckDBPyConnection, name: str, path: Path) -> Table:
    """A Parquet file as a table, with what its footer proves of its values.

    Raises SourceError where it is no Parquet file.
    """
    cursor = connection.cursor()
    try:
        show(cursor, "data", [path])
        described = cursor.execute("describe data").fetchall()
        counted = cursor.execute("select count(*) from data").fetchone()
        assert counted is not None
        columns = tuple(Column(row[0], logical_of(row[1]), row[1]) for row in described)
        known = statistics_of(cursor, path, columns, counted[0])
    except extension().Error as error:
        what = f"not a Parquet file that can be read: {str(error).splitlines()[0]}"
        raise SourceError(what, str(path), "deliver it again") from error
    finally:
        cursor.close()
    return Table(name, (path,), Schema(columns), counted[0], known)


def measure(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table | pl.DataFrame],
    statement: str,
    parameters: Sequence[Value],
) -> list[tuple[Value, ...]]:
    """The rows a statement gives over tables of those names."""
    with _seeing(connection, tables) as cursor:
        return list(cursor.execute(statement, list(parameters)).fetchall())


def gather(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table | pl.DataFrame],
    statement: str,
    parameters: Sequence[Value],
) -> pl.DataFrame:
    """The frame a statement gives over tables of those names."""
    import duckdb  # noqa: F401 - `sql` of a cursor is of the package

    with _seeing(connection, tables) as cursor:
        return frame_of(cursor.sql(statement, params=list(parameters)))


def copy(connection: duckdb.DuckDBPyConnection, table: Table, path: Path) -> None:
    """Writes all rows of a table to one Parquet file, in order.

    Raises StoreError where a file of the table cannot be read, or the new one not be written.
    """
    import duckdb

    try:
        with _seeing(connection, {"data": table}) as cursor:
            cursor.sql("select * from data").write_parquet(str(path), compression="zstd")
    except duckdb.IOException as error:
        what = f"the table cannot be copied: {str(error).splitlines()[0]}"
        raise StoreError(what, str(path), "check the free space and the permissions") from error


@contextmanager
def _seeing(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Table | pl.DataFrame]
) -> Iterator[duckdb.DuckDBPyConnection]:
    cursor = connection.cursor()  # its views are its own, so calls may come from several threads
    try:
        for name, table in tables.items():
            if isinstance(table, Table):
                show(cursor, name, table.paths)
            else:
                import duckdb  # noqa: F401 - what reads Arrow is of the package

                cursor.register(name, Stream(table))
        yield cursor
    finally:
        cursor.close()


def select(query: str, inputs: Mapping[str, Table]) -> pl.DataFrame:
    """The frame one query gives over tables of those names, and over nothing else.

    Raises StepError where the query is wrong, or asks for a file or the network.
    """
    import tempfile

    import duckdb

    connection = duckdb.connect(config={"python_enable_replacements": False})
    try:
        with tempfile.TemporaryDirectory(prefix="headgate-") as spill:
            connection.execute("set temp_directory = ?", [spill])
            connection.execute("set memory_limit = ?", [MEMORY])
            _confine(connection, inputs)
            statements = connection.extract_statements(query)
            if len(statements) != 1 or statements[0].type.name not in {"SELECT", "MULTI"}:
                raise StepError(
                    f"a SQL step is one query; this is {len(statements)} statements"
                    if len(statements) != 1
                    else f"a SQL step is a query; this is {statements[0].type.name}",
                    hint="write one SELECT; its result is the dataset",
                )
            relation = connection.sql(query)
            if relation is None:
                raise StepError("the query gives no rows", hint="write one SELECT")
            return frame_of(relation)
    except duckdb.Error as error:
        raise StepError(str(error), hint=f"the tables here are: {', '.join(inputs)}") from error
    finally:
        connection.close()


def frame_of(relation: duckdb.DuckDBPyRelation) -> pl.DataFrame:
    """The rows of a relation.

    DuckDB sums integers to 128 bits, which Arrow knows as a decimal: they become 64-bit integers
    again. Raises StepError where one does not fit.
    """
    import polars as pl
    from polars.exceptions import InvalidOperationError

    if twice := sorted({name for name in relation.columns if relation.columns.count(name) > 1}):
        raise StepError(
            f"the query gives more than one column {twice[0]!r}",
            hint="name each column with `as`, or leave one out",
        )
    frame = pl.DataFrame(Stream(relation))
    wide = [
        n for n, kind in zip(relation.columns, relation.types, strict=True) if kind == "HUGEINT"
    ]
    try:
        return frame.cast(dict.fromkeys(wide, pl.Int64)) if wide else frame
    except InvalidOperationError as error:
        raise StepError(
            f"an integer of the column {' or '.join(map(repr, wide))} has more than 64 bits",
            hint="cast it in the query, for example to DOUBLE",
        ) from error


def show(
    cursor: duckdb.DuckDBPyConnection, name: str, paths: Sequence[Path], kind: str = "temp view"
) -> None:
    """Makes Parquet files readable under a name, on this connection."""
    variable = quoted(f"paths of {name}")
    cursor.execute(f"set variable {variable} = ?", [[str(path) for path in paths]])
    # DuckDB overlooks NaN in files of other writers unless told that there may be some
    cursor.execute(
        f"create or replace {kind} {quoted(name)} as select * from read_parquet("  # noqa: S608
        f"getvariable({_literal(f'paths of {name}')}), can_have_nan = true, "
        "hive_partitioning = false)"
    )


def _confine(connection: duckdb.DuckDBPyConnection, inputs: Mapping[str, Table]) -> None:
    """Leaves the files of the inputs readable and shuts everything else, for good."""
    paths = [str(path) for table in inputs.values() for path in table.paths]
    connection.execute("set allowed_paths = ?", [paths])
    connection.execute("set enable_external_access = false")
    for name, table in inputs.items():
        show(connection, name, table.paths)
    connection.execute("set lock_configuration = true")


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class Stream:
    """A table as Arrow's C stream and nothing else.

    Given a Polars frame itself, DuckDB would convert it with pyarrow; given a relation itself,
    Polars would remember its class for good, and DuckDB would complain of leaks at exit.
    """

    def __init__(self, table: Any) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: Any = None) -> object:
        return self._table.__arrow_c_stream__(requested_schema)
