"""A word of the vocabulary that pipelines write their checks in."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from headgate.checks.check import Bound
from headgate.checks.keywords import Keywords
from headgate.checks.metric import Plain

ENDS = {
    "low": "min_value",
    "high": "max_value",
    "strict_low": "strict_min",
    "strict_high": "strict_max",
}


class Word(Struct, frozen=True):
    """A word of the vocabulary: the expectation it is, its keywords, and what it may be short for.

    `short` names the keyword that a value without keywords is for. A word that is no expectation
    has a reader of its own, which makes its metric and bound.
    """

    expectation: str
    says: str
    short: str = "column"
    keywords: Mapping[str, str] = {}
    read: Callable[[Keywords], tuple[Plain, Bound]] | None = None
