"""How the values of a personal column are changed: the custom property `anonymizationStrategy`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from headgate.errors import DeclarationError, UnknownNameError, did_you_mean

PROPERTY = "anonymizationStrategy"
"""The name that the examples of the standard give it."""

TO = ("day", "month", "year")


class Strategy(StrEnum):
    """What becomes of a value."""

    HMAC = "hmac"  # a pseudonym, the same one wherever the value stands
    MASK = "mask"  # asterisks, but for the last four characters of a long text
    NULL = "null"  # nothing
    CONSTANT = "constant"  # one word
    GENERALISE = "generalise"  # the month of a date, the bin of a number
    FAKE = "fake"  # a made-up value of its kind
    KEEP = "keep"  # itself


class Anonymization(Struct, frozen=True):
    """A strategy, and what it is told.

    `to` is how much of a date is left, `bin` the width of the bins of a number, and `word` what
    stands in place of every value.
    """

    strategy: Strategy
    to: str = "month"
    bin: float | None = None
    word: str = "redacted"

    def __str__(self) -> str:
        return self.strategy.value


def read_anonymization(given: Any, where: str) -> Anonymization:
    """The strategy that a contract names: a word, or a mapping with `strategy` and its options.

    Raises DeclarationError for what is no strategy, and for options that it does not take.
    """
    body: Mapping[str, Any] = given if isinstance(given, Mapping) else {"strategy": given}
    word = "keep" if body.get("strategy") == "none" else body.get("strategy")
    # the word null is nothing in YAML
    word = "null" if "strategy" in body and word is None else word
    if not isinstance(word, str) or word not in set(Strategy):
        raise UnknownNameError.of(PROPERTY, str(word), list(Strategy), where)
    strategy = Strategy(word)
    allowed = {Strategy.GENERALISE: {"to", "bin"}, Strategy.CONSTANT: {"word"}}.get(strategy, set())
    if unknown := [key for key in body if key not in {"strategy", *allowed}]:
        what = f"{PROPERTY} {strategy} takes no {unknown[0]!r}"
        raise DeclarationError(what, where, did_you_mean(unknown[0], allowed))
    found = Anonymization(strategy, **{key: body[key] for key in allowed if key in body})
    if found.to not in TO:
        raise UnknownNameError.of(f"{PROPERTY} to", str(found.to), TO, where)
    if found.bin is not None and (not isinstance(found.bin, int | float) or not found.bin > 0):
        raise DeclarationError(f"{PROPERTY}: bin is a number above 0", where)
    if not isinstance(found.word, str):
        raise DeclarationError(f"{PROPERTY}: word is text", where, "write it in quotes")
    return found
