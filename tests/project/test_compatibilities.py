"""A schema is judged by its mode, against the versions that the base branch had of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from headgate.cli.main import main
from headgate.contracts.avro.resolution import _checker
from headgate.errors import MissingExtraError, UnknownNameError, UsageError
from headgate.project.compatibilities import compatibility_findings
from tests.project.conftest import Write

PIPELINE = """
name: city
owner: bikes
sources: {rides: data/rides.csv}
steps: {trips: {run: t.sql}}
publish: [trips]
"""
ODCS = """
kind: DataContract
apiVersion: v3.2.0
id: rides
version: 1.0.0
schema:
  - name: rides
    properties:
      - {name: id, logicalType: integer, required: true}
"""


def avsc(*fields: str, **more: str) -> str:
    lines = ",\n".join(f" {field}" for field in ('{"name": "id", "type": "int"}', *fields))
    told = "".join(f', "{key}": "{value}"' for key, value in more.items())
    return f'{{"type": "record", "name": "Trip"{told}, "fields": [\n{lines}\n]}}\n'


NUMBER = '{"name": "fare", "type": "int", "default": 0}'
TEXT = '{"name": "fare", "type": "string", "default": ""}'
NEEDED = '{"name": "fare", "type": "int"}'


def git(root: Path, *words: str) -> None:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True)


@pytest.fixture
def root(write: Write) -> Path:
    """A repository whose schema of trips had a number, then nothing, of that name; on a branch."""
    base = {"headgate.yml": "name: city\n", "pipelines/city.yml": PIPELINE, "t.sql": "select 1"}
    root = write({**base, "schemas/trips.avsc": avsc(NUMBER), "contracts/rides.yaml": ODCS})
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    write({"schemas/trips.avsc": avsc()})
    git(root, "commit", "-qam", "second")
    git(root, "checkout", "-qb", "work")
    return root


def told(root: Path) -> list[tuple[str, str, str, str]]:
    found = compatibility_findings(root, "main")
    return [
        (one.dataset, one.where, one.broken.path, one.broken.reader) for one in found if one.broken
    ]


@pytest.mark.parametrize(
    ("mode", "readers"),
    [
        ("BACKWARD", []),
        ("BACKWARD_TRANSITIVE", ["new"]),
        ("FORWARD", []),
        ("FORWARD_TRANSITIVE", ["old"]),
        ("FULL", []),
        ("FULL_TRANSITIVE", ["new", "old"]),
        ("NONE", []),
    ],
)
def test_only_transitive_modes_see_what_an_old_commit_wrote(
    root: Path, write: Write, mode: str, readers: list[str]
) -> None:
    assert told(root) == []
    write({"schemas/trips.avsc": avsc(TEXT), "headgate.yml": f"contracts: {{compatibility: {mode}}}"})  # fmt: skip
    found = told(root)
    assert ["new" if each[3] == "this version" else "old" for each in found] == readers
    assert {each[:3] for each in found} <= {("trips", "schemas/trips.avsc:3", "fare")}


def test_a_contract_names_its_mode_before_the_project_and_what_is_published_is_full(
    root: Path, write: Write
) -> None:
    write({"schemas/trips.avsc": avsc(NEEDED)})
    assert len(told(root)) == 1  # FULL: new readers lack a field of what was written
    write({"schemas/trips.avsc": avsc(NEEDED, compatibilityMode="forward")})
    assert told(root) == []
    write({"schemas/trips.avsc": avsc(NEEDED, compatibilityMode="sideward")})
    with pytest.raises(UnknownNameError, match="no mode of compatibility named 'sideward'"):
        told(root)


def test_a_contract_of_odcs_is_judged_as_the_schema_that_says_the_same(
    root: Path, write: Write
) -> None:
    more = "      - {name: note, logicalType: string}\n"
    write({"contracts/rides.yaml": ODCS + more})
    assert told(root) == []
    write({"contracts/rides.yaml": ODCS + more.replace("string}", "string, required: true}")})
    assert told(root) == [("rides", "contracts/rides.yaml:9", "note", "this version")]
    mode = "    customProperties: [{property: compatibilityMode, value: FORWARD}]\n"
    write({"contracts/rides.yaml": ODCS.replace("integer", "number") + mode})
    assert [each[2] for each in told(root)] == ["id"]


def test_what_the_base_got_since_is_no_change_of_the_work(root: Path, write: Write) -> None:
    git(root, "checkout", "-q", "main")
    write({"schemas/trips.avsc": avsc(NEEDED)})
    git(root, "commit", "-qam", "third")
    git(root, "checkout", "-q", "work")
    assert told(root) == []


def test_a_commit_whose_schema_is_damaged_is_left_out_and_said(root: Path, write: Write) -> None:
    git(root, "checkout", "-q", "main")
    write({"schemas/trips.avsc": "{"})
    git(root, "commit", "-qam", "damaged")
    git(root, "checkout", "-q", "-B", "work")
    write({"schemas/trips.avsc": avsc()})
    found = compatibility_findings(root, "main")
    assert [one.severity for one in found] == ["warning"]
    assert "is left out: schemas/trips.avsc:1: not valid JSON" in found[0].what


def test_a_shallow_clone_says_that_it_knows_less(root: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth", "1", "--branch", "main", root.as_uri(), "shallow")
    found = compatibility_findings(tmp_path / "shallow", "main")
    assert [one.what.partition(":")[0] for one in found] == ["this clone is shallow"]


def test_without_the_package_it_is_said_what_to_install(
    root: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    _checker.cache_clear()
    monkeypatch.setitem(sys.modules, "avro", None)
    assert told(root) == []  # nothing changed, and nothing needs it
    write({"schemas/trips.avsc": avsc(NEEDED)})
    with pytest.raises(MissingExtraError, match=r"pip install 'headgate\[avro\]'"):
        told(root)


def test_a_base_that_git_does_not_know_is_no_base(root: Path) -> None:
    with pytest.raises(UsageError, match="Git knows no 'mian' in this project"):
        compatibility_findings(root, "mian")


# ------------------------------------------------------------------ the command


def call(root: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["-C", str(root), "contract", "compatibility", *words])


def test_the_command_says_what_breaks_and_who_moves_first(root: Path, write: Write) -> None:
    good = call(root)
    assert (good.exit_code, good.stdout.splitlines()) == (
        0,
        [
            "✓ rides  BACKWARD_TRANSITIVE  1 version before  unchanged",
            "✓ trips  FULL  2 versions before  unchanged",
        ],
    )
    write({"schemas/trips.avsc": avsc(NEEDED)})
    bad = call(root, "trips")
    assert bad.exit_code == 1
    head, what, first = bad.stdout.splitlines()
    assert head == "✗ trips  FULL  2 versions before  1 incompatible change"
    start = "  schemas/trips.avsc:3  fare: is not written, and readers have no default for it (this version reads what "  # fmt: skip
    assert what.startswith(start)
    assert first == "    upgrade first: producers"
    assert call(root, "schemas/trips.avsc", "--mode", "forward").exit_code == 0
    assert call(root, "tripps").exit_code == 2


def test_two_files_are_compared(root: Path, write: Write) -> None:
    write({"old.avsc": avsc(NUMBER), "new.avsc": avsc(TEXT)})
    done = call(root, "old.avsc", "new.avsc", "--mode", "FULL", "--json")
    assert done.exit_code == 1
    document: dict[str, Any] = json.loads(done.stdout)
    assert document["schema"] == "headgate.compatibility/1"
    (dataset,) = document["datasets"]
    assert (dataset["dataset"], dataset["mode"], dataset["compatible"]) == ("new", "FULL", False)
    assert dataset["findings"][0] == {
        "where": "new.avsc:3",
        "what": "fare: written as int, read as string (new.avsc reads what old.avsc wrote)",
        "severity": "error",
        "old": "old.avsc",
        "new": "new.avsc",
        "reader": "new.avsc",
        "path": "fare",
        "reason": "written as int, read as string",
        "first": "both at once",
    }
    same = call(root, "old.avsc", "new.avsc", "--mode", "none")
    assert same.stdout == "✓ new  NONE  1 version before  compatible; upgrade first: both at once\n"
