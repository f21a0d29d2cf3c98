"""Rules and numbers that a function of the project gives, which is called with the whole table.

A function is called once for a table, whatever many checks ask it. What it gives is shown to the
engine as a table beside the judged one, row for row, so that conditions, counts, samples and
quarantine are those of any other rule.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from headgate.checks.sql import Sql, table_beside, written
from headgate.engines.engine import Engine, Frame
from headgate.errors import DeclarationError, HeadgateError, StepError
from headgate.schema.table import Table

if TYPE_CHECKING:
    import polars as pl

KEEPS, FIGURE = "__keeps", "__figure"


@dataclass(frozen=True, slots=True)
class PythonFunction:
    """A function of the project: its name, and its code as a hash.

    `load` gives the function itself. It is set where a project is read, and is no part of what
    a check computes.
    """

    name: str
    digest: str = ""
    load: Callable[[], Callable[..., Any]] | None = field(default=None, repr=False, compare=False)

    @property
    def answer(self) -> str:
        """The name under which its answer stands beside the table."""
        return f"answer of {self.name} {self.digest}"


class Keeps(Struct, frozen=True):
    """The function says true of the row; of one that it says nothing of, nothing is judged."""

    function: PythonFunction


class Figure(Struct, frozen=True):
    """The number that a function gives for the table."""

    function: PythonFunction


def answered(rule: Keeps) -> Sql:
    """The table with what the function says of each row."""
    beside = table_beside(rule.function.answer)
    return written("(SELECT * FROM data POSITIONAL JOIN ", beside, ") AS data")


def figured(metric: Figure) -> Sql:
    """A statement for the number."""
    return written(f"SELECT {FIGURE} FROM ", table_beside(metric.function.answer))  # noqa: S608


class Calls:
    """What functions said of tables, asked once each. `asked` are the rules and figures."""

    def __init__(self, asked: Iterable[Keeps | Figure] = ()) -> None:
        self._asked = {each.function.answer: each for each in asked}
        self._said: dict[object, tuple[Table | Frame, Frame | Exception]] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._asked

    def answer(self, engine: Engine, source: Table | Frame, name: str) -> Frame:
        """What the function of that answer says of a table, as a frame.

        Raises StepError, with the line of the function, where it fails or says something else.
        """
        key = name, source.paths if isinstance(source, Table) else id(source)
        if key not in self._said:
            try:
                said = _said(engine, self._asked[name], source)
            except HeadgateError as error:
                said = error
            self._said[key] = source, said
        found = self._said[key][1]
        if isinstance(found, Exception):
            raise found
        return found


def _said(engine: Engine, asked: Keeps | Figure, source: Table | Frame) -> Frame:
    name = asked.function.name
    if asked.function.load is None:
        raise DeclarationError(f"the code of {name} is not known outside its project")
    function = asked.function.load()
    given = source if isinstance(source, Table) else source.drop("_file", "_line", strict=False)
    rows = source.rows if isinstance(source, Table) else source.height
    try:
        with redirect_stdout(sys.stderr):  # what a check prints is no part of the run's result
            frame = engine.call(_framed(function), {_parameter(function): given}, {})
        return _column(frame, rows) if isinstance(asked, Keeps) else _number(frame)
    except HeadgateError as error:
        raise StepError(f"{_place(name, function)}: {error.what}", None, error.hint) from error
    except (Exception, SystemExit) as error:
        told = str(error).split("\n\n")[0]
        what = f"{type(error).__name__}{': ' if told else ''}{told}"
        raise StepError(f"{_place(name, function, error)}: {what}") from error


def _parameter(function: Callable[..., Any]) -> str:
    """The parameter that the table is for."""
    parameters = list(inspect.signature(function).parameters.values())
    needed = [each for each in parameters if each.default is each.empty]
    if len(needed) > 1 or not parameters:
        raise DeclarationError(
            f"{getattr(function, '__name__', 'it')}() takes {len(needed)} arguments",
            hint="a check's function takes one: the table",
        )
    return parameters[0].name


def _framed(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, giving a number or a column as a frame."""

    @functools.wraps(function)
    def framed(**given: Any) -> Any:
        [table] = given.values()
        return _as_frame(function(table))

    return framed


def _as_frame(result: Any) -> Any:
    import polars as pl

    if isinstance(result, int | float | Decimal) and not isinstance(result, bool):
        return pl.DataFrame({FIGURE: [float(result)]})
    if isinstance(result, pl.DataFrame | pl.LazyFrame):
        return result
    if isinstance(result, pl.Series):
        return result.to_frame(KEEPS)
    library = type(result).__module__.partition(".")[0]
    kind = type(result).__name__
    if library == "numpy" and getattr(result, "ndim", None) == 0:
        return _as_frame(result.item())
    if library == "pandas" and kind == "Series":
        return pl.DataFrame({KEEPS: pl.from_pandas(result)})
    if isinstance(result, list) or (library in {"numpy", "pyarrow"} and "array" in kind.lower()):
        return pl.Series(KEEPS, result).to_frame()
    return result


def _column(frame: pl.DataFrame, rows: int) -> pl.DataFrame:
    import polars as pl

    if frame.columns == [FIGURE]:
        raise DeclarationError("it gives a number", hint="say low or high, or give a column")
    if frame.width != 1:
        raise DeclarationError(
            f"it gives {frame.width} columns", hint="give one: true for each row that is right"
        )
    if frame.height != rows:
        raise DeclarationError(f"it gives {frame.height:,} values for {rows:,} rows")
    [kind] = frame.dtypes
    if kind not in {pl.Boolean(), pl.Null()}:
        hint = "give true where the row is right, false where it is wrong, null to leave it out"
        raise DeclarationError(f"it gives values of {kind}, which are not true or false", hint=hint)
    return frame.rename({frame.columns[0]: KEEPS}).cast(pl.Boolean)


def _number(frame: pl.DataFrame) -> pl.DataFrame:
    if frame.columns != [FIGURE]:
        hint = "give one number, or leave out low and high"
        raise DeclarationError("it gives no number", hint=hint)
    return frame


def _place(name: str, function: Any, error: BaseException | None = None) -> str:
    """File and line of the function: where it raised, or else where it begins."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return name
    label = name.rpartition(":")[0] or Path(code.co_filename).name
    import traceback  # here and not above, since most functions do not raise

    trace = traceback.extract_tb(error.__traceback__) if error else []
    lines = [entry.lineno for entry in trace if entry.filename == code.co_filename]
    return f"{label}:{lines[-1] if lines else code.co_firstlineno}"
