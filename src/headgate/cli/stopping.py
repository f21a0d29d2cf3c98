"""How a process is told to stop: one that works on and on gently, and at once by a second signal."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SLICE_SECONDS = 0.1
"""How soon one that sleeps notices."""


class Stopping:
    """Whether SIGTERM or SIGINT came. Calling it says so."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self) -> bool:
        return self.asked

    def sleep(self, seconds: float) -> None:
        """Waits so long, or until it is time to stop."""
        until = time.monotonic() + seconds
        while not self.asked and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, SLICE_SECONDS))


@contextmanager
def listening() -> Iterator[Stopping]:
    """Hears the signals until the block ends. The second one raises KeyboardInterrupt there."""
    stopping = Stopping()

    def hear(_number: int, _frame: FrameType | None) -> None:
        if stopping.asked:
            raise KeyboardInterrupt
        stopping.asked = True

    signals = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(each, hear) for each in signals]
    try:
        yield stopping
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Takes SIGTERM for Ctrl-C until the block ends: what was begun for it is ended, not left."""

    def hear(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, hear)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
