"""`contract example`: rows that keep to a contract."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headgate.cli.amounts import counted
from headgate.cli.limits import COUNT
from headgate.cli.output import Output
from headgate.errors import UsageError
from headgate.project.root import find_root

if TYPE_CHECKING:
    from headgate.contracts.contract import Contract
    from headgate.environments.synthetic import Columns

ROWS = 10
FORMATS = ("csv", "json", "parquet")


@click.command()
@click.argument("dataset")
@click.option("--rows", type=COUNT, default=ROWS, show_default=True, help="How many.")
@click.option("--seed", default="0", show_default=True, help="Another one gives other rows.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="csv, unless --out says it.")
@click.option("--out", metavar="PATH", help="A file, or a folder for what it refers to as well.")
@click.pass_obj
def command(
    output: Output, dataset: str, rows: int, seed: str, form: str | None, out: str | None
) -> None:
    """Print rows that keep to the contract of DATASET, made up.

    They have its types and keep its keys, bounds, lengths, patterns and listed values; some values
    are missing where they may be. A row refers to rows that are made up with it. The same contract
    and seed give the same rows. No data is read.
    """
    from headgate.environments.example import example
    from headgate.project.contracts import read_contracts

    contracts = read_contracts(find_root(Path(output.directory)))
    made = example(contracts, dataset, rows, seed)
    if out is not None:
        _write(output, contracts, made, Path(output.directory, out), form)
    elif form == "parquet":
        raise UsageError("a Parquet file is nothing to print", hint="say --out FILE.parquet")
    if output.json:
        body = {name: _rows(columns) for name, columns in made.items()}
        output.document("headgate.example/1", {"dataset": dataset, "seed": seed, "rows": body})
    elif out is None:
        output.echo(_text(made[dataset], form or "csv").rstrip("\n"))
        others = [name for name in made if name != dataset]
        if others:
            output.note(f"  it refers to {', '.join(others)}: --out FOLDER/ writes them as well")


def _write(
    output: Output,
    contracts: Mapping[str, Contract],
    made: Mapping[str, Columns],
    path: Path,
    form: str | None,
) -> None:
    """Writes the rows of a dataset to a file, or of all datasets to a folder; replaces nothing."""
    targets = {list(made)[-1]: path}
    if path.is_dir() or not path.suffix:
        targets = {name: path / f"{name}.{form or 'csv'}" for name in made}
    for target in targets.values():
        if target.suffix[1:] not in FORMATS or (form and target.suffix[1:] != form):
            hint = "end its name in .csv, .json or .parquet"
            raise UsageError(f"cannot write {target.name!r} as {form or 'anything'}", hint=hint)
        if target.exists():
            raise UsageError(f"{target} is there already", hint="name another file, or remove it")
    for name, target in targets.items():
        _file(contracts[name], made[name], target)
        output.echo(f"✓ {counted(len(_rows(made[name])), 'row')} of {name} are in {target}")


def _file(contract: Contract, columns: Columns, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix == ".parquet":
            from headgate.engines.find import find
            from headgate.environments.synthetic_sandbox import as_frame

            engine = find()
            engine.write(as_frame(engine, contract, columns), target)
        else:
            text = _text(columns, target.suffix[1:])
            target.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}") from error


def _rows(columns: Columns) -> list[dict[str, Any]]:
    """The rows, with dates and times as text."""
    each = zip(*columns.values(), strict=True)
    return [dict(zip(columns, map(_plain, values), strict=True)) for values in each]


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _text(columns: Columns, form: str) -> str:
    if form == "json":
        import json

        return json.dumps(_rows(columns), indent=2, ensure_ascii=False) + "\n"
    import csv
    from io import StringIO

    written = StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(
        ["" if v is None else _word(v) for v in row.values()] for row in _rows(columns)
    )
    return written.getvalue()


def _word(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
