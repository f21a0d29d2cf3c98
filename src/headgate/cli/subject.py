"""What commands are asked about, a file or a dataset of the project, and what they judge it by."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from glob import has_magic
from pathlib import Path
from typing import TYPE_CHECKING

from headgate.cli.amounts import counted
from headgate.cli.output import Output
from headgate.cli.reading import require_file
from headgate.errors import DeclarationError, UsageError, did_you_mean
from headgate.project.root import find_root

if TYPE_CHECKING:
    from headgate.checks.check import Check
    from headgate.engines.engine import Engine
    from headgate.runs.reading import Reading
    from headgate.schema.table import Table


def is_file(output: Output, subject: str) -> bool:
    """Whether a subject is a file; any other is the name of a dataset.

    Raises UsageError where it is meant as a file, and there is none: by a name that no dataset
    has, with a suffix or a folder in it, or where no project is.
    """
    if Path(output.directory, subject).is_file():
        return True
    if len(Path(subject).parts) != 1 or Path(subject).suffix or not in_project(output):
        raise _no_file(output, subject)
    return False


def in_project(output: Output) -> bool:
    """Whether a project is around."""
    try:
        find_root(Path(output.directory))
    except DeclarationError:
        return False
    return True


def _no_file(output: Output, subject: str) -> UsageError:
    from headgate.pipelines.source import SUFFIXES

    path = Path(output.directory, subject)
    if path.is_dir():
        inside = sorted(entry.name for entry in path.iterdir() if entry.suffix in SUFFIXES)
        hint = f"name its files: {Path(subject, f'*{Path(inside[0]).suffix}')}" if inside else None
        return UsageError(f"{subject} is a folder, not a file", hint=hint)
    if has_magic(subject):
        hint = "the shell fills in a pattern, where files match it and no quotes stand around it"
        return UsageError(f"no file is named {subject!r}", hint=hint)
    entries = path.parent.iterdir() if path.parent.is_dir() else ()
    beside = [entry.name for entry in entries if entry.suffix in SUFFIXES]
    return UsageError(f"no such file: {subject}", hint=did_you_mean(path.name, beside))


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
def table_of(
    output: Output, subject: str, reading: Reading | None
) -> Iterator[tuple[Engine, Table]]:
    """The table that a subject is, for the length of a block: a file, or a dataset as held now.

    Raises SourceError where a file cannot be read, and UnknownNameError where nothing has the name.
    """
    if is_file(output, subject):
        from headgate.engines.embedded import EmbeddedEngine
        from headgate.runs.reading import AS_NAMED
        from headgate.runs.validation import read_file

        engine = EmbeddedEngine(Path.cwd())
        engine.open_ahead()  # what is read is measured next
        with read_file(engine, Path(output.directory, subject), (), reading or AS_NAMED) as file:
            if file.malformed_rows:
                rows = counted(file.malformed_rows, "row")
                output.note(f"{rows} of {subject} cannot be read and are left out")
            yield engine, file.table
        return
    require_file(reading, subject)
    from headgate.workspace.held import held_table
    from headgate.workspace.workspace import opened

    with opened(Path(output.directory), output.environment) as workspace:
        yield workspace.tools.engine, held_table(workspace, subject)
