"""What each thread has for itself, such as its connections to a database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class PerThread(Generic[T]):
    """One thing for each thread, made when it first asks, and ended some time after it."""

    def __init__(self, make: Callable[[], T], end: Callable[[T], None]) -> None:
        self._make, self._end = make, end
        self._threads: dict[threading.Thread, T] = {}
        self._lock = threading.Lock()

    def here(self) -> T:
        """What the present thread has."""
        thread = threading.current_thread()
        if (found := self._threads.get(thread)) is not None:
            return found
        with self._lock:
            for ended in [other for other in self._threads if not other.is_alive()]:
                self._end(self._threads.pop(ended))
            return self._threads.setdefault(thread, self._make())

    def close(self) -> None:
        """Ends what all threads have; the next to ask gets a new one."""
        with self._lock:
            while self._threads:
                self._end(self._threads.popitem()[1])
