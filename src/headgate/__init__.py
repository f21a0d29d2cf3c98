"""DataOps for one Git repository: readers only ever see data that passed its gates.

    from headgate import DataQualityCheck, Pipeline

Names are resolved when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headgate.errors import HeadgateError
    from headgate.pipelines.pipeline import Pipeline, Source, Step, Trigger
    from headgate.pipelines.quality import DataQualityCheck
    from headgate.reading import read

_HOMES = {
    "DataQualityCheck": "headgate.pipelines.quality",
    "HeadgateError": "headgate.errors",
    "Pipeline": "headgate.pipelines.pipeline",
    "Source": "headgate.pipelines.pipeline",
    "Step": "headgate.pipelines.pipeline",
    "Trigger": "headgate.pipelines.pipeline",
    "read": "headgate.reading",
}

__all__ = [
    "DataQualityCheck",
    "HeadgateError",
    "Pipeline",
    "Source",
    "Step",
    "Trigger",
    "read",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'headgate' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
