"""`contract export`: what a contract says, in the words of another format."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import click

from headgate.cli.output import Output
from headgate.contracts.formats.elements import Element, name_of
from headgate.contracts.formats.exported import Exported
from headgate.contracts.formats.to_ddl import DIALECTS, to_ddl
from headgate.errors import StoreError, UsageError


class Target(StrEnum):
    """What a contract can become."""

    AVRO = "avro"
    DBT = "dbt"
    DDL = "ddl"
    HTML = "html"
    JSON_SCHEMA = "jsonschema"
    MARKDOWN = "markdown"
    ODCS = "odcs"
    PYDANTIC = "pydantic"


@click.command()
@click.argument("subject", metavar="DATASET|FILE")
@click.option(
    "--format",
    "target",
    type=click.Choice([one.value for one in Target]),
    required=True,
    help="What to write: ddl is SQL, odcs the contract itself.",
)
@click.option(
    "--dialect",
    type=click.Choice(DIALECTS),
    default="duckdb",
    show_default=True,
    help="The SQL of ddl, and of the types of dbt.",
)
@click.option("--out", metavar="FILE", help="Write a file, in place of one that is there.")
@click.pass_obj
def command(output: Output, subject: str, target: str, dialect: str, out: str | None) -> None:
    """Print the contract of DATASET, or the one in FILE, in another format.

    A dataset without a contract is told as it was last released. What the other format cannot say
    is told beside it.
    """
    from headgate.cli.contract_subject import contract_text

    document, text = contract_text(output, subject)
    found = _exported(document, text, Target(target), dialect)
    if out:
        write_text(Path(output.directory, out), found.text)
    if output.json:
        told = {"file": out} if out else {"text": found.text}
        body = {"subject": subject, "format": target, **told, "notes": list(found.notes)}
        output.document("headgate.contract-export/1", body)
    for note in found.notes:
        output.note(f"not in the {target}: {note}")
    if out:
        output.echo(f"✓ {out}: {name_of(document)} as {target}")
    elif not output.json:
        click.echo(found.text, nl=False)


def _exported(document: Element, text: str, target: Target, dialect: str) -> Exported:
    match target:
        case Target.ODCS:
            return Exported(text)
        case Target.JSON_SCHEMA:
            from headgate.contracts.formats.to_json_schema import to_json_schema

            return to_json_schema(document)
        case Target.DDL:
            return to_ddl(document, dialect)
        case Target.DBT:
            from headgate.contracts.formats.to_dbt import to_dbt

            return to_dbt(document, dialect)
        case Target.AVRO:
            from headgate.contracts.formats.to_avro import to_avro

            return to_avro(document, name_of(document))
        case Target.PYDANTIC:
            from headgate.contracts.formats.to_pydantic import to_pydantic

            return to_pydantic(document)
    return Exported(_documentation(document, target))


def _documentation(document: Element, target: Target) -> str:
    from headgate.contracts.formats.documentation import pages
    from headgate.contracts.formats.to_markdown import to_markdown

    name = str(document.get("name") or name_of(document))
    if target is Target.MARKDOWN:
        return to_markdown(name, pages(document))
    from headgate.cli.report_page import report_page
    from headgate.ledger.clock import now

    return report_page(name, pages(document), now())


def write_text(path: Path, text: str) -> None:
    """Writes a text file whole, in place of one that is there."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder", hint="name a file in it")
    if not path.parent.is_dir():
        raise UsageError(f"no such folder: {path.parent}", hint="make it, or name another")
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise StoreError(f"it cannot be written: {error.strerror}", str(path)) from error
