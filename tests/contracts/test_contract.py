"""A contract is read for columns, keys, references, classes and value rules, with file and line."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from headgate.contracts.anonymization import Anonymization, Strategy
from headgate.contracts.contract import Contract, Reference
from headgate.errors import DeclarationError
from headgate.project.contracts import read_contracts
from headgate.schema.types import LogicalType
from tests.contracts.documents import V30

Read = Callable[..., dict[str, Contract]]
HEAD = "kind: DataContract\napiVersion: v3.2.0\nid: one\nversion: 1.0.0\n"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads contracts from the text of a file, or of several by name."""

    def reading(text: str = "", **files: str) -> dict[str, Contract]:
        (tmp_path / "contracts").mkdir()
        for name, body in ({"a": text} | files).items():
            (tmp_path / "contracts" / f"{name}.yaml").write_text(HEAD + textwrap.dedent(body))
        return read_contracts(tmp_path)

    return reading


FLIGHTS = """
schema:
  - name: planes
    id: p1
    physicalName: PLANES
    properties:
      - name: tailnum
        id: t1
        logicalType: string
        primaryKey: true
        classification: restricted
        businessName: what is painted on it
        customProperties:
          - {property: owner, value: someone}
          - {property: anonymizationStrategy, value: hmac}
      - name: year
        logicalType: integer
        logicalTypeOptions: {minimum: 1950, exclusiveMaximum: 2030}
      - name: kind
        logicalType: string
        enum: [{value: jet, description: fast}, {value: prop}]
        tags: [PII]
      - name: seats
        logicalType: integer
        quality:
          - {metric: nullValues, mustBe: 0}
          - {metric: invalidValues, mustBe: 0, arguments: {validValues: [1, 2]}}
  - name: flights
    relationships:
      - {type: foreignKey, from: [flights.origin, flights.hour], to: [weather.origin, weather.hour]}
    properties:
      - name: tail
        logicalType: string
        relationships: [{to: /schema/p1/properties/t1}]
      - {name: origin, logicalType: string, relationships: [{type: foreignKey, to: airports.faa}]}
      - {name: hour, logicalType: timestamp, classification: Internal}
"""


def test_what_it_says_of_columns_is_read(read: Read) -> None:
    found = read(FLIGHTS)
    planes, flights = found["planes"], found["flights"]
    assert planes.key == ("tailnum",)
    tail = planes.properties["tailnum"]
    assert (tail.type, tail.required, tail.key) == (LogicalType.STRING, True, True)
    assert tail.anonymization == Anonymization(Strategy.HMAC)
    assert (planes.properties["year"].low, planes.properties["year"].below) == (1950, 2030)
    assert planes.properties["kind"].values == ("jet", "prop")
    assert planes.properties["seats"].values == (1, 2)
    assert planes.properties["seats"].required
    assert flights.references == (
        Reference("flights", ("tail",), "planes", ("tailnum",)),
        Reference("flights", ("origin",), "airports", ("faa",)),
        Reference("flights", ("origin", "hour"), "weather", ("origin", "hour")),
    )


def test_any_class_but_public_and_internal_is_personal_and_so_is_a_tag(read: Read) -> None:
    found = read(FLIGHTS)
    personal = {
        f"{name}.{one.name}"
        for name, contract in found.items()
        for one in contract.properties.values()
        if one.is_personal
    }
    assert personal == {"planes.tailnum", "planes.kind"}


ONE = "schema:\n  - name: t\n    properties:\n      - logicalType: string\n        name: a\n"
STRATEGY = (
    ONE
    + "        customProperties:\n          - property: anonymizationStrategy\n            value: "
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("schema: 7\n", "contracts/a.yaml:5: schema: expected a list, got 7"),
        (ONE + "        clasification: restricted\n", "contracts/a.yaml:10: schema[0].properties[0]: unknown key 'clasification'\n  did you mean 'classification'?"),
        (ONE.replace("string", "text"), "contracts/a.yaml:8: schema[0].properties[0].logicalType: expected 'string' or 'date'"),
        (ONE + "        primaryKey: yes\n", "contracts/a.yaml:10: schema[0].properties[0].primaryKey: expected true or false, got 'yes'"),
        (ONE + "      - {name: a, logicalType: date}\n", "contracts/a.yaml:10: two properties named 'a'\n  the other is at contracts/a.yaml:9"),
        (STRATEGY + "hmca\n", "contracts/a.yaml:12: no anonymizationStrategy named 'hmca'\n  did you mean 'hmac'?"),
        (STRATEGY + "[none]\n", "contracts/a.yaml:12: no anonymizationStrategy named"),
        (STRATEGY + "{strategy: [none]}\n", "contracts/a.yaml:12: no anonymizationStrategy named"),
        (STRATEGY + "{strategy: mask, bin: 2}\n", "contracts/a.yaml:12: anonymizationStrategy mask takes no 'bin'"),
        (STRATEGY + "{strategy: generalise, to: week}\n", "contracts/a.yaml:12: no anonymizationStrategy to named 'week'"),
        (STRATEGY + "{strategy: generalise, bin: 0}\n", "contracts/a.yaml:12: anonymizationStrategy: bin is a number above 0"),
        (ONE + "        relationships: [{to: planes}]\n", "contracts/a.yaml:10: schema[0].properties[0].relationships[0].to: 'planes' is no column of a table\n  write planes.tailnum"),
        (ONE + "        relationships: [{to: /schema/x/properties/y}]\n", "contracts/a.yaml:10: no schema named 'x'"),
        (ONE + "        relationships: [{to: [b.x, b.y]}]\n", "contracts/a.yaml:10: 1 columns refer to 2 keys"),
        (ONE + "    relationships: [{from: t.z, to: b.x}]\n", "contracts/a.yaml:10: no property named 'z'"),
        ("schema:\n  - name: t\n    relationships: [{to: b.x}]\n", "contracts/a.yaml:7: schema[0].relationships[0]: key 'from' is missing"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_line(read: Read, text: str, told: str) -> None:
    with pytest.raises(DeclarationError) as raised:
        read(text)
    assert str(raised.value).startswith(told)


def test_two_contracts_of_one_dataset_are_refused(read: Read) -> None:
    with pytest.raises(DeclarationError, match="two contracts about 't'"):
        read(ONE, b=ONE)


def test_strategies_take_their_options(read: Read) -> None:
    found = read(STRATEGY + "{strategy: generalise, to: year}\n")
    assert found["t"].properties["a"].anonymization == Anonymization(Strategy.GENERALISE, to="year")


@pytest.mark.parametrize(("word", "strategy"), [("null", Strategy.NULL), ("none", Strategy.KEEP)])
def test_words_of_yaml_and_of_the_standard_are_strategies(
    read: Read, word: str, strategy: Strategy
) -> None:
    found = read(STRATEGY + word + "\n")
    asked = found["t"].properties["a"].anonymization
    assert asked is not None
    assert asked.strategy is strategy


def test_without_contracts_there_are_none(tmp_path: Path) -> None:
    assert read_contracts(tmp_path) == {}


def test_in_3_0_an_exclusive_bound_says_so_of_the_other(tmp_path: Path) -> None:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "a.yaml").write_text(V30)
    level = read_contracts(tmp_path)["readings"].properties["level"]
    assert (level.low, level.above) == (None, 0)
