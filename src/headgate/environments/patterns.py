r"""Texts that match a simple pattern.

Signs, sets such as `[A-Z0-9]`, `\d` and `\w`, groups of choices, and how often each stands.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Iterator

from msgspec import Struct

from headgate.errors import DeclarationError

DIGITS, WORD = string.digits, string.ascii_letters + string.digits + "_"
CLASSES = {"d": DIGITS, "w": WORD, "s": " "}
ANY = string.ascii_letters + string.digits
MORE = 8
"""How many more than the least there are of what may stand any number of times."""

_TIMES = re.compile(r"\{(\d+)(?:(,)(\d*))?\}|[*+?]")


class Piece(Struct, frozen=True):
    """Signs to choose from, or ways to go on, and how often."""

    choices: tuple[str | tuple[Piece, ...], ...]
    least: int = 1
    most: int = 1


def matching(pattern: str, chance: random.Random) -> str:
    """A text that matches the whole of a pattern.

    Raises DeclarationError for a pattern with more in it than this module knows.
    """
    pieces = parsed(pattern)
    text = "".join(_made(pieces, chance))
    if not re.search(pattern, text):
        raise _unclear(pattern)
    return text


def parsed(pattern: str) -> tuple[Piece, ...]:
    """The pieces of a pattern. Raises DeclarationError as `matching` does."""
    inner = pattern.removeprefix("^")
    inner = inner[:-1] if inner.endswith("$") and not inner.endswith("\\$") else inner
    ways, end = _ways(pattern, inner, 0)
    if end != len(inner):
        raise _unclear(pattern)
    return ways[0] if len(ways) == 1 else (Piece(tuple(ways)),)


def _made(pieces: tuple[Piece, ...], chance: random.Random) -> Iterator[str]:
    for piece in pieces:
        for _ in range(chance.randint(piece.least, piece.most)):
            chosen = chance.choice(piece.choices)
            if isinstance(chosen, str):
                yield chosen
            else:
                yield from _made(chosen, chance)


# ------------------------------------------------------------------ reading


def _ways(pattern: str, text: str, at: int) -> tuple[list[tuple[Piece, ...]], int]:
    """The ways that `|` tells apart, up to the end of a group."""
    ways: list[list[Piece]] = [[]]
    while at < len(text) and text[at] != ")":
        if text[at] == "|":
            ways.append([])
            at += 1
            continue
        choices, at = _choices(pattern, text, at)
        least, most, at = _times(text, at)
        ways[-1].append(Piece(choices, least, most))
    return [tuple(way) for way in ways], at


def _choices(pattern: str, text: str, at: int) -> tuple[tuple[str | tuple[Piece, ...], ...], int]:
    match text[at]:
        case "(":
            start = at + 3 if text[at : at + 3] == "(?:" else at + 1
            ways, end = _ways(pattern, text, start)
            if text[end : end + 1] != ")":
                raise _unclear(pattern)
            return tuple(ways), end + 1
        case "[":
            return _set(pattern, text, at + 1)
        case "\\":
            return tuple(_escaped(pattern, text[at + 1 : at + 2])), at + 2
        case ".":
            return tuple(ANY), at + 1
        case "^" | "$" | "*" | "+" | "?" | "{":
            raise _unclear(pattern)
        case sign:
            return (sign,), at + 1


def _set(pattern: str, text: str, at: int) -> tuple[tuple[str, ...], int]:
    found: list[str] = []
    refused, at = (True, at + 1) if text[at : at + 1] == "^" else (False, at)
    while text[at : at + 1] not in {"]", ""}:
        if text[at] == "\\":
            found += _escaped(pattern, text[at + 1 : at + 2])
            at += 2
        elif text[at + 1 : at + 2] == "-" and text[at + 2 : at + 3] not in {"]", ""}:
            found += map(chr, range(ord(text[at]), ord(text[at + 2]) + 1))
            at += 3
        else:
            found.append(text[at])
            at += 1
    signs = [sign for sign in ANY if sign not in found] if refused else found
    if at >= len(text) or not signs:
        raise _unclear(pattern)
    return tuple(dict.fromkeys(signs)), at + 1


def _escaped(pattern: str, sign: str) -> str:
    if sign in CLASSES:
        return CLASSES[sign]
    if not sign or sign.isalnum():
        raise _unclear(pattern)
    return sign


def _times(text: str, at: int) -> tuple[int, int, int]:
    found = _TIMES.match(text, at)
    if not found:
        return 1, 1, at
    if found[1]:
        least = int(found[1])
        most = least if not found[2] else int(found[3]) if found[3] else least + MORE
        return least, most, found.end()
    least, most = {"*": (0, MORE), "+": (1, 1 + MORE), "?": (0, 1)}[found[0]]
    return least, most, found.end()


def _unclear(pattern: str) -> DeclarationError:
    return DeclarationError(
        f"no text can be made up for the pattern {pattern!r}",
        None,
        "write it with signs, sets such as [A-Z0-9], \\d, \\w, (a|b) and {2,5}, or list an enum",
    )
