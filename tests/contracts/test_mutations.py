"""What is broken anywhere is an error or a note, and never a crash or a contract that is none."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from headgate.contracts.formats.as_yaml import as_yaml
from headgate.contracts.formats.document import Imported
from headgate.contracts.formats.documentation import pages
from headgate.contracts.formats.from_dbt import contract_of_dbt
from headgate.contracts.formats.from_ddl import contract_of_ddl
from headgate.contracts.formats.from_gx import contract_of_gx
from headgate.contracts.formats.from_json_schema import contract_of_json_schema
from headgate.contracts.formats.to_dbt import to_dbt
from headgate.contracts.formats.to_ddl import to_ddl
from headgate.contracts.formats.to_json_schema import to_json_schema
from headgate.contracts.formats.to_markdown import to_markdown
from headgate.contracts.formats.to_pydantic import to_pydantic
from headgate.contracts.reading import contracts_of
from headgate.errors import DeclarationError
from headgate.project.contracts import require_accepted
from headgate.project.yaml import Document, read_yaml
from tests.contracts.standard import faults
from tests.contracts.test_exports import shop
from tests.contracts.test_imports import DBT, DDL, PERSON, SUITE

JUNK: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    "",
    "x",
    "a b",
    [],
    {},
    [1],
    [None],
    {"a": 1},
    [{}],
    "integer",
]
MODELS = read_yaml(DBT, "s.yml").data
EXPECTED = {"expectations": [{"type": kind, "kwargs": told, **m} for kind, told, m in SUITE]}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for key, one in inner:
            yield from places(one, (*path, key))


def mutated(document: Any, chance: random.Random) -> Any:
    """The document with one to three values taken out or replaced."""
    broken = deepcopy(document)
    for _ in range(chance.randint(1, 3)):
        *outer, last = chance.choice(list(places(broken)) or [("x",)])
        inside = broken
        for key in outer:
            inside = inside[key]
        if chance.random() < 0.2 and isinstance(inside, dict):
            inside.pop(last, None)
        else:
            inside[last] = chance.choice(JUNK)
    return broken


def scrambled(chance: random.Random) -> str:
    words = DDL.split(" ")
    place = chance.randrange(len(words))
    words[place] = chance.choice(["", "(", ")", "'", ",", "references", chance.choice(words)])
    return " ".join(words)


def imported(source: str, chance: random.Random) -> Imported:
    match source:
        case "jsonschema":
            return contract_of_json_schema(mutated(PERSON, chance), "t", "t")
        case "dbt":
            return contract_of_dbt(mutated(MODELS, chance), "t", "t", "postgres")
        case "gx":
            return contract_of_gx(json.dumps(mutated(EXPECTED, chance)), "t", "t")
    return contract_of_ddl(scrambled(chance), "t", "t", "postgres")


@pytest.mark.parametrize("source", ["jsonschema", "dbt", "gx", "ddl"])
def test_a_source_with_slips_is_an_error_or_a_contract_that_the_standard_accepts(
    source: str,
) -> None:
    made = 0
    for seed in range(40):
        try:
            found = imported(source, random.Random(seed))
        except DeclarationError:
            continue
        made += 1
        assert faults(found.document) == [], seed
        read = read_yaml(as_yaml(found.document, found.remarks), "c.yaml")
        assert read.data == json.loads(json.dumps(found.document)), seed
        contracts_of(read.data, read.place)
    assert made > 3


def test_a_contract_with_slips_is_exported_as_far_as_it_can_be_understood() -> None:
    made = 0
    for seed in range(240):
        document = mutated(shop(), random.Random(seed))
        try:
            require_accepted(Document(document, "c.yaml"))
        except DeclarationError:
            continue
        made += 1
        json.loads(to_json_schema(document).text)
        source = to_pydantic(document).text
        exec(compile(source, "m", "exec", dont_inherit=True), {"__name__": "m"})  # noqa: S102
        to_ddl(document, "postgres")
        to_dbt(document, "duckdb")
        to_markdown("all", pages(document))
    assert made > 10
