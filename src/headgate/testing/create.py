"""A test made of real rows: some of each input of a step, redacted, and what the step gives of them.

It says what the step does today. Whether that is right, a person has to say.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from headgate.checks.conditions import RowCondition, columns_in
from headgate.environments.changed import Pseudonyms, changed, pseudonyms
from headgate.environments.declared import Declared, followed
from headgate.environments.pseudonyms import read_key
from headgate.environments.raw_values import leaks, require_none, unclassified
from headgate.environments.redact import Redaction, redaction
from headgate.environments.rows import Rows
from headgate.errors import DataError, StepError, UnknownNameError, UsageError
from headgate.schema.table import Table
from headgate.testing.compare import differences
from headgate.testing.given import Typing, types_of_words
from headgate.testing.rows_apart import Comparison
from headgate.testing.rows_chosen import Few, rows_chosen
from headgate.testing.steps import Asked, Bench, ProjectSteps
from headgate.workspace.declared import declared_datasets
from headgate.workspace.held import held_tables
from headgate.workspace.workspace import Workspace

if TYPE_CHECKING:
    import polars as pl

HEAD = """\
# Made from rows of {release} by `headgate test --create`{redacted}. It holds what the step gives
# today: read whether that is right, name the test for what it shows, and leave out what it does not need.

step: {step}

tests:
  - name: {step} gives of these rows what it gave when this was written
