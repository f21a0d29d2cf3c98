from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects.shop import Shop, make


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A small team's repository with its first delivery, not run yet."""
    return make(tmp_path / "shop")


@pytest.fixture
def open_shop(shop: Shop) -> Shop:
    """The same, with the first release published."""
    shop.headgate("run")
    return shop
