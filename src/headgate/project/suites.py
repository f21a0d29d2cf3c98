"""The expectation suites of a project's datasets, as checks: JSON, or YAML in our own words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from headgate.errors import DeclarationError, did_you_mean
from headgate.pipelines.paths import inside
from headgate.pipelines.step import read_text
from headgate.project.yaml import read_yaml

if TYPE_CHECKING:
    from headgate.checks.check import Check

YAML = (".yml", ".yaml")


def suite(root: Path, path: str, where: str | None = None) -> list[Check]:
    """The checks of an expectation suite's file; `where` is the place that names it.

    Raises DeclarationError where the file is missing or cannot be understood.
    """
    file = inside(root, path, where)
    if not file.is_file():
        kinds = (".json", *YAML)
        beside = sorted(file.parent.glob("*"))
        others = [str(p.relative_to(root)) for p in beside if p.suffix in kinds]
        raise DeclarationError(f"no suite {path!r}", where, did_you_mean(path, others))
    return read_expected(read_text(file, root), path)


def read_expected(text: str, where: str) -> list[Check]:
    """The checks of a file's text; the end of its name says in which language it is.

    Raises DeclarationError, with file and line, for whatever is not understood.
    """
    if not where.endswith(YAML):
        from headgate.checks.suite import read_suite

        return read_suite(text, where)
    from headgate.checks.native import read_check

    document = read_yaml(text, where)
    entries = document.data.get("checks") if isinstance(document.data, dict) else None
    if not isinstance(entries, list):
        hint = "a file of checks is checks: and a list of them, - not_null: order_id"
        raise DeclarationError("no list of checks", document.place(("checks",)), hint)
    for key in document.data:
        if key != "checks":
            raise DeclarationError(
                f"unknown key {key!r}", document.place((key,)), did_you_mean(str(key), ["checks"])
            )
    places = [document.place(("checks", number)) for number in range(len(entries))]
    return list(map(read_check, entries, places))
