"""JSON whose list elements know the line they begin on, so that errors point at one.

The standard reader keeps no places; its scanner is asked for one value at a time here.
"""

from __future__ import annotations

import json
import re
from typing import Any

from msgspec import Struct

from headgate.errors import DeclarationError

SPACE = re.compile(r"[ \t\n\r]*")


class Located(Struct, frozen=True):
    """A value and the line it begins on."""

    value: Any
    line: int


def read_object(text: str, where: str, *, elements_of: str) -> dict[str, Located]:
    """The members of a JSON object; the one named `elements_of` is a list of Located.

    Raises DeclarationError with the line where the text is not such an object.
    """
    text = text.removeprefix("\ufeff")
    try:
        return _members(text, where, elements_of)
    except json.JSONDecodeError as error:
        raise DeclarationError(
            f"not valid JSON: {error.msg}, column {error.colno}", f"{where}:{error.lineno}"
        ) from None
    except ValueError as error:  # a number of thousands of digits
        raise DeclarationError(f"not valid JSON: {error}", where) from None
    except RecursionError:
        raise DeclarationError("not valid JSON: nested too deeply", where) from None


def _members(text: str, where: str, elements_of: str) -> dict[str, Located]:
    place = _skip(text, 0)
    if text[place : place + 1] not in {"{", ""}:
        raise DeclarationError("not a JSON object", f"{where}:{_line(text, place)}")
    found: dict[str, Located] = {}
    place = _expect(text, place, "{")
    while text[place : place + 1] != "}":
        if found:
            place = _expect(text, place, ",")
        start = place
        _expect(text, place, '"')
        name, place = _value(text, place, where)
        if name in found:
            raise DeclarationError(f"{name!r} stands twice", f"{where}:{_line(text, start)}")
        place = _expect(text, _skip(text, place), ":")
        line = _line(text, place)
        if name == elements_of and text[place : place + 1] == "[":
            value, place = _elements(text, place, where)
        else:
            value, place = _value(text, place, where)
        found[name] = Located(value, line)
        place = _skip(text, place)
    end = _skip(text, place + 1)
    if end != len(text):
        raise json.JSONDecodeError("Extra data", text, end)
    return found


def _elements(text: str, place: int, where: str) -> tuple[list[Located], int]:
    found: list[Located] = []
    counted, line = place, _line(text, place)
    place = _expect(text, place, "[")
    while text[place : place + 1] != "]":
        if found:
            place = _expect(text, place, ",")
        # from where the last one was counted to, as there may be thousands
        counted, line = place, line + text.count("\n", counted, place)
        value, place = _value(text, place, where)
        found.append(Located(value, line))
        place = _skip(text, place)
    return found, place + 1


def _value(text: str, place: int, where: str) -> tuple[Any, int]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise DeclarationError(f"{twice!r} stands twice", f"{where}:{_line(text, place)}")
        return found

    return json.JSONDecoder(object_pairs_hook=once).raw_decode(text, place)


def _expect(text: str, place: int, mark: str) -> int:
    if text[place : place + 1] != mark:
        raise json.JSONDecodeError(f"Expecting {mark!r}", text, place)
    return _skip(text, place + 1)


def _skip(text: str, place: int) -> int:
    found = SPACE.match(text, place)
    assert found is not None
    return found.end()


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1
