"""Plain tables, in lines."""

from __future__ import annotations

from collections.abc import Sequence

from headgate.cli.colours import printable


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """The lines of a plain table: numbers to the right, no rules, nothing trailing.

    >>> table(["dataset", "rows"], [["train_clean", 1_017_209], ["store", 1_115]])
    ['dataset           rows', 'train_clean  1,017,209', 'store            1,115']
    """
    return _lined_up(header, rows, [[_cell(value) for value in row] for row in rows])


def data_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """The lines of a table of data, whose whole numbers may be years or names: no separators.

    >>> data_table(["id", "year"], [["a", 2013], ["b", None]])
    ['id  year', 'a   2013', 'b']
    """
    return _lined_up(header, rows, [[_plain(value) for value in row] for row in rows])


def _lined_up(
    header: Sequence[str], rows: Sequence[Sequence[object]], shown: Sequence[Sequence[str]]
) -> list[str]:
    cells = [list(header), *shown]
    widths = [max(_width(row[place]) for row in cells) for place in range(len(header))]
    right = [
        bool(rows) and all(_is_number(row[place]) for row in rows) for place in range(len(header))
    ]
    return [
        "  ".join(
            " " * (width - _width(text)) + text if to_right else text + " " * (width - _width(text))
            for text, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in cells
    ]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | None) and not isinstance(value, bool)


def _cell(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return _plain(value)


def _plain(value: object) -> str:
    return "" if value is None else printable(str(value)).replace("\n", "\\n").replace("\t", "\\t")


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(
        0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text
    )
