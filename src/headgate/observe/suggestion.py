"""A suggestion: an expectation, what speaks for it, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

SURE = 0.9
"""From here on a suggestion closes the gate; below it warns."""
ENOUGH = 30
"""Values from which something may be concluded."""


class Suggestion(Struct, frozen=True):
    """One expectation of Great Expectations, what speaks for it, and how sure that is (0 to 1)."""

    type: str
    kwargs: Mapping[str, Any]
    evidence: str
    confidence: float

    @property
    def severity(self) -> str:
        """The severity it is written with, in the words of Great Expectations."""
        return "critical" if self.confidence >= SURE else "warning"

    @property
    def column(self) -> str:
        """The columns it is about; nothing where it is about the table."""
        listed = self.kwargs.get("column_list") if "unique" in self.type else None
        return str(self.kwargs.get("column") or ", ".join(listed or ()))

    def as_json(self) -> dict[str, Any]:
        """The suggestion as `--json` carries it."""
        return {
            "type": self.type,
            "kwargs": dict(self.kwargs),
            "severity": self.severity,
            "confidence": self.confidence,
            "evidence": self.evidence,
        }


def as_suite(name: str, suggestions: Sequence[Suggestion]) -> dict[str, Any]:
    """The suggestions as an expectation suite in the form of Great Expectations 1.x."""
    return {
        "name": name,
        "expectations": [
            {
                "type": one.type,
                "kwargs": dict(one.kwargs),
                "severity": one.severity,
                "meta": {"evidence": one.evidence, "confidence": one.confidence},
            }
            for one in suggestions
        ],
        "meta": {"suggested_by": "headgate"},
    }


def mostly_for(failing: float) -> float:
    """The `mostly` that lets so large a share fail, rounded down to what people can read."""
    digits = max(3, 1 - math.floor(math.log10(failing)))
    return float(math.floor((1 - failing) * 10**digits) / 10**digits)


def percent(share: float) -> str:
    """A share in percent, with the digits it needs."""
    return f"{100 * share:.2g} %" if share < 0.995 else f"{100 * share:.6g} %"
