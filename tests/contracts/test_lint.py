"""Lint says of a contract what its standard's schema says, and in words what is wrong with it."""

from __future__ import annotations

import json
import random
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from headgate.contracts.acceptance import accepts
from headgate.contracts.finding import Finding, Level, errors_of
from headgate.contracts.lint import is_valid
from headgate.contracts.odcs import VERSIONS, schema_of, version_of
from headgate.errors import DeclarationError
from headgate.project.contracts import contracts_in, lint_document, lint_file
from headgate.project.yaml import read_yaml
from tests.contracts.documents import ALL, V30, V31, V32


def lint(text: str) -> list[Finding]:
    return lint_document(read_yaml(text, "a.yaml"))


def oracle(document: Any) -> bool:
    """Whether the standard's schema accepts a document, by the validator alone."""
    schema = schema_of(version_of(document)) if isinstance(document, dict) else schema_of("3.2")
    return bool(jsonschema.Draft201909Validator(schema).is_valid(document))


def at_once(document: Any) -> bool:
    """Whether it is accepted before that validator is asked."""
    return accepts(
        schema_of(version_of(document) if isinstance(document, dict) else "3.2"), document
    )


def test_the_schema_is_the_one_that_the_standards_own_package_has() -> None:
    theirs = files("open_data_contract_standard").joinpath("schema.json").read_text("utf-8")
    assert json.loads(theirs) == schema_of("3.2")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_contract_that_uses_every_part_is_accepted_and_read(version: str) -> None:
    text = ALL[version]
    found = lint(text)
    assert [one for one in found if one.level is not Level.INFO] == []
    assert oracle(yaml.safe_load(text))
    ours = contracts_in(read_yaml(text, "a.yaml"))
    theirs = OpenDataContractStandard.from_string(text)
    assert [(one.dataset, list(one.properties)) for one in ours] == [
        (table.name, [column.name for column in table.properties or ()])
        for table in theirs.schema_ or ()
    ]


def test_a_consumer_among_contracts_is_told_where_it_belongs() -> None:
    text = "name: board\nowner: finance\nreads:\n  rides: [bike]\n"
    [one] = lint(text)
    assert (one.level, one.where, one.what, one.hint) == (
        Level.ERROR,
        "a.yaml:1",
        "this is a consumer, not a contract",
        "move it to contracts/consumers/",
    )
    assert not is_valid([one])
    assert not oracle(yaml.safe_load(text))
    with pytest.raises(DeclarationError, match="this is a consumer"):
        contracts_in(read_yaml(text, "contracts/board.yaml"))
    assert len(lint("kind: DataContract\n" + text)) > 1


def test_the_engine_of_another_tool_is_told_and_no_more() -> None:
    [one] = lint(V30)
    assert (one.level, one.what) == (
        Level.INFO,
        "a rule is not judged: engine soda is not run here",
    )


def seats(text: str) -> str:
    """The 3.2 contract with another rule at its column `seats`."""
    rule = "          - {metric: nullValues, mustBe: 0, severity: info, name: seats are known}\n"
    assert rule in V32
    return V32.replace(rule, f"          - {text}\n")


def level(text: str) -> str:
    """The 3.2 contract with another service level."""
    return V32.replace("property: frequency, value: 1, unit: d, driver: operational", text)


