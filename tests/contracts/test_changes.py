"""Each change of a contract is classed for both sides, as Avro and Confluent class it or for a reason."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.schema import parse
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.contracts.changes.change import FOLLOWS, Bump, Change, Direction, Impact
from headgate.contracts.changes.changes import changes
from headgate.contracts.changes.rules import RULES
from headgate.contracts.changes.semver import demanded
from headgate.contracts.changes.types import physical_direction
from tests.contracts.change_cases import CASES, Case, X, column, field, optional, table

CLASSES = {
    "tightens": ("compatible", "breaking", "minor"),
    "loosens": ("breaking", "compatible", "major"),
    "both": ("breaking", "breaking", "major"),
    "undetermined": ("breaking", "breaking", "major"),
    "notice": ("compatible", "compatible", "minor"),
    "none": ("cosmetic", "cosmetic", "patch"),
}
"""What each direction is, written again here: the table of the standard's semantic versions."""


def named(case: Case) -> str:
    return case.name


def only(case: Case) -> Change:
    found = changes(case.old, case.new)
    assert [change.rule for change in found] == [case.rule]
    return found[0]


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_change_is_what_the_table_says(case: Case) -> None:
    change = only(case)
    assert change.direction == case.direction
    consumer, producer, bump = CLASSES[case.direction]
    assert (change.consumer, change.producer, str(change.bump)) == (consumer, producer, bump)
    assert change.path.startswith("t") or not change.dataset
    assert ("who reads it" in change.sentence) == (consumer == "breaking")
    assert ("who delivers it" in change.sentence) == (producer == "breaking")


def test_the_table_is_long_and_leaves_no_rule_and_no_direction_out() -> None:
    assert len(CASES) >= 45
    assert {case.rule for case in CASES} == set(RULES)
    assert {case.direction for case in CASES} == set(Direction) == set(FOLLOWS)


# ------------------------------------------------------------------ Avro, and Confluent


def avro(kind: Any) -> Any:
    fields = kind if isinstance(kind, list) and all(isinstance(k, dict) for k in kind) else None
    body = [field("string", "id"), *(fields if fields is not None else [field(kind)])]
    return parse(json.dumps({"type": "record", "name": "t", "fields": body}))


def reads(reader: Any, writer: Any) -> bool:
    checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]
    found = checker.get_compatibility(avro(reader), avro(writer))
    return bool(found.compatibility is SchemaCompatibilityType.compatible)


@pytest.mark.parametrize("case", [case for case in CASES if case.avro], ids=named)
def test_avro_says_the_same_or_the_reason_is_named(case: Case) -> None:
    assert case.avro is not None
    old, new = case.avro
    change = only(case)
    # who reads the data is an old reader of new data; who delivers it, a writer of old data
    ours = {"consumer": change.consumer, "producer": change.producer}
    theirs = {"consumer": reads(old, new), "producer": reads(new, old)}
    apart = {side for side in ours if (ours[side] is not Impact.BREAKING) != theirs[side]}
    assert (apart, bool(apart)) == (set(case.apart[0]), bool(case.apart[1]))


REQUIRED = {**X, "required": True}
CONFLUENT = [
    # what Confluent's table allows: BACKWARD, FORWARD; and where tables of data differ from it
    ("add an optional field", table([]), table([X]), [], [optional("long")], True, True, "BACKWARD"),
    ("add a required field", table([]), table([REQUIRED]), [], [field("long")], False, True, ""),
    ("delete an optional field", table([X]), table([]), [optional("long")], [], True, True, "FORWARD"),
    ("delete a required field", table([REQUIRED]), table([]), [field("long")], [], True, False, ""),
]  # fmt: skip


@pytest.mark.parametrize("row", CONFLUENT, ids=lambda row: row[0])
def test_confluents_table_holds_but_for_defaults_that_tables_have_not(row: Any) -> None:
    _, old, new, before, after, backward, forward, apart = row
    assert (reads(after, before), reads(before, after)) == (backward, forward)
    (change,) = changes(old, new)
    ours = {
        "BACKWARD": change.producer is not Impact.BREAKING,
        "FORWARD": change.consumer is not Impact.BREAKING,
    }
    theirs = {"BACKWARD": backward, "FORWARD": forward}
    assert [mode for mode in ours if ours[mode] != theirs[mode]] == ([apart] if apart else [])


