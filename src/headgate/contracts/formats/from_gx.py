"""A contract of an expectation suite, of Great Expectations 0.18 or 1.x.

What the standard's words can say becomes its words. Every other expectation is a rule of quality of
the engine `greatExpectations`, as it is written, so that nothing is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headgate.checks.located import Located, read_object
from headgate.contracts.formats.document import Imported, draft
from headgate.contracts.formats.gx_words import LIBRARY, NUMERIC, WORDS, Said
from headgate.contracts.formats.type_options import is_number
from headgate.errors import DeclarationError
from headgate.pipelines.problems import Path

ENGINE = "greatExpectations"
SEVERITIES = {"critical": "error", "warning": "warning", "info": "info"}
READ = frozenset(
    {"name", "expectation_suite_name", "expectations", "data_asset_type", "id", "ge_cloud_id"}
)
"""The keys of a suite that are read, or name nothing but itself."""
_EXPECTATION = frozenset(
    {"type", "expectation_type", "kwargs", "severity", "description", "id", "meta"}
)


def contract_of_gx(text: str, name: str, where: str) -> Imported:
    """The contract of a suite's JSON. Raises DeclarationError, with its line, for what is none."""
    members = read_object(text, where, elements_of="expectations")
    listed = members.get("expectations")
    if listed is None or not isinstance(listed.value, list):
        hint = "a suite is {'expectations': [...]}"
        raise DeclarationError("no list of expectations", f"{where}:1", hint)
    reader = _Reader()
    for one in listed.value:
        reader.take(one, where)
    reader.numbers()
    for key, member in members.items():
        if key not in READ and member.value:
            reader.notes.append(f"{key} of the suite is not said in a contract")
    table = {"name": name, **reader.table, "properties": list(reader.columns.values())}
    places = {column: place for place, column in enumerate(reader.columns)}
    remarks: dict[Path, str] = {
        ("schema", 0, "properties", places[column]): told for column, told in reader.remarks.items()
    }
    return draft(name, [table], reader.notes, remarks)


class _Reader:
    """Takes one expectation after another into a table."""

    def __init__(self) -> None:
        self.table: dict[str, Any] = {}
        self.columns: dict[str, dict[str, Any]] = {}
        self.notes: list[str] = []
        self.remarks: dict[str, str] = {}
        self.numeric: dict[str, None] = {}

    def take(self, given: Located, where: str) -> None:
        """Says what an expectation says."""
        body = given.value
        kind = body.get("type", body.get("expectation_type")) if isinstance(body, Mapping) else None
        kwargs = body.get("kwargs") or {} if isinstance(body, Mapping) else {}
        if not isinstance(kind, str) or not isinstance(kwargs, Mapping):
            hint = "an expectation is an object with 'type' and 'kwargs'"
            raise DeclarationError("no expectation", f"{where}:{given.line}", hint)
        told = {key: value for key, value in kwargs.items() if _says(key, value)}
        for name in _columns_of(told):
            self._column(name)
        if not (self._as_words(kind, told, body) or self._as_rule(kind, told, body)):
            self._as_custom(kind, told, body)

    def _as_words(self, kind: str, told: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
        """Whether it is said by keys of the table or a column."""
        if (
            kind not in WORDS
            or _severity(body) != "error"
            or _more(body)
            or body.get("description")
        ):
            return False
        name = told.get("column")
        if not isinstance(name, str) or not name:
            return False
        column = self._column(name)
        said = WORDS[kind](told, column)
        if said is None or not _fits(said, column):
            return False
        if said.remark:
            self.remarks[name] = said.remark
        if options := said.keys.get("logicalTypeOptions"):
            column["logicalTypeOptions"] = column.get("logicalTypeOptions", {}) | options
        column |= {key: one for key, one in said.keys.items() if key != "logicalTypeOptions"}
        return True

    def _as_rule(self, kind: str, told: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
        """Whether it is said by a metric of the standard."""
        if kind not in LIBRARY or _more(body):
            return False
        rule = LIBRARY[kind](told)
        if rule is None:
            return False
        self._rule(told, {"type": "library", **_about(body), **rule})
        return True

    def _as_custom(self, kind: str, told: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        kept = {key: body[key] for key in ("severity", "meta", "notes") if body.get(key)}
        kept |= {key: one for key, one in body.items() if key not in _EXPECTATION and one}
        implementation = {"type": kind, "kwargs": dict(told), **kept}
        rule = {"engine": ENGINE, "implementation": implementation}
        self._rule(told, {"type": "custom", **_about(body), **rule})
        if kind in NUMERIC and _has_numbers(told):
            self.numeric |= dict.fromkeys(_columns_of(told))

    def numbers(self) -> None:
        """Says of columns that only kept expectations take for numbers that they hold such."""
        for name in self.numeric:
            column = self.columns[name]
            if not {"logicalType", "enum"} & set(column):
                column["logicalType"] = "number"
                self.remarks.setdefault(name, "its bounds are numbers; is it an integer?")

    def _rule(self, told: Mapping[str, Any], rule: dict[str, Any]) -> None:
        name = told.get("column")
        place = self._column(name) if isinstance(name, str) and name else self.table
        place.setdefault("quality", []).append(rule)

    def _column(self, name: str) -> dict[str, Any]:
        return self.columns.setdefault(name, {"name": name})


def _has_numbers(told: Mapping[str, Any]) -> bool:
    """Whether the ends that it names are numbers."""
    ends = [told[key] for key in ("min_value", "max_value", "value") if key in told]
    return bool(ends) and all(map(is_number, ends))


def _columns_of(told: Mapping[str, Any]) -> list[str]:
    found = [told.get(key) for key in ("column", "column_A", "column_B")]
    listed = told.get("column_list")
    found += listed if isinstance(listed, list) else []
    return [one for one in found if isinstance(one, str) and one]


def _says(key: str, value: Any) -> bool:
    """Whether a keyword has a say: null and `mostly: 1` are what stands there anyway."""
    if key in {"result_format", "include_config", "catch_exceptions", "batch_id"}:
        return False
    return value is not None and not (key == "mostly" and value == 1)


def _severity(body: Mapping[str, Any]) -> str:
    return SEVERITIES.get(str(body.get("severity", "critical")), "error")


def _about(body: Mapping[str, Any]) -> dict[str, Any]:
    severity, description = _severity(body), body.get("description")
    found = {"description": description} if isinstance(description, str) and description else {}
    return found | ({"severity": severity} if severity != "error" else {})


def _more(body: Mapping[str, Any]) -> bool:
    """Whether it says more than the standard's words would keep."""
    return any(body.get(key) for key in body if key not in _EXPECTATION - {"meta"})


def _fits(said: Said, column: Mapping[str, Any]) -> bool:
    """Whether nothing else is said of the column already."""
    known = column.get("logicalTypeOptions", {})
    told = said.keys.get("logicalTypeOptions", {})
    twice = [key for key in told if key in known and known[key] != told[key]]
    plain = {key: one for key, one in said.keys.items() if key != "logicalTypeOptions"}
    return not twice and all(column.get(key, one) == one for key, one in plain.items())
