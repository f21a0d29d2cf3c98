"""What commands are asked about, a file or a dataset of the project, and what they judge it by."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from headgate.cli.output import Output, counted
from headgate.errors import DeclarationError

if TYPE_CHECKING:
    from headgate.checks.check import Check
    from headgate.engines.engine import Engine
    from headgate.schema.table import Table


def is_file(output: Output, subject: str) -> bool:
    """Whether a subject is a file; any other is the name of a dataset."""
    return Path(output.directory, subject).is_file()


def suite_of(output: Output, expect: str) -> list[Check]:
    """The checks of the file that `--expect` names. Raises DeclarationError where it holds none."""
    try:
        text = Path(output.directory, expect).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DeclarationError("not UTF-8 text", expect, "save the file as UTF-8") from None
    except OSError as error:
        raise DeclarationError(f"cannot be read: {error.strerror}", expect) from None
    if expect.endswith(".json"):
        # what reads a project takes longer to import than a file takes to judge
        from headgate.checks.suite import read_suite

        return read_suite(text, expect)
    from headgate.project.suites import read_expected

    return read_expected(text, expect)


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
