"""Cells that are as in a trusted dataset, in the rows that both have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from headgate.checks.asked import Asked
from headgate.checks.measured import Value
from headgate.checks.pairs import kind_of
from headgate.checks.sql import Sql, joined, missing, present, table_beside, written
from headgate.checks.typed import a_kind, column_of, operand, unordered
from headgate.errors import DeclarationError
from headgate.schema.schema import Column, Schema
from headgate.schema.table import Table


class Accuracy(Struct, frozen=True):
    """The share of cells that equal those of a reference, in rows found there by their keys.

    No columns means all others that both have. Two missing cells are equal.
    """

    reference: str
    keys: tuple[str, ...]
    columns: tuple[str, ...] = ()


def compared(metric: Accuracy, place: Asked) -> Value:
    """The share, with the rows that have no counterpart on either side.

    Raises DeclarationError where a column is missing, where kinds differ, and where the reference
    has two rows of one key.
    """
    other = place.other(metric.reference)
    assert isinstance(other, Table)
    schemas = place.table.schema, other.schema
    keys = [_pair(metric.reference, name, schemas) for name in metric.keys]
    cells = [_pair(metric.reference, name, schemas) for name in _columns(metric, schemas)]
    ours = _side(place.relation, [key for key, _ in keys], [cell for cell, _ in cells])
    trusted = table_beside(metric.reference)
    theirs = _side(trusted, [key for _, key in keys], [cell for _, cell in cells])
    _single(metric, place, theirs)
    found = " AND ".join(f"ours.__key_{n} = theirs.__key_{n}" for n in range(len(keys)))
    equal = ", ".join(
        f"count(*) FILTER (WHERE ours.__cell_{n} IS NOT DISTINCT FROM theirs.__cell_{n})"
        for n in range(len(cells))
    )
    both = written("(", ours, ") AS ours JOIN (", theirs, f") AS theirs ON {found}")
    [(matched, *same)] = place.rows(written(f"SELECT count(*), {equal} FROM ", both))  # noqa: S608 - numbered names
    there = written("(", theirs, ") AS theirs SEMI JOIN (", ours, f") AS ours ON {found}")
    [(used,)] = place.rows(written("SELECT count(*) FROM ", there))
    wrong = {cell.name: matched - n for (cell, _), n in zip(cells, same, strict=True)}
    details: dict[str, object] = {
        "matched_rows": matched,
        "unmatched_rows": place.table.rows - matched,
        "unmatched_in_reference": other.rows - used,
        "unequal_cells": {name: count for name, count in wrong.items() if count},
    }
    share = sum(same) / (matched * len(cells)) if matched else None
    return Value(share, details=details)


def as_details(details: Mapping[str, Any]) -> str:
    """How many cells differ and where, and how many rows stand alone, in words."""
    wrong, alone = details["unequal_cells"], details["unmatched_rows"]
    parts = [
        f"{count:,} of {details['matched_rows']:,} {name} differ" for name, count in wrong.items()
    ]
    if alone:
        parts.append(f"{alone:,} {'row is' if alone == 1 else 'rows are'} not in the reference")
    return ", ".join(parts)


def _columns(metric: Accuracy, schemas: tuple[Schema, Schema]) -> Sequence[str]:
    ours, theirs = schemas
    shared = [n for n in ours.names if theirs.column(n) and n not in metric.keys]
    if not metric.columns and not shared:
        raise DeclarationError(f"{metric.reference} has no column to compare besides its keys")
    return metric.columns or shared


def _pair(reference: str, name: str, schemas: tuple[Schema, Schema]) -> tuple[Column, Column]:
    """The column on both sides."""
    ours = column_of(schemas[0], name)
    try:
        theirs = column_of(schemas[1], name)
    except DeclarationError as error:
        raise DeclarationError(f"{reference}: {error.what}", hint=error.hint) from None
    if unordered(ours) or unordered(theirs) or kind_of(ours) != kind_of(theirs):
        what = f"{name} is {a_kind(ours)} and {a_kind(theirs)} in {reference}"
        raise DeclarationError(f"{what}, which cannot be compared")
    return ours, theirs


def _side(relation: Sql, keys: Sequence[Column], cells: Sequence[Column]) -> Sql:
    """The rows with all their keys, under names that are the same on both sides."""
    named = [f"{operand(key)} AS __key_{n}" for n, key in enumerate(keys)]
    named += [
        f"CASE WHEN {missing(cell).sql} THEN NULL ELSE {operand(cell)} END AS __cell_{n}"
        for n, cell in enumerate(cells)
    ]
    there = joined(" AND ", [present(key) for key in keys])
    return written(f"SELECT {', '.join(named)} FROM ", relation, " WHERE ", there)  # noqa: S608


def _single(metric: Accuracy, place: Asked, theirs: Sql) -> None:
    keys = ", ".join(f"__key_{n}" for n in range(len(metric.keys)))
    groups = written("(SELECT 1 FROM (", theirs, f") GROUP BY {keys} HAVING count(*) > 1)")
    [(twice,)] = place.rows(written("SELECT count(*) FROM ", groups))
    if twice:
        raise DeclarationError(
            f"{', '.join(metric.keys)} is not unique in {metric.reference}: {twice:,} of its keys stand"
            " more than once",
            hint="name keys that are unique there",
        )
