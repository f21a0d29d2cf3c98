"""Real tables in parts, the first to learn from and the others held back."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import polars as pl  # noqa: TID253

from headgate.checks.check import Check, Status
from headgate.checks.evaluate import evaluate
from headgate.checks.suite import read_suite
from headgate.engines.embedded import EmbeddedEngine
from headgate.observe.profile import profile
from headgate.observe.suggest import suggest
from headgate.observe.suggestion import as_suite
from headgate.schema.table import Table
from tests.observe import dirt

DATA = Path(os.environ.get("HEADGATE_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
ENGINE = EmbeddedEngine()


@dataclass(frozen=True)
class Parts:
    """A table in parts of one form. `keys` are the columns that tell its rows apart."""

    first: pl.DataFrame
    later: Sequence[pl.DataFrame]
    keys: list[str]


def flights() -> Parts:
    """Flights by month."""
    file = DATA / "nycflights13" / "flights.csv"
    frame = pl.read_csv(file, null_values="NA", infer_schema_length=10_000)
    frame = frame.with_columns(pl.col("time_hour").str.to_datetime("%Y-%m-%dT%H:%M:%SZ"))
    first, *later = frame.partition_by("month", maintain_order=True)
    later.sort(key=lambda part: part["month"][0])
    return Parts(first, later, ["carrier", "flight", "time_hour"])


def rossmann() -> Parts:
    """Sales by month, of the first year and a half."""
    text = {"StateHoliday": pl.String, "SchoolHoliday": pl.Int64}
    frame = pl.read_csv(DATA / "rossmann" / "train.csv", schema_overrides=text)
    frame = frame.with_columns(pl.col("Date").str.to_date())
    month = pl.col("Date").dt.truncate("1mo").alias("month")
    months = frame.with_columns(month).partition_by("month", as_dict=True, include_key=False)
    first, *later = (part for _, part in sorted(months.items()))
    return Parts(first, later[:17], ["Store", "Date"])


def citibike() -> Parts:
    """Rides by month, before the columns were changed."""
    months = ("201901", "201902", "202003", "202004", "202101")
    frames = [_rides(month) for month in months]
    return Parts(frames[0], frames[1:], ["bikeid", "starttime"])


def citibike_since() -> Parts:
    """Rides by month, after the columns were changed."""
    first, *later = [_rides(month) for month in ("202102", "202103", "202104")]
    return Parts(first, later, ["ride_id"])


def weather() -> Parts:
    """Weather by month, which has seasons that one month does not show."""
    file = DATA / "nycflights13" / "weather.csv"
    frame = pl.read_csv(file, null_values="NA", infer_schema_length=30_000)
    frame = frame.with_columns(pl.col("time_hour").str.to_datetime("%Y-%m-%dT%H:%M:%SZ"))
    months = frame.partition_by("month", as_dict=True)
    first, *later = (part for _, part in sorted(months.items()))
    return Parts(first, later, ["origin", "time_hour"])


def _rides(month: str) -> pl.DataFrame:

    file = DATA / "citibike_jc" / f"JC-{month}-citibike-tripdata.csv"
    return pl.read_csv(file, infer_schema_length=None, try_parse_dates=True)


LEARNED_WITH = {"nycflights13": flights, "rossmann": rossmann, "citibike_jc": citibike}
"""The rules of suggestion were chosen while looking at these."""
UNTOUCHED = {"citibike_jc since 2021-02": citibike_since, "nycflights13 weather": weather}
"""And were not changed after looking at these."""
SOURCES = LEARNED_WITH | UNTOUCHED


@dataclass
class Found:
    """What a suite said of parts: how many it judged, failed, and which checks were false."""

    clean: int = 0
    alarmed: int = 0
    closed: int = 0
    false: dict[str, int] = field(default_factory=dict)
    tried: dict[str, int] = field(default_factory=dict)
    caught: dict[str, int] = field(default_factory=dict)
    blocked: dict[str, int] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)
    checks: int = 0


def learned(frame: pl.DataFrame) -> list[Check]:
    """The suite suggested for a frame, written and read again."""
    with kept(frame) as table:
        found = suggest(profile(ENGINE, table))
    return read_suite(json.dumps(as_suite("learned", found)), "learned.json")


def failed(frame: pl.DataFrame, checks: Sequence[Check]) -> dict[str, bool]:
    """The checks that a frame does not keep, and whether each closes the gate."""
    with kept(frame) as table:
        outcomes = evaluate(ENGINE, table, checks)
    return {
        outcome.check.description: outcome.closes_gate
        for outcome in outcomes
        if outcome.status is not Status.PASSED
    }


class kept:  # noqa: N801 - used like a function
    """A frame as a Parquet file, for the length of a block."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame
        self.folder = TemporaryDirectory(prefix="headgate-")

    def __enter__(self) -> Table:
        path = Path(self.folder.name, "rows.parquet")
        ENGINE.write(self.frame, path)
        return ENGINE.table("rows", path)

    def __exit__(self, *_: object) -> None:
        self.folder.cleanup()


def judge(parts: Parts, seed: int = 1) -> Found:
    """The suite learned from the first part, tried on the others: clean, and dirty in ten ways."""
    random = Random(seed)
    checks = learned(parts.first)
    found = Found(checks=len(checks))
    for place, part in enumerate(parts.later):
        clean = failed(part, checks)
        found.clean += 1
        found.alarmed += bool(clean)
        found.closed += any(clean.values())
        for name in clean:
            found.false[name] = found.false.get(name, 0) + 1
        for kind, dirty in _dirty(part, parts.keys, random):
            new = {
                name: closes for name, closes in failed(dirty, checks).items() if name not in clean
            }
            found.tried[kind] = found.tried.get(kind, 0) + 1
            found.caught[kind] = found.caught.get(kind, 0) + bool(new)
            found.blocked[kind] = found.blocked.get(kind, 0) + any(new.values())
            if not new:
                changed = [
                    c
                    for c in part.columns
                    if part.height != dirty.height or not part[c].equals(dirty[c])
                ]
                found.missed.append(f"{kind} part {place}: {', '.join(changed)[:80]}")
    return found


def _dirty(
    part: pl.DataFrame, keys: list[str], random: Random
) -> Iterator[tuple[str, pl.DataFrame]]:
    for kind, change in dirt.EVERYWHERE.items():
        dirty = change(part, random)
        if dirty is not None:
            yield kind, dirty
    yield "shuffled keys", dirt.shuffled_key(part, random, keys)
