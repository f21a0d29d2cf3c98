"""Checks that a table's profile speaks for, each with its evidence and how sure it is.

A suggestion is kept only where both halves of the rows agree: what is concluded from either half
has to hold for the other. Nothing is proposed from a single value, as nobody can tell whether it
stands still, and nothing that would show a value of a likely personal column.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

from headgate.observe.profile import Profile
from headgate.observe.suggest_columns import of_column
from headgate.observe.suggest_table import of_table
from headgate.observe.suggestion import Suggestion


def suggest(profile: Profile) -> list[Suggestion]:
    """The checks that a profile speaks for: those of the table, then those of each column."""
    found = [*of_table(profile)]
    for column in profile.columns:
        found += of_column(column)
    return found


def left_out(profile: Profile) -> list[str]:
    """Why nothing is proposed for columns that hold values, a sentence each."""
    return [
        f"{column.name} is numbers read as text, because of {_these(column.stand_ins)} among them: "
        f"say that this means no value, {_as_nulls(column.stand_ins)}, and suggest again"
        for column in profile.columns
        if column.numbers_as_text
    ]


def _these(texts: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{text!r} in {count:,} of the rows" for text, count in texts[:3])


def _as_nulls(texts: Sequence[tuple[str, int]]) -> str:
    """How a file's reader is told, and how a source is."""
    named = [text for text, _ in texts[:3]]
    options = shlex.join(word for text in named for word in ("--nulls", text))
    return f"{options} for a file or csv: {{nulls: {json.dumps(['', *named])}}} in a source"
