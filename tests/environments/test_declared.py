"""What a project declares in several places is one picture: references, keys, and what is handed on."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.contracts.contract import Reference
from headgate.environments.declared import Declared, declared, followed
from headgate.project.contracts import read_contracts
from headgate.workspace.declared import declared_datasets
from headgate.workspace.workspace import opened
from tests.projects.bank import make

ENTITY = Reference("people", ("id",), "people", ("id",))


def test_contracts_and_checks_are_read_together(tmp_path: Path) -> None:
    bank = make(tmp_path / "bank")
    bank.edit(
        "pipelines/bank.yml",
        "      - between:",
        "      - reference: {columns: amount, to: accounts, keys: owner, where: amount > 5}\n      - between:",
    )
    with opened(bank.root) as workspace:
        known = declared_datasets(workspace)
    assert set(known.references) == {
        Reference("accounts", ("owner",), "customers", ("id",)),
        Reference("payments", ("account",), "accounts", ("iban",)),
    }
    assert known.partial == (Reference("payments", ("amount",), "accounts", ("owner",)),)
    assert known.key("customers") == ("id",)
    assert known.key("payments") == ("no",)
    assert known.inputs == {"statements": ("payments", "accounts", "customers")}
    assert known.published == {"customers", "statements"}


def test_without_pipelines_there_are_contracts(tmp_path: Path) -> None:
    bank = make(tmp_path / "bank")
    known = declared([], read_contracts(bank.root))
    assert set(known.contracts) == {"customers", "accounts", "payments"}


@pytest.mark.parametrize(
    ("inputs", "own", "found"),
    [
        # a column that is handed on refers to what it referred to
        ({"clean": ("visits",)}, (), {Reference("clean", ("who",), "people", ("id",))}),
        # the key of the entity itself too
        ({"clean": ("people",)}, (), {Reference("clean", ("id",), "people", ("id",))}),
        # through several steps
        ({"clean": ("visits",), "later": ("clean",)}, (), {Reference("clean", ("who",), "people", ("id",)), Reference("later", ("who",), "people", ("id",))}),
        # what the step says itself goes first
        ({"clean": ("visits",)}, (Reference("clean", ("who",), "staff", ("id",)),), {Reference("clean", ("who",), "staff", ("id",))}),
        # a name that means two things in its inputs means neither
        ({"clean": ("people", "staff")}, (), set()),
        # both mean the same: the key, and what refers to it
        ({"clean": ("people", "badges")}, (), {Reference("clean", ("id",), "people", ("id",))}),
    ],
)  # fmt: skip
def test_steps_hand_references_on(
    inputs: dict[str, tuple[str, ...]], own: tuple[Reference, ...], found: set[Reference]
) -> None:
    columns = {
        "people": ("id", "name"),
        "staff": ("id",),
        "badges": ("id",),
        "visits": ("no", "who"),
        "clean": ("no", "who", "id"),
        "later": ("who",),
    }
    base = (
        Reference("visits", ("who",), "people", ("id",)),
        Reference("badges", ("id",), "people", ("id",)),
    )
    known = Declared(references=(*base, *own), inputs=inputs)
    assert set(followed(known, columns, ENTITY)) - set(base) == found


def test_references_to_what_is_not_there_are_not_followed() -> None:
    known = Declared(references=(Reference("a", ("x",), "b", ("id",)),))
    assert followed(known, {"a": ("x",)}) == ()
    assert followed(known, {"a": ("x",), "b": ("no",)}) == ()
    assert followed(known, {"a": ("x",), "b": ("id",)}) == known.references
