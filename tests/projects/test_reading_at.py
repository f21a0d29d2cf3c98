"""Readers get the release that they name: by its number, or by a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from headgate import read
from headgate.errors import UnknownNameError, UsageError
from headgate.ledger.clock import told_moment
from headgate.store import releases
from headgate.workspace.workspace import opened
from tests.projects.shop import Shop


def published(shop: Shop) -> datetime:
    with opened(shop.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        release = releases.find(tx, "prod", 1)
    assert release is not None
    return release.published_at


def test_a_release_is_named_by_number_or_by_any_form_of_time(open_shop: Shop) -> None:
    then = published(open_shop)
    later = then + timedelta(seconds=1)
    ways: list[Any] = [1, "1", "prod@1", later, f"{later:%Y-%m-%d %H:%M:%S.%f}", later.isoformat()]
    ways += [f"{later:%Y-%m-%d %H:%M:%S} UTC", then.date(), then.date().isoformat()]
    for at in ways:
        assert read("clean", at=at, project=open_shop.root).collect().height == 3, at


def test_before_the_first_release_there_is_none(open_shop: Shop) -> None:
    then = published(open_shop)
    ways: list[Any] = [0, "prod@0", 7, then - timedelta(seconds=1), date(2020, 1, 1), "2020-01-01"]
    for at in ways:
        with pytest.raises(UnknownNameError, match=r"prod has no release (\d|as of 20)"):
            read("clean", at=at, project=open_shop.root)


@pytest.mark.parametrize("at", ["yesterday", "test@1", "", True, 1.5])
def test_what_names_no_release_is_refused_with_all_forms(open_shop: Shop, at: Any) -> None:
    with pytest.raises(UsageError, match="no release, no tag and no time") as refused:
        read("clean", at=at, project=open_shop.root)
    hint = 'say a release, 3 or "prod@3", a tag, or a time, "2026-11-20 09:44:57"'
    assert refused.value.hint == hint


def test_a_clock_without_a_zone_is_refused_and_a_text_without_one_is_utc(open_shop: Shop) -> None:
    naive = datetime(2026, 1, 31)  # noqa: DTZ001 - that it has no zone is the point
    with pytest.raises(UsageError, match="has no time zone"):
        read("clean", at=naive, project=open_shop.root)
    assert told_moment("2026-01-31 10:00") == datetime(2026, 1, 31, 10, tzinfo=UTC)
    assert told_moment("2026-01-31T10:00+02:00") == datetime(2026, 1, 31, 8, tzinfo=UTC)
