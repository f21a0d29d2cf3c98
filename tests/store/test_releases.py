from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from headgate.errors import BusyError, StoreError, UnknownNameError, UsageError
from headgate.ledger.ledger import Ledger, Transaction
from headgate.schema.schema import Schema
from headgate.store import appearances, publishing, refs, releases, rollbacks, versions
from headgate.store.manifest import Release, Version

AT = datetime(2015, 7, 31, 12, tzinfo=UTC)


def publish(
    tx: Transaction,
    shown: Mapping[str, str],
    held: Mapping[str, str] | None = None,
    *,
    pipeline: str = "shop",
    expected: int | None = None,
    minute: int = 0,
) -> Release:
    for dataset, version in [*shown.items(), *(held or {}).items()]:
        versions.record(tx, Version(version, dataset, Schema(()), (), AT, "r1"))
    draft = Release(
        "prod", 0, shown, AT + timedelta(minutes=minute), "r1", pipeline, because="new data",
        code="c0ffee", dirty=True, inputs=held or {}, verdicts={"sales": "open"},
        metrics={"rows(sales)": 3.0},
    )  # fmt: skip
    return publishing.publish(tx, draft, expected=expected)


def rollback(tx: Transaction, to: int | None = None, dataset: str | None = None) -> Release:
    return rollbacks.rollback(
        tx, environment="prod", run="r9", to=to, dataset=dataset, user="ann", at=AT,
        because="wrong prices",
    )  # fmt: skip


def test_a_release_is_read_back_as_it_was_published(ledger: Ledger) -> None:
    with ledger.transaction(durable=True) as tx:
        made = publish(tx, {"sales": "v1"}, {"raw": "r1"}, expected=0)
        assert made == Release(
            "prod", 1, {"sales": "v1"}, AT, "r1", "shop", "publish", "new data", "c0ffee", True,
            {"raw": "r1"}, {"sales": "open"}, {"rows(sales)": 3.0},
        )  # fmt: skip
    with ledger.snapshot() as tx:
        assert releases.current(tx, "prod") == releases.find(tx, "prod", 1) == made
        assert releases.current(tx, "test") is None
        assert releases.find(tx, "prod", 2) is None


