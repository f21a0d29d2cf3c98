"""New data is told from new code, and old data stays as old as it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from headgate.ledger.ledger import Ledger, Transaction
from headgate.schema.schema import Schema
from headgate.store import moves, publishing, rollbacks, versions
from headgate.store.manifest import Release, Version

START = datetime(2026, 1, 1, tzinfo=UTC)


def publish(tx: Transaction, day: int, files: str, code: str, verdict: str = "open") -> Release:
    """A release on a day: a source of some files, a step and a step behind it, by some code."""
    at = START + timedelta(days=day)
    made = {
        "raw": Version(f"raw-{files}", "raw", Schema(()), (), at, "r", inputs=_named(files)),
        "clean": Version(
            f"clean-{files}{code}", "clean", Schema(()), (), at, "r", inputs={"raw": f"raw-{files}"}
        ),
        "totals": Version(
            f"totals-{files}{code}", "totals", Schema(()), (), at, "r",
            inputs={"clean": f"clean-{files}{code}"},
        ),
    }  # fmt: skip
    for version in made.values():
        versions.record(tx, version)
    ids = {name: version.id for name, version in made.items()}
    held = {"raw": ids.pop("raw")}
    draft = Release(
        "prod", 0, ids, at, "r", "shop", inputs=held, verdicts={"totals/totals": verdict}
    )
    return publishing.publish(tx, draft)


def _named(files: str) -> dict[str, str]:
    return {f"{name}.csv": f"hash-{name}" for name in files}


def rollback(tx: Transaction, day: int, to: int) -> None:
    rollbacks.rollback(
        tx, environment="prod", run="r", to=to, dataset=None, user="ada",
        at=START + timedelta(days=day), because="",
    )  # fmt: skip


def days(found: list[moves.Move]) -> list[tuple[int, int, bool]]:
    """When each move was, when its data was first served, and whether a person let it through."""
    return [((m.at - START).days, (m.delivered - START).days, m.waived) for m in found]


def test_data_is_new_where_other_files_are_behind_it(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        publish(tx, 0, "a", "x")
        publish(tx, 1, "a", "y")  # other code
        publish(tx, 2, "ab", "y")
        publish(tx, 3, "ab", "y")  # nothing new
        rollback(tx, 4, to=1)
        publish(tx, 5, "ab", "z", verdict="waived")  # what was there before the rollback
        publish(tx, 6, "abc", "z")
    with ledger.snapshot() as tx:
        found = moves.moves(tx, "prod", "totals")
        assert days(found) == [
            (0, 0, False), (1, 0, False), (2, 2, False), (4, 0, False), (5, 2, True), (6, 6, False),
        ]  # fmt: skip
        assert [move.is_delivery for move in found] == [True, False, True, False, False, True]
        assert days(moves.moves(tx, "prod", "raw")) == [
            (0, 0, False), (2, 2, False), (4, 0, False), (5, 2, False), (6, 6, False),
        ]  # fmt: skip
        newest = moves.deliveries(tx, "prod", "totals", 2)
        assert [((one.at - START).days, one.release) for one in newest] == [(6, 7), (2, 3)]
        assert not moves.moves(tx, "prod", "nothing")
        assert not moves.deliveries(tx, "prod", "nothing", 2)


def test_the_newest_deliveries_are_those_of_the_whole_past(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        for day in range(12):
            publish(tx, day, "abcdefgh"[: 1 + day * 2 // 3], f"{day % 4}")
    with ledger.snapshot() as tx:
        for dataset in ("raw", "clean", "totals"):
            past = [move.at for move in moves.moves(tx, "prod", dataset) if move.is_delivery]
            newest = [one.at for one in moves.deliveries(tx, "prod", dataset, 5)]
            assert newest == past[::-1][:5]
            assert len(past) == 8
