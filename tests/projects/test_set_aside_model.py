"""Rows in are rows published and rows set aside: a year of dirty deliveries beside a naive oracle."""

from __future__ import annotations

import json
import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from headgate.runs.execute import Ending, run
from headgate.runs.plan import plan
from headgate.store import refs, versions
from headgate.store.manifest import Version
from headgate.workspace.resolve import job
from headgate.workspace.workspace import Workspace, opened

Row = Mapping[str, Any]  # of a file: id, tag, twin, v; v is the text "x" in a malformed row

DELIVERIES = 220
MALFORMED_LIMIT = 0.5


@dataclass(frozen=True)
class Rule:
    """A check as the oracle knows it."""

    word: str
    keywords: Mapping[str, Any]
    policy: str
    limit: float = 0.0

    def declared(self) -> dict[str, Any]:
        policy: dict[str, Any] = {"on_fail": self.policy}
        if self.policy == "quarantine":
            policy["limit"] = self.limit
        return {self.word: {**self.keywords, **policy}}

    def broken(self, rows: Sequence[Row]) -> set[str]:
        """The tags of the rows that break it."""
        if self.word == "unique":
            twins = [row["twin"] for row in rows]
            return {row["tag"] for row in rows if twins.count(row["twin"]) > 1}
        if self.word == "not_null":
            return {row["tag"] for row in rows if row["v"] is None}
        low, high = self.keywords["low"], self.keywords["high"]
        return {r["tag"] for r in rows if r["v"] is not None and not low <= r["v"] <= high}


@dataclass
class Stream:
    """A source and what was delivered of it, with the rules of the day."""

    name: str
    arrives: str
    files: dict[str, list[Row]] = field(default_factory=dict)
    published: dict[str, list[Row]] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    least: int = 0

    def rows(self, files: Mapping[str, list[Row]] | None = None) -> list[Row]:
        """The rows that can be read, by what a delivery is; of these files, or of all there are."""
        found: dict[Any, Row] = {}
        files = self.files if files is None else files
        for row in (row for _, rows in sorted(files.items()) for row in rows):
            if row["v"] != "x":
                found[row["id"] if self.arrives == "upsert" else row["tag"]] = row
        return list(found.values())

    def arrived(self) -> set[str]:
        """The tags of rows that came on top of those that are published."""
        if self.arrives == "replace" or not self.published:
            return set()
        before = {row["tag"] for row in self.rows(self.published)}
        return {row["tag"] for row in self.rows()} - before

    def malformed(self) -> set[tuple[str, int]]:
        """The places of those that cannot."""
        return {
            (f"data/{name}", line)
            for name, rows in self.files.items()
            for line, row in enumerate(rows, 2)
            if row["v"] == "x"
        }

    def readable(self) -> bool:
        """Whether the rows that cannot be read are few enough in what arrived."""
        new = [name for name, rows in self.files.items() if rows != self.published.get(name)]
        fresh = [row for name in new for row in self.files[name]]
        if self.arrives == "replace" and self.files != self.published:
            fresh = [row for rows in self.files.values() for row in rows]
        bad = sum(row["v"] == "x" for row in fresh)
        return not fresh or (bad / len(fresh) <= MALFORMED_LIMIT)

    def checks(self) -> list[dict[str, Any]]:
        return [*(rule.declared() for rule in self.rules), {"rows": {"low": self.least}}]


@dataclass(frozen=True)
class Expected:
    """What a gate should make of rows."""

    open: bool
    good: list[Row]
    aside: set[str]


def judged(
    rows: Sequence[Row], rules: Iterable[Rule], least: int = 0, arrived: Collection[str] = ()
) -> Expected:
    """The gate as it is documented, without a thought for speed."""
    rules = list(rules)
    asking = [r for r in rules if r.policy == "quarantine" and r.broken(rows)]
    aside = {tag for rule in asking for tag in rule.broken(rows)}
    share = len(aside) / len(rows) if rows else 0
    if arrived:
        share = max(share, len(aside & {*arrived}) / len(arrived))
    if any(share > rule.limit for rule in asking):
        return Expected(False, list(rows), set())
    good = [row for row in rows if row["tag"] not in aside]
    closed = len(good) < least or any(rule.broken(good) for rule in rules if rule.policy != "warn")
    return Expected(not closed, good, aside)


