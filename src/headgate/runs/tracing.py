"""The lines of a source's rows: its files are read again, which is done only where rows failed."""

from __future__ import annotations

from headgate.checks.lines import lined
from headgate.engines.engine import Frame
from headgate.errors import SourceError
from headgate.runs import deliveries
from headgate.runs.arriving import arrange, merge_keys, rows_in_order
from headgate.runs.deliveries import Delivery
from headgate.runs.job import SourceJob
from headgate.runs.tools import Tools
from headgate.schema.types import LogicalType
from headgate.store import versions
from headgate.store.manifest import Version


def types_of(source: SourceJob, held: Version | None) -> dict[str, LogicalType]:
    """The types a delivery is read by: declared ones, and those of what is held.

    A column whose type was not declared keeps the one it was first seen with, so that a text
    among its numbers is a malformed cell and not another table.
    """
    seen = {column.name: column.type for column in held.schema.columns} if held else {}
    return seen | dict(source.types)


def trace_of_delivery(
    tools: Tools, source: SourceJob, delivery: Delivery, held: Version | None
) -> Frame:
    """The rows of the version that a delivery became, with the lines of the delivered ones."""
    files, keys = list(delivery.fresh.values()), merge_keys(source.source)
    frame = tools.engine.trace(files, source.form, types_of(source, held), keys)
    base = held if delivery.keeps else None
    return rows_in_order(tools, arrange(tools, source.source, base, frame))


def trace_of_version(tools: Tools, source: SourceJob, version: Version) -> Frame:
    """The rows of a version that is there, with the lines of the files that are there still.

    Raises SourceError where no file is, or where they do not fit the version.
    """
    files = deliveries.behind(source, tools.root, version, tools.ledger)
    types, keys = types_of(source, version), merge_keys(source.source)
    table = versions.table(tools.objects, version)
    frame = tools.engine.trace(files, source.form, types, keys)
    fitting = tools.engine.conform(table, frame)
    if fitting is None:
        raise SourceError(f"the files of {source.name} do not fit what was read of them")
    return lined(table, fitting)
