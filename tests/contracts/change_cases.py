"""Changes of contracts and what each is: the table that the rules are held to.

Where Avro can say the same, both schemas stand beside it. `apart` names the sides on which Avro
judges otherwise, and why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Written = dict[str, Any]
DAY = {"type": "int", "logicalType": "date"}
MOMENT = {"type": "long", "logicalType": "timestamp-millis"}
NO_DEFAULT = "a table has a column or it has not: no reader fills in a default"
NO_ALIAS = "a reader of a table knows no aliases: it asks for one name"
NO_LOGICAL = "Avro compares the integers and not what they stand for"
NO_RULES = "Avro has no word for what values keep to"


@dataclass(frozen=True)
class Case:
    """A change, what it is, and how Avro would say it: types of a field, or whole lists of fields."""

    name: str
    old: Written
    new: Written
    rule: str
    direction: str
    avro: tuple[Any, Any] | None = None
    apart: tuple[frozenset[str], str] = (frozenset(), "")


def column(**keys: Any) -> Written:
    """A contract of one dataset with one column `x` beside its key."""
    return table([{"name": "x", **keys}])


def table(columns: list[Written], schema: Written | None = None, **document: Any) -> Written:
    key = {"name": "id", "logicalType": "string"}
    dataset = {"name": "t", "properties": [key, *columns], **(schema or {})}
    return {"version": "1.0.0", "schema": [dataset], **document}


def options(kind: str, **keys: Any) -> Written:
    return column(logicalType=kind, logicalTypeOptions=keys)


def custom(**keys: Any) -> Written:
    said = [{"property": name, "value": value} for name, value in keys.items()]
    return column(logicalType="number", customProperties=said)


def keyed(*names: str) -> Written:
    columns = [{"name": n, "required": True, "primaryKey": n in names} for n in ("x", "y")]
    return table(columns)


def field(kind: Any, name: str = "x", **keys: Any) -> Written:
    return {"name": name, "type": kind, **keys}


def optional(kind: Any) -> Written:
    return field(["null", kind], default=None)


def symbols(*names: str) -> Written:
    return {"type": "enum", "name": "E", "symbols": list(names)}


def level(**keys: Any) -> Written:
    return table([], slaProperties=[keys])


def rule(**keys: Any) -> Written:
    return column(quality=[{"metric": "nullValues", **keys}])


CONSUMER, PRODUCER = frozenset({"consumer"}), frozenset({"producer"})
BOTH_SIDES = CONSUMER | PRODUCER
X = {"name": "x", "logicalType": "integer"}
T, L, B, U, I, N = "tightens", "loosens", "both", "undetermined", "notice", "none"  # noqa: E741

CASES = [
    # columns
    Case("optional column added", table([]), table([X]), "property-added-or-removed", T,
         ([], [optional("long")]), (PRODUCER, NO_DEFAULT)),
    Case("required column added", table([]), table([{**X, "required": True}]),
         "property-added-or-removed", T, ([], [field("long")])),
    Case("optional column removed", table([X]), table([]), "property-added-or-removed", L,
         ([optional("long")], []), (CONSUMER, NO_DEFAULT)),
    Case("required column removed", table([{**X, "required": True}]), table([]),
         "property-added-or-removed", L, ([field("long")], [])),
    Case("column renamed, by its id", table([{**X, "id": "i"}]),
         table([{**X, "id": "i", "name": "y"}]), "renamed", B, ([field("long")], [field("long", "y")])),
    Case("column renamed, by an alias", table([X]),
         table([{**X, "name": "y", "customProperties": [{"property": "aliases", "value": ["x"]}]}]),
         "renamed", B, ([field("long")], [field("long", "y", aliases=["x"])]), (PRODUCER, NO_ALIAS)),
    Case("physical name changed", column(physicalName="X"), column(physicalName="Z"),
         "physical-name-changed", B),
    # types
    Case("integer to number", column(logicalType="integer"), column(logicalType="number"),
         "type-changed", L, ("long", "double")),
    Case("number to integer", column(logicalType="number"), column(logicalType="integer"),
         "type-changed", T, ("double", "long")),
    Case("integer to string", column(logicalType="integer"), column(logicalType="string"),
         "type-changed", B, ("long", "string")),
    Case("string to integer", column(logicalType="string"), column(logicalType="integer"),
         "type-changed", B, ("string", "long")),
    Case("boolean to integer", column(logicalType="boolean"), column(logicalType="integer"),
         "type-changed", B, ("boolean", "int")),
    Case("date to timestamp", column(logicalType="date"), column(logicalType="timestamp"),
         "type-changed", B, (DAY, MOMENT), (PRODUCER, NO_LOGICAL)),
    Case("timestamp to date", column(logicalType="timestamp"), column(logicalType="date"),
         "type-changed", B, (MOMENT, DAY), (CONSUMER, NO_LOGICAL)),
    Case("date to integer", column(logicalType="date"), column(logicalType="integer"),
         "type-changed", B, (DAY, "int"), (BOTH_SIDES, NO_LOGICAL)),
    Case("a type said for the first time", column(), column(logicalType="date"), "type-changed", T),
    Case("a type no longer said", column(logicalType="date"), column(), "type-changed", L),
    Case("int to long", column(physicalType="INTEGER"), column(physicalType="BIGINT"),
         "type-changed", L, ("int", "long")),
    Case("long to int", column(physicalType="BIGINT"), column(physicalType="int"),
         "type-changed", T, ("long", "int")),
    Case("float to double", column(physicalType="REAL"), column(physicalType="DOUBLE"),
         "type-changed", L, ("float", "double")),
    Case("long to float", column(physicalType="BIGINT"), column(physicalType="REAL"),
         "type-changed", L, ("long", "float")),
    Case("a longer text", column(physicalType="VARCHAR(10)"), column(physicalType="VARCHAR(20)"),
         "type-changed", L, ("string", "string"), (CONSUMER, NO_RULES)),
    Case("bytes to text", column(physicalType="bytes"), column(physicalType="string"),
         "type-changed", B, ("bytes", "string"), (BOTH_SIDES, "Avro reads one as the other; not every byte is text")),
    Case("precision and scale wider", column(physicalType="decimal(10,2)"),
         column(physicalType="decimal(12,4)"), "type-changed", L,
         ({"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2},
          {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 4}),
         (CONSUMER, NO_LOGICAL)),
    Case("scale for whole digits", column(physicalType="decimal(10,2)"),
         column(physicalType="decimal(10,4)"), "type-changed", B,
         ({"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2},
          {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 4}),
         (BOTH_SIDES, NO_LOGICAL)),
    Case("a physical type that nobody knows", column(physicalType="GEOMETRY"),
         column(physicalType="GEOGRAPHY"), "type-changed", U),
    Case("type of the items", column(items={"logicalType": "integer"}),
         column(items={"logicalType": "string"}), "type-changed", B,
         ({"type": "array", "items": "long"}, {"type": "array", "items": "string"})),
    Case("type of the items wider", column(items={"logicalType": "integer"}),
         column(items={"logicalType": "number"}), "type-changed", L,
         ({"type": "array", "items": "long"}, {"type": "array", "items": "double"})),
    Case("type of the values of a map", column(map={"value": {"logicalType": "number"}}),
         column(map={"value": {"logicalType": "integer"}}), "type-changed", T,
         ({"type": "map", "values": "double"}, {"type": "map", "values": "long"})),
    Case("a column within a column gone", column(properties=[X, {"name": "y"}]),
         column(properties=[X]), "property-added-or-removed", L,
         ({"type": "record", "name": "R", "fields": [field("long"), field("string", "y")]},
          {"type": "record", "name": "R", "fields": [field("long")]})),
    # nulls, uniqueness, keys
    Case("required no longer", column(required=True), column(required=False), "required-changed", L,
         ("long", ["null", "long"])),
    Case("required from now on", column(), column(required=True), "required-changed", T,
         (["null", "long"], "long")),
    Case("unique no longer", column(unique=True), column(), "unique-constraint-changed", L),
    Case("unique from now on", column(), column(unique=True), "unique-constraint-changed", T),
    Case("first key", keyed(), keyed("x"), "key-constraint-changed", T),
    Case("no key any more", keyed("x"), keyed(), "key-constraint-changed", L),
    Case("key of other columns", keyed("x"), keyed("x", "y"), "key-constraint-changed", B),
    Case("key in another order",
         table([{"name": n, "primaryKey": True, "primaryKeyPosition": p} for n, p in (("x", 1), ("y", 2))]),
         table([{"name": n, "primaryKey": True, "primaryKeyPosition": p} for n, p in (("x", 2), ("y", 1))]),
         "key-constraint-changed", I),
    # values
    Case("enum grown", column(enum=[{"value": "A"}]), column(enum=[{"value": "A"}, {"value": "B"}]),
         "enum-constraint-changed", L, (symbols("A"), symbols("A", "B"))),
    Case("enum shrunk", column(enum=[{"value": "A"}, {"value": "B"}]), column(enum=[{"value": "A"}]),
         "enum-constraint-changed", T, (symbols("A", "B"), symbols("A"))),
    Case("enum with other values", column(enum=[{"value": "A"}, {"value": "B"}]),
         column(enum=[{"value": "A"}, {"value": "C"}]), "enum-constraint-changed", B,
         (symbols("A", "B"), symbols("A", "C"))),
    Case("enum dropped", column(enum=[{"value": "A"}]), column(), "enum-constraint-changed", L,
         (symbols("A"), "string"), (PRODUCER, "to Avro an enum is another type than text")),
    Case("words of an enum", column(enum=[{"value": "A"}]),
         column(enum=[{"value": "A", "label": "all"}]), "documentation-changed", N),
    Case("minimum lowered", options("integer", minimum=1), options("integer", minimum=0),
         "validation-constraint-changed", L, ("long", "long"), (CONSUMER, NO_RULES)),
    Case("minimum raised", options("integer", minimum=0), options("integer", minimum=1),
         "validation-constraint-changed", T, ("long", "long"), (PRODUCER, NO_RULES)),
    Case("minimum that is not reached", options("integer", minimum=0),
         options("integer", exclusiveMinimum=0), "validation-constraint-changed", T),
    Case("maximum raised", options("number", maximum=1), options("number", maximum=2),
         "validation-constraint-changed", L),
    Case("maximum lowered", options("number", maximum=2), options("number", maximum=1),
         "validation-constraint-changed", T),
    Case("maximum dropped", options("number", maximum=2), options("number"),
         "validation-constraint-changed", L),
    Case("longer texts", options("string", maxLength=5), options("string", maxLength=9),
         "validation-constraint-changed", L),
    Case("pattern changed", options("string", pattern="a+"), options("string", pattern="a*"),
         "validation-constraint-changed", U),
    Case("an earlier moment, written in another zone",
         options("timestamp", minimum="2024-01-01T00:00:00Z"),
         options("timestamp", minimum="2024-01-01T01:00:00+05:00"), "validation-constraint-changed", L),
    Case("format changed", options("date", format="yyyy-MM-dd"), options("date", format="dd.MM.yyyy"),
         "validation-constraint-changed", B),
    Case("format wider", options("integer", format="i32"), options("integer", format="i64"),
         "validation-constraint-changed", L, ("int", "long")),
    Case("time zone changed", options("timestamp", timezone=True), options("timestamp", timezone=False),
         "time-zone-changed", B,
         ({"type": "long", "logicalType": "timestamp-micros"},
          "long"), (BOTH_SIDES, NO_LOGICAL)),
    Case("unit changed", custom(unit="km"), custom(unit="mile"), "unit-changed", B),
    Case("unit said for the first time", custom(), custom(unit="km"), "unit-changed", T),
    Case("reference dropped", column(relationships=[{"to": "s.id"}]), column(),
         "relationship-changed", L),
    Case("reference added", column(), column(relationships=[{"to": "s.id"}]),
         "relationship-changed", T),
    # who may see it, and until when
    Case("classified as restricted", column(classification="public"),
         column(classification="restricted"), "classification-changed", L),
    Case("a tag that says personal", column(), column(tags=["pii"]), "classification-changed", L),
    Case("opened to all", column(classification="restricted"), column(classification="public"),
         "classification-changed", I),
    Case("deprecated", column(), column(deprecated=True), "deprecated", I),
    Case("a dataset deprecated", table([]), table([], {"deprecated": True}), "deprecated", I),
    Case("a dataset that goes sooner",
         table([], {"customProperties": [{"property": "endOfLife", "value": "2027-01-01"}]}),
         table([], {"customProperties": [{"property": "endOfLife", "value": "2026-01-01"}]}),
         "deprecated", L),
    Case("a dataset tagged", table([]), table([], {"tags": ["pii"]}), "documentation-changed", N),
    Case("removal sooner", custom(removalDate="2027-01-01"), custom(removalDate="2026-01-01"),
         "deprecated", L),
    # promises around the columns
    Case("quality rule dropped", rule(mustBe=0), column(), "quality-rule-changed", L),
    Case("quality rule added", column(), rule(mustBe=0), "quality-rule-changed", T),
    Case("quality bound wider", rule(mustBeLessThan=5), rule(mustBeLessThan=9),
         "quality-rule-changed", L),
    Case("quality bound stricter", rule(mustBeGreaterThan=5), rule(mustBeGreaterThan=9),
         "quality-rule-changed", T),
    Case("quality range moved", rule(mustBeBetween=[1, 5]), rule(mustBeBetween=[2, 6]),
         "quality-rule-changed", B),
    Case("quality rule warns only", rule(mustBe=0, severity="error"),
         rule(mustBe=0, severity="warning"), "quality-rule-changed", L),
    Case("quality rule warns, by another word", rule(mustBe=0, severity="critical"),
         rule(mustBe=0, severity="minor"), "quality-rule-changed", L),
    Case("a stricter bound that closes no gate", rule(mustBeLessThan=9),
         rule(mustBeLessThan=5, severity="info"), "quality-rule-changed", B),
    Case("a rule becomes words", rule(type="sql", query="SELECT 1", mustBe=1),
         rule(type="text", query="SELECT 1", mustBe=1), "quality-rule-changed", L),
    Case("other valid values, as 3.0 has them", rule(rule="validValues", validValues=["a"]),
         rule(rule="validValues", validValues=["a", "b"]), "quality-rule-changed", U),
    Case("later", level(property="latency", value=4, unit="h"),
         level(property="latency", value=1, unit="d"), "service-level-changed", L),
    Case("sooner", level(property="latency", value=1, unit="d"),
         level(property="latency", value=4, unit="h"), "service-level-changed", T),
    Case("kept for less time", level(property="retention", value=2, unit="y"),
         level(property="retention", value=1, unit="y"), "service-level-changed", L),
    Case("no service level any more", level(property="availability", value=99.9), table([]),
         "service-level-changed", L),
    Case("retired", table([], status="deprecated"), table([], status="retired"), "status-changed", L),
    Case("back to a draft, from no word", table([]), table([], status="Draft"), "status-changed", L),
    Case("no longer a draft", table([], status="draft"), table([], status="active"),
         "status-changed", I),
    Case("server moved", table([], servers=[{"server": "s", "path": "a"}]),
         table([], servers=[{"server": "s", "path": "b"}]), "server-changed", B),
    Case("dataset gone", table([]), {"version": "1.0.0", "schema": []}, "schema-added-or-removed", L),
    Case("dataset added", {"version": "1.0.0", "schema": []}, table([]), "schema-added-or-removed", T),
    # words
    Case("description", column(description="a"), column(description="b"), "documentation-changed", N,
         ("long", "long")),
    Case("tag", column(), column(tags=["core"]), "documentation-changed", N),
    Case("business name", column(businessName="a"), column(businessName="b"),
         "documentation-changed", N),
    Case("another custom property", custom(), custom(priority=1), "metadata-changed", I),
]  # fmt: skip
