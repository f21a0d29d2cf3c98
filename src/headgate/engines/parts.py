"""What was read of a delivery before its types are settled: one `Part` for each file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from headgate.engines.engine import Malformed
from headgate.errors import SourceError
from headgate.schema.types import LogicalType

if TYPE_CHECKING:
    import polars as pl

LONGEST_VALUE = 200
"""Characters of a malformed value that are kept."""

_OTHER_FORMATS = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip (or Excel)",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"PAR1": "Parquet",
}


class Part(Struct, frozen=True):
    """The rows of one file as they were written there.

    `lines` holds the line where each row starts (or its number, where a format has no lines).
    `malformed` are rows that are not in the frame, one entry each. `natural` are the types that
    the format itself gives its columns; columns that are not named there may be anything.
    """

    file: str
    frame: pl.DataFrame
    lines: pl.Series
    malformed: tuple[Malformed, ...] = ()
    natural: Mapping[str, LogicalType] = {}

    def below(self, root: str) -> Part:
        """The part with its file named relative to a folder, where it lies in it."""
        malformed = tuple(replace(b, file=b.file.removeprefix(root)) for b in self.malformed)
        return replace(self, file=self.file.removeprefix(root), malformed=malformed)


@contextmanager
def unchanging(path: Path) -> Iterator[None]:
    """Opens a regular, not empty file to be read in the block.

    Raises SourceError where there is none, and where the file changed before the block ended.
    """
    before = _look(path)
    if before[0] == 0:
        raise SourceError("the file is empty (0 bytes)", str(path), "deliver it again")
    try:
        yield
    except PermissionError as error:
        raise _unreadable(path, error) from error
    if _look(path) != before:
        raise SourceError(
            "the file changed while it was read",
            str(path),
            "write a delivery under another name and rename it when it is complete",
        )


def _look(path: Path) -> tuple[int, int, int]:
    try:
        seen = path.stat()
    except FileNotFoundError:
        hint = "check the path, or wait for the delivery"
        raise SourceError("there is no such file", str(path), hint) from None
    except OSError as error:
        raise _unreadable(path, error) from error
    if path.is_dir():
        hint = f"name the files in it, for example {path}/*.csv"
        raise SourceError("this is a directory, not a file", str(path), hint)
    if not path.is_file():
        raise SourceError("this is not a regular file", str(path), "deliver an ordinary file")
    return seen.st_size, seen.st_mtime_ns, seen.st_ino


def _unreadable(path: Path, error: OSError) -> SourceError:
    return SourceError(
        f"the file cannot be read: {error.strerror}", str(path), "check its permissions"
    )


def reject_other_format(start: bytes, path: Path, kind: str) -> None:
    """Raises SourceError where the first bytes of a text file are those of another format."""
    for magic, name in _OTHER_FORMATS.items():
        if start.startswith(magic):
            raise SourceError(
                f"this is a {name} file, not {kind} text",
                str(path),
                "declare `format: parquet`, or name it .parquet"
                if name == "Parquet"
                else "unpack it first",
            )
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SourceError(
            "the file is UTF-16 text (it starts with that byte-order mark)",
            str(path),
            f"convert it: iconv -f UTF-16 -t UTF-8 {path.name} > new.{kind}",
        )


def shortened(value: object) -> str:
    """A value as it is shown: at most 200 characters, and bytes that are no text in hex."""
    text = str(value)[:LONGEST_VALUE]
    if text.isascii():
        return text
    return "".join(f"\\x{ord(c) - 0xDC00:02X}" if "\udc80" <= c <= "\udcff" else c for c in text)
