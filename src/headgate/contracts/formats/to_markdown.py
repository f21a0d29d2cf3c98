"""Pages of datasets as Markdown, whose text can steer neither a table nor a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from headgate.contracts.formats.documentation import LEVEL, DatasetPage

COLUMNS = ("column", "type", "marks", "classification", "description", "rules")


def to_markdown(title: str, pages: Sequence[DatasetPage]) -> str:
    """One document about datasets, with a list of them at the top where there are several."""
    lines = [f"# {escaped(title)}", ""] if len(pages) != 1 else []
    if len(pages) > 1:
        lines += [f"- {escaped(page.name)}" for page in pages] + [""]
    depth = "#" if len(pages) == 1 else "##"
    for page in pages:
        lines += _page(page, depth)
    return "\n".join(lines).rstrip() + "\n"


def _page(page: DatasetPage, depth: str) -> Iterator[str]:
    yield from (f"{depth} {escaped(page.title)}", "")
    if page.title != page.name:
        yield from (f"- name: {escaped(page.name)}",)
    yield from (f"- {label}: {escaped(text)}" for label, text in page.facts)
    yield ""
    for paragraph in filter(None, page.description.split("\n\n")):
        yield from (escaped(paragraph), "")
    rows = [
        (one.name, one.type, ", ".join(one.marks), one.classification, one.description,
         "; ".join(one.rules))
        for one in page.columns
    ]  # fmt: skip
    yield from _table(f"{depth}# Columns", COLUMNS, rows)
    yield from _list(f"{depth}# Relationships", page.references)
    yield from _list(f"{depth}# Quality rules", page.rules)
    kept = [key for key in LEVEL if any(key in level for level in page.levels)]
    levels = [[level.get(key, "") for key in kept] for level in page.levels]
    yield from _table(f"{depth}# Service levels", kept, levels)
    yield from _list(f"{depth}# Made of", page.inputs)
    yield from _list(f"{depth}# Read by", page.readers)


def _table(heading: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if not rows:
        return
    yield from (heading, "", f"| {' | '.join(header)} |", f"|{' --- |' * len(header)}")
    for row in rows:
        yield f"| {' | '.join(escaped(cell) for cell in row)} |"
    yield ""


def _list(heading: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield from (heading, "", *(f"- {escaped(line)}" for line in lines), "")


def escaped(text: str) -> str:
    r"""The text as Markdown shows it, on one line.

    >>> escaped("a|b <script> *c*")
    'a\\|b &lt;script&gt; \\*c\\*'
    """
    plain = "".join(one if one.isprintable() or one == "\n" else " " for one in text)
    told = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # a line below within a word is no sign of Markdown
    told = re.sub(r"([\\`*\[\]|#~]|(?<!\w)_|_(?!\w))", r"\\\1", told)
    return "<br>".join(line.strip() for line in told.split("\n"))
