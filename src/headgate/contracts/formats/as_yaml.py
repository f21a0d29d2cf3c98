"""A document as YAML that reads well, and that every reader of YAML takes for the same values.

Text is plain where no version of YAML takes it for anything else. Comments stand where a person has
to decide.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headgate.pipelines.problems import Path

WIDTH = 96
"""Signs of a line, at the most, where a short list or mapping stands on one."""
FLOW = frozenset({"logicalTypeOptions", "arguments", "tags", "examples"})
"""The keys whose values stand on one line where they fit."""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./() +=<>$-]*(?:, ?[A-Za-z0-9_./() +=<>$-]+)*")
_FLOW_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./+$-]*")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
"""What some version of YAML takes for a value that is no text."""
_VERSION = re.compile(r"v?\d+\.\d+\.\d+")


def as_yaml(document: Mapping[str, Any], remarks: Mapping[Path, str] | None = None) -> str:
    """The text of a document, with a comment above each key that `remarks` names.

    The remark of `()` stands above all.
    """
    told = remarks or {}
    return "\n".join([*_comment(told.get(())), *_mapping(document, (), told)]) + "\n"


def _mapping(given: Mapping[str, Any], path: Path, remarks: Mapping[Path, str]) -> Iterator[str]:
    for key, value in given.items():
        inner = (*path, key)
        yield from _comment(remarks.get(inner))
        yield from _entry(f"{_scalar(str(key))}:", value, inner, remarks)


def _sequence(given: Sequence[Any], path: Path, remarks: Mapping[Path, str]) -> Iterator[str]:
    for place, value in enumerate(given):
        inner = (*path, place)
        yield from _comment(remarks.get(inner))
        if isinstance(value, Mapping | list) and value:
            first, *rest = _block(value, inner, remarks)
            while first.startswith("#"):
                yield first
                first, *rest = rest
            yield f"- {first}"
            yield from (f"  {line}" for line in rest)
        else:
            yield from _entry("-", value, inner, remarks)


def _block(value: Any, path: Path, remarks: Mapping[Path, str]) -> Iterator[str]:
    if isinstance(value, Mapping):
        return _mapping(value, path, remarks)
    return _sequence(value, path, remarks)


def _entry(head: str, value: Any, path: Path, remarks: Mapping[Path, str]) -> Iterator[str]:
    """A key or a dash with what stands behind it."""
    if isinstance(value, Mapping | list | tuple) and value:
        flow = _flow(value) if path[-1] in FLOW else None
        if flow is not None and len(head) + len(flow) + 2 * len(path) < WIDTH:
            yield f"{head} {flow}"
            return
        yield head
        yield from (f"  {line}" for line in _block(value, path, remarks))
    elif isinstance(value, str) and _is_block(value):
        yield f"{head} |-"
        yield from (f"  {line}".rstrip() for line in value.split("\n"))
    else:
        yield f"{head} {_scalar(value)}"


def _comment(text: str | None) -> Iterator[str]:
    for line in text.splitlines() if text else ():
        yield f"# {_printable(line)}"


def _flow(value: Any) -> str | None:
    """The value on one line; None for what holds more than plain values."""
    if isinstance(value, Mapping):
        if any(isinstance(one, Mapping) or _flow(one) is None for one in value.values()):
            return None
        inside = (f"{_scalar(str(key), flow=True)}: {_flow(one)}" for key, one in value.items())
        return "{" + ", ".join(inside) + "}"
    if isinstance(value, list | tuple):
        if any(isinstance(one, Mapping | list | tuple) for one in value):
            return None
        return "[" + ", ".join(_scalar(one, flow=True) for one in value) + "]"
    return _scalar(value, flow=True)


def _scalar(value: Any, *, flow: bool = False) -> str:
    match value:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case int():
            return str(value)
        case float():
            return _number(value)
        case str():
            return value if _is_plain(value, flow) else _quoted(value)
        case list() | tuple() | Mapping() if not value:
            return "{}" if isinstance(value, Mapping) else "[]"
    return _quoted(str(value))


def _is_plain(text: str, flow: bool) -> bool:
    """Whether every reader takes it for text as it stands, also between brackets."""
    found = (_FLOW_PLAIN if flow else _PLAIN).fullmatch(text) or _VERSION.fullmatch(text)
    return bool(found) and text.lower() not in _WORDS and text == text.strip()


def _number(value: float) -> str:
    if math.isnan(value):
        return ".nan"
    if math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    text = repr(value)
    # without a point, readers of YAML 1.1 take 1e+20 for text
    return re.sub(r"^(-?\d+)e", r"\1.0e", text)


def _quoted(text: str) -> str:
    return _printable(json.dumps(text, ensure_ascii=False))


def _printable(text: str) -> str:
    """The text with signs that no YAML file may hold as escapes; half a sign is a question mark."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else _escaped(one) for one in text)


def _escaped(sign: str) -> str:
    code = ord(sign)
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _is_block(text: str) -> bool:
    """Whether several lines can stand as they are."""
    lines = text.split("\n")
    plain = all(line.isprintable() and line == line.rstrip() for line in lines)
    return len(lines) > 1 and plain and bool(lines[-1]) and lines[0][:1] not in {"", " "}
