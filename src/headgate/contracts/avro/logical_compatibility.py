"""What Avro's rules of schema resolution leave out: what values mean.

They judge the bytes alone, so that days read as numbers, and thousandths as millionths. Here a
reader must know what the writer meant. Little may differ: a decimal may gain digits
before the point, not after it, as no stored number says where its point is. And a uuid is text.
"""

from __future__ import annotations

from headgate.contracts.avro.types import Logical


def clash(reader: Logical | None, writer: Logical | None) -> str | None:
    """Why values that were written under one meaning are misread under the other, in plain words.

    >>> clash(Logical("timestamp-micros"), Logical("timestamp-millis"))
    'written as timestamp-millis, read as timestamp-micros: 1000 times too small'
    >>> clash(Logical("decimal", 12, 2), Logical("decimal", 10, 2)) is None
    True
    """
    if reader == writer or (writer == _UUID and reader is None):
        return None  # the text of a uuid is all there is of it
    if reader and writer and reader.precision and writer.precision:
        return _decimals(reader, writer)
    told = f"written as {writer or 'a plain value'}, read as {reader or 'a plain value'}"
    if reader and writer:
        return told + _why(reader.name, writer.name)
    return f"{told}: the meaning is {'lost' if writer else 'made up'}"


def _decimals(reader: Logical, writer: Logical) -> str | None:
    if reader.scale != writer.scale:
        factor = 10 ** abs(reader.scale - writer.scale)
        how = "small" if reader.scale > writer.scale else "large"
        return f"written as {writer}, read as {reader}: {factor} times too {how}"
    if reader.precision < writer.precision:
        return f"written as {writer}, read as {reader}: larger numbers do not fit"
    return None


_UUID = Logical("uuid")
_UNITS = {"millis": 1_000, "micros": 1_000_000, "nanos": 1_000_000_000}


def _why(reader: str, writer: str) -> str:
    """What becomes of a value, where it can be said."""
    (kind, _, unit), (before, _, was) = reader.rpartition("-"), writer.rpartition("-")
    if kind == before and unit in _UNITS and was in _UNITS:
        factor = _UNITS[unit] / _UNITS[was]
        return f": {max(factor, 1 / factor):.0f} times too {'small' if factor > 1 else 'large'}"
    if {kind, before} == {"timestamp", "local-timestamp"}:
        return ": a moment is not a time on a clock of some zone"
    return ""
