"""What commands are asked about: a file as it lies there, or a dataset of the project."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headgate.cli.output import Output, counted
from headgate.engines.engine import Engine
from headgate.schema.table import Table


def is_file(output: Output, subject: str) -> bool:
    """Whether a subject is a file; any other is the name of a dataset."""
    return Path(output.directory, subject).is_file()


@contextmanager
def table_of(output: Output, subject: str) -> Iterator[tuple[Engine, Table]]:
    """The table that a subject is, for the length of a block: a file, or a dataset as held now.

    Raises SourceError where a file cannot be read, and UnknownNameError where nothing has the name.
    """
    if is_file(output, subject):
        from headgate.engines.embedded import EmbeddedEngine
        from headgate.runs.validation import read_file

        engine = EmbeddedEngine(Path.cwd())
        with read_file(engine, Path(output.directory, subject)) as file:
            if file.malformed_rows:
                rows = counted(file.malformed_rows, "row")
                output.note(f"{rows} of {subject} cannot be read and are left out")
            yield engine, file.table
        return
    from headgate.workspace import held_table, opened

    with opened(Path(output.directory), output.environment) as workspace:
        yield workspace.tools.engine, held_table(workspace, subject)
