"""The exit code that each way stands for in which a run can end."""

from __future__ import annotations

EXIT_CODES = {"published": 0, "unchanged": 0, "held": 1, "failed": 3, "interrupted": 130}
"""The exit code of a command for each status a run can end with."""


def exit_code(status: str) -> int:
    """The exit code that a run's status stands for."""
    return EXIT_CODES.get(status, 3)
