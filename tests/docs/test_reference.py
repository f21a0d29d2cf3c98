"""The reference leaves nothing out, and says what the code says."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import click
import jsonschema
import pytest

import headgate
from headgate import errors
from headgate.checks.check import ProvedBy, Status
from headgate.checks.evaluate import evaluate
from headgate.checks.expectations import EXPECTATIONS, NOT_YET
from headgate.checks.suite import read_suite
from headgate.cli.exit_codes import EXIT_CODES
from headgate.cli.main import main
from headgate.contracts.changes.semver import VERSION_RULES
from headgate.engines.embedded import EmbeddedEngine
from headgate.ledger.events import EVENTS
from headgate.ledger.sqlite import open_ledger
from headgate.pipelines import consumer, pipeline, quality_checks
from headgate.pipelines.declaration import Declaration
from headgate.project import settings
from headgate.project.yaml import read_yaml
from headgate.schema.table import Table
from headgate.schema.types import LogicalType

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
SOURCE = ROOT / "src" / "headgate"


def page(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def section(name: str, heading: str) -> str:
    """What stands below a heading, up to the next one."""
    found = re.search(
        rf"^## {re.escape(heading)}\n(.*?)(?=^#|\Z)", page(name), re.MULTILINE | re.DOTALL
    )
    assert found, f"{name} has no heading {heading!r}"
    return found[1]


def reference(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "scripts/reference.py", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def source() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))


def test_what_is_made_from_the_code_is_not_stale() -> None:
    done = reference("--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_stale_page_is_seen(tmp_path: Path) -> None:
    shutil.copytree(REFERENCE, tmp_path / "reference")
    stale = tmp_path / "reference" / "errors.md"
    stale.write_text(stale.read_text().replace("`HG301`", "`HG309`"))
    done = reference("--check", str(tmp_path / "reference"))
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines()[0].startswith("errors.md is stale")


# ------------------------------------------------------------------ the command line


def commands(group: click.Group, above: click.Context) -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for name in dict.fromkeys(group.list_commands(above)):
        command = group.get_command(above, name)
        assert command is not None
        path = f"{above.command_path} {name}"
        if isinstance(command, click.Group):
            found |= commands(command, click.Context(command, parent=above, info_name=name))
        else:
            found[path] = command
    return found


COMMANDS = commands(main, click.Context(main, info_name="headgate"))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_described(name: str) -> None:
    text = section("cli.md", name)
    for parameter in COMMANDS[name].params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert parameter.help, parameter.name
            assert all(f"`{word}" in text or f", {word}" in text for word in parameter.opts)
        elif isinstance(parameter, click.Argument):
            assert str(parameter.human_readable_name).upper() in text.upper()


def test_every_global_option_is_described() -> None:
    text = section("cli.md", "Options of every command")
    options = [each for each in main.params if isinstance(each, click.Option) and not each.hidden]
    assert len(options) > 5
    assert [o.name for o in options if not all(word in text for word in o.opts)] == []


def test_every_exit_code_is_described() -> None:
    text = section("cli.md", "Exit codes")
    kinds = [value for value in vars(errors).values() if isinstance(value, type)]
    codes = {kind.exit_code for kind in kinds if issubclass(kind, errors.HeadgateError)}
    assert codes | set(EXIT_CODES.values()) == {0, 1, 2, 3, 130}
    for code in codes | set(EXIT_CODES.values()):
        assert f"| {code} |" in text


def test_every_environment_variable_is_described() -> None:
    used = set(re.findall(r"HEADGATE_[A-Z]+(?:_[A-Z]+)*", source()))
    used |= {f"HEADGATE_{key.upper()}" for key in ("environment", "state", "store")}
    used |= {"NO_COLOR", "CI", "TERM"}
    text = section("cli.md", "Environment variables")
    assert sorted(name for name in used if f"`{name}`" not in text) == []
    assert len(used) > 10


def test_every_json_document_is_described() -> None:
    named = set(re.findall(r"\"(headgate\.[a-z]+/\d+)\"", source()))
    named |= {"headgate.run/1", "headgate.dataset/1"}  # `show` puts their names together
    text = section("cli.md", "JSON documents")
    assert sorted(name for name in named if f"`{name}`" not in text) == []
    assert len(named) > 8


# ------------------------------------------------------------------ what people write

MODELS = {
    model.__name__: model
    for module in (consumer, pipeline, quality_checks, settings)
    for model in vars(module).values()
    if isinstance(model, type)
    and issubclass(model, Declaration)
    and model.__module__ == module.__name__
    and model.model_fields
    and model.__name__ not in {"Declaration", "QualityCheck", "Channel"}  # only grown from
}


@pytest.mark.parametrize("name", MODELS)
def test_every_key_is_described_with_its_meaning(name: str) -> None:
    text = section("pipeline.md", name)
    for key in MODELS[name].model_fields:
        row = re.search(rf"^\| `{key}` \|.*\| (.*) \|$", text, re.MULTILINE)
        assert row, key
        assert len(row[1]) > 10, f"{name}.{key} has no meaning"


def test_every_finding_about_a_contract_is_described() -> None:
    named = set(re.findall(r"(?:ChangeFinding\(\s*|rule, severity = )\"([a-z-]+)\"", source()))
    assert named >= VERSION_RULES
    text = page("contract-changes.md")
    assert sorted(name for name in named if f"| `{name}` |" not in text) == []


def test_every_model_is_there() -> None:
    assert {"Pipeline", "Source", "Step", "Settings", "WebhookChannel"} <= set(MODELS)


def test_every_type_of_column_is_described() -> None:
    text = section("pipeline.md", "Types of columns")
    assert [kind.value for kind in LogicalType if f"`{kind.value}`" not in text] == []


def test_the_schema_for_editors_describes_every_key() -> None:
    schema = json.loads(page("pipeline.schema.json"))
    found = {"Pipeline": schema, **schema["$defs"]}
    bare = [
        f"{name}.{key}"
        for name, model in found.items()
        for part in [model, *model.get("anyOf", [])]
        for key, field in part.get("properties", {}).items()
        if "description" not in field
    ]
    assert bare == []
    assert {"Source", "Step", "Trigger"} < set(found)


def test_the_schema_for_editors_takes_what_headgate_takes() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(page("pipeline.schema.json")))
    examples = sorted((SOURCE / "project" / "examples").rglob("pipelines/*.yml"))
    assert len(examples) == 2
    for path in examples:
        body = read_yaml(path.read_text(encoding="utf-8"), path.name).data
        assert list(validator.iter_errors(body)) == []
        assert list(validator.iter_errors(body | {"stepps": {}}))


# ------------------------------------------------------------------ checks, events, errors, names


def test_every_expectation_is_listed_once_as_judged_or_as_refused() -> None:
    text = page("expectations.md")
    judged = re.findall(r"^\| `(\w+)` \|", text.partition("## Not supported")[0], re.MULTILINE)
    refused = re.findall(r"^- `(\w+)`", text, re.MULTILINE)
    assert set(EXPECTATIONS) <= set(judged)
    assert set(refused) == set(NOT_YET)
    assert not set(EXPECTATIONS) & set(NOT_YET)


def test_what_is_said_to_read_nothing_reads_nothing(tmp_path: Path) -> None:
    import polars as pl

    columns = {name: [0, 1] for name in ("Store", "Date", "Sales", "Open", "Close")}
    frame = pl.DataFrame(columns)
    engine = EmbeddedEngine(tmp_path)
    wrote = engine.write(frame, path := tmp_path / "sales.parquet")
    table = Table("sales", (path,), wrote.schema, wrote.rows, engine.describe(frame))
    path.unlink()
    free = re.findall(
        r"^\| `(\w+)` \|.*\| nothing is read \|$", page("expectations.md"), re.MULTILINE
    )
    listed = [{"type": kind, "kwargs": dict(EXPECTATIONS[kind].example)} for kind in free]
    checks = read_suite(json.dumps({"expectations": listed}), "suite.json")
    outcomes = evaluate(engine, table, checks, beside={"train_clean": table})
    assert [o.check.kind for o in outcomes if o.status is Status.ERROR] == []
    assert {outcome.proved_by for outcome in outcomes} == {ProvedBy.STATISTICS}
    assert len(free) > 12


@pytest.mark.parametrize("kind", EVENTS)
def test_every_event_and_field_is_described(kind: str) -> None:
    text = section("events.md", kind)
    for field in EVENTS[kind].__struct_fields__:
        if field not in {"run", "at"}:  # told once, above all of them
            row = re.search(rf"^\| `{field}` \| .+ \| (.*) \|$", text, re.MULTILINE)
            assert row, field
            assert len(row[1]) > 5, f"{kind}.{field} has no meaning"


def test_every_key_of_an_outcome_is_described() -> None:
    from headgate.checks.check import Check, Outcome, Range, Status
    from headgate.checks.metric import Rows

    outcome = Outcome(Check("rows", Rows(), Range()), Status.PASSED)
    text = section("events.md", "Outcomes")
    assert [key for key in outcome.as_json() if f"| `{key}` |" not in text] == []


def test_every_error_is_described_with_what_to_do() -> None:
    kinds = [value for value in vars(errors).values() if isinstance(value, type)]
    tree = [kind for kind in kinds if issubclass(kind, errors.HeadgateError)]
    assert len(tree) > 10
    for kind in tree:
        row = re.search(
            rf"^\| `{kind.code}` \| `{kind.__name__}` \| {kind.exit_code} \| .+ \| (.*) \|$",
            page("errors.md"),
            re.MULTILINE,
        )
        assert row, kind.__name__
        assert row[1] or kind is errors.HeadgateError, f"{kind.__name__}: what to do?"


def test_every_public_name_is_described() -> None:
    assert re.findall(r"^## (\w+)", page("python.md"), re.MULTILINE) == headgate.__all__


def test_every_table_of_the_record_is_described(tmp_path: Path) -> None:
    open_ledger(tmp_path / "state.db").close()
    with sqlite3.connect(tmp_path / "state.db") as connection:
        found = connection.execute("select name from sqlite_master where type = 'table'")
        names = {name for (name,) in found if not name.startswith("sqlite_")}
    connection.close()
    described = re.findall(r"^\| `(\w+)` \|", section("files.md", "The record"), re.MULTILINE)
    assert set(described) == names
    assert len(names) > 10


def test_every_file_that_headgate_writes_is_described(shop: Path, demo: Path) -> None:
    named = set(re.findall(r"`([^`]+)`", page("files.md")))
    known = {part for name in named for part in re.split(r"[/ ]", name)}
    for root in (shop, demo):
        for folder in (root, root / ".dvc", root / ".headgate", root / ".headgate" / "store"):
            found = {entry.name for entry in folder.iterdir()}
            assert found <= known, folder
    assert {".headgate", "state.db", "links"} <= known
