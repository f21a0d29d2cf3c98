"""The contract that a command is about: of a file, or of a dataset of the project."""

from __future__ import annotations

from pathlib import Path

from headgate.cli.output import Output
from headgate.cli.subject import is_file
from headgate.contracts.formats.as_yaml import as_yaml
from headgate.contracts.formats.elements import Element
from headgate.contracts.formats.from_table import contract_of_schema
from headgate.errors import UnknownNameError
from headgate.pipelines.step import read_text
from headgate.project.contract_sources import text_of
from headgate.project.contracts import read_contracts, require_accepted
from headgate.project.root import find_root
from headgate.project.yaml import read_yaml


def contract_text(output: Output, subject: str) -> tuple[Element, str]:
    """The contract as a document, and its text as it is written.

    Of a dataset it holds that dataset alone. Without a contract it is what was last released.
    Raises DeclarationError for a file that is no contract, UnknownNameError for a name of nothing.
    """
    if is_file(output, subject):
        text = text_of(Path(output.directory, subject), subject)
        document = read_yaml(text, subject)
        require_accepted(document)
        return document.data, text
    root = find_root(Path(output.directory))
    found = read_contracts(root).get(subject)
    if found is None:
        made = _released(output, subject)
        return made, as_yaml(made)
    held = {**found.document, "schema": [found.declared]}
    file = root / found.where.rpartition(":")[0]
    is_written = file.suffix in {".yaml", ".yml"}  # an Avro schema is a contract, and not its text
    return held, read_text(file, root) if is_written else as_yaml(held)


def _released(output: Output, name: str) -> Element:
    from headgate.store import holdings, refs
    from headgate.workspace.known import known_dataset
    from headgate.workspace.workspace import opened

    with opened(Path(output.directory), output.environment) as workspace:
        known_dataset(workspace, name)
        with workspace.tools.ledger.snapshot() as tx:
            held = refs.held(tx, workspace.environment)
            version = name in held and holdings.find(tx, workspace.environment, name, held[name])
    if not version:
        hint = f"write one: headgate contract import FILE --dataset {name}"
        raise UnknownNameError(f"{name} has no contract, and nothing of it is released", None, hint)
    return contract_of_schema(name, version.schema, version.statistics, version.rows)
