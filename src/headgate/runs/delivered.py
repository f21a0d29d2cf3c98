"""What is promised of every delivery without a word in a suite, and how a broken one is told.

These checks stand beside the declared ones. They are counted only when they fail, so that
`13/13 expectations` means the thirteen that the team wrote.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Sequence

from headgate.checks.check import (
    Check,
    Match,
    Names,
    OnFail,
    Outcome,
    Range,
    Sample,
    Share,
    Status,
)
from headgate.checks.metric import ColumnNames, Failing, Ignore, Readable, Rows, Unique
from headgate.engines.engine import Ingested, Malformed
from headgate.errors import SourceError
from headgate.runs.job import SourceJob

READABLE = "readable"
WELL_FORMED = "well_formed"
DECLARED_COLUMNS = "declared_columns"
KEY_UNIQUE = "key_unique"
NOT_EMPTY = "not_empty"
IMPLICIT = {READABLE, WELL_FORMED, DECLARED_COLUMNS, KEY_UNIQUE, NOT_EMPTY}

SAMPLES = 20
MISSING_WORDS = {"NA", "N/A", "NULL", "null", "None", "none", "-", "?", "nil", "\\N", "#N/A"}


def promises(source: SourceJob, *, first: bool) -> tuple[Check, ...]:
    """The checks that follow from a source's declaration.

    A later delivery is merged by its key, which proves the key unique; the first one is not.
    """
    found = [
        Check(
            NOT_EMPTY,
            Rows(),
            Range(low=1),
            where=source.where,
            description="has at least one row",
        )
    ]
    if declared := tuple(source.source.types):
        found.append(
            Check(
                DECLARED_COLUMNS,
                ColumnNames(),
                Names(declared, Match.CONTAINS),
                where=source.where,
                description=f"has the declared columns {', '.join(declared)}",
            )
        )
    if first and source.source.key and source.source.arrives == "upsert":
        key = tuple(source.source.key)
        found.append(
            Check(
                KEY_UNIQUE,
                Failing(Unique(key, Ignore.NEVER)),
                Share(),
                where=source.where,
                description=f"key ({', '.join(key)}) is unique",
            )
        )
    return tuple(found)


def waivable(source: SourceJob) -> tuple[Check, ...]:
    """The checks of this module that a person may let fail."""
    return (
        *promises(source, first=True),
        well_formed(source),
    )


def well_formed(source: SourceJob) -> Check:
    """The check that rows can be read as what they were declared to be."""
    return Check(
        WELL_FORMED,
        Readable(),
        Share(),
        where=source.where,
        description="every row can be read as declared",
        on_fail=OnFail(source.source.on_malformed),
        limit=source.source.malformed_limit,
    )


def counted(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes a person is told: implicit promises only where they were broken."""
    return [o for o in outcomes if o.check.kind not in IMPLICIT or not o.passed]


def malformed(source: SourceJob, ingested: Ingested) -> tuple[Outcome, ...]:
    """The outcome of a delivery with malformed rows; nothing where every row could be read.

    With `on_malformed: quarantine` the rows are set aside, up to the limit.
    """
    if not ingested.malformed_rows:
        return ()
    elements = ingested.rows + ingested.malformed_rows
    share = ingested.malformed_rows / elements
    aside = source.source.on_malformed == "quarantine" and share <= source.source.malformed_limit
    outcome = Outcome(
        well_formed(source),
        Status.QUARANTINED if aside else Status.FAILED,
        observed=f"{ingested.malformed_rows:,} of {elements:,} rows are malformed",
        elements=elements,
        missing=0,
        unexpected=ingested.malformed_rows,
        message=_advice(source, ingested.malformed, share, aside=aside),
        samples=tuple(
            Sample(((m.column or "row", m.value),), m.file, m.line, m.reason)
            for m in ingested.malformed[:SAMPLES]
        ),
    )
    return (outcome,)


def _advice(source: SourceJob, cells: Sequence[Malformed], share: float, *, aside: bool) -> str:
    limit = source.source.malformed_limit
    if aside:
        return "set aside in quarantine, apart from the other rows"
    if source.source.on_malformed == "quarantine":
        return f"{share:.2%} is more than malformed_limit allows ({limit:.2%})"
    values = {cell.value for cell in cells}
    if source.form.kind == "csv" and len(values) == 1 and (word := values.pop()) in MISSING_WORDS:
        if source.form.advise_options:
            return f"if {word} means a missing value, say --nulls {shlex.quote(word)}"
        nulls = ", ".join(f'"{null}"' for null in (*source.source.csv.nulls, word))
        return f"if {word} means a missing value, declare csv: {{nulls: [{nulls}]}}"
    return _advice_on_types(source, {cell.column for cell in cells if cell.column})


def _advice_on_types(source: SourceJob, columns: Collection[str]) -> str:
    """What to do about columns with cells of another type."""
    options = source.form.advise_options
    undeclared = sorted(set(columns) - set(source.source.types))
    said = [f"{name} is {source.types[name]}" for name in undeclared if name in source.types]
    if said:
        other = f"say another type: --type {shlex.quote(undeclared[0])}=string"
        told = f"the checks say that {', '.join(said[:3])}, and so it is read"
        return f"{told}; correct the file, or {other if options else 'the checks'}"
    if undeclared:
        return (
            f"the type of {', '.join(undeclared[:3])} is the one that was first seen; "
            "correct the file, or declare another under types:"
        )
    if options:
        return "correct the file"
    return "correct the file, or set on_malformed: quarantine with a malformed_limit"


def unreadable(source: SourceJob, error: SourceError) -> Outcome:
    """The outcome of a delivery that could not be read at all."""
    check = Check(
        READABLE, Readable(), Share(), where=source.where, description="the delivery can be read"
    )
    place = f"{error.where}: " if error.where and error.where != source.where else ""
    advice = f" ({error.hint})" if error.hint else ""
    return Outcome(check, Status.ERROR, message=f"{place}{error.what}{advice}")
