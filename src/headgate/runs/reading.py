"""How one file is read: by its name or its source, and by what a person says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from headgate.checks.check import Check
from headgate.engines.engine import Format
from headgate.errors import UsageError, did_you_mean
from headgate.schema.types import LogicalType

if TYPE_CHECKING:
    from headgate.runs.job import SourceJob


class Reading(Struct, frozen=True):
    """What is said of a file; the rest is told by its name, the checks and its values."""

    nulls: tuple[str, ...] = ()
    """The texts that mean no value, beside the empty one."""
    delimiter: str | None = None
    encoding: str | None = None
    types: Mapping[str, LogicalType] = {}
    source: SourceJob | None = None
    """The source that takes the file in; what else is said goes before its declaration."""
    promised: Mapping[str, LogicalType] = {}
    """The types of a contract, for columns that the file need not have: its checks say so."""

    def form(self, path: Path) -> Format:
        """How the file is written. Raises UsageError for what cannot be said of such a file."""
        from headgate.pipelines.source import form_by_name

        if self.source:
            named = self.source.form
        else:
            named = replace(form_by_name(str(path)), advise_options=True)
        if named.kind != "csv" and (self.nulls or self.delimiter or self.encoding):
            what = "--nulls, --delimiter and --encoding are for CSV files"
            raise UsageError(f"{what}, and {path.name} is none", hint="leave them out")
        if named.kind == "parquet" and self.types:
            raise UsageError(f"{path.name} says its types itself", hint="leave --type out")
        return replace(
            named,
            nulls=tuple(dict.fromkeys((*named.nulls, *self.nulls))),
            delimiter=self.delimiter or named.delimiter,
            encoding=self.encoding or named.encoding,
        )

    def types_for(self, checks: Sequence[Check]) -> dict[str, LogicalType]:
        """The types that are known before the file is read: those said, then what checks imply."""
        from headgate.pipelines.source import implied_types, source_types

        known = source_types(self.source.source, checks) if self.source else implied_types(checks)
        return known | dict(self.promised) | dict(self.types)

    def require_columns(self, names: Sequence[str]) -> None:
        """Raises UsageError where a type is said of a column that the file has not."""
        for name in self.types:
            if name not in names:
                raise UsageError(f"--type: no column {name!r}", hint=did_you_mean(name, names))


AS_NAMED = Reading()
"""As the name of the file says."""
