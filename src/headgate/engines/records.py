"""CSV records read one by one, with the line where each starts and the reason why one is bad.

This is the reading that defines what a CSV file says. It is slow (about a second for a million
rows), so `csv` reads regular files another way and comes here for all others.

The rules are those of Python's `csv` module in strict mode: a quoted field ends at its quote, and
only a delimiter or the end of the line may follow; a quote inside an unquoted field is itself;
lines end with LF, CR or CRLF; blank lines are skipped. After a record that cannot be read, the
next one starts on the line after the first line of the bad one.
"""

from __future__ import annotations

import csv
from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from headgate.engines.engine import Format, Malformed
from headgate.engines.parts import Part, shortened

if TYPE_CHECKING:
    import polars as pl

LONGEST_FIELD = 64 * 2**20
"""Characters of one field; a longer one makes its row malformed."""

_CHUNK = 65_536


class Record(Struct, frozen=True):
    """One record: its fields, or the reason why it has none.

    `lines` is how many lines it takes; `text` is what stands there.
    """

    line: int
    lines: int
    fields: Sequence[str]
    text: str
    reason: str | None = None


class _Feed:
    """Lines for a csv reader, which can be handed back."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._source = iter(lines)
        self._returned: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else next(self._source)
        self.taken.append(line)
        return line

    def hand_back(self, lines: Sequence[str]) -> None:
        self._returned.extendleft(reversed(lines))


def open_text(path: Path, form: Format) -> Iterator[str]:
    """The lines of a file with their ends. Bytes that are not text become lone surrogates."""
    encoding = "utf-8-sig" if form.encoding == "utf-8" else form.encoding
    with path.open(encoding=encoding, errors="surrogateescape", newline="") as lines:
        yield from lines


def records(lines: Iterable[str], form: Format) -> Iterator[Record]:
    """Every record that is not a blank line, good or bad, in order."""
    feed = _Feed(lines)
    reader = csv.reader(
        feed,
        strict=True,
        delimiter=form.delimiter,
        quotechar=form.quote or None,
        quoting=csv.QUOTE_MINIMAL if form.quote else csv.QUOTE_NONE,
    )
    line = 1
    previous = csv.field_size_limit(LONGEST_FIELD)
    try:
        while True:
            feed.taken = []
            csv.field_size_limit(LONGEST_FIELD)  # it is one setting for the whole process
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                # no line is read twice for long: a quote that ends this attempt ends the next too
                feed.hand_back(feed.taken[1:])
                yield Record(line, 1, (), feed.taken[0], _reason(error))
                line += 1
                continue
            if fields:
                text = feed.taken[0] if len(feed.taken) == 1 else "".join(feed.taken)
                yield Record(line, len(feed.taken), fields, text, _not_text(text, form))
            line += len(feed.taken)
    finally:
        csv.field_size_limit(previous)


def read_carefully(path: Path, form: Format, names: Sequence[str]) -> Part:
    """All records of a file as text columns of these names, the bad ones apart."""
    import polars as pl

    found = records(open_text(path, form), form)
    if form.header:
        next(found)
    good: list[Sequence[str]] = []
    chunks: list[pl.DataFrame] = []
    lines = array("q")
    malformed: list[Malformed] = []
    for record in found:
        reason = record.reason
        if reason is None and len(record.fields) != len(names):
            reason = _ragged(len(record.fields), len(names))
        if reason is not None:
            value = shortened(record.text.rstrip("\r\n"))
            malformed.append(Malformed(str(path), record.line, None, value, reason))
            continue
        good.append(record.fields)
        lines.append(record.line)
        if len(good) == _CHUNK:
            chunks.append(_columns(good, names, form))
            good.clear()
    chunks.append(_columns(good, names, form))
    return Part(str(path), pl.concat(chunks), pl.Series(lines, dtype=pl.Int64), tuple(malformed))


def _columns(rows: list[Sequence[str]], names: Sequence[str], form: Format) -> pl.DataFrame:
    import polars as pl

    columns = list(zip(*rows, strict=True)) if rows else [() for _ in names]
    frame = pl.DataFrame([pl.Series(n, c, pl.String) for n, c in zip(names, columns, strict=True)])
    if not form.nulls:
        return frame
    return frame.with_columns(pl.when(~pl.all().is_in(list(form.nulls))).then(pl.all()))


# ------------------------------------------------------------------ what is wrong, in words


def _reason(error: csv.Error) -> str:
    text = str(error)
    if "unexpected end of data" in text:
        return "a quote is opened here and never closed"
    if "field larger" in text:
        return f"a field has more than {LONGEST_FIELD:,} characters"
    if "expected after" in text:
        return "text follows a closing quote"
    return text


def _not_text(text: str, form: Format) -> str | None:
    if "\0" in text:
        return "the row contains a NUL byte"
    if text.isascii():
        return None
    bad = next((c for c in text if "\udc80" <= c <= "\udcff"), None)
    if bad is None:
        return None
    byte = f"0x{ord(bad) - 0xDC00:02X}"
    advice = form.advice("encoding", "latin-1")
    return f"the byte {byte} is not UTF-8; if it is Latin-1, {advice}"


def _ragged(fields: int, columns: int) -> str:
    return f"the row has {fields} field{'s' * (fields != 1)}, the header has {columns}"
