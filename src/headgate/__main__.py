"""`python -m headgate` is the command `headgate`."""

from __future__ import annotations

from headgate.cli.main import console

if __name__ == "__main__":
    console()