def line(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


WORDS = [
    (V32.replace("classification:", "clasification:"), "clasification", "error", "schema[0].properties[0]: unknown key 'clasification'", "did you mean 'classification'?"),
    (V32.replace("status: active", "stauts: active"), "stauts", "error", "unknown key 'stauts'", "did you mean 'status'?"),
    (V32.replace("logicalType: integer\n", "logicalType: int\n"), "logicalType: int\n", "error", "schema[0].properties[2].logicalType: expected 'string' or", None),
    (V32.replace("kind: DataContract\n", ""), "version: 3.1.4", "error", "key 'kind' is missing", None),
    (V32.replace("v3.2.0", "v9.0.0"), "apiVersion", "error", "apiVersion: expected 'v3.2.0'", None),
    (V32.replace("logicalType: map", "logicalType: array"), "        map:", "error", "schema[0].properties[3]: no place for key 'map'", None),
    (V32.replace("dimensions: 3, ", ""), "logicalTypeOptions: {elementType", "error", "schema[0].properties[4].logicalTypeOptions: key 'dimensions' is missing", None),
    (V32.replace("[{value: jet,", "[{value: prop}, {value: jet,").replace(", label: Jet, description: fast", "").replace("{value: jet}", "{value: prop}"), "enum", "error", "schema[0].properties[1].enum: an entry stands twice", None),
    (seats("{metric: nullValues, mustBe: 0, mustBeLessThan: 3}"), "mustBeLessThan: 3", "error", "schema[0].properties[2].quality[1]: mustBe and mustBeLessThan stand together", None),
    (seats("{metric: nullValues}"), "{metric: nullValues}", "error", "schema[0].properties[2].quality[1]: one of mustBe, mustNotBe,", None),
    (seats("{metric: nulValues, mustBe: 0}"), "nulValues", "error", "schema[0].properties[2].quality[1].metric: expected 'nullValues' or", "did you mean 'nullValues'?"),
    (seats("{metric: nullValues, mustBeLessThan: few}"), "few", "error", "schema[0].properties[2].quality[1].mustBeLessThan: expected a number, got 'few'", None),
    (seats("{metric: nullValues, mustBe: 0, dimension: validity}"), "validity", "error", "schema[0].properties[2].quality[1].dimension: expected 'accuracy'", None),
    (V32.replace("{synonym: aircraft", "{synonim: aircraft"), "synonim", "error", "schema[0].synonyms[0]: unknown key 'synonim'", "did you mean 'synonym'?"),
    (V32.replace("context: what can fly", "context: 7"), "context: 7", "error", "schema[0].context: expected text or a mapping, got 7", None),
    (V32.replace("database: x.db", "database: x.db, delimiter: x"), "delimiter", "error", "servers[0]: no place for key 'delimiter' beside type: duckdb", None),
    (V30.replace("path: ./data, ", ""), "server: here", "error", "servers[0]: key 'path' is missing", None),
    (V31.replace("status: draft\n", ""), "version", "error", "key 'status' is missing", None),
    (V31.replace("multipleOf: 0.5", "multipleOf: 0"), "multipleOf: 0,", "error", "schema[0].properties[5].logicalTypeOptions.multipleOf: expected more than 0, got 0", None),
    (V32.replace("  logicalType: integer\n", "  logicaltype: integer\n        logicalTypeOptions: {minimum: 1}\n"), "logicaltype", "error", "schema[0].properties[2]: unknown key 'logicaltype'", "did you mean 'logicalType'?"),
    # what no schema can say
    (V32.replace("status: active", "status: activ"), "activ", "warning", "status 'activ' is none", "did you mean 'active'?"),
    (V32.replace("property: endOfLife", "property: endOfLive"), "endOfLive", "warning", "service level 'endOfLive' is not measured", "did you mean 'endOfLife'?"),
    *[
        (level(f"property: {name}, value: {value}, unit: {word}"), f"value: {value}, unit", "warning", f"{name}: '{word}' is none of its units", hint)
        for name, value, word, hint in (
            ("latency", "4", "hrz", "did you mean 'hr'?"),
            ("frequency", "daily", "dayz", "did you mean 'day'?"),
            ("errorRate", "1", "percnt", "did you mean 'percent'?"),
            ("throughput", "1", "rows/dd", "did you mean 'rows/d'?"),
            ("endOfLife", "2030-01-01", "d", "leave it out, as the value is a date"),
            ("interval", "4", "hrz", "did you mean 'hr'?"),
        )
    ],
    (V32.replace("version: 3.1.4", "version: three"), "version: three", "warning", "version 'three' is none", "write 1.0.0"),
    (V30.replace("v3.0.2", "v2.2.2"), "v2.2.2", "error", "apiVersion v2.2.2: contracts of the standard's 2.x are not read", "write it in 3.2"),
    (V32.replace("name: seats\n", "name: kind\n"), "name: kind\n        logicalType: integer", "error", "two properties named 'kind'", "the other is at a.yaml:"),
    (V31.replace("to: customers.country", "to: customers.county"), "customers.county", "error", "no property named 'county'", "did you mean 'country'?"),
    (V31.replace("to: /schema/customers_tbl/", "to: /schema/custmers_tbl/"), "custmers_tbl", "error", "no schema named 'custmers_tbl'", "did you mean 'customers_tbl'?"),
    (V31.replace("minimum: 0, exclusiveMaximum: 10", "minimum: 10, exclusiveMaximum: 10"), "minimum: 10", "error", "minimum 10 and exclusiveMaximum 10 leave no value", None),
    (V30.replace("minLength: 1, maxLength: 10", "minLength: 9, maxLength: 3"), "minLength: 9", "error", "minLength 9 and maxLength 3 leave no value", None),
    (V30.replace('minimum: "2020-01-01"', 'minimum: "1.1.2020"'), "1.1.2020", "error", "minimum: '1.1.2020' is no date", "write it as 2024-01-31"),
    (V32.replace("{value: prop}", "{value: 7}"), "{value: 7}", "error", "7 is no string, which the property is", "write it in quotes"),
    (V30.replace("^[a-z]+$", "^[a-z+$"), "^[a-z+$", "error", "pattern cannot be judged: '^[a-z+$' is not a regular expression", None),
    (V30.replace("^[a-z]+$", "^(?!x)[a-z]+$"), "(?!x)", "warning", "pattern cannot be judged:", None),
    (V32.replace("value: hmac", "value: hmca"), "hmca", "error", "no anonymizationStrategy named 'hmca'", "did you mean 'hmac'?"),
    (V32.replace('"2027-01-31"', "soon"), "soon", "error", "removalDate: 'soon' is no date", None),
    (V32.replace('value: "2030-01-01"', "value: never"), "never", "error", "endOfLife: 'never' is no date", None),
    (V31.replace("{between: {column: level", "{betwen: {column: level"), "betwen", "error", "headgate cannot be judged: no check named 'betwen'", "did you mean 'between'?"),
    (V31.replace("expect_table_column_count_to_equal", "expect_table_to_be_nice"), "expect_table_to_be_nice", "warning", "greatExpectations cannot be judged:", None),
    (V31.replace("severity: warning", "severity: sev2"), "sev2", "warning", "severity 'sev2' is none of info, warning and error", None),
    (seats("{metric: nullValues, mustBe: none}"), "mustBe: none", "warning", "nullValues cannot be judged: mustBe is compared with a number", None),
    (seats("{metric: invalidValues, mustBe: 0}"), "{metric: invalidValues, mustBe", "warning", "invalidValues cannot be judged: invalidValues does not say what is valid", None),
    (seats("{metric: rowCount, mustBe: 0, unit: percent}"), "rowCount", "warning", "rowCount cannot be judged: rowCount is a number of rows", None),
    (seats("{metric: nullValues, mustBe: 0, unit: dozens}"), "dozens", "warning", "nullValues cannot be judged: unit 'dozens'", None),
    (seats("{metric: nullValues, mustBeBetween: [5, 2]}"), "[5, 2]", "warning", "nullValues cannot be judged: mustBeBetween: 5 is above 2", None),
    (seats('{type: sql, query: "select ${CUTOFF}", mustBe: 0}'), "CUTOFF", "warning", "sql cannot be judged: the query needs variable ${CUTOFF}", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "part", "level", "what", "hint"), WORDS, ids=[case[3][-40:] for case in WORDS]
)
def test_what_is_wrong_is_told_in_words_at_its_line(
    text: str, part: str, level: str, what: str, hint: str | None
) -> None:
    found = [one for one in lint(text) if one.level is not Level.INFO]
    [one] = [one for one in found if one.what.startswith(what)] or pytest.fail(str(found))
    assert (one.level.value, one.where) == (level, f"a.yaml:{line(text, part)}")
    assert hint is None or (one.hint or "").startswith(hint)
    assert found == [one]
    assert is_valid(found) is oracle(read_yaml(text, "a").data)


def test_a_contract_that_only_a_newer_version_allows_is_told_so() -> None:
    found = lint(V31.replace("logicalType: boolean", "logicalType: boolean, enum: [{value: true}]"))
    assert [one.what for one in found if one.level is Level.INFO] == [
        "the schema of 3.2 accepts it as it is"
    ]
    assert not is_valid(found)


@pytest.mark.parametrize(
    ("written", "what"),
    [
        (b"", "the file is empty"),
        (b"- a\n- b\n", "the file does not hold keys and values"),
        (b"a: [1\n", "not YAML"),
        ("näme: Köln".encode("latin-1"), "not UTF-8 text"),
        (b"a: 1\na: 2\n", "key 'a' stands twice"),
        (b"a: &x [*x]\n", "nested too deeply"),
    ],
)
def test_a_file_that_is_no_contract_has_one_finding(
    tmp_path: Path, written: bytes, what: str
) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(written)
    [one] = lint_file(file, "a.yaml")
    assert what in one.what
    assert one.where.startswith("a.yaml")


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(V32.encode("utf-8-sig"))
    assert errors_of(lint_file(file, "a.yaml")) == []


def test_properties_in_properties_are_judged_at_any_depth() -> None:
    inner: dict[str, Any] = {"name": "x", "logicalType": "strin"}
    for _ in range(20):
        inner = {"name": "o", "logicalType": "object", "properties": [inner]}
    document = {**yaml.safe_load(V32), "schema": [{"name": "t", "properties": [inner]}]}
    found = lint(json.dumps(document))
    assert [one.what.rpartition(": ")[2][:20] for one in found] == ["expected 'string' or"]


# ------------------------------------------------------------------ whatever people write

JUNK: list[Any] = [
    None, True, -1, 0, 1e400, float("nan"), 10**60, "", " ", "x" * 3000, "${VAR}", "ключ\u202e", "a.b.c", "/", "2024-13-77", "(",
    [], [[]], {}, {"x": {}}, [None], {"type": "sql"}, [{"name": 3}], "null",
]  # fmt: skip


def mutated(document: Any, draw: random.Random) -> Any:
    """A copy with something dropped, renamed, retyped, doubled, nested or swapped for junk."""
    document = json.loads(json.dumps(document))
    for _ in range(draw.randint(1, 3)):
        node, key = draw.choice(list(places(document)))
        match draw.randrange(7):
            case 0:
                del node[key]
            case 1 if isinstance(node, dict):
                node[draw.choice([f"{key}s", "ñ", "name", "type", "metric"])] = node.pop(key)
            case 2:
                node[key] = str(node[key])
            case 3:
                node[key] = [node[key], node[key]]
            case 4:
                other, there = draw.choice(list(places(document)))
                node[key] = json.loads(json.dumps(other[there]))
            case _:
                node[key] = draw.choice(JUNK)
        if not list(places(document)):
            break
    return document


def places(node: Any) -> Any:
    entries = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    for key, value in list(entries):
        yield node, key
        yield from places(value)


def test_500_mutated_contracts_are_judged_as_their_schema_does_without_a_crash(
    tmp_path: Path,
) -> None:
    draw = random.Random(20)
    starts = [yaml.safe_load(text) for text in ALL.values()]
    accepted = refused = 0
    for number in range(500):
        text = yaml.safe_dump(mutated(starts[number % 3], draw), allow_unicode=True)
        if number % 10 == 9:  # and what is no YAML any more
            place = draw.randrange(len(text))
            text = (
                text[:place]
                + draw.choice(["\t", ": : ", "\x00", "[", "*x", "!!python/none"])
                + text[place:]
            )
        file = tmp_path / "contract.yaml"
        file.write_text(text, encoding="utf-8")
        found = lint_file(file, "contract.yaml")
        assert all(one.what and one.where for one in found)
        try:
            document = read_yaml(text, "contract.yaml")
        except DeclarationError:
            assert not is_valid(found), text
            continue
        judged = oracle(document.data)
        assert is_valid(found) is judged, text
        assert at_once(document.data) is judged, text
        if errors_of(found):
            refused += 1
        else:
            accepted += 1
            everything_is_shown(document)
    assert accepted > 50
    assert refused > 200


def everything_is_shown(document: Any) -> None:
    from headgate.cli.contract_show import as_json, lines
    from headgate.cli.documents import json_document
    from headgate.cli.output import Output
    from headgate.contracts.promises import promises
    from headgate.project.contracts import parse

    for contract in contracts_in(document):
        found = promises(contract, parse)
        assert list(lines(Output({}), contract, found))
        assert json_document("headgate.contract/1", as_json(contract, found))
