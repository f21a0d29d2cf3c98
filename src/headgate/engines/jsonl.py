"""JSON lines as text columns, with the type that JSON gave each column.

Numbers are kept as they are written, so that no integer loses its end on the way. A nested value
is kept as its JSON text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headgate.engines.engine import Malformed
from headgate.engines.parts import Part, reject_other_format, shortened, unchanging
from headgate.errors import SourceError
from headgate.schema.reserved import reserved
from headgate.schema.types import LogicalType

if TYPE_CHECKING:
    import polars as pl

_CHUNK = 65_536


class _Number(str):
    """A number as it is written in the file."""

    __slots__ = ()


def read_jsonl(path: Path) -> Part:
    """All records of a file, the lines that hold no JSON object apart.

    A key that a record does not have is null. Raises SourceError where the file cannot be read.
    """
    with unchanging(path):
        with path.open("rb") as file:
            reject_other_format(file.read(4), path, "jsonl")
        good: list[dict[str, Any]] = []
        kinds: dict[str, set[str]] = {}
        chunks: list[pl.DataFrame] = []
        lines: list[int] = []
        malformed: list[Malformed] = []
        for number, text in _lines(path):
            record = _record(text)
            if isinstance(record, str):
                value = shortened(text.decode("utf-8", "surrogateescape"))
                malformed.append(Malformed(str(path), number, None, value, record))
                continue
            good.append(record)
            lines.append(number)
            if len(good) == _CHUNK:
                chunks.append(_columns(good, kinds))
                good.clear()
        chunks.append(_columns(good, kinds))
        if not lines and not malformed:
            raise SourceError("the file holds only blank lines", str(path), "deliver it again")
        return _part(path, chunks, lines, malformed, kinds)


def _part(
    path: Path,
    chunks: Sequence[pl.DataFrame],
    lines: Sequence[int],
    malformed: Sequence[Malformed],
    kinds: dict[str, set[str]],
) -> Part:
    import polars as pl

    if taken := reserved(kinds):
        what = f"the key {taken!r} is reserved"
        raise SourceError(what, str(path), "rename the key")
    empty = pl.DataFrame(schema=dict.fromkeys(kinds, pl.String))
    frame = pl.concat([empty, *chunks], how="diagonal")
    natural = {name: _natural(seen) for name, seen in kinds.items()}
    return Part(
        str(path),
        frame,
        pl.Series(lines, dtype=pl.Int64),
        tuple(malformed),
        {name: kind for name, kind in natural.items() if kind is not None},
    )


def _natural(kinds: set[str]) -> LogicalType | None:
    """The type of a column whose values are of these kinds; None leaves it to the values."""
    if kinds <= {"number"} or kinds == {"boolean"}:
        return None
    return LogicalType.STRING


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            if text := text.strip():
                yield number, text


def _record(text: bytes) -> dict[str, Any] | str:
    """The object of one line, or the reason why there is none."""
    try:
        found = _DECODE(text.decode())
        if b"\\u" in text:
            _written(found).encode()
    except UnicodeEncodeError:
        return "holds half of a pair of surrogates, which is no character"
    except UnicodeDecodeError as error:
        return f"the byte 0x{text[error.start]:02X} is not UTF-8"
    except json.JSONDecodeError as error:
        return f"is not JSON: {error.msg[0].lower()}{error.msg[1:]} (character {error.pos + 1})"
    except ValueError as error:
        return str(error)
    except RecursionError:
        return "is nested too deeply"
    return found if isinstance(found, dict) else "is not a JSON object"


def _columns(records: Sequence[dict[str, Any]], kinds: dict[str, set[str]]) -> pl.DataFrame:
    import polars as pl

    names = dict.fromkeys(name for record in records for name in record)
    columns = []
    for name in names:
        seen = kinds.setdefault(name, set())
        cells = [_text(record.get(name), seen) for record in records]
        columns.append(pl.Series(name, cells, pl.String))
    return pl.DataFrame(columns, height=len(records))


def _text(value: object, seen: set[str]) -> str | None:
    match value:
        case None:
            return None
        case _Number():
            seen.add("number")
            return str(value)
        case str():
            seen.add("string")
            return value
        case bool():
            seen.add("boolean")
            return "true" if value else "false"
    seen.add("nested")
    return _written(value)


def _written(value: Any) -> str:
    """A nested value as JSON text, with its numbers as they were."""
    match value:
        case _Number():
            return str(value)
        case dict():
            pairs = (f"{_written(key)}:{_written(inner)}" for key, inner in value.items())
            return f"{{{','.join(pairs)}}}"
        case list():
            return f"[{','.join(map(_written, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"is not JSON: {name} is no value")


_DECODE: Callable[[str], Any] = json.JSONDecoder(
    object_pairs_hook=_once, parse_int=_Number, parse_float=_Number, parse_constant=_no_constant
).decode
