"""Whether a value that is known only roughly keeps its bound, or breaks it, wherever it truly is."""

from __future__ import annotations

from headgate.checks.check import Bound, Range, Ranges
from headgate.checks.measured import Measured, Value
from headgate.checks.typed import Comparable
from headgate.schema.statistics import Scalar


def is_certain(bound: Bound, measured: Measured) -> bool:
    """Whether the verdict is the same for every value within the error of the measured one."""
    if not isinstance(measured, Value) or not measured.error:
        return True
    match bound, measured:
        case Range() as span, Value(value, error=float() as error):
            return _is_clear(span, value, error)
        case Ranges(spans), Value(tuple() as values, error=tuple() as errors):
            return all(map(_is_clear, spans, values, errors))
    return False


def _is_clear(span: Range, value: Comparable, error: float) -> bool:
    """Whether no end of the range lies within the error of the value."""
    if value is None or not error:
        return True
    return not any(_is_near(end, value, error) for end in (span.low, span.high))


def _is_near(end: Scalar | None, value: float, error: float) -> bool:
    return not isinstance(end, int | float | None) or (
        end is not None and abs(end - value) <= error
    )
