"""What NaN is to a check: no value, a value like another, or what no row may hold."""

from __future__ import annotations

from enum import StrEnum


class Nan(StrEnum):
    """What NaN is taken for. Only columns of floating point numbers hold it."""

    NULL = "null"  # no value, as everywhere where nothing else is said
    VALUE = "value"  # a value that lies in no range and equals no number
    FAIL = "fail"  # what breaks every rule

    @property
    def said(self) -> str:
        """What it is taken for, in a phrase."""
        said = {Nan.NULL: "NaN as missing", Nan.VALUE: "NaN as a value", Nan.FAIL: "no NaN"}
        return f"with {said[self]}"
