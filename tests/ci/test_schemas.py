"""A change of a contract is told once, passes where it is meant and hits nobody, and names its mode."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ci.work import Work, stage

CONTRACT = """
kind: DataContract
apiVersion: v3.2.0
id: clean
version: 1.0.0
status: active
schema:
  - name: clean
    properties:
      - {name: id, logicalType: integer, primaryKey: true, required: true}
      - {name: kind, logicalType: string, required: true}
      - {name: amount, logicalType: number, required: true}
      - {name: note, logicalType: string, required: true}
"""
CONSUMER = "name: weekly\nowner: finance\ntype: dashboard\nreads:\n  clean: [id, amount]\n"
FULL = "    customProperties: [{property: compatibilityMode, value: FULL}]\n"


@pytest.fixture
def base(work: Work) -> str:
    """The commit with the contract, from which everything here begins."""
    work.write("contracts/clean.yaml", CONTRACT)
    return work.commit()


def told(work: Work, base: str, code: int) -> list[dict[str, Any]]:
    verdict = work.ci("--base", base, "--only", "lint,schemas", code=code)
    found: list[dict[str, Any]] = stage(verdict, "schemas")["findings"]
    return found


def renamed(work: Work, version: str) -> None:
    work.edit("contracts/clean.yaml", "name: note", "name: remark")
    work.edit("contracts/clean.yaml", "version: 1.0.0", f"version: {version}")


def test_a_renamed_column_is_told_once_for_each_of_its_names(work: Work, base: str) -> None:
    renamed(work, "1.0.0")
    found = told(work, base, 1)
    assert [(one["severity"], one["what"].partition(";")[0]) for one in found] == [
        ("info", "clean.remark is new"),
        ("error", "clean.note is gone, and was never deprecated"),
        ("error", "the version 1.0.0 stays, and the changes demand a major one: write 2.0.0"),
    ]


def test_a_break_that_the_version_says_passes_where_no_consumer_is_hit(
    work: Work, base: str
) -> None:
    renamed(work, "2.0.0")
    found = told(work, base, 0)
    assert [one["severity"] for one in found] == ["info", "warning"]
    assert "mark it `deprecated: true`" in found[1]["what"]

    work.write("contracts/consumers/weekly.yaml", CONSUMER)
    told(work, base, 0)


def test_a_consumer_that_is_hit_and_a_step_that_reads_it_still_hold_it_back(
    work: Work, base: str
) -> None:
    work.write("contracts/consumers/weekly.yaml", CONSUMER.replace("amount", "note"))
    work.commit()
    renamed(work, "2.0.0")
    work.edit("contracts/consumers/weekly.yaml", "[id, note]", "[]")  # it reads all there is
    [gone] = [one for one in told(work, base, 1) if one["severity"] == "error"]
    assert gone["consumers"] == ["weekly (finance)"]

    (work.root / "contracts/consumers/weekly.yaml").unlink()
    told(work, base, 0)
    work.edit("contracts/clean.yaml", "name: kind", "name: sort")
    [gone] = [one for one in told(work, base, 1) if one["severity"] == "error"]
    assert gone["consumers"] == ["sales.totals (sales_team)"]


@pytest.mark.parametrize(
    ("set_in", "text", "hint"),
    [
        ("contracts/clean.yaml", FULL, "FULL is set at contracts/clean.yaml:13"),
        (
            "headgate.yml",
            "contracts: {compatibility: FULL}\n",
            "FULL is set at headgate.yml: contracts: compatibility",
        ),
    ],
)
def test_a_mode_that_was_set_speaks_and_names_the_dataset_itself_and_where_it_is_set(
    work: Work, base: str, set_in: str, text: str, hint: str
) -> None:
    renamed(work, "2.0.0")
    work.write(set_in, (work.root / set_in).read_text() + text)
    modes = [one for one in told(work, base, 1) if one["hint"]]
    assert [one["hint"] for one in modes] == [hint, hint]
    assert [one["what"].partition(" (")[0] for one in modes] == [
        "clean.remark: is not written, and readers have no default for it",
        "clean.note: is not written, and readers have no default for it",
    ]
    assert all(one["what"].endswith(", by FULL") for one in modes)


def test_what_only_the_mode_finds_is_told_with_how_to_set_another(work: Work, base: str) -> None:
    work.edit("contracts/clean.yaml", "version: 1.0.0", "version: 1.1.0")
    more = "      - {name: vat, logicalType: number, required: true}\n"
    work.write("contracts/clean.yaml", (work.root / "contracts/clean.yaml").read_text() + more)
    [one] = [one for one in told(work, base, 1) if one["severity"] == "error"]
    assert one["what"].startswith("clean.vat: is not written, and readers have no default")
    assert one["hint"] == (
        "FULL is the mode of a dataset that is published unless one is set: compatibilityMode in"
        " its schema, or `contracts: {compatibility: ...}` in headgate.yml"
    )


@pytest.mark.usefixtures("base")
def test_a_break_of_the_base_is_not_told_of_every_change_after_it(work: Work) -> None:
    text = (work.root / "pipelines/sales.yml").read_text()
    work.write("pipelines/sales.yml", text.replace("publish: [clean, totals]", "publish: [totals]"))
    renamed(work, "2.0.0")
    broken = work.commit()
    work.edit("contracts/clean.yaml", "version: 2.0.0", "version: 2.1.0")
    more = "      - {name: place, logicalType: string}\n"
    work.write("contracts/clean.yaml", (work.root / "contracts/clean.yaml").read_text() + more)
    assert [one["severity"] for one in told(work, broken, 0)] == ["info"]
    work.write("headgate.yml", "contracts: {compatibility: BACKWARD_TRANSITIVE}\n")
    assert "error" in {one["severity"] for one in told(work, broken, 1)}
