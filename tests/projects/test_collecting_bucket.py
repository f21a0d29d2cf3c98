"""Collecting where the store is a bucket: what nobody needs goes there too."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from headgate.store.fsspec_remote import FsspecRemote
from tests.object_store import Server, serving
from tests.projects.aging import age
from tests.projects.shop import FIRST, Shop
from tests.warm import ENVIRONMENT

ALL = ("--keep-days", "0", "--keep-releases", "0")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with serving() as server:
        for name, value in server.environ.items():
            monkeypatch.setenv(name, value)
            monkeypatch.setitem(ENVIRONMENT, name, value)
        yield server


def test_what_nobody_needs_goes_from_the_bucket_and_can_be_made_again(
    shop: Shop, server: Server
) -> None:
    url = f"{server.bucket()}/store"
    shop.write("headgate.yml", f"name: shop\nstore: {url}\n")
    shop.headgate("run")
    first = lying(url)
    for amount in (11, 12, 13):
        shop.deliver(FIRST.replace(",10,", f",{amount},"))
        shop.headgate("run")
    age(shop, 100)
    for path in (shop.root / ".headgate" / "cache").rglob("*"):
        if path.is_file():
            os.utime(path, (0, 0))
    every = lying(url)
    removed = shop.headgate("data", "gc", "--json", "--delete", *ALL).document["removed"]
    left = lying(url)
    assert left < every
    assert len(left) == len(every) - removed["objects"]
    gone = first - left
    assert len(gone) == 3, "the sales, the clean ones and the totals of the first release"
    assert amounts(shop) == [13, 20, 30]
    refused = shop.headgate("data", "rollback", "--release", "1", code=3)
    assert "no longer in the store" in refused.err
    shop.deliver(FIRST)
    shop.headgate("run")
    assert amounts(shop) == [10, 20, 30]
    assert gone <= lying(url)
    assert shop.headgate("data", "verify").code == 0


def amounts(shop: Shop) -> list[int]:
    return sorted(row["amount"] for row in shop.served("clean"))


def lying(url: str) -> set[str]:
    """The objects in the bucket."""
    remote = FsspecRemote(url)
    root = f"{remote.root}/files/md5"
    return {str(found).removeprefix(root) for found in remote.files.find(root)}
