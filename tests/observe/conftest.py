from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.observe.held import ENGINE


@pytest.fixture(scope="session", autouse=True)
def _closed() -> Iterator[None]:
    """The one database of these tests ends with them, and not with the interpreter."""
    yield
    ENGINE._opened = None
