"""Tests of a project's logic: code runs on fixed rows, and what it gives is compared.

    from headgate.testing import assert_frames_equal, run_step

A check judges data while the code stays as it is; a test judges code while the data stays as it is.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headgate.testing.clock import frozen_clock
    from headgate.testing.compare import assert_frames_equal
    from headgate.testing.logic import TestResult, run_tests
    from headgate.testing.steps import ProjectSteps, run_step

_HOMES = {
    "ProjectSteps": "steps",
    "TestResult": "logic",
    "assert_frames_equal": "compare",
    "frozen_clock": "clock",
    "run_step": "steps",
    "run_tests": "logic",
}
__all__ = [
    "ProjectSteps",
    "TestResult",
    "assert_frames_equal",
    "frozen_clock",
    "run_step",
    "run_tests",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
