"""A sandbox of the flights of New York: 2 %, no orphan, and no tail number that was there before."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl  # noqa: TID253
import pytest

from headgate.environments import environment
from headgate.store import refs, versions
from headgate.workspace.workspace import opened
from tests.projects.shop import Done, Shop
from tests.projects.test_flights import CHECKS, NAMES, PUNCTUALITY, REAL, SOURCE, STEP, table

pytestmark = pytest.mark.skipif(
    not REAL.is_dir(), reason="the flights of New York are not beside the project"
)

CONTRACT = """
kind: DataContract
apiVersion: v3.2.0
id: one
version: 1.0.0
schema:
  - name: planes
    properties:
      - name: tailnum
        logicalType: string
        primaryKey: true
        classification: restricted
        customProperties: [{property: anonymizationStrategy, value: hmac}]
"""
REFERENCES = [
    ("flights", ["tailnum"], "planes", ["tailnum"]),
    ("flights", ["dest"], "airports", ["faa"]),
    ("flights", ["origin"], "airports", ["faa"]),
    ("flights", ["carrier"], "airlines", ["carrier"]),
    ("flights", ["origin", "time_hour"], "weather", ["origin", "time_hour"]),
]
KEY = "a-key-of-the-flights-test"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The five tables, released, with a policy that lets nothing out as it is."""
    shop = Shop(tmp_path_factory.mktemp("flights"))
    sources = "".join(SOURCE.format(name=name).rstrip() + CHECKS[name] for name in NAMES)
    shop.write("headgate.yml", "name: flights\nenvironments:\n  prod: {redact: true}\n")
    shop.write("pipelines/flights.yml", f"name: flights\nowner: ops\nsources:{sources}{STEP}")
    shop.write("transformations/punctuality.sql", PUNCTUALITY)
    shop.write("contracts/planes.yaml", CONTRACT)
    (shop.root / "data/raw").mkdir(parents=True)
    for name in NAMES:
        shutil.copy(REAL / f"{name}.csv", shop.root / "data/raw" / f"{name}.csv")
    shop.headgate("run")
    return shop


@pytest.fixture(scope="module")
def made(shop: Shop) -> Done:
    words = ("--sample", "2%", "--key", "planes", "tailnum")
    return shop.headgate("env", "sandbox", "play", *words, HEADGATE_REDACTION_KEY=KEY)


