"""Text as a terminal shows it: coloured by its role, and without what would steer it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any, Literal, TextIO

import click

Role = Literal["", "good", "bad", "warn", "dim", "head", "place", "time"]
Paint = Callable[[str, Role], str]

COLOURS: dict[Role, dict[str, Any]] = {
    "good": {"fg": "green", "bold": True},
    "bad": {"fg": "red", "bold": True},
    "warn": {"fg": "yellow", "bold": True},
    "dim": {"dim": True},
    "time": {"dim": True},
    "head": {"bold": True},
    "place": {"fg": "blue", "bold": True},
}


def redraws(stream: TextIO) -> bool:
    """Whether the stream is a terminal that understands more than lines."""
    return stream.isatty() and os.environ.get("TERM", "") != "dumb"


def painter(stream: TextIO, *, plain: bool = False) -> Paint:
    """A function that colours text by its role, or leaves it where the stream has no colours."""
    if plain or os.environ.get("NO_COLOR") or not redraws(stream):
        return lambda text, _role: text
    return lambda text, role: click.style(text, **COLOURS[role]) if role else text


def printable(text: str) -> str:
    r"""The text with control characters spelt out, so that data cannot steer a terminal.

    Line breaks, tabs and our own colours stay.

    >>> printable("Sales = 1" + chr(7))
    'Sales = 1\\x07'
    """
    if text.isprintable():
        return text
    return "".join(_spelt(part) for part in _parts(text))


def _parts(text: str) -> Iterator[str]:
    import re

    # colours are the only escape sequences that we write ourselves
    return (match.group() for match in re.finditer(r"\x1b\[[0-9;]*m|.", text, re.DOTALL))


def _spelt(part: str) -> str:
    if part.isprintable() or part in "\n\t" or len(part) > 1:
        return part
    return repr(part)[1:-1]