# ------------------------------------------------------------------ laws

PROPERTIES = st.fixed_dictionaries(
    {},
    optional={
        "logicalType": st.sampled_from(["integer", "number", "string", "date", "timestamp"]),
        "physicalType": st.sampled_from(["INT", "BIGINT", "DOUBLE", "decimal(4,2)", "what"]),
        "required": st.booleans(),
        "unique": st.booleans(),
        "enum": st.lists(st.sampled_from("abc"), min_size=1, unique=True),
        "classification": st.sampled_from(["public", "restricted"]),
        "logicalTypeOptions": st.fixed_dictionaries(
            {},
            optional={
                "minimum": st.integers(0, 3),
                "exclusiveMinimum": st.integers(0, 3),
                "maximum": st.integers(4, 6),
                "pattern": st.sampled_from(["a", "b"]),
            },
        ),
    },
)
TURNED = {
    Direction.TIGHTENS: {Direction.LOOSENS},
    Direction.LOOSENS: {Direction.TIGHTENS},
    Direction.BOTH: {Direction.BOTH},
    Direction.UNDETERMINED: {Direction.UNDETERMINED},
    Direction.NONE: {Direction.NONE},
}


@settings(max_examples=50, deadline=None)
@given(PROPERTIES, PROPERTIES)
def test_taking_a_change_back_does_the_reverse(old: dict[str, Any], new: dict[str, Any]) -> None:
    there, back = changes(column(**old), column(**new)), changes(column(**new), column(**old))
    assert [change.path for change in there] == [change.path for change in back]
    for one, other in zip(there, back, strict=True):
        if one.rule != "classification-changed":  # opening what was closed breaks nobody
            assert other.direction in TURNED[one.direction]
    assert changes(column(**old), column(**old)) == []


DOMAIN = [None, *range(-1, 6)]
KEPT = st.fixed_dictionaries(
    {"logicalType": st.just("integer")},
    optional={
        "required": st.booleans(),
        "enum": st.lists(st.sampled_from(DOMAIN[1:]), min_size=1, unique=True),
        "logicalTypeOptions": st.fixed_dictionaries(
            {},
            optional={
                key: st.integers(-1, 5)
                for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
            },
        ),
    },
)


def allowed(keys: dict[str, Any]) -> set[int | None]:
    """The values of the domain that a column may have, tried one by one."""
    options, found = keys.get("logicalTypeOptions", {}), set()
    for value in DOMAIN:
        if value is None:
            kept = not keys.get("required")
        else:
            kept = (
                ("enum" not in keys or value in keys["enum"])
                and value >= options.get("minimum", value)
                and value <= options.get("maximum", value)
                and value > options.get("exclusiveMinimum", value - 1)
                and value < options.get("exclusiveMaximum", value + 1)
            )
        found |= {value} if kept else set()
    return found


