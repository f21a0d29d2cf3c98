"""The expectation suites of a project's datasets, as checks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from headgate.errors import DeclarationError, did_you_mean
from headgate.pipelines.paths import inside
from headgate.pipelines.step import read_text

if TYPE_CHECKING:
    from headgate.checks.check import Check


def suite(root: Path, path: str, where: str | None = None) -> list[Check]:
    """The checks of an expectation suite's file; `where` is the place that names it.

    Raises DeclarationError where the file is missing or cannot be understood.
    """
    from headgate.checks.suite import read_suite

    file = inside(root, path, where)
    if not file.is_file():
        others = [str(p.relative_to(root)) for p in file.parent.glob("*.json")]
        raise DeclarationError(f"no suite {path!r}", where, did_you_mean(path, others))
    return read_suite(read_text(file, root), path)
