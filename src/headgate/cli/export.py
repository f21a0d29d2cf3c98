"""A table as a file for other tools."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

from headgate.engines.engine import Engine
from headgate.errors import StoreError, UsageError
from headgate.schema.table import Table

PORTION = 100_000  # rows in memory at once


def export(engine: Engine, table: Table, path: Path) -> None:
    """Writes all rows of a table to a `.csv` or `.parquet` file that is not there yet.

    Raises UsageError for another kind of file, or one that is there; StoreError where it cannot
    be written, and then leaves none.
    """
    if path.suffix not in {".csv", ".parquet"}:
        raise UsageError(f"cannot write {path.name!r}", hint="name a .csv or a .parquet file")
    if path.exists():
        raise UsageError(f"{path} is there already", hint="name another file, or remove it")
    beside = path.with_name(f".{path.name}.part")
    try:
        if path.suffix == ".csv":
            _write_csv(engine, table, beside)
        elif len(table.paths) == 1:
            shutil.copyfile(table.paths[0], beside)
        else:
            engine.write(engine.select("select * from data", {"data": table}), beside)
        beside.replace(path)
    except OSError as error:
        raise StoreError(f"it cannot be written: {error.strerror}", str(path)) from error
    finally:
        beside.unlink(missing_ok=True)


def _write_csv(engine: Engine, table: Table, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(table.schema.names)
        for start in range(0, table.rows, PORTION):
            statement = "select * from data limit ? offset ?"
            writer.writerows(engine.measure(table, statement, [PORTION, start]))
