"""The forms in which readers get a table: those of the libraries that they work with."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Literal, get_args

from headgate.engines.duckdb import show
from headgate.engines.frames import arrow, lazy, need, pandas
from headgate.engines.types import quoted
from headgate.errors import UnknownNameError
from headgate.schema.table import Table

if TYPE_CHECKING:
    import duckdb

Form = Literal["polars", "duckdb", "arrow", "arrow_reader", "pandas"]


def given_as(table: Table, form: Form) -> Any:
    """The table as a lazy Polars frame, a DuckDB relation, an Arrow table or reader, or of pandas.

    A lazy frame, a relation and a reader read rows when they are asked for; the others hold all of
    them. Raises MissingExtraError where the library is not installed.
    """
    match form:
        case "polars":
            return lazy(table)
        case "duckdb":
            return _relation(table)
        case "arrow":
            return arrow(table)
        case "arrow_reader":
            return _reader(table)
        case "pandas":
            return pandas(table)
    raise UnknownNameError.of("form", form, get_args(Form))


def _relation(table: Table) -> duckdb.DuckDBPyRelation:
    """A relation on the connection of `duckdb.sql`, so that queries join it with others.

    Its view is named by its files: the same dataset of another release is another relation.
    """
    import duckdb

    files = hashlib.sha256("\n".join(map(str, table.paths)).encode()).hexdigest()[:16]
    name = f"headgate {table.name} {files}"
    connection = duckdb.default_connection()
    show(connection, name, table.paths)
    return connection.sql(f"from {quoted(name)}")


def _reader(table: Table) -> Any:
    need("pyarrow")
    import pyarrow.dataset as ds

    return ds.dataset([str(path) for path in table.paths], format="parquet").scanner().to_reader()
