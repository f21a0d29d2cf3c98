"""`contract import`: a contract of what other formats say, as a draft in `contracts/`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from headgate.cli.amounts import counted
from headgate.cli.output import Output
from headgate.cli.reading import with_reading
from headgate.cli.subject import is_file, table_of
from headgate.contracts.formats.document import Imported, is_legal, legal_name
from headgate.errors import DeclarationError, StoreError, UsageError
from headgate.project.contract_sources import Source, of_dataset, read_source, source_of
from headgate.project.contracts import read_contracts
from headgate.project.root import find_root

if TYPE_CHECKING:
    from headgate.runs.reading import Reading

FOLDER = "contracts"


@click.command()
@click.argument("file")
@click.option(
    "--format",
    "source",
    type=click.Choice([one.value for one in Source]),
    help="What the file is, where its name does not tell: table is a CSV, Parquet or JSON-lines sample.",
)
@click.option(
    "--dataset",
    metavar="NAME",
    help="What the dataset is called; of a file with several tables, which one.",
)
@click.option(
    "--dialect",
    metavar="NAME",
    default="postgres",
    show_default=True,
    help="The SQL that a DDL file, or the types of a dbt file, are written in.",
)
@with_reading
@click.pass_obj
def command(
    output: Output,
    file: str,
    source: str | None,
    dataset: str | None,
    dialect: str,
    reading: Reading | None,
) -> None:
    """Write contracts/NAME.yaml, a draft, of what FILE says or shows.

    FILE is a CSV, Parquet or JSON-lines sample, a JSON Schema, SQL with CREATE TABLE, a schema.yml
    of dbt, a suite of Great Expectations, or an Avro schema. What a contract cannot say of it is
    told, and what a person has to decide is a comment in the draft. A contract that is there is
    never overwritten.
    """
    from headgate.contracts.formats.as_yaml import as_yaml

    if dataset is not None and not is_legal(dataset):
        hint = f"letters, digits and _ make a name: {legal_name(dataset)}"
        raise UsageError(f"{dataset!r} is no name of a dataset", hint=hint)
    root = find_root(Path(output.directory))
    is_file(output, file)
    kind = Source(source) if source else source_of(Path(output.directory, file), file)
    if kind is Source.TABLE:
        found = _of_sample(output, file, dataset, reading)
    else:
        require_sample(reading, file)
        require_dialect(dialect)
        path = Path(output.directory, file)
        found = of_dataset(read_source(path, file, kind, dialect.lower()), dataset)
    name = str(found.document["name"])
    stem = name.lstrip("_") or "dataset"  # files that begin so are not read
    target = f"{FOLDER}/{stem}.yaml"
    tables = found.document["schema"]
    _require_new(root, stem, file)
    _require_alone(root, [str(table["name"]) for table in tables])
    _write(root / target, as_yaml(found.document, {(): _head(file), **found.remarks}))
    if output.json:
        names = [table["name"] for table in tables]
        body = {"file": target, "datasets": names, "notes": list(found.notes)}
        output.document("headgate.contract-import/1", body)
    for note in found.notes:
        output.note(f"not in the contract: {note}")
    for table in tables:
        columns = counted(len(table.get("properties", ())), "column")
        output.echo(f"✓ {target}: {table['name']}, {columns}")
    marked = f", with {counted(len(found.remarks), 'remark')}" if found.remarks else ""
    output.note(f"  a draft{marked}: read it, and say status: active")


def require_dialect(name: str) -> None:
    """Raises UsageError for a dialect of SQL that nobody knows."""
    from sqlglot.dialects import DIALECTS

    from headgate.errors import did_you_mean

    known = [one.lower() for one in DIALECTS if one != "Dialect"]
    if name.lower() not in known:
        raise UsageError(f"no dialect of SQL named {name!r}", hint=did_you_mean(name, known))


def require_sample(reading: Reading | None, file: str) -> None:
    """Raises UsageError where something is said of rows that a file does not hold."""
    if reading is not None:
        what = f"{file} is no sample, and --nulls, --delimiter, --encoding and --type are"
        raise UsageError(f"{what} for samples", hint="leave them out")


def _of_sample(output: Output, file: str, dataset: str | None, reading: Reading | None) -> Imported:
    from headgate.contracts.formats.from_table import contract_of_table, name_of_file

    name, told = name_of_file(Path(file).stem, dataset)
    with table_of(output, file, reading) as (engine, table):
        found = contract_of_table(engine, table, name)
    return Imported(found.document, (*told, *found.notes), found.remarks)


def _head(file: str) -> str:
    return f"Made of {Path(file).name} by headgate contract import. To be decided: a description,\nwho owns it (team), and what it promises about time (slaProperties)."


def _require_new(root: Path, stem: str, file: str) -> None:
    """Raises UsageError where a contract of that name is there."""
    for suffix in (".yaml", ".yml"):
        path = root / FOLDER / f"{stem}{suffix}"
        if path.exists():
            there = f"{FOLDER}/{path.name}"
            hint = f"name another: --dataset, or compare: headgate contract diff {there} {file}"
            raise UsageError(f"{there} is there already", hint=hint)


def _require_alone(root: Path, names: Sequence[str]) -> None:
    """Raises UsageError where another contract is about one of the datasets."""
    try:
        known = read_contracts(root)
    except DeclarationError:
        return  # a slip in another contract stands in nobody's way
    for name in names:
        if name in known and known[name].where.startswith(f"{FOLDER}/"):
            hint = "name another: --dataset, or edit the contract that is there"
            raise UsageError(f"{name} has a contract already", known[name].where, hint)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise StoreError(f"it cannot be written: {error.strerror}", str(path)) from error
