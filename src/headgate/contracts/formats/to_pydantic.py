"""A contract as Python source: a pydantic model for each table, and for each object in it."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from datetime import date, datetime, time
from math import ceil, floor, isfinite
from typing import Any

from headgate.contracts.formats.elements import (
    Element,
    allowed,
    columns,
    described,
    is_required,
    item,
    options,
    sides,
    tables,
)
from headgate.contracts.formats.exported import Exported, unsaid
from headgate.contracts.formats.type_options import is_count, is_number

SAID = frozenset(
    ["required", "enum", "description", "deprecated", "options.minimum", "options.maximum",
     "options.exclusiveMinimum", "options.exclusiveMaximum", "options.multipleOf",
     "options.minLength", "options.maxLength", "options.pattern", "options.format",
     "options.timezone", "options.minItems", "options.maxItems", "options.dimensions"]
)  # fmt: skip
MADE = "Made of the contract {name!r} by headgate contract export; change the contract, not this."
ONE_OF = '''

def _one_of(*values: float) -> AfterValidator:
    """A check that a value is one of these."""

    def check(value: float) -> float:
        if value not in values:
            raise ValueError(f"is none of {values}")
        return value

    return AfterValidator(check)
'''
BASE = '''

class Row(BaseModel):
    """What all rows have in common: types are exact, and columns go by the names of the contract."""

    model_config = ConfigDict(strict=True, regex_engine="python-re", protected_namespaces=())
'''
_PLAIN = {
    "integer": "int", "number": "float", "boolean": "bool", "date": "datetime.date",
    "time": "datetime.time", "vector": "list[float]",
}  # fmt: skip
_UNTOLD = {"object": "dict[str, Any]", "timestamp": "datetime.datetime"}
_BOUNDS = {"minimum": "ge", "exclusiveMinimum": "gt", "maximum": "le", "exclusiveMaximum": "lt",
           "multipleOf": "multiple_of"}  # fmt: skip
_LENGTHS = {"minLength": "min_length", "maxLength": "max_length", "pattern": "pattern"}
_ITEMS = {"minItems": "min_length", "maxItems": "max_length"}
_MOMENTS: dict[str, type[date | time]] = {"date": date, "timestamp": datetime, "time": time}
_TAKEN = frozenset(["Row", "UUID", "Any", "Field", "Literal", "Annotated", "BaseModel", "ConfigDict",
                    "AfterValidator", "AwareDatetime", "NaiveDatetime", "None", "True", "False"])  # fmt: skip


def to_pydantic(document: Element) -> Exported:
    """The source of a module that holds the models."""
    source = _Source()
    for table in tables(document):
        source.model(str(table["name"]), table)
    text = "".join(f"\n\n{one}" for one in source.classes)
    name = str(document.get("name") or "contract")
    # the name may hold what ends a docstring
    made = _docstring(MADE.format(name=name))
    head = "\n".join([made, "", *source.imports(text), ""])
    helper = ONE_OF if "_one_of(" in text else ""
    notes = (*unsaid(document, SAID, "pydantic"), *source.notes)
    return Exported(head + helper + BASE + text, notes)


class _Source:
    """Collects classes, those first that others are made of."""

    def __init__(self) -> None:
        self.classes: list[str] = []
        self.notes: list[str] = []
        self.taken: set[str] = set(_TAKEN)

    def model(self, name: str, element: Element) -> str:
        """The name of a new class with the members of an element."""
        called = _apart(_class_name(name), self.taken)
        self.taken.add(called)
        fields, taken = [], set(_inherited())
        for column in columns(element):
            field = _apart(_field_name(str(column["name"])), taken)
            taken.add(field)
            fields.append(self._field(called, field, column))
        doc = described(element) or f"A row of {name}."
        lines = [f"class {called}(Row):", f"    {_docstring(doc)}", "", *fields]
        self.classes.append("\n".join(lines).rstrip() + "\n")
        return called

    def _field(self, inside: str, field: str, column: Element) -> str:
        name = str(column["name"])
        kind = self._type(column, f"{inside}_{name}")
        told = []
        if not is_required(column):
            kind = f"{kind} | None"
            told.append("default=None")
        told += [f"alias={name!r}"] if field != name else []
        told += [f"description={described(column)!r}"] if described(column) else []
        told += ["deprecated=True"] if column.get("deprecated") is True else []
        if told == ["default=None"]:
            return f"    {field}: {kind} = None"
        return f"    {field}: {kind}" + (f" = Field({', '.join(told)})" if told else "")

    def _type(self, column: Element, name: str) -> str:
        """The annotation of the values that are there."""
        values = [one for one in allowed(column) if one is not None]
        kind, told = str(column.get("logicalType") or ""), options(column)
        if values and kind in {"string", "boolean", "integer", ""}:
            return f"Literal[{', '.join(map(repr, values))}]"
        limits = [f"_one_of({', '.join(map(repr, values))})"] if values and kind == "number" else []
        if values and not limits:
            self.notes.append(f"pydantic has no word for enum of the {kind} {column.get('name')}")
        inner = self._plain(column, kind, told, name)
        if fields := self._limits(kind, told, str(column.get("name"))):
            limits.append(f"Field({', '.join(fields)})")
        if kind == "string" and "pattern" in told and not _is_limit("pattern", told["pattern"]):
            self.notes.append(f"pattern of {column.get('name')} is none that Python understands")
        return f"Annotated[{inner}, {', '.join(limits)}]" if limits else inner

    def _plain(self, column: Element, kind: str, told: Element, name: str) -> str:
        if kind in _PLAIN:
            return _PLAIN[kind]
        match kind:
            case "timestamp" if isinstance(told.get("timezone"), bool):
                return "AwareDatetime" if told["timezone"] else "NaiveDatetime"
            case "string":
                return {"uuid": "UUID", "binary": "bytes"}.get(str(told.get("format")), "str")
            case "array":
                return f"list[{self._element(item(column), name)}]"
            case "map":
                key, value = sides(column)
                return f"dict[{self._type(key, name)}, {self._element(value, name)}]"
            case "object" if columns(column):
                return self.model(name, column)
        return _UNTOLD.get(kind, "Any")

    def _element(self, column: Element, name: str) -> str:
        if not column:
            return "Any"
        kind = self._type(column, name)
        return f"{kind} | None" if column.get("required") is False else kind

    def _limits(self, kind: str, told: Element, name: str) -> list[str]:
        match kind:
            case "integer":
                if told.get("multipleOf") != _whole(told).get("multipleOf"):
                    self.notes.append(f"multipleOf of {name} is no whole number: left out")
                return _arguments(_whole(told), _BOUNDS)
            case "number":
                return _arguments(told, _BOUNDS)
            case "string" if told.get("format") not in {"uuid", "binary"}:
                return _arguments(told, _LENGTHS)
            case "array":
                return _arguments(told, _ITEMS)
            case "vector" if _is_limit("length", size := told.get("dimensions")):
                return [f"min_length={size}", f"max_length={size}"]
            case "date" | "timestamp" | "time":
                return self._moments(kind, told, name)
        return []

    def _moments(self, kind: str, told: Element, name: str) -> list[str]:
        word, found = {"timestamp": "datetime"}.get(kind, kind), []
        for key, ours in _BOUNDS.items():
            if not isinstance(told.get(key), str):
                continue
            try:
                _MOMENTS[kind].fromisoformat(told[key])
            except ValueError:
                self.notes.append(f"{key} of {name} is no {kind} as ISO 8601 writes it: left out")
                continue
            found.append(f"{ours}=datetime.{word}.fromisoformat({told[key]!r})")
        return found

    def imports(self, text: str) -> list[str]:
        """The imports that the classes need."""
        found = ["import datetime"] if "datetime." in text else []
        typing = [one for one in ("Annotated", "Any", "Literal") if re.search(rf"\b{one}\b", text)]
        found += [f"from typing import {', '.join(typing)}"] if typing else []
        found += ["from uuid import UUID"] if re.search(r"\bUUID\b", text) else []
        names = ["AfterValidator"] if "_one_of(" in text else []
        names += [one for one in ("AwareDatetime", "NaiveDatetime") if one in text]
        names += ["BaseModel", "ConfigDict", *(["Field"] if "Field(" in text else [])]
        space = [""] if found else []
        return [*found, *space, f"from pydantic import {', '.join(sorted(names))}"]


def _arguments(told: Element, words: dict[str, str]) -> list[str]:
    return [
        f"{ours}={told[key]!r}" for key, ours in words.items() if _is_limit(ours, told.get(key))
    ]


def _whole(told: Element) -> Element:
    """The bounds of whole numbers as whole numbers, which pydantic asks for."""
    nearest = {"minimum": ceil, "exclusiveMaximum": ceil, "maximum": floor}
    found = dict(told)
    for key in _BOUNDS:
        value = found.get(key)
        if not isinstance(value, float):
            continue
        if value.is_integer() or (isfinite(value) and key != "multipleOf"):
            found[key] = nearest.get(key, floor)(value)
        else:
            del found[key]
    return found


def _is_limit(word: str, value: Any) -> bool:
    """Whether pydantic takes the value for such a limit."""
    if word == "pattern":
        return isinstance(value, str) and _is_pattern(value)
    if word.endswith("length"):
        return is_count(value)
    return is_number(value)


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def _class_name(text: str) -> str:
    words = re.split(r"[^A-Za-z0-9]+", text)
    name = "".join(word[:1].upper() + word[1:] for word in words)
    return name if name[:1].isalpha() else f"Table{name}"


def _field_name(text: str) -> str:
    """The nearest name that a field of a model may have."""
    name = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_")
    name = f"field_{name}" if not name or name[0].isdigit() else name
    return f"{name}_" if keyword.iskeyword(name) or keyword.issoftkeyword(name) else name


def _inherited() -> Iterable[str]:
    """The names that a model has anyway, and those that annotations use."""
    from pydantic import BaseModel

    builtins = {"int", "float", "bool", "str", "bytes", "list", "dict", "datetime"}
    return {one for one in dir(BaseModel) if not one.startswith("__")} | builtins | _TAKEN


def _apart(name: str, taken: Iterable[str]) -> str:
    while name in set(taken):
        name = f"{name}_"
    return name


def _docstring(text: str) -> str:
    plain = text.isprintable() and '"' not in text and "\\" not in text
    return f'"""{text}"""' if plain else repr(text)
