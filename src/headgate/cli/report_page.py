"""Pages of datasets as one HTML file, which asks for nothing else.

Every text goes through the template's escaping, and nothing in the page is a script.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from headgate.cli.colours import printable
from headgate.contracts.formats.documentation import LEVEL, DatasetPage


def report_page(title: str, pages: Sequence[DatasetPage], written: datetime) -> str:
    """The text of the page."""
    from importlib.metadata import version

    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("headgate", "cli/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        title=title,
        written=f"{written:%Y-%m-%d %H:%M:%S} UTC",
        release=version("headgate"),
        datasets=list(_datasets(pages)),
    )


def _shown(value: Any) -> Any:
    """Text with signs that steer a screen spelt out; what a macro made holds none."""
    is_text = isinstance(value, str) and not hasattr(value, "__html__")
    return printable(value) if is_text else value


def _datasets(pages: Sequence[DatasetPage]) -> Iterator[dict[str, Any]]:
    places = {page.name: f"d{number}" for number, page in enumerate(pages, start=1)}
    for page in pages:
        header = [key for key in LEVEL if any(key in level for level in page.levels)]
        yield {
            "page": page,
            "place": places[page.name],
            "facts": page.facts,
            "header": header,
            "levels": [[level.get(key, "") for key in header] for level in page.levels],
            "inputs": [(name, places.get(name)) for name in page.inputs],
            "readers": [(name, places.get(name)) for name in page.readers],
            "summary": dict(page.facts),
        }
