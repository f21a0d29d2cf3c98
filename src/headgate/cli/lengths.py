"""Lengths of time in words."""

from __future__ import annotations

from headgate.cli.amounts import counted


def lasting(seconds: float) -> str:
    """A length of time in its two largest units.

    >>> lasting(93_784), lasting(60), lasting(0.4)
    ('1 day 2 h', '1 min', '0.4 s')
    """
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, _ = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [
        counted(days, "day") if days else "",
        f"{hours} h" if hours else "",
        f"{minutes} min" if minutes else "",
    ]
    return " ".join([part for part in parts if part][:2])


def deviation_words(seconds: float) -> str:
    """How late a delivery was.

    >>> deviation_words(5400.0), deviation_words(-60.0)
    ('1 h 30 min late', '1 min early')
    """
    return f"{lasting(abs(seconds))} {'late' if seconds > 0 else 'early'}"
