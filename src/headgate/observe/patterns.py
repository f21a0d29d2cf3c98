"""Regular expressions made of shapes, for texts that are nearly all of one form."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from headgate.observe.column import Shape

NEARLY_ALL = 0.99
FORMS = 4
"""So many forms at the most; texts of more are not of a form."""
CLASSES = {"A": "[A-Z]", "a": "[a-z]", "9": "[0-9]"}
SPECIAL = ".^$*+?{}[]()|\\"


class Pattern(Struct, frozen=True):
    """A regular expression, its form in words, and the share of the texts that match it."""

    regex: str
    form: str
    share: float


def pattern(shapes: Sequence[Shape]) -> Pattern | None:
    """The pattern that nearly all texts keep; None where they keep none worth telling.

    One shape for nearly all is kept to the letter. Otherwise runs of a class may have any length,
    and up to four forms are told.

    >>> pattern([Shape("AA-9999", 1.0)]).regex
    '^[A-Z]{2}-[0-9]{4}$'
    """
    if not shapes or any("…" in shape.text or "L" in shape.text for shape in shapes):
        return None
    if shapes[0].share >= NEARLY_ALL and not shapes[0].folded:
        return _made({shapes[0].text: _exactly(shapes[0].text)}, shapes[0].share)
    forms: dict[str, float] = {}
    for shape in shapes:
        text = shape.text if shape.folded else re.sub(r"([Aa9])\1*", r"\1+", shape.text)
        forms[text] = forms.get(text, 0.0) + shape.share
    share = min(sum(forms.values()), 1.0)
    if share < NEARLY_ALL or len(forms) > FORMS:
        return None
    return _made({form: _any_length(form) for form in forms}, share)


def _made(forms: Mapping[str, str], share: float) -> Pattern | None:
    if not any(sign in CLASSES for form in forms for sign in form):
        return None
    either = list(forms.values())
    inner = either[0] if len(either) == 1 else f"(?:{'|'.join(either)})"
    return Pattern(f"^{inner}$", " or ".join(forms), share)


def _exactly(shape: str) -> str:
    runs = (run.group() for run in re.finditer(r"([Aa9])\1*|.", shape, re.DOTALL))
    return "".join(
        CLASSES[run[0]] + (f"{{{len(run)}}}" if len(run) > 1 else "")
        if run[0] in CLASSES
        else _literal(run)
        for run in runs
    )


def _any_length(folded: str) -> str:
    runs = (run.group() for run in re.finditer(r"[Aa9]\+|.", folded, re.DOTALL))
    return "".join(f"{CLASSES[run[0]]}+" if run[0] in CLASSES else _literal(run) for run in runs)


def _literal(sign: str) -> str:
    return f"\\{sign}" if sign in SPECIAL else sign
