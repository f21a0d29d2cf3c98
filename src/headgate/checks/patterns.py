r"""Python's regular expressions, for an engine that searches with RE2.

Suites are written with Python's expressions in mind, and Great Expectations judges with them. RE2
is fast on any text because it has no lookaround and no backreferences, and it reads `\w`, `\d`,
`\s`, `$` and `{,3}` otherwise. What has the same meaning in other words is put in those words
here; what has not is refused when it is declared. `\b` alone stays what RE2 takes it for, the
border of an ASCII word.
"""

from __future__ import annotations

import re
import warnings

from headgate.errors import DeclarationError

TOKEN = re.compile(
    r"""
    (?P<escape>   \\ (?: u[0-9a-fA-F]{4} | U[0-9a-fA-F]{8} | . ) )
  | (?P<set>      \[ \^? \]? (?: \\. | [^\]\\] )* \] )
  | (?P<group>    \(\? (?: P=\w+ | P?<\w+> | <[=!] | [=!>(] | [a-zA-Z-]+ [:)] | : | \# ) )
  | (?P<greedy>   [*+?}] \+ )
  | (?P<upto>     \{ , (?= \d+ \} ) )
  | (?P<end>      \$ (?= \Z | [)|] ) )
  | (?P<middle>   \$ )
  | (?P<other>    . )
    """,
    re.VERBOSE | re.DOTALL,
)
IN_SET = re.compile(r"\\(?:u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)

REFUSED = {
    "(?=": "lookahead",
    "(?!": "lookahead",
    "(?<=": "lookbehind",
    "(?<!": "lookbehind",
    "(?>": "an atomic group",
    "(?(": "a conditional group",
    "(?#": "a comment",
}

# What Python takes for a digit, a part of a word and a space, in any script
CLASSES = {
    "d": r"\p{Nd}",
    "w": r"\p{L}\p{N}_",
    "s": r"\s\v\x{1c}-\x{1f}\x{85}\p{Z}",
}


def checked(pattern: str) -> str:
    """The pattern, if it is one of Python's that the engine can search for.

    Raises DeclarationError if it is not.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a set in a set, which others read as a class
            re.compile(pattern)
    except (re.error, Warning, OverflowError, RecursionError) as error:
        raise DeclarationError(f"{pattern!r} is not a regular expression: {error}") from None
    in_engine_words(pattern)
    return pattern


def in_engine_words(pattern: str) -> str:
    r"""The pattern in RE2's words, which finds in a text what Python finds.

    Raises DeclarationError where it has none.

    >>> in_engine_words(r"^\d{,3}$")
    '^\\p{Nd}{0,3}(?:\\n?\\z)'
    """
    multiline = "m" in _flags(pattern)
    return "".join(_translated(token, pattern, multiline) for token in TOKEN.finditer(pattern))


def _translated(token: re.Match[str], pattern: str, multiline: bool) -> str:
    text = token.group()
    match token.lastgroup:
        case "escape":
            return _escape(text, pattern)
        case "set":
            return IN_SET.sub(lambda inner: _escape_in_set(inner.group(), pattern), text)
        case "group":
            return _group(text, pattern)
        case "greedy":
            raise _refused(pattern, "a possessive quantifier")
        case "middle" if not multiline:
            raise _refused(pattern, "$ before its end")
        case "upto":
            return "{0,"
        case "end" if not multiline:
            return r"(?:\n?\z)"
        case _:
            return text


def _escape(text: str, pattern: str) -> str:
    kind = text[1]
    if kind in "123456789":
        raise _refused(pattern, "a backreference")
    if kind == "d":
        return CLASSES[kind]
    if kind in "ws":
        return f"[{CLASSES[kind]}]"
    if kind in "DWS":
        return f"[^{CLASSES[kind.lower()]}]"
    if kind in "uU":
        return f"\\x{{{text[2:]}}}"
    return r"\z" if kind == "Z" else text


def _escape_in_set(text: str, pattern: str) -> str:
    kind = text[1]
    if kind in CLASSES:
        return CLASSES[kind]
    if kind == "D":
        return r"\P{Nd}"
    if kind in "WS":
        raise _refused(pattern, f"\\{kind} in a set")
    if kind == "b":
        return r"\x08"
    return f"\\x{{{text[2:]}}}" if kind in "uU" else text


def _group(text: str, pattern: str) -> str:
    if text in REFUSED:
        raise _refused(pattern, REFUSED[text])
    if text.startswith("(?P="):
        raise _refused(pattern, "a backreference")
    flags = text[2:-1] if text[-1] in ":)" else ""
    if set(flags) - set("ims-"):
        raise _refused(pattern, f"the flags {flags!r}")
    return text


def _flags(pattern: str) -> str:
    found = re.match(r"\(\?([a-zA-Z]+)\)", pattern)
    return found.group(1) if found else ""


def _refused(pattern: str, what: str) -> DeclarationError:
    return DeclarationError(
        f"{pattern!r} uses {what}, which is not supported",
        hint="say it without, or in two checks: one to match and one not to",
    )
