"""What the record says of one dataset in one environment, as the figures need it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from msgspec import Struct

from headgate.errors import DataError
from headgate.ledger import history
from headgate.ledger.clock import end_of, moment, stamp
from headgate.ledger.events import (
    AlertDelivered,
    AlertRaised,
    GateJudged,
    RunStarted,
    SourceIngested,
)
from headgate.ledger.ledger import Transaction
from headgate.schema.types import LogicalType
from headgate.scorecard.availability import Slice
from headgate.scorecard.rates import WELL
from headgate.scorecard.response import Closure
from headgate.store import moves, releases, versions
from headgate.store.moves import Move
from headgate.store.objects import Objects

_TIMES = {LogicalType.DATE, LogicalType.TIMESTAMP}
_CLOSING = (
    RunStarted.kind,
    SourceIngested.kind,
    GateJudged.kind,
    AlertRaised.kind,
    AlertDelivered.kind,
)


class Facts(Struct, frozen=True, dict=True):
    """One dataset of an environment, and the pipeline that makes it, looked at in one snapshot."""

    tx: Transaction
    objects: Objects
    environment: str
    dataset: str
    pipeline: str
    now: datetime

    @cached_property
    def moves(self) -> list[Move]:
        """When it came to be another version; those to come are left out."""
        found = moves.moves(self.tx, self.environment, self.dataset)
        return [move for move in found if move.at <= self.now]

    @property
    def served(self) -> Move | None:
        """What is served now; None where nothing is, or the environment was dropped."""
        there = self.moves and releases.current(self.tx, self.environment)
        return self.moves[-1] if there and self.moves[-1].version else None

    @property
    def deliveries(self) -> list[datetime]:
        """When new data came, in order."""
        return [move.at for move in self.moves if move.is_delivery]

    # -------------------------------------------------------------- how far data reaches

    def until(self, move: Move, column: str) -> datetime:
        """How far the data of a version reaches: its newest value, or when it was delivered.

        Raises DataError where the column is not there.
        """
        if not column or self._type(move, column) not in _TIMES:
            return move.delivered
        return self._moment(move, column, "high") or move.delivered

    def since(self, move: Move, column: str) -> datetime | None:
        """The oldest value of a column. Raises DataError where there is no such column of times."""
        if self._type(move, column) not in _TIMES:
            what = f"{self.dataset}.{column} is no date or timestamp"
            raise DataError(what, None, "name a column that is in element:")
        return self._moment(move, column, "low")

    def reach(self, horizon: datetime) -> datetime | None:
        """From when on all that was served can be read; None where what is served cannot.

        What was served before `horizon` alone is not looked at.
        """
        found: datetime | None = None
        ends = self.now
        for move in reversed(self.moves):
            if ends <= horizon and found is not None:
                break
            if move.version and not self._is_present(move.version):
                break
            found = ends = move.at
        return found

    def _is_present(self, version: str) -> bool:
        known = versions.find(self.tx, self.dataset, version)
        return known is not None and versions.present(self.objects, known)

    def _type(self, move: Move, column: str) -> LogicalType:
        known = versions.find(self.tx, self.dataset, move.version)
        found = {one.name: one.type for one in known.schema.columns} if known else {}
        if column not in found:
            raise DataError(f"{self.dataset} has no column {column!r}", None, "correct element:")
        return found[column]

    def _moment(self, move: Move, column: str, end: str) -> datetime | None:
        known = versions.find(self.tx, self.dataset, move.version)
        entry = known.statistics.get(column) if known else None
        if entry is None or not entry.known:
            what = f"nothing is recorded of the values of {self.dataset}.{column}"
            raise DataError(what, None, "run again")
        value = entry.low if end == "low" else entry.high
        try:
            return None if value is None else _when(str(value), end)
        except ValueError:  # infinity, or a year that is none
            what = f"{value} in {self.dataset}.{column} is no time that can be told"
            raise DataError(what, None, "correct the data") from None

    # -------------------------------------------------------------- what was served, and how good

    def slices(self, column: str, promised: timedelta | None) -> Iterator[Slice]:
        """The times in which each version was served, from the first on."""
        ends = [*(move.at for move in self.moves[1:]), self.now]
        for move, end in zip(self.moves, ends, strict=False):
            if not move.version or move.waived:
                yield Slice(move.at, end, None)
            elif promised is None:
                yield Slice(move.at, end, end)
            else:
                yield Slice(move.at, end, min(self.until(move, column), self.now) + promised)

    # -------------------------------------------------------------- runs

    def endings(self, window: timedelta) -> list[str]:
        """How the runs of the window ended."""
        rows = self.tx.execute(
            "select status from run where pipeline = ? and environment = ? and ended > ?"
            " and ended <= ?",
            (self.pipeline, self.environment, stamp(self.now - window), stamp(self.now)),
        )
        return [status for (status,) in rows]

    def counts(self, of: str) -> list[tuple[datetime, int]]:
        """How much came, and when: runs that published, or rows.

        The rows of a source are those delivered; those of a step all that it made of new data.
        """
        if of == "runs":
            rows = self.tx.execute(
                "select ended from run where pipeline = ? and environment = ? and status = ?",
                (self.pipeline, self.environment, "published"),
            )
            return [(moment(ended), 1) for (ended,) in rows]
        ingested = {one.version: one.delivered for one in self._ingested()}
        found = []
        for move in self.moves:
            if move.is_delivery:
                known = versions.find(self.tx, self.dataset, move.version)
                rows_made = known.rows if known else 0
                found.append((move.at, ingested.get(move.version, rows_made)))
        return found

    def _ingested(self) -> Iterator[SourceIngested]:
        for _, event in history.events(self.tx, kinds=(SourceIngested.kind,)):
            if isinstance(event, SourceIngested) and event.dataset == self.dataset:
                yield event

    @cached_property
    def closures(self) -> list[Closure]:
        """The times in which gates of the pipeline were closed, oldest first."""
        rows = self.tx.execute(
            "select id, status, ended from run where pipeline = ? and environment = ?"
            " and ended is not null order by started, id",
            (self.pipeline, self.environment),
        )
        found: list[Closure] = []
        held = ""
        for run, status, ended in rows:
            if status == "held" and not held:
                held = run
            elif status in WELL and held:
                found += self._closures(held, moment(ended))
                held = ""
        return [*found, *self._closures(held, None)] if held else found

    def _closures(self, run: str, repaired: datetime | None) -> Iterator[Closure]:
        """What a run found wrong, from its first closed gate on."""
        begun: datetime | None = None
        delivered: datetime | None = None
        closed: datetime | None = None
        alerts: set[str] = set()
        notified: datetime | None = None
        for place, event in history.events(self.tx, run=run, kinds=_CLOSING):
            match event:
                case RunStarted():
                    begun = event.at
                case SourceIngested():
                    delivered = delivered or event.at
                case GateJudged(verdict="closed"):
                    closed = closed or event.at
                case AlertRaised(cause=GateJudged.kind):
                    alerts.add(str(place))
                case AlertDelivered(alert=alert) if alert in alerts:
                    notified = notified or event.at
        if closed:
            yield Closure(delivered or begun or closed, closed, notified, repaired)


def _when(text: str, end: str) -> datetime:
    """A value of a column: a date lasts until its end, and a time without a zone is in UTC."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return end_of(day) if end == "high" else datetime(day.year, day.month, day.day, tzinfo=UTC)
