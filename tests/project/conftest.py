"""A small project on disk, written from a mapping of file names to texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

Write = Callable[[Mapping[str, str]], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes files into the project and gives its root; later calls change it."""
    root = tmp_path.resolve() / "project"

    def files(texts: Mapping[str, str]) -> Path:
        for name, text in texts.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text).removeprefix("\n"))
        return root

    return files
