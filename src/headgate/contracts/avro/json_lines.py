"""JSON whose every value knows the line it begins on. A key that stands twice is an error."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Any, NoReturn

from headgate.errors import DeclarationError
from headgate.pipelines.problems import Path as Keys

_SPACE = re.compile(r"[ \t\n\r]*")
_DEEPEST = 150  # a contract of 50 levels in YAML is less deep as Avro


@dataclass(frozen=True, slots=True)
class JsonDocument:
    """What a JSON text says, and the line of each value by the keys that lead to it."""

    data: Any
    where: str
    lines: dict[Keys, int] = field(default_factory=dict, repr=False)

    def place(self, keys: Keys) -> str:
        """The file and line of a value, or of the nearest one around it that was written."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return f"{self.where}:{self.lines.get(keys, 1)}"


def read_json(text: str, where: str) -> JsonDocument:
    """The document in a text. Raises DeclarationError, with the line, where it is not JSON."""
    return _Reader(text.removeprefix("\ufeff"), where).document()


class _Reader:
    """Takes one value after the other from a text, and keeps the line of each."""

    def __init__(self, text: str, where: str) -> None:
        self.text, self.where, self.lines = text, where, dict[Keys, int]()
        self.breaks = [found.start() for found in re.finditer("\n", text)]
        self.scalars = json.JSONDecoder(parse_constant=_no_constant)

    def document(self) -> JsonDocument:
        try:
            data, end = self._value(self._skip(0), ())
            self._end(self._skip(end))
        except json.JSONDecodeError as error:
            what = f"not valid JSON: {error.msg}, column {error.colno}"
            raise DeclarationError(what, f"{self.where}:{error.lineno}") from None
        except ValueError as error:  # NaN, or a number of thousands of digits
            raise DeclarationError(f"not valid JSON: {error}", self.where) from None
        return JsonDocument(data, self.where, self.lines)

    def _end(self, place: int) -> None:
        if place != len(self.text):
            raise json.JSONDecodeError("Extra data", self.text, place)

    def _value(self, start: int, keys: Keys) -> tuple[Any, int]:
        self.lines.setdefault(keys, self._line(start))
        if len(keys) > _DEEPEST:
            raise DeclarationError("nested too deeply", self._at(start))
        match self.text[start : start + 1]:
            case "{":
                return self._members(start, keys)
            case "[":
                return self._elements(start, keys)
        return self.scalars.raw_decode(self.text, start)

    def _members(self, start: int, keys: Keys) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        place = self._skip(start + 1)
        while self.text[place : place + 1] != "}":
            if found:
                place = self._expect(place, ",")
            self._expect(place, '"')
            name, end = self.scalars.raw_decode(self.text, place)
            if name in found:
                raise DeclarationError(f"key {name!r} stands twice", self._at(place))
            value = self._expect(self._skip(end), ":")
            self.lines[*keys, name] = self._line(place)
            found[name], end = self._value(value, (*keys, name))
            place = self._skip(end)
        return found, place + 1

    def _elements(self, start: int, keys: Keys) -> tuple[list[Any], int]:
        found: list[Any] = []
        place = self._skip(start + 1)
        while self.text[place : place + 1] != "]":
            if found:
                place = self._expect(place, ",")
            value, end = self._value(place, (*keys, len(found)))
            found.append(value)
            place = self._skip(end)
        return found, place + 1

    def _expect(self, place: int, mark: str) -> int:
        if self.text[place : place + 1] != mark:
            raise json.JSONDecodeError(f"Expecting {mark!r}", self.text, place)
        return self._skip(place + 1)

    def _skip(self, place: int) -> int:
        found = _SPACE.match(self.text, place)
        assert found is not None
        return found.end()

    def _line(self, place: int) -> int:
        return bisect_left(self.breaks, place) + 1

    def _at(self, place: int) -> str:
        return f"{self.where}:{self._line(place)}"


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no value in JSON")
