"""What an engine says of a file that is damaged, as an error of the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from headgate.errors import SourceError

UNREAD = re.compile(r'Failed to read file "(?P<file>[^"]*)": (?P<why>[^\n]*)')


@contextmanager
def damage_told() -> Iterator[None]:
    """A block in which files are read. Raises SourceError for one whose pages cannot be."""
    from headgate.engines.duckdb import extension

    try:
        yield
    except extension().Error as error:
        if found := UNREAD.search(str(error)):
            what = f"the file is damaged: {found['why']}"
            raise SourceError(what, found["file"], "deliver it again") from error
        raise
