"""Names and values as a dialect of SQL writes them."""

from __future__ import annotations

import re
from typing import Any

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
RESERVED = frozenset(
    ["USER", "CHECK", "DO", "END", "TRAILING", "LEADING", "BOTH", "ANALYSE", "ANALYZE", "INITIALLY",
     "DEFERRABLE", "PLACING", "SYMMETRIC", "ASYMMETRIC", "VARIADIC", "CURRENT_ROLE", "LATERAL",
     "SESSION_USER", "LOCALTIME", "LOCALTIMESTAMP", "COLLATION", "CONCURRENTLY", "FREEZE", "VERBOSE",
     "AUTHORIZATION", "TABLESAMPLE", "SYSTEM_USER", "GROUPS", "OF", "TO"]
)  # fmt: skip
"""Words that some database keeps for itself, beside those that the library knows."""


def name_in(name: Any, dialect: str) -> str:
    """A name as a dialect writes it; in quotes only where it would else be read as another."""
    from sqlglot import Dialect, exp

    text = str(name)
    words = Dialect.get_or_raise(dialect).tokenizer_class.KEYWORDS
    odd = not _PLAIN.fullmatch(text) or text.upper() in words or text.upper() in RESERVED
    return exp.to_identifier(text, quoted=odd).sql(dialect)


def in_quotes(text: str, dialect: str) -> str:
    """A text as a literal."""
    from sqlglot import exp

    return exp.Literal.string(text).sql(dialect)


def literal(value: Any, dialect: str) -> str:
    """A plain value as a literal."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return repr(value)
    return in_quotes(str(value), dialect)