def test_a_release_that_came_between_is_not_overwritten(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        publish(tx, {"sales": "v1"}, expected=0)
    for stale in (0, 2):
        with pytest.raises(BusyError, match="moved from"), ledger.transaction() as tx:
            publish(tx, {"sales": "v2"}, expected=stale)
    with ledger.snapshot() as tx:
        assert refs.held(tx, "prod") == {"sales": "v1"}


def test_a_version_that_was_never_recorded_cannot_be_shown(ledger: Ledger) -> None:
    with pytest.raises(StoreError, match="never recorded"), ledger.transaction() as tx:
        publishing.publish(tx, Release("prod", 0, {"sales": "v1"}, AT, "r1", "shop"))
    with ledger.snapshot() as tx:
        assert releases.current(tx, "prod") is None


def test_other_pipelines_keep_their_place_in_a_release(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        publish(tx, {"sales": "v1"}, {"raw": "r1"}, pipeline="shop")
        made = publish(tx, {"pages": "p1"}, {"clicks": "c1"}, pipeline="web")
    assert made.versions == {"sales": "v1", "pages": "p1"}
    assert made.inputs == {"raw": "r1", "clicks": "c1"}


def test_an_input_that_another_pipeline_shows_stays_visible(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        publish(tx, {"sales": "v1"}, pipeline="shop")
        made = publish(tx, {"report": "p1"}, {"sales": "v1"}, pipeline="report")
        assert made.versions == {"sales": "v1", "report": "p1"}
        made = publish(tx, {"sales": "v2"}, pipeline="shop")
        assert made.versions == {"sales": "v2", "report": "p1"}


def test_what_a_pipeline_shows_no_more_leaves_the_release_and_what_it_holds_stays(
    ledger: Ledger,
) -> None:
    with ledger.transaction() as tx:
        publish(tx, {"sales": "v1", "extra": "e1"}, {"raw": "r1"})
        made = publish(tx, {"sales": "v2"}, {})
        assert (made.versions, made.inputs) == ({"sales": "v2"}, {"raw": "r1"})
        hidden = publish(tx, {}, {"sales": "v2"})
        assert (hidden.versions, hidden.inputs) == ({}, {"raw": "r1", "sales": "v2"})
        assert rollback(tx, to=1).versions == {"sales": "v1", "extra": "e1"}


def test_a_rollback_brings_back_all_pointers_and_says_who_and_why(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        first = publish(tx, {"sales": "v1", "stores": "s1"}, {"raw": "r1"})
        publish(tx, {"sales": "v2", "stores": "s2"}, {"raw": "r2"})
        back = rollback(tx)
    assert (back.name, back.kind, back.restores, back.only) == ("prod@3", "rollback", 1, None)
    assert (back.versions, back.inputs) == (first.versions, first.inputs)
    assert (back.user, back.because, back.run) == ("ann", "wrong prices", "r9")
    assert back.verdicts == first.verdicts


def test_a_second_rollback_goes_further_back(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        for number in (1, 2, 3):
            publish(tx, {"sales": f"v{number}"})
        assert rollback(tx).versions == {"sales": "v2"}
        assert rollback(tx).versions == {"sales": "v1"}
        with pytest.raises(UsageError, match="no earlier state"):
            rollback(tx)
        publish(tx, {"sales": "v4"})
        assert rollback(tx).versions == {"sales": "v1"}
        assert rollback(tx, to=3).versions == {"sales": "v3"}


def test_one_dataset_is_rolled_back_alone(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        publish(tx, {"sales": "v1", "stores": "s1"})
        publish(tx, {"sales": "v2", "stores": "s1"})
        publish(tx, {"sales": "v2", "stores": "s3"})
        back = rollback(tx, dataset="sales")
        assert back.versions == {"sales": "v1", "stores": "s3"}
        assert (back.only, back.restores) == ("sales", 1)


def test_a_rollback_that_cannot_be_is_refused(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        with pytest.raises(UsageError, match="no release yet"):
            rollback(tx)
        publish(tx, {"sales": "v1"})
        with pytest.raises(UsageError, match="already serves"):
            rollback(tx, to=1)
        with pytest.raises(UnknownNameError, match="no release named prod@7"):
            rollback(tx, to=7)
        publish(tx, {"sales": "v2", "stores": "s2"})
        with pytest.raises(UnknownNameError, match="no dataset named 'sale'"):
            rollback(tx, dataset="sale")
        with pytest.raises(UnknownNameError, match="prod@1 has no dataset named 'stores'"):
            rollback(tx, to=1, dataset="stores")
        with pytest.raises(UsageError, match="no earlier state"):
            rollback(tx, dataset="stores")


def test_what_readers_saw_at_a_moment_is_known(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        publish(tx, {"sales": "v1"}, minute=0)
        publish(tx, {"sales": "v2"}, minute=10)
        seen = [
            releases.as_of(tx, "prod", AT + timedelta(minutes=minute))
            for minute in (-1, 0, 9, 10, 99)
        ]
    assert [release and release.number for release in seen] == [None, 1, 1, 2, 2]


def test_the_log_of_a_dataset_is_the_releases_that_moved_it(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        publish(tx, {"sales": "v1", "stores": "s1"})
        publish(tx, {"sales": "v1", "stores": "s2"})
        publish(tx, {"sales": "v3", "stores": "s2"})
        assert [release.number for release in releases.log(tx, "prod")] == [3, 2, 1]
        assert [release.number for release in releases.log(tx, "prod", "sales")] == [3, 1]
        assert [release.number for release in releases.log(tx, "prod", "stores", 1)] == [2]
        assert releases.log(tx, "prod", "nothing") == []


def test_what_a_rollback_took_back_is_known_until_the_next_publish(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        for number in (1, 2, 3):
            publish(tx, {"sales": f"v{number}"})
        assert rollbacks.undone(tx, "prod") == []
        rollback(tx, to=1)
        assert rollbacks.undone(tx, "prod") == [{"sales": "v3"}, {"sales": "v2"}]
        rollback(tx, to=3)
        assert rollbacks.undone(tx, "prod") == []
        rollback(tx, to=2)
        publish(tx, {"sales": "v4"})
        assert rollbacks.undone(tx, "prod") == []


def test_another_pipeline_does_not_end_a_rollback(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        publish(tx, {"sales": "v1"})
        publish(tx, {"sales": "v2"})
        rollback(tx)
        publish(tx, {"pages": "p1"}, pipeline="web")
        assert rollbacks.undone(tx, "prod") == []
        assert rollbacks.undone(tx, "prod", "shop") == [{"sales": "v2"}]
        assert rollbacks.undone(tx, "prod", "web") == []
        publish(tx, {"sales": "v3"})
        assert rollbacks.undone(tx, "prod", "shop") == []


def test_what_a_version_took_the_place_of_is_known_through_rollbacks(ledger: Ledger) -> None:
    def before(version: str) -> str | None:
        return appearances.before(tx, "prod", "sales", version)

    with ledger.transaction() as tx:
        publish(tx, {"sales": "v1"})
        publish(tx, {"sales": "v2"})
        publish(tx, {"sales": "v2", "stores": "s1"})
        assert (before("v1"), before("v2"), before("v3")) == (None, "v1", None)
        rollback(tx, to=1)
        assert (before("v1"), before("v2")) == (None, "v1")
        publish(tx, {"sales": "v3"})
        assert before("v3") == "v1"
        publish(tx, {"sales": "v1"})
        assert before("v1") == "v3"


def test_a_moment_without_a_time_zone_is_refused(ledger: Ledger) -> None:
    with ledger.snapshot() as tx, pytest.raises(UsageError, match="no time zone"):
        releases.as_of(tx, "prod", AT.replace(tzinfo=None))
