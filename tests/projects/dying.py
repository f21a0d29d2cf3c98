"""A command that dies at a border of what it does."""

from __future__ import annotations

import subprocess
import sys

from tests.projects.shop import Shop
from tests.warm import ENVIRONMENT


def killed(shop: Shop, place: str, moment: str, *words: str) -> None:
    """A run, or another command, that dies when it comes to a function, or when it comes back from it."""
    module, _, name = place.partition(":")
    *owner, name = name.split(".")
    script = f"""
import importlib, os
where = importlib.import_module({module!r})
for part in {owner!r}:
    where = getattr(where, part)
real = getattr(where, {name!r})
def dying(*args, **keywords):
    if {moment!r} == "after":
        real(*args, **keywords)
    os._exit(9)
setattr(where, {name!r}, dying)
from headgate.cli.main import main
main({list(words) or ["run"]!r})
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command,
        cwd=shop.root,
        env={**ENVIRONMENT, "HEADGATE_USER": "ada"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 9, done.stderr.decode()
