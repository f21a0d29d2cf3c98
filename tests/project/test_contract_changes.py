"""What a branch changes in contracts is told at its line, with whom it breaks; and so is every slip."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from headgate.cli.main import main
from headgate.errors import DeclarationError, UnknownNameError, UsageError
from headgate.project.contract_changes import ContractChange, contract_changes
from tests.projects.shop import Shop, make
from tests.projects.test_commits import committed, git

TODAY = date(2026, 11, 20)
CLEAN = """
kind: DataContract
apiVersion: v3.2.0
id: clean
version: 1.0.0
status: active
schema:
  - name: clean
    properties:
      - {name: store, logicalType: integer, required: true}
      - {name: day, logicalType: date, required: true}
      - {name: net, logicalType: integer, required: true}
"""
BOARD = """
name: board
owner: finance
type: dashboard
reads:
  clean: [day, net]
"""
FORECAST = """
consumers:
  - name: forecast
    owner: science
    type: ml
    reads:
      clean: {columns: [store, net], needs: {net: [type]}}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop in Git, whose clean sales have a contract and two declared readers."""
    shop = make(tmp_path / "shop")
    shop.write("contracts/clean.yaml", CLEAN)
    shop.write("contracts/consumers/board.yaml", BOARD)
    pipeline = (shop.root / "pipelines/shop.yml").read_text()
    shop.write("pipelines/shop.yml", pipeline + FORECAST)
    git(shop, "init", "-q", "-b", "main")
    committed(shop, "contract")
    return shop


@pytest.fixture
def diff(shop: Shop) -> Callable[..., Result]:
    """Calls `contract diff` in the shop."""

    def call(*words: str) -> Result:
        return CliRunner().invoke(main, ["-C", str(shop.root), "contract", "diff", *words])

    return call


def told(found: list[ContractChange]) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [(one.rule, one.where, one.severity.value, one.consumers) for one in found]


def test_nothing_changed_is_nothing_said(shop: Shop, diff: Callable[..., Result]) -> None:
    shop.write("contracts/clean.yaml", "# a comment\n" + CLEAN)
    assert contract_changes(shop.root, "main", TODAY) == []
    done = diff("--base", "main")
    assert (done.exit_code, done.stdout) == (0, "✓ no contract differs\n")


def test_a_column_that_goes_names_its_readers_and_their_owners(shop: Shop) -> None:
    shop.edit(
        "contracts/clean.yaml", "      - {name: day, logicalType: date, required: true}\n", ""
    )
    assert told(contract_changes(shop.root, "main", TODAY)) == [
        (
            "property-added-or-removed",
            "contracts/clean.yaml:8",
            "error",
            ("board (finance)", "perhaps shop.totals (sales_team)"),
        ),
        ("version-too-small", "contracts/clean.yaml:4", "error", ()),
    ]


def test_a_step_is_hit_where_its_columns_are_known(shop: Shop) -> None:
    shop.edit("contracts/clean.yaml", "date, required: true", "timestamp, required: true")
    shop.edit("contracts/clean.yaml", "1.0.0", "2.0.0")
    reads = {"shop.totals": {"clean": ["store", "day"]}}
    (one,) = contract_changes(shop.root, "main", TODAY, reads)
    assert one.consumers == ("board (finance)", "shop.totals (sales_team)")
    assert one.where == "contracts/clean.yaml:10"

    reads = {"shop.totals": {"clean": ["store"]}}
    (one,) = contract_changes(shop.root, "main", TODAY, reads)
    assert one.consumers == ("board (finance)",)


def test_a_reader_that_does_not_need_a_guarantee_is_not_hit_by_its_loss(shop: Shop) -> None:
    shop.edit("contracts/clean.yaml", "name: net, logicalType: integer, required: true",
              "name: net, logicalType: integer")  # fmt: skip
    shop.edit("contracts/clean.yaml", "1.0.0", "2.0.0")
    (one,) = contract_changes(shop.root, "main", TODAY)
    assert one.consumers == ("board (finance)", "perhaps shop.totals (sales_team)")
    assert "forecast" not in str(one)


def test_a_breaking_change_that_the_version_says_and_nobody_reads_is_a_warning(shop: Shop) -> None:
    (shop.root / "contracts/consumers/board.yaml").unlink()
    shop.edit("contracts/clean.yaml", "date, required: true", "timestamp, required: true")
    shop.edit("contracts/clean.yaml", "1.0.0", "2.0.0")
    (one,) = contract_changes(shop.root, "main", TODAY)
    assert (one.rule, one.severity) == ("type-changed", "warning")


def test_a_contract_that_moves_to_another_file_is_the_same(shop: Shop) -> None:
    (shop.root / "contracts/clean.yaml").rename(shop.root / "contracts/sales.yml")
    assert contract_changes(shop.root, "main", TODAY) == []


def test_a_contract_that_is_taken_away_and_one_that_comes_are_told(shop: Shop) -> None:
    (shop.root / "contracts/clean.yaml").unlink()
    shop.write("contracts/totals.yaml", CLEAN.replace("clean", "totals"))
    found = told(contract_changes(shop.root, "main", TODAY))
    assert found[0][:3] == ("schema-added-or-removed", "contracts/totals.yaml:7", "info")
    gone = [one for one in found if one[1] == "contracts/clean.yaml:1"]
    assert [(one[0], one[2]) for one in gone] == [("schema-added-or-removed", "error")]
    assert "board (finance)" in str(gone)


@pytest.mark.parametrize(
    ("old", "new", "place", "hint"),
    [
        ("clean: [", "claen: [", "contracts/consumers/board.yaml:5", "'clean'"),
        ("net]", "nett]", "contracts/consumers/board.yaml:5", "'net'"),
    ],
)
def test_a_reader_of_what_there_is_not_is_an_error_at_its_line(
    shop: Shop, old: str, new: str, place: str, hint: str
) -> None:
    shop.edit("contracts/consumers/board.yaml", old, new)
    with pytest.raises(UnknownNameError) as caught:
        contract_changes(shop.root, "main", TODAY)
    assert (caught.value.where, caught.value.hint) == (place, f"did you mean {hint}?")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("name: x\nowner: y\n", "key 'reads' is missing"),
        ("name: x\nowner: y\nreads: {clean: [net]}\ntype: pie\n", "expected 'dashboard'"),
        ("name: x\nowner: y\nreads: {clean: {columns: [net], needs: {day: [type]}}}\n", "names 'day'"),
        (BOARD.replace("name: board", "name: forecast"), "two consumers named 'forecast'"),
    ],
)  # fmt: skip
def test_a_consumer_that_cannot_be_understood_is_an_error_at_its_line(
    shop: Shop, text: str, what: str
) -> None:
    shop.write("contracts/consumers/new.yaml", text)
    with pytest.raises(DeclarationError) as caught:
        contract_changes(shop.root, "main", TODAY)
    assert what in str(caught.value)
    assert ".yaml:" in str(caught.value.where) or ".yml:" in str(caught.value.where)


def test_a_contract_that_was_no_yaml_at_the_base_is_left_out_and_said(
    shop: Shop, diff: Callable[..., Result]
) -> None:
    other = CLEAN.replace("clean", "totals").replace("net", "sum")
    shop.write("contracts/clean.yaml", "schema: [")
    shop.write("contracts/totals.yaml", other)
    committed(shop, "no YAML")
    shop.write("contracts/clean.yaml", CLEAN)
    shop.edit("contracts/totals.yaml", "id: totals", "id: totals\ndomain: sales")
    assert told(contract_changes(shop.root, "main", TODAY)) == [
        ("not-compared", "contracts/clean.yaml:1", "warning", ()),
        ("documentation-changed", "contracts/totals.yaml:4", "info", ()),
        ("version-too-small", "contracts/totals.yaml:5", "warning", ()),
    ]
    done = diff("--base", "main")
    assert done.exit_code == 0
    assert "at main it could not be read: contracts/clean.yaml:2: not YAML" in done.stdout
    assert diff("clean@main", "clean").exit_code == 2
    assert diff("totals@main", "totals").exit_code == 0


def test_an_avro_schema_without_contracts_is_no_new_contract(shop: Shop) -> None:
    for file in ("contracts/clean.yaml", "contracts/consumers/board.yaml"):
        (shop.root / file).unlink()
    shop.edit("pipelines/shop.yml", FORECAST, "")
    committed(shop, "no contracts")
    fields = '[{"name": "store", "type": "int"}]'
    shop.write("schemas/clean.avsc", f'{{"type": "record", "name": "C", "fields": {fields}}}')
    assert contract_changes(shop.root, "main", TODAY) == []


def test_a_base_that_git_does_not_know_is_a_wrong_call(shop: Shop) -> None:
    with pytest.raises(UsageError, match="Git knows no commit 'mian'"):
        contract_changes(shop.root, "mian", TODAY)


# ------------------------------------------------------------------ the command


def test_the_command_takes_a_commit_on_either_side(shop: Shop, diff: Callable[..., Result]) -> None:
    shop.edit("contracts/clean.yaml", "name: net,", "name: net, description: after tax,")
    for words in (["clean@main", "clean"], ["--base", "main"], ["clean", "--base", "main"]):
        done = diff(*words)
        assert done.exit_code == 0, done.output
        assert "cosmetic    description of clean.net is new: 'after tax'" in done.stdout
        assert "demands 1.0.1 (patch)" in done.stdout
        assert "warning  the version 1.0.0 stays" in done.stdout
    assert "nothing changed" not in diff("clean", "clean@main").stdout


def test_the_side_that_is_taken_decides(shop: Shop, diff: Callable[..., Result]) -> None:
    shop.edit(
        "contracts/clean.yaml",
        "      - {name: net",
        "      - {name: tax, logicalType: number}\n      - {name: net",
    )
    shop.edit("contracts/clean.yaml", "1.0.0", "1.1.0")
    assert diff("--base", "main").exit_code == 0
    done = diff("--base", "main", "--perspective", "producer")
    assert done.exit_code == 1
    assert "+ breaking    clean.tax is new" in done.stdout


def test_the_document_for_machines_has_all_of_it(shop: Shop, diff: Callable[..., Result]) -> None:
    shop.edit("contracts/clean.yaml", "name: net, logicalType: integer",
              "name: net, logicalType: number")  # fmt: skip
    done = diff("--base", "main", "--json")
    assert done.exit_code == 1
    document = json.loads(done.stdout)
    (contract,) = document["contracts"]
    (change,) = contract["changes"]
    assert document["schema"] == "headgate.contract-diff/1"
    assert (contract["demanded"], contract["breaking"]) == ("major", True)
    assert (change["rule"], change["where"], change["consumer"], change["producer"]) == (
        "type-changed",
        "contracts/clean.yaml:11",
        "breaking",
        "compatible",
    )
    # the query of shop.totals does not read the column
    assert [(one["name"], one["owner"], one["sure"]) for one in change["consumers"]] == [
        ("board", "finance", True),
        ("forecast", "science", True),
    ]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ([], "name a contract, or --base COMMIT"),
        (["cleen"], "no contract of a dataset named 'cleen'"),
        (["no.yaml", "clean"], "no such file: no.yaml"),
        (["data/raw/sales.csv", "clean"], "data/raw/sales.csv is data"),
        (["clean", "clean", "--base", "main"], "is a third"),
        (["nothing", "--base", "main"], "no contract of a dataset named 'nothing'"),
        (["clean"], "prod has no release yet"),
        (["clean", "totals@mian"], "'mian' is no commit and no release of totals"),
    ],
)
def test_a_wrong_call_is_told_without_a_traceback(
    diff: Callable[..., Result], words: list[str], what: str
) -> None:
    done = diff(*words)
    assert done.exit_code == 2
    assert what in done.stderr
    assert "unexpected" not in done.stderr


def test_a_contract_is_compared_with_what_is_served(
    shop: Shop, diff: Callable[..., Result]
) -> None:
    shop.headgate("run")
    done = diff("clean")
    assert done.exit_code == 0, done.output
    assert "clean.amount is in the data and not in the contract" in done.stdout
    assert diff("clean", "clean@1").stdout == done.stdout
    shop.edit("contracts/clean.yaml", "logicalType: date", "logicalType: string")
    done = diff("clean")
    assert done.exit_code == 1
    assert "clean.day is date in the data, and string in the contract" in done.stdout
    assert "board (finance)" in done.stdout


def test_saying_who_reads_computes_nothing_anew(shop: Shop) -> None:
    shop.headgate("run")
    shop.edit("pipelines/shop.yml", "owner: science", "owner: research")
    assert "nothing changed" in shop.headgate("run").out


def test_one_dataset_of_a_file_is_compared_alone(shop: Shop, diff: Callable[..., Result]) -> None:
    other = CLEAN[CLEAN.index("  - name: clean") :].replace("clean", "totals")
    shop.write("contracts/clean.yaml", CLEAN + other)
    committed(shop, "a second dataset")
    text = (shop.root / "contracts/clean.yaml").read_text().replace("1.0.0", "2.0.0")
    head = text.rpartition("      - {name: net")[0]
    shop.write("contracts/clean.yaml", head)
    done = diff("totals", "--base", "HEAD")
    assert done.exit_code == 1
    assert "totals.net is gone, and was never deprecated" in done.stdout
    done = diff("clean", "--base", "HEAD")
    assert "net" not in done.stdout
    assert diff("clean@HEAD", "clean").exit_code == done.exit_code == 0
    assert diff("totals@HEAD", "totals").exit_code == 1


def test_a_contract_that_was_wrong_at_the_base_can_be_mended(shop: Shop) -> None:
    shop.write("contracts/clean.yaml", CLEAN.replace("status: active", "statuss: active"))
    committed(shop, "a slip")
    mended = CLEAN.replace("net, logicalType: integer", "net, logicalType: string")
    shop.write("contracts/clean.yaml", mended)
    # what can be understood of it is compared all the same
    assert ("type-changed", "contracts/clean.yaml:11") in {
        (one.rule, one.where) for one in contract_changes(shop.root, "main", TODAY)
    }