"""


class Created(Struct, frozen=True):
    """The text of a test, how many rows each input has in it, and which columns are redacted."""

    text: str
    rows: Mapping[str, int]
    redacted: tuple[str, ...]
    doubtful: tuple[str, ...]
    """Columns that are likely personal and of which no contract says anything."""


def create(
    workspace: Workspace, step: str, few: Few, release: str, conditions: list[RowCondition]
) -> Created:
    """The text of a test of a step. `conditions` are those that name no input.

    Raises UnknownNameError for no step, UsageError where an input has no rows yet, the errors of
    sandboxes where contracts do not say how to redact, DataError where a raw value would be left,
    and StepError where the step does not give the same twice.
    """
    steps = ProjectSteps(workspace.tools.root)
    asked = steps.found(step)
    rows = Rows(workspace.tools.engine, _inputs(workspace, asked))
    few = Few(few.rows, {**few.where, **_placed(conditions, rows.tables)})
    known = declared_datasets(workspace)
    frames, redacted, doubtful = _redacted(rows, known, few)
    given = {name: _rows(name, frame) for name, frame in frames.items()}
    types = _types(steps, asked, rows.tables)
    frame = _result(steps, asked, given, types)
    again = _result(steps, asked, given, types)
    if differences(frame, again.rows(named=True), Comparison(exact=True), again.columns):
        hint = "write the test by hand, with clock: where the step asks for the time"
        raise StepError(f"step {step!r} does not give the same twice", asked.code.where, hint)
    told = tuple(f"{name}.{column}" for name, column in redacted.rules)
    head = HEAD.format(release=release, step=asked.code.name, redacted=", redacted" if told else "")
    text = head + _given(given, types) + _expected(_rows(asked.code.name, frame))
    return Created(text, {name: len(some) for name, some in given.items()}, told, doubtful)


def _inputs(workspace: Workspace, asked: Asked) -> dict[str, Table]:
    held = held_tables(workspace)
    names = list(dict.fromkeys(asked.code.inputs.values()))
    for name in names:
        if name not in held:
            what = f"{workspace.environment} holds no rows of {name}"
            raise UsageError(what, None, "headgate run, or write the test by hand")
    return {name: held[name] for name in names}


def _placed(conditions: list[RowCondition], tables: Mapping[str, Table]) -> dict[str, RowCondition]:
    """Conditions that name no input, at the one that has their columns."""
    placed: dict[str, RowCondition] = {}
    for one in conditions:
        names = columns_in(one)
        found = [
            name
            for name, table in tables.items()
            if all(table.schema.alike(column) for column in names)
        ]
        if len(found) != 1:
            columns = f"column{'s' * (len(names) > 1)} {', '.join(names)}"
            told, inputs = f"several inputs have the {columns}", found
            if not found:
                told, inputs = f"no input of the step has the {columns}", list(tables)
            which = " or ".join(f'--where "{name}: ..."' for name in inputs)
            raise UsageError(told, None, f"a condition is about rows of an input: {which}")
        placed[found[0]] = one
    return placed


def _redacted(
    rows: Rows, known: Declared, few: Few
) -> tuple[dict[str, pl.DataFrame], Redaction, tuple[str, ...]]:
    """The rows that are chosen, as a sandbox would have them."""
    for name in few.where:
        if name not in rows.tables:
            raise UnknownNameError.of("input", name, rows.tables)
    columns = {name: table.schema.names for name, table in rows.tables.items()}
    references = followed(known, columns)
    rules = redaction(rows.tables, known, references)
    chosen = rows_chosen(rows, references, few)
    made = pseudonyms(rows, dict(chosen), rules, read_key()) if rules.rules else Pseudonyms()
    frames: dict[str, pl.DataFrame] = {
        name: changed(rows, name, chosen[name], rules.of(name), made) for name in rows.tables
    }
    with TemporaryDirectory(prefix="headgate-test-") as folder:
        after = {}
        for name, frame in frames.items():
            path = Path(folder) / f"{name}.parquet"
            rows.engine.write(frame, path)
            after[name] = rows.engine.table(name, path)
        require_none(leaks(rows.engine, rows.tables, after, rules, known))
    doubtful = unclassified(rows.engine, rows.tables, rules, known)
    return frames, rules, tuple(".".join(place) for place in doubtful)


def _types(
    steps: ProjectSteps, asked: Asked, tables: Mapping[str, Table]
) -> dict[str, dict[str, str]]:
    """The types that the test has to say: those that neither a source nor a contract does."""
    found: dict[str, dict[str, str]] = {}
    for name, table in tables.items():
        known = steps.typing(name, asked.declared, {}).types
        said = {one.name: one.type.value for one in table.schema.columns if one.name not in known}
        if said:
            found[name] = said
    return found


def _result(
    steps: ProjectSteps,
    asked: Asked,
    given: Mapping[str, list[dict[str, Any]]],
    types: Mapping[str, Mapping[str, str]],
) -> pl.DataFrame:
    """What the step gives of the rows as the test will read them."""
    typings = {}
    for name, some in given.items():
        known = steps.typing(name, asked.declared, types)
        typings[name] = Typing(name, {**types_of_words(some), **known.types}, known.form)
    bench = Bench(steps, given, types, None, typings)
    with TemporaryDirectory(prefix="headgate-test-") as folder:
        bench.prepare(asked, Path(folder))
        return bench.result(asked, Path(folder))


# ------------------------------------------------------------------ as YAML


def _rows(name: str, frame: pl.DataFrame) -> list[dict[str, Any]]:
    """The rows as they are written: times as text. Raises DataError for what has no such form."""
    return [
        {column: _plain(f"{name}.{column}", value) for column, value in row.items()}
        for row in frame.rows(named=True)
    ]


def _plain(place: str, value: Any) -> Any:
    match value:
        case datetime() | date() | time():
            return value.isoformat()
        case Decimal():
            return float(value)
        case None | bool() | int() | float() | str():
            return value
    what = f"{place} holds {type(value).__name__}, which a test in YAML cannot"
    raise DataError(what, None, "write a test in Python, with headgate.testing")


def _given(given: Mapping[str, list[dict[str, Any]]], types: Mapping[str, Any]) -> str:
    lines = ["    given:"]
    for name, some in given.items():
        lines.append(f"      {_word(name)}:" + ("" if some else " []"))
        lines += [f"        - {_line(row)}" for row in some]
    if types:
        lines.append("    types:")
        lines += [f"      {_word(name)}: {_line(said)}" for name, said in types.items()]
    return "\n".join(lines) + "\n"


def _expected(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "    expect: {rows: 0}\n"
    lines = ["    expect:", "      exact: true", "      rows:"]
    return "\n".join([*lines, *(f"        - {_line(row)}" for row in rows)]) + "\n"


def _line(row: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{_word(key)}: {_word(value)}" for key, value in row.items()) + "}"


def _word(value: Any) -> str:
    """A value as YAML has it; text without quotes where it cannot be anything else."""
    match value:
        case float() if math.isnan(value):
            return ".nan"
        case float() if math.isinf(value):
            return ".inf" if value > 0 else "-.inf"
        case str() if _is_plain(value):
            return value
    return json.dumps(value, ensure_ascii=False)


def _is_plain(text: str) -> bool:
    import re

    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*|\d{4}-\d{2}-\d{2}(T[\d:.+-]+)?", text)
    return bool(plain) and text.lower() not in {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}  # fmt: skip
