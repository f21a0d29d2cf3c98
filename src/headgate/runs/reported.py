"""Models that a trigger says it made: each one JSON object, on a line of its standard output.

    {"model": "sales", "metrics": {"rmse": 12.3}, "location": "models/sales.pkl"}

`model` is its name, and the other two may be missing. A line that is anything else, also an object
with other keys, is the trigger's own affair.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

LONGEST_LINE = 65_536
"""Characters of a report; a longer line is none."""
LONGEST_NAME = 200
"""Characters of a model's or a metric's name."""
LONGEST_LOCATION = 2000
MOST_METRICS = 100
MOST_MODELS = 100
"""Of one trigger."""

_KEYS = {"model", "metrics", "location"}


class Report(Struct, frozen=True):
    """A model as its maker describes it."""

    model: str
    metrics: Mapping[str, float] = {}
    location: str = ""


class Reported(Struct, frozen=True):
    """What a trigger reported, and what it meant as a report and was none, in words."""

    reports: tuple[Report, ...] = ()
    problems: tuple[str, ...] = ()


def reported(output: str) -> Reported:
    """The models that an output reports."""
    reports: list[Report] = []
    problems: list[str] = []
    for line in output.splitlines():
        if (body := _body(line)) is None:
            continue
        if problem := problem_of(body.get("model"), body.get("metrics"), body.get("location")):
            problems.append(problem)
        else:
            metrics = {name: float(value) for name, value in (body.get("metrics") or {}).items()}
            reports.append(Report(body["model"], metrics, body.get("location") or ""))
    if len(reports) > MOST_MODELS:
        problems.append(f"{len(reports)} models were reported, and {MOST_MODELS} are kept")
    return Reported(tuple(reports[:MOST_MODELS]), tuple(problems[:MOST_MODELS]))


def problem_of(model: object, metrics: object, location: object) -> str:
    """Why these are no report, in words; nothing where they are one."""
    if not _is_name(model):
        return f"the name of a model is a text of at most {LONGEST_NAME} characters, on one line"
    if location is not None and not (
        isinstance(location, str) and len(location) <= LONGEST_LOCATION
    ):
        return f"model {model}: a location is a text of at most {LONGEST_LOCATION} characters"
    if metrics is None:
        return ""
    if not isinstance(metrics, dict) or len(metrics) > MOST_METRICS:
        return f"model {model}: metrics are at most {MOST_METRICS} names with a number each"
    for name, value in metrics.items():
        if not _is_name(name):
            return f"model {model}: a metric's name is a text of at most {LONGEST_NAME} characters"
        if not _is_number(value):
            return f"model {model}: metric {name} is no finite number"
    return ""


def _body(line: str) -> dict[str, Any] | None:
    text = line.strip()
    if not text.startswith("{") or len(text) > LONGEST_LINE:
        return None
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict) or "model" not in body or not set(body) <= _KEYS:
        return None
    return body


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and value.isprintable()


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False