def files(shop: Shop, name: str) -> dict[str, list[Path]]:
    with opened(shop.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        found = {n: versions.find(tx, n, id_) for n, id_ in refs.held(tx, name).items()}
        objects = workspace.tools.objects
        return {n: list(versions.table(objects, v).paths) for n, v in found.items() if v}


def frames(shop: Shop, name: str) -> dict[str, pl.DataFrame]:
    return {n: pl.read_parquet(found) for n, found in files(shop, name).items()}


def texts(shop: Shop, name: str) -> Iterator[str]:
    """Every value in every file of an environment, as text."""
    for paths in files(shop, name).values():
        for path in paths:
            for column in pl.read_parquet(path).iter_columns():
                yield from column.cast(pl.String).drop_nulls().unique()


@pytest.mark.usefixtures("made")
def test_it_is_about_two_percent(shop: Shop) -> None:
    before, after = frames(shop, "prod"), frames(shop, "play")
    assert set(after) == set(before) == {*NAMES, "punctuality"}
    assert 0.01 < after["planes"].height / before["planes"].height < 0.03
    assert 0.01 < after["flights"].height / before["flights"].height < 0.03
    assert after["airports"].equals(before["airports"])


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize(("child", "columns", "parent", "keys"), REFERENCES)
def test_no_flight_is_an_orphan(
    shop: Shop, child: str, columns: list[str], parent: str, keys: list[str]
) -> None:
    after = frames(shop, "play")
    judged = after[child].drop_nulls(columns)
    lost = judged.join(after[parent], left_on=columns, right_on=keys, how="anti")
    assert (judged.height > 4_000, lost.height) == (True, 0)


@pytest.mark.usefixtures("made")
def test_tail_numbers_are_others_and_still_join(shop: Shop) -> None:
    after, raw = frames(shop, "play"), table("planes")
    planes, flights = after["planes"], after["flights"]
    assert planes["tailnum"].str.contains("^[0-9a-f]{32}$").all()
    assert not set(planes["tailnum"]) & set(raw["tailnum"])
    # each plane has the flights that it had: told by what is not redacted of planes and flights
    told = ["year", "month", "day", "carrier", "flight", "origin", "dest", "sched_dep_time"]
    of_planes = ["manufacturer", "model", "seats", "engine"]
    mine = flights.join(planes.drop("year"), on="tailnum").select(*told, *of_planes)
    real = table("flights").join(raw.drop("year"), on="tailnum").select(*told, *of_planes)
    assert mine.height == flights.drop_nulls("tailnum").height > 4_000
    assert mine.join(real, on=[*told, *of_planes], how="anti", nulls_equal=True).height == 0
    sizes = flights.group_by("tailnum").len()["len"].sort().to_list()
    known = set(table("flights").group_by("tailnum").len()["len"])
    assert len(sizes) > 30
    assert max(sizes) <= max(known)


@pytest.mark.usefixtures("made")
def test_no_raw_tail_number_is_in_any_file(shop: Shop) -> None:
    raw = set(table("planes")["tailnum"]) | set(table("flights")["tailnum"].drop_nulls())
    every = list(texts(shop, "play"))
    assert not raw & set(every)
    joined = "\n".join(every)
    assert not [tail for tail in raw if tail in joined]
    # and neither do the bytes of the files, where values are not packed
    blobs = b"".join(p.read_bytes() for paths in files(shop, "play").values() for p in paths)
    assert not [tail for tail in raw if len(tail) == 6 and tail.encode() in blobs]
    assert KEY.encode() not in blobs


def test_what_was_left_out_is_told(shop: Shop, made: Done) -> None:
    flights = table("flights")
    lost = flights.height
    kept = flights
    for _, columns, parent, keys in REFERENCES:
        there = kept.drop_nulls(columns).join(
            table(parent), left_on=columns, right_on=keys, how="semi"
        )
        missing = kept.filter(pl.any_horizontal(pl.col(*columns).is_null()))
        kept = pl.concat([there, missing])
    assert f"{lost - kept.height:,} rows" in made.out
    assert "redacted by hmac: flights.tailnum, planes.tailnum\n" in made.out
    with opened(shop.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        found = environment.find(tx, "play")
    assert found is not None
    assert found.sampled["redacted"] == {
        "flights": {"tailnum": "hmac"},
        "planes": {"tailnum": "hmac"},
    }


def test_the_policy_lets_nothing_out_without_a_key(shop: Shop) -> None:
    words = ("--sample", "2%", "--key", "planes", "tailnum")
    refused = shop.headgate("env", "sandbox", "raw", *words, code=2, HEADGATE_REDACTION_KEY="")
    assert "HEADGATE_REDACTION_KEY is not set" in refused.err


@pytest.mark.usefixtures("made")
def test_another_key_gives_other_pseudonyms_of_the_same_planes(shop: Shop) -> None:
    words = ("--sample", "2%", "--key", "planes", "tailnum")
    shop.headgate("env", "sandbox", "other", *words, HEADGATE_REDACTION_KEY="another-key-16-bytes")
    one, other = frames(shop, "play"), frames(shop, "other")
    assert one["planes"].height == other["planes"].height
    assert not set(one["planes"]["tailnum"]) & set(other["planes"]["tailnum"])
    rest = pl.all().exclude("tailnum")
    order = [name for name in one["flights"].columns if name != "tailnum"]
    assert one["flights"].select(rest).sort(order).equals(other["flights"].select(rest).sort(order))