class Year:
    """The project, its three sources and chance."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root, self.chance = root, random.Random(seed)
        self.streams = [
            Stream("log", "append"), Stream("days", "upsert"), Stream("list", "replace"),
        ]  # fmt: skip
        self.step_rules: list[Rule] = []
        self.number = 0
        (root / "pipelines").mkdir(parents=True)
        (root / "data").mkdir()
        (root / "headgate.yml").write_text("name: year\n")
        for stream in self.streams:
            stream.rules = [self.rule("between")]
            (root / f"all_{stream.name}.sql").write_text(f"from {stream.name}")

    # ---------------------------------------------------------- chance

    def row(self, identity: int) -> Row:
        self.number += 1
        v: Any = self.chance.randint(0, 100)
        dirt = self.chance.random()
        if dirt < 0.04:
            v = None
        elif dirt < 0.10:
            v = self.chance.choice([-3, 130, 160])
        elif dirt < 0.14:
            v = "x"
        twin = self.number if self.chance.random() < 0.96 else self.chance.randint(-3, -1)
        return {"id": identity, "tag": f"t{self.number}", "twin": twin, "v": v}

    def rule(self, word: str) -> Rule:
        policy = self.chance.choices(["quarantine", "warn", "block"], [8, 2, 0.3])[0]
        limit = self.chance.choice([0.05, 0.3, 0.5, 0.6])
        keywords: dict[str, Any] = {"column": "v"}
        if word == "between":
            keywords |= {"low": self.chance.choice([-5, 0, 0, 2]), "high": 100}
            keywords["high"] = self.chance.choice([100, 100, 140, 200])
        elif word == "unique":
            keywords = {"columns": ["twin"]}
        return Rule(word, keywords, policy, limit)

    def deliver(self) -> None:
        """Something happens to one source, or to its rules, or to those of a step."""
        stream = self.chance.choice(self.streams)
        match self.chance.choices(["file", "rules", "step", "least", "mend"], [9, 3, 1, 0.5, 5])[0]:
            case "file":
                self.file(stream)
            case "rules":
                words = [w for w in ("between", "not_null", "unique") if self.chance.random() < 0.7]
                stream.rules = [self.rule(word) for word in words]
            case "step":
                self.step_rules = [self.rule("between")] if self.chance.random() < 0.7 else []
            case "least":
                stream.least = self.chance.choice([0, 0, 10_000])
            case "mend":
                self.mend(stream)

    def file(self, stream: Stream) -> None:
        count = self.chance.randint(1, 12)
        ids = self.chance.sample(range(60), count)
        rows = [self.row(identity) for identity in ids]
        name = f"{stream.name}_{self.number:06d}.csv"
        if stream.arrives == "replace":
            name = f"{stream.name}_0.csv"
        elif stream.arrives == "upsert" and stream.files and self.chance.random() < 0.1:
            # the newest file is corrected; a malformed row would leave the one before it
            name = max(stream.files)
            rows = [self.row(row["id"]) for row in stream.files[name]]
            rows = [row if row["v"] != "x" else {**row, "v": 50} for row in rows]
        self.write(stream, name, rows)

    def write(self, stream: Stream, name: str, rows: list[Row]) -> None:
        stream.files[name] = rows
        lines = ["id,tag,twin,v"]
        for row in rows:
            v = "" if row["v"] is None else row["v"]
            lines.append(f"{row['id']},{row['tag']},{row['twin']},{v}")
        (self.root / "data" / name).write_text("\n".join(lines) + "\n")

    def mend(self, stream: Stream) -> None:
        """What was not published is taken back, and the rules become mild."""
        for name in list(stream.files):
            if stream.published and stream.files[name] != stream.published.get(name):
                if name in stream.published:
                    self.write(stream, name, stream.published[name])
                else:
                    del stream.files[name]
                    (self.root / "data" / name).unlink()
        stream.least = 0
        stream.rules = [Rule(rule.word, rule.keywords, "quarantine", 0.6) for rule in stream.rules]

    # ---------------------------------------------------------- the project

    def declare(self) -> None:
        body = {
            "name": "year",
            "owner": "ada",
            "sources": {
                stream.name: {
                    "path": f"data/{stream.name}_*.csv",
                    "arrives": stream.arrives,
                    **({"key": ["id"]} if stream.arrives == "upsert" else {}),
                    "types": {"id": "integer", "tag": "string", "twin": "integer", "v": "integer"},
                    "on_malformed": "quarantine",
                    "malformed_limit": MALFORMED_LIMIT,
                    "checks": stream.checks(),
                }
                for stream in self.streams
            },
            "steps": {
                f"all_{stream.name}": {
                    "run": f"all_{stream.name}.sql",
                    "checks": [r.declared() for r in self.step_rules],
                }
                for stream in self.streams
            },
        }
        (self.root / "pipelines" / "year.yml").write_text(json.dumps(body))  # which is YAML too

    def expected(self) -> dict[str, Expected]:
        """What every gate should make of what is there now."""
        found = {}
        for stream in self.streams:
            at_source = judged(stream.rows(), stream.rules, stream.least, stream.arrived())
            if not stream.readable():
                at_source = Expected(False, at_source.good, at_source.aside)
            found[stream.name] = at_source
            found[f"all_{stream.name}"] = judged(at_source.good, self.step_rules)
        return found


def kept(workspace: Workspace) -> dict[str, tuple[list[str], list[str], set[tuple[str, int]]]]:
    """Of every dataset held: the tags that go on, those set aside, and the places of the unread."""
    found = {}
    tools = workspace.tools
    with tools.ledger.snapshot() as tx:
        for dataset, id_ in refs.held(tx, "prod").items():
            version = versions.find(tx, dataset, id_)
            assert version is not None
            aside = versions.quarantined(tx, version)
            found[dataset] = (tags(tools.objects, version), *beside(tools.objects, aside))
    return found


def tags(objects: Any, version: Version) -> list[str]:
    import polars as pl

    frame = pl.concat([pl.read_parquet(objects.path(part.digest)) for part in version.parts])
    return list(frame["tag"])


def beside(objects: Any, aside: Version | None) -> tuple[list[str], set[tuple[str, int]]]:
    import polars as pl

    if aside is None:
        return [], set()
    [part] = aside.parts
    frame = pl.read_parquet(objects.path(part.digest))
    unread = frame.filter(pl.col("tag").is_null())
    places = list(zip(unread["_file"], unread["_line"], strict=True))
    assert len(places) == len(set(places))
    return list(frame["tag"].drop_nulls()), set(places)


def same(found: Sequence[str], wanted: Collection[str]) -> bool:
    """Whether these are the tags wanted, each once."""
    return sorted(found) == sorted(wanted)


@pytest.mark.parametrize("seed", [3, 8])
def test_no_row_is_lost_and_none_is_published_twice(tmp_path: Path, seed: int) -> None:
    year = Year(tmp_path / "year", seed)
    for stream in year.streams:
        year.write(
            stream, f"{stream.name}_0.csv", [{"id": 0, "tag": stream.name, "twin": 0, "v": 1}]
        )
    before: dict[str, tuple[list[str], list[str], set[tuple[str, int]]]] = {}
    open_gates = held_gates = set_aside = let_in = 0
    for _ in range(DELIVERIES // 2):
        year.declare()
        expected = year.expected()
        with opened(year.root) as workspace:
            wanted = job(workspace, "year")
            ending = run(wanted, workspace.tools).ending
            now = kept(workspace)
            if not all(each.open for each in expected.values()):
                assert ending is Ending.HELD
                assert now == before
                held_gates += 1
            else:
                assert ending in {Ending.PUBLISHED, Ending.UNCHANGED}
                assert plan(wanted, workspace.tools).changes_nothing
                for stream in year.streams:
                    stream.published = dict(stream.files)
                    good, aside, unread = now[stream.name]
                    assert same([*good, *aside], [row["tag"] for row in stream.rows()])
                    assert unread == stream.malformed()
                for dataset, each in expected.items():
                    good, aside, unread = now[dataset]
                    assert same(good, [row["tag"] for row in each.good])
                    assert same(aside, each.aside)
                    let_in += len({*before.get(dataset, ([], [], set()))[1]} & {*good})
                    set_aside += len(aside)
                open_gates += 1
                before = now
        year.deliver()
    # chance has to have come to all that the promise is about
    assert min(open_gates, held_gates) > DELIVERIES // 10
    assert set_aside > 50
    assert let_in > 3
