"""Our statements as psycopg reads them: it marks a parameter with `%s` where we write `?`."""

from __future__ import annotations

import re
from functools import lru_cache

_PIECE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|\?")


@lru_cache(maxsize=512)
def translated(statement: str) -> bytes:
    """The statement with `%s` for each parameter.

    >>> translated("select '50%?' from t where x = ?")
    b"select '50%%?' from t where x = %s"
    """
    # a percent sign is special to psycopg wherever it stands, quoted or not
    return _PIECE.sub(_mark, statement.replace("%", "%%")).encode()


def _mark(piece: re.Match[str]) -> str:
    return "%s" if piece[0] == "?" else piece[0]
