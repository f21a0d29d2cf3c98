"""Projects that pages go on from."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, blocks, run


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tutorial, done up to its first release."""
    home = tmp_path_factory.mktemp("tutorial")
    text = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    last = text[: text.index("## A bad delivery")].count("\n")
    for block in blocks("docs/tutorial.md"):
        if block.kind == "sh" and block.line < last:
            run(block, home)
    return home / "shop"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, published once."""
    home = tmp_path_factory.mktemp("demo") / "demo"
    for words in (["init", str(home), "--example", "rossmann"], ["-C", str(home), "run"]):
        command = [sys.executable, "-m", "headgate", *words]
        subprocess.run(command, check=True, capture_output=True)
    return home