@settings(max_examples=200, deadline=None)
@given(KEPT, KEPT)
def test_what_lets_a_value_in_or_keeps_one_out_is_never_missed(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    found = changes(column(**old), column(**new))
    if allowed(new) - allowed(old):
        assert any(change.consumer is Impact.BREAKING for change in found)
    if allowed(old) - allowed(new):
        assert any(change.producer is Impact.BREAKING for change in found)


WHOLE = {"i8": (-128, 127), "u8": (0, 255), "i16": (-(2**15), 2**15 - 1), "u16": (0, 2**16 - 1),
         "i32": (-(2**31), 2**31 - 1), "u32": (0, 2**32 - 1), "i64": (-(2**63), 2**63 - 1)}  # fmt: skip


@pytest.mark.parametrize("old", WHOLE)
@pytest.mark.parametrize("new", WHOLE)
def test_a_type_is_wider_where_it_holds_every_number_of_the_other(old: str, new: str) -> None:
    (low, high), (least, most) = WHOLE[old], WHOLE[new]
    holds, is_held = least <= low and most >= high, low <= least and high >= most
    expected = {
        (True, True): None,
        (True, False): Direction.LOOSENS,
        (False, True): Direction.TIGHTENS,
        (False, False): Direction.BOTH,
    }[holds, is_held]
    assert physical_direction(old, new) is expected


LEVELS = st.lists(
    st.tuples(
        st.sampled_from(["latency", "ly", "Freshness", "availability"]),
        st.sampled_from(["t", "t.x", None]),
        st.integers(1, 3),
    ),
    max_size=5,
)


@settings(max_examples=100, deadline=None)
@given(LEVELS, LEVELS)
def test_each_service_level_counts_however_many_are_about_one_thing(old: Any, new: Any) -> None:
    def contract(levels: Any) -> dict[str, Any]:
        keys = ("property", "element", "value")
        said = [dict(zip(keys, one, strict=True)) for one in levels]
        return {**table([]), "slaProperties": said}

    def kept(levels: Any) -> Counter[Any]:
        usual = {"ly": "latency", "Freshness": "latency"}
        return Counter((usual.get(name, name), *rest) for name, *rest in levels)

    def of(found: Counter[Any], thing: Any) -> int:
        return sum(count for (*about, _), count in found.items() if tuple(about) == thing)

    gone, came = kept(old) - kept(new), kept(new) - kept(old)
    about = {tuple(one[:2]) for one in [*gone, *came]}
    expected = sum(max(of(gone, thing), of(came, thing)) for thing in about)
    assert len(changes(contract(old), contract(new))) == expected


def test_the_version_demanded_is_that_of_the_gravest_change() -> None:
    old = column(required=True, description="a")
    found = changes(old, column(required=False, description="b", enum=["x"]))
    assert {str(change.bump) for change in found} == {"major", "minor", "patch"}
    assert demanded(found) is Bump.MAJOR
    assert demanded([]) is Bump.NONE


# ------------------------------------------------------------------ the standard's keys

SAID: dict[str, Any] = {
    "logicalType": "date",
    "logicalTypeOptions": {"minimum": "2020-01-01"},
    "required": True,
    "unique": True,
    "primaryKey": True,
    "partitioned": True,
    "criticalDataElement": True,
    "deprecated": True,
    "enum": [{"value": "a"}],
    "items": {"logicalType": "date"},
    "map": {"key": {"logicalType": "string"}, "value": {"logicalType": "date"}},
    "properties": [X],
    "quality": [{"metric": "nullValues", "mustBe": 0}],
    "relationships": [{"to": "s.id"}],
    "customProperties": [{"property": "p", "value": "km"}],
    "tags": ["core"],
    "servers": [{"server": "s", "type": "local", "path": "x"}],
    "slaProperties": [{"property": "latency", "value": 1, "unit": "d"}],
    "schema": [{"name": "other"}],
}
"""A value of each key that is no text."""
SILENT = {
    # what is told by other means: the version itself, and what only tells elements apart
    "name", "id", "version", "kind", "contractCreatedTs",
    # it orders the key, and says nothing where there is no key
    "primaryKeyPosition",
}  # fmt: skip


def keys_of(name: str) -> list[str]:
    import open_data_contract_standard.model as standard

    fields = getattr(standard, name).model_fields
    return [field.alias or key for key, field in fields.items()]


@pytest.mark.parametrize(
    ("model", "kind"),
    [("SchemaProperty", "column"), ("SchemaObject", "dataset"), ("OpenDataContractStandard", "contract")],
)  # fmt: skip
def test_no_key_of_the_standard_goes_unseen(model: str, kind: str) -> None:
    def contract(**keys: Any) -> dict[str, Any]:
        if kind == "column":
            return column(**keys)
        return table([], keys) if kind == "dataset" else {**table([]), **keys}

    keys = keys_of(model)
    unseen = [key for key in keys if not changes(contract(), contract(**{key: SAID.get(key, "b")}))]
    assert len(keys) > 10
    assert sorted(set(unseen) - SILENT) == (["logicalType"] if kind == "dataset" else [])
