"""The forms of a table that a step's function may take and give."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from types import UnionType
from typing import TYPE_CHECKING, Any

from headgate.engines.duckdb import Stream, frame_of, show
from headgate.engines.types import quoted
from headgate.errors import MissingExtraError, StepError
from headgate.schema.table import Table

if TYPE_CHECKING:
    import polars as pl

_ROOTS = {"pl": "polars", "pa": "pyarrow", "pd": "pandas"}
_SHORT = {
    "DataFrame": "polars.DataFrame",
    "LazyFrame": "polars.LazyFrame",
    "Table": "pyarrow.Table",
    "DuckDBPyRelation": "duckdb.DuckDBPyRelation",
}
_ANY = {"polars.LazyFrame", "typing.Any", "builtins.object"}


def call(
    function: Callable[..., Any],
    inputs: Mapping[str, Table | pl.DataFrame],
    params: Mapping[str, Any],
) -> pl.DataFrame:
    """What a function makes of its inputs, each in the form that its parameter's annotation names.

    The forms are `polars.LazyFrame` (also without an annotation), `polars.DataFrame`,
    `duckdb.DuckDBPyRelation`, `pyarrow.Table` and `pandas.DataFrame`, written as types or as text;
    the result may be of any of them. What the function raises passes through. Raises StepError
    where an annotation or the result is something else, and MissingExtraError where a form's
    library is not installed.
    """
    forms = _forms(function)
    frames = {name: _make(forms.get(name, ""), name, table) for name, table in inputs.items()}
    return _collected(function(**frames, **params), function)


# ------------------------------------------------------------------ what is asked for


def _forms(function: Callable[..., Any]) -> dict[str, str]:
    """The form each parameter asks for, as a library's name and a type's."""
    code = inspect.unwrap(function)
    names = getattr(code, "__globals__", {})
    try:
        signature = inspect.signature(function, eval_str=True)
    except Exception:  # noqa: BLE001 - names may be there for type checkers alone
        signature = inspect.signature(function)
    return {name: _form(each.annotation, names) for name, each in signature.parameters.items()}


def _form(annotation: Any, names: Mapping[str, Any]) -> str:
    if annotation is inspect.Parameter.empty or annotation is Any:
        return ""
    if isinstance(annotation, str):
        return _form_of_text(annotation, names)
    if typing.get_origin(annotation) is typing.Annotated:
        return _form(typing.get_args(annotation)[0], names)
    if isinstance(annotation, UnionType) or typing.get_origin(annotation) is typing.Union:
        choices = [_form(choice, names) for choice in typing.get_args(annotation)]
        return next((choice for choice in choices if choice in _MAKERS), choices[0])
    root = getattr(annotation, "__module__", "").partition(".")[0].removeprefix("_")
    return f"{root}.{getattr(annotation, '__qualname__', annotation)}"


def _form_of_text(annotation: str, names: Mapping[str, Any]) -> str:
    first = annotation.strip("'\" ").partition("|")[0].strip()
    root, _, rest = first.partition(".")
    bound = names.get(root)
    if inspect.ismodule(bound):
        return f"{bound.__name__.partition('.')[0]}.{rest.rpartition('.')[2]}"
    if isinstance(bound, type):
        return _form(bound, {})
    if not rest:
        return _SHORT.get(first, f"builtins.{first}")
    return f"{_ROOTS.get(root, root)}.{rest.rpartition('.')[2]}"


# ------------------------------------------------------------------ there


def _make(form: str, name: str, table: Table | pl.DataFrame) -> Any:
    if not form or form in _ANY:
        return lazy(table)
    maker = _MAKERS.get(form)
    if maker is None:
        raise StepError(
            f"the parameter {name!r} asks for {form.removeprefix('builtins.')}, which no table is",
            hint=f"a step may take: {', '.join(_MAKERS)}",
        )
    return maker(table)


def lazy(table: Table | pl.DataFrame) -> pl.LazyFrame:
    """The table as a frame that reads its rows when they are asked for."""
    import polars as pl

    if isinstance(table, pl.DataFrame):
        return table.lazy()
    return pl.scan_parquet(list(table.paths), glob=False, hive_partitioning=False)


def _eager(table: Table | pl.DataFrame) -> pl.DataFrame:
    return lazy(table).collect()


def _relation(table: Table | pl.DataFrame) -> Any:
    import duckdb

    # the connection that `duckdb.sql` uses, so that a function may write: from <its parameter>
    connection = duckdb.default_connection()
    name = f"headgate {table.name}" if isinstance(table, Table) else "headgate frame"
    if isinstance(table, Table):
        show(connection, name, table.paths)
    else:
        connection.register(name, Stream(table))
    return connection.sql(f"from {quoted(name)}")


def arrow(table: Table | pl.DataFrame) -> Any:
    """The table as a `pyarrow.Table`. Raises MissingExtraError without pyarrow."""
    need("pyarrow")
    return _eager(table).to_arrow()


def pandas(table: Table | pl.DataFrame) -> Any:
    """The table as a `pandas.DataFrame`. Raises MissingExtraError without pandas and pyarrow."""
    need("pandas")
    need("pyarrow")
    return _eager(table).to_pandas()


def need(library: str) -> None:
    """Raises MissingExtraError where a library is not installed."""
    from importlib.util import find_spec

    try:
        found = find_spec(library)
    except ValueError:
        found = None
    if found is None:
        raise MissingExtraError(
            f"a table of {library} is asked for, and {library} is not installed",
            hint=f"pip install {library}",
        )


_MAKERS: dict[str, Callable[[Table | pl.DataFrame], Any]] = {
    "polars.LazyFrame": lazy,
    "polars.DataFrame": _eager,
    "duckdb.DuckDBPyRelation": _relation,
    "pyarrow.Table": arrow,
    "pandas.DataFrame": pandas,
}

# ------------------------------------------------------------------ and back


def _collected(result: Any, function: Callable[..., Any]) -> pl.DataFrame:
    import polars as pl

    if isinstance(result, pl.LazyFrame):
        result = result.collect()
    if isinstance(result, pl.DataFrame):
        return result
    kind = type(result)
    if kind.__module__.startswith("pandas") and kind.__name__ == "DataFrame":
        return pl.from_pandas(result)
    if hasattr(result, "__arrow_c_stream__"):
        return frame_of(result) if kind.__name__ == "DuckDBPyRelation" else pl.DataFrame(result)
    raise StepError(
        f"{getattr(function, '__name__', 'the function')} gave {_named(result)}, which is no table",
        hint=f"give one of: {', '.join(_MAKERS)}",
    )


def _named(result: Any) -> str:
    return "nothing (None)" if result is None else f"{type(result).__name__} ({result!r:.60})"
