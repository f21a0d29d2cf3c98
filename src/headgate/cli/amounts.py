"""Numbers as people say them: bytes, durations, ages, things counted, and metrics."""

from __future__ import annotations

from collections.abc import Mapping


def size(count: int) -> str:
    """Bytes in the unit people would use.

    >>> size(41_200_000), size(999), size(1)
    ('41.2 MB', '999 bytes', '1 byte')
    """
    if count < 1000:
        return counted(count, "byte")
    value, units = count / 1000, iter(("kB", "MB", "GB", "TB"))
    unit = next(units)
    while round(value, 1) >= 1000 and (larger := next(units, None)):
        value, unit = value / 1000, larger
    return f"{value:,.1f} {unit}"


def elapsed(seconds: float) -> str:
    """A duration with the precision it deserves.

    >>> elapsed(0.0612), elapsed(1.44), elapsed(125)
    ('0.06 s', '1.4 s', '2 min 5 s')
    """
    if seconds < 1:
        return f"{seconds:.2f} s"
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def age(seconds: float) -> str:
    """How long something has been, in its largest unit; say `ago` or `old` after it.

    >>> age(11_000), age(70), age(3)
    ('3 hours', '1 minute', '3 seconds')
    """
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            return counted(int(seconds // length), unit)
    return counted(max(0, int(seconds)), "second")


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "file"), counted(1_017_209, "row")
    ('1 file', '1,017,209 rows')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def model_words(name: str, metrics: Mapping[str, float]) -> str:
    """A model's name with its metrics.

    >>> model_words("sales", {"rmse": 12.345678, "n": 3.0})
    'sales (rmse 12.3457, n 3)'
    """
    told = ", ".join(f"{metric} {value:g}" for metric, value in metrics.items())
    return f"{name} ({told})" if told else name
