"""The keywords of one expectation, each read once and checked as it is read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from headgate.checks.check import Share
from headgate.errors import DeclarationError, did_you_mean
from headgate.schema.statistics import Scalar

if TYPE_CHECKING:
    from headgate.checks.check import Range
    from headgate.checks.metric import Between, Length

    Ended = TypeVar("Ended", Between, Length, Range)

BOOKKEEPING = {
    "batch_id",
    "table",
    "result_format",
    "catch_exceptions",
    "include_config",
    "meta",
    "notes",
    "description",
    "id",
    "rendered_content",
    "profiler_config",
}
"""Keywords that say how Great Expectations reports, and nothing about the data."""

NOT_YET = {
    "auto": "bounds are not learned while they are judged",
    "windows": "windows over earlier runs are not supported yet",
    "allow_cross_type_comparisons": "text and numbers are never compared",
    "output_strftime_format": "results are not written in another form",
}
"""Keywords that would change the verdict, and why they are refused."""

Ends = tuple[Scalar | None, Scalar | None, bool, bool]


class Keywords:
    """A reader of keywords that knows which of them were asked for."""

    def __init__(self, kind: str, given: dict[str, Any], where: str) -> None:
        self.kind, self.given, self.where = kind, given, where
        self._asked: set[str] = set()
        for name, why in NOT_YET.items():
            if given.get(name) not in (None, False):
                raise DeclarationError(f"{kind}: {name}: {why}", where, "remove the keyword")

    def all_read(self) -> None:
        """Raises DeclarationError where a keyword was given that nobody asked for."""
        for name in self.given:
            if name not in self._asked | BOOKKEEPING | set(NOT_YET):
                advice = did_you_mean(name, self._asked)
                raise DeclarationError(f"{self.kind} has no keyword {name!r}", self.where, advice)

    def wrong(self, name: str, wanted: str) -> DeclarationError:
        """The error for a keyword that is missing, or whose value is not what is wanted."""
        value = self.given.get(name)
        if value is None:
            what = f"{self.kind}: {name} is {wanted}, and it is missing"
            return DeclarationError(what, self.where)
        return DeclarationError(f"{self.kind}: {name} is {wanted}, not {value!r}", self.where)

    def get(self, name: str) -> Any:
        """The value as it was written; None where it was not."""
        self._asked.add(name)
        return self.given.get(name)

    def text(self, name: str, *, empty: bool = False) -> str:
        """A text, which may be empty only where that means something."""
        value = self.get(name)
        if not isinstance(value, str) or not (value or empty):
            raise self.wrong(name, "text")
        return value

    def whole(self, name: str) -> int:
        value = self.get(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.wrong(name, "a whole number")
        return value

    def flag(self, name: str, default: bool) -> bool:
        value = self.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.wrong(name, "true or false")
        return value

    def names(self, name: str) -> tuple[str, ...]:
        """A list of names, each of them once."""
        value = self.get(name)
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self.wrong(name, "a list of names")
        if len(set(value)) < len(value):
            raise self.wrong(name, "a list that names each thing once")
        if not value:
            raise self.wrong(name, "a list with at least one name")
        return tuple(value)

    def values(self, name: str) -> tuple[Scalar, ...]:
        """A list of values; null stands for no value and says nothing, as no null is judged."""
        value = self.get(name)
        if not isinstance(value, list):
            raise self.wrong(name, "a list of values")
        found = [one for one in value if one is not None]
        if not all(is_scalar(one) for one in found):
            raise self.wrong(name, "a list of plain values")
        return tuple(found)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts, at least one."""
        value = self.get(name)
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self.wrong(name, "a list of texts")
        if not value:
            raise self.wrong(name, "a list with at least one text")
        return tuple(dict.fromkeys(value))

    def number(self, name: str, default: float | None = None) -> float:
        """A finite number, which must be there where it has no default."""
        value = self.get(name)
        if value is None and default is not None:
            return default
        if not is_number(value) or math.isinf(value):
            raise self.wrong(name, "a number")
        found: float = value
        return found

    def members(self, name: str) -> dict[str, Any]:
        """A JSON object."""
        value = self.get(name)
        if not isinstance(value, dict):
            raise self.wrong(name, "an object")
        return value

    def mostly(self) -> Share:
        value = self.get("mostly")
        if value is None:
            return Share()
        if not is_number(value) or not 0 <= value <= 1:
            raise self.wrong("mostly", "a number from 0 to 1")
        return Share(float(value))

    def ends(self) -> Ends:
        """`min_value`, `max_value`, `strict_min`, `strict_max`."""
        low, high = self._end("min_value"), self._end("max_value")
        strict = self.flag("strict_min", default=False), self.flag("strict_max", default=False)
        if low is not None and high is not None:
            if isinstance(low, str) != isinstance(high, str):
                raise self.wrong("max_value", f"of the same kind as min_value, {low!r}")
            if low > high:  # type: ignore[operator]
                raise self.wrong("max_value", f"not less than min_value, {low!r}")
        return low, high, *strict

    def number_ends(self) -> tuple[float | None, float | None, bool, bool]:
        """`ends` that are numbers."""
        low, high, *strict = self.ends()
        for name, end in (("min_value", low), ("max_value", high)):
            if isinstance(end, str):
                raise self.wrong(name, "a number")
        assert not isinstance(low, str)
        assert not isinstance(high, str)
        return low, high, strict[0], strict[1]

    def ended(self, found: Ended) -> Ended:
        """What was made of `ends`, which has one. Without one the check could not fail."""
        if found.low is None and found.high is None:
            raise DeclarationError(f"{self.kind} has neither min_value nor max_value", self.where)
        return found

    def one_of(self, name: str, words: Sequence[str], default: str) -> str:
        value = self.get(name)
        if value is None:
            return default
        if not isinstance(value, str) or value not in words:
            raise self.wrong(name, f"one of {', '.join(words)}")
        return value

    def _end(self, name: str) -> Scalar | None:
        value = self.get(name)
        if isinstance(value, dict) and "$PARAMETER" in value:
            hint = "write the value itself"
            raise DeclarationError(
                f"{self.kind}: {name}: parameters are not supported yet", self.where, hint
            )
        if value is not None and not _is_end(value):
            raise self.wrong(name, "a number or text")
        end: Scalar | None = value
        return end


def is_number(value: object) -> bool:
    """Whether a value of a JSON file is a number, and not NaN."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value  # noqa: PLR0124 - NaN


def _is_end(value: object) -> bool:
    return isinstance(value, str) or is_number(value)


def is_scalar(value: object) -> bool:
    """Whether a value of a JSON file is one that a cell may hold."""
    if isinstance(value, float):
        return not math.isnan(value)
    return isinstance(value, bool | int | str)
