"""What the texts of a column look like: the classes of their characters, in place."""

from __future__ import annotations

from string import ascii_lowercase, ascii_uppercase, digits

from headgate.observe.column import Shape
from headgate.observe.read import Source, value
from headgate.schema.schema import Column

MOST = 5
"""Shapes that are kept."""
WIDEST = 64
"""Characters that a shape shows; a longer text's shape ends in `…`."""
COVERED = 0.9
"""Where the most frequent shapes cover less of a column, its shapes are folded."""

# letters outside ASCII are found by class, so those inside step aside into private code points
ASIDE = "\ue000\ue001\ue002"
CLASSES = ascii_uppercase + ascii_lowercase + digits


def shapes(source: Source, column: Column) -> tuple[Shape, ...]:
    """The most frequent shapes of a text column, with their share of its values."""
    found = _most(source, column, "shape")
    if sum(shape.share for shape in found) >= COVERED:
        return found
    folded = "shape"
    for sign in "Aa9L":
        folded = f"regexp_replace({folded}, '{sign}+', '{sign}+', 'g')"
    return tuple(
        Shape(shape.text, shape.share, folded=True) for shape in _most(source, column, folded)
    )


def _most(source: Source, column: Column, form: str) -> tuple[Shape, ...]:
    statement = (
        f"WITH counts AS (SELECT {value(column)} AS v, count(*) AS n FROM data GROUP BY 1), "  # noqa: S608
        f"shaped AS (SELECT {_shape()} AS shape, n FROM counts WHERE v IS NOT NULL) "
        f"SELECT {form}, sum(n), sum(sum(n)) OVER () FROM shaped GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?"
    )
    by_class = "A" * 26 + "a" * 26 + "9" * 10
    by_aside = ASIDE[0] * 26 + ASIDE[1] * 26 + ASIDE[2] * 10
    bound = [CLASSES, by_class, CLASSES, by_aside, ASIDE, MOST]
    rows = source.ask(statement, bound)
    return tuple(Shape(text, float(count / total)) for text, count, total in rows)


def _shape() -> str:
    cut = f"left(v, {WIDEST})"
    plain = f"translate({cut}, ?, ?)"
    other = f"translate(regexp_replace(translate({cut}, ?, ?), '\\p{{L}}', 'L', 'g'), ?, 'Aa9')"
    # as many bytes as characters: nothing but ASCII
    by_class = f"CASE WHEN strlen(v) = length(v) THEN {plain} ELSE {other} END"
    return f"{by_class} || CASE WHEN length(v) > {WIDEST} THEN '…' ELSE '' END"
