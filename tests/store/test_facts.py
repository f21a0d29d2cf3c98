"""What a remote knows of a release is what the record knows of it, or it is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.errors import StoreError
from headgate.schema.schema import Column, Schema
from headgate.schema.statistics import ColumnStatistics
from headgate.schema.types import LogicalType
from headgate.store import facts
from headgate.store.facts import Pointer, Pushed
from headgate.store.manifest import Part, Release, Version

TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
DIGESTS = st.from_regex(r"[0-9a-f]{32}", fullmatch=True)
TEXTS = st.text(max_size=12)
SCALARS = st.none() | st.integers() | st.floats(allow_nan=False) | TEXTS
STATISTICS = st.dictionaries(
    TEXTS,
    st.builds(ColumnStatistics, st.integers(0), st.integers(0), SCALARS, SCALARS, st.booleans()),
)
PARTS = st.builds(
    Part,
    digest=DIGESTS,
    size=st.integers(0),
    rows=st.integers(0),
    statistics=STATISTICS,
    path=st.sampled_from(["", "a.parquet", "day=1/part.parquet"]),
    unique=st.tuples(TEXTS),
)
VERSIONS = st.builds(
    Version,
    id=DIGESTS,
    dataset=TEXTS,
    schema=st.just(Schema((Column("n", LogicalType.INTEGER, "BIGINT"),))),
    parts=st.lists(PARTS, min_size=1, max_size=3).map(tuple),
    created_at=TIMES,
    run=TEXTS,
    fingerprint=TEXTS,
    inputs=st.dictionaries(TEXTS, DIGESTS, max_size=2),
    code=st.dictionaries(TEXTS, TEXTS, max_size=2),
    merged=STATISTICS,
    whole=st.sampled_from(["", "a" * 32]),
    aside=st.sampled_from(["", "b" * 32]),
)
POINTERS = st.lists(
    st.builds(Pointer, TEXTS, DIGESTS, st.sampled_from(["visible", "held"]), TEXTS),
    max_size=3,
    unique_by=lambda pointer: pointer.dataset,
).map(tuple)


@st.composite
def releases(draw: st.DrawFn) -> Pushed:
    pointers = draw(POINTERS)
    release = Release(
        environment="prod",
        number=draw(st.integers(1)),
        versions={p.dataset: p.version for p in pointers if p.kind == "visible"},
        inputs={p.dataset: p.version for p in pointers if p.kind == "held"},
        published_at=draw(TIMES),
        run=draw(TEXTS),
        pipeline=draw(TEXTS),
        because=draw(TEXTS),
        code=draw(st.none() | DIGESTS),
        dirty=draw(st.booleans()),
        verdicts=draw(st.dictionaries(TEXTS, TEXTS, max_size=2)),
        metrics=draw(st.dictionaries(TEXTS, st.floats(allow_nan=False), max_size=2)),
        restores=draw(st.none() | st.integers(1)),
        only=draw(st.none() | TEXTS),
        origin=draw(st.sampled_from(["", "prod@3"])),
    )
    return Pushed(release, pointers, draw(st.dictionaries(TEXTS, DIGESTS, max_size=2)))


@settings(deadline=None)
@given(releases())
def test_a_release_is_read_as_it_was_written(told: Pushed) -> None:
    text = facts.release_text(told)
    found = facts.release_of(text, "here")
    assert found == told
    assert found.is_same(told)
    assert facts.release_text(found) == text


@settings(deadline=None)
@given(VERSIONS)
def test_a_version_is_read_as_it_was_written(version: Version) -> None:
    text = facts.version_text(version)
    found = facts.version_of(text, facts.digest_of(text), "here")
    assert found == version
    assert found.statistics == version.statistics
    assert facts.version_text(found) == text


@settings(deadline=None)
@given(releases(), st.data())
def test_a_release_that_was_changed_there_is_refused(told: Pushed, data: st.DataObject) -> None:
    text = bytearray(facts.release_text(told))
    place = data.draw(st.integers(0, len(text) - 1))
    text[place] ^= data.draw(st.integers(1, 127))
    try:
        found = facts.release_of(bytes(text), "here")
    except StoreError:
        return
    assert found == told, "what was changed says nothing else"


@settings(deadline=None)
@given(VERSIONS, st.data())
def test_a_version_that_was_changed_there_is_refused(version: Version, data: st.DataObject) -> None:
    text = facts.version_text(version)
    changed = bytearray(text)
    changed[data.draw(st.integers(0, len(text) - 1))] ^= data.draw(st.integers(1, 127))
    with pytest.raises(StoreError, match="damaged"):
        facts.version_of(bytes(changed), facts.digest_of(text), "here")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", "../../etc/passwd"),
        ("parts", [["a" * 32, 1, 1, "../../x", [], {}]]),
        ("parts", [["../x", 1, 1, "", [], {}]]),
        ("parts", [["a" * 32, 1]]),
        ("columns", [{"name": "a"}]),
    ],
)
def test_a_version_that_leads_out_of_the_store_is_refused(key: str, value: object) -> None:
    part = Part("a" * 32, 1, 1)
    version = Version("a" * 32, "d", Schema(()), (part,), datetime(2026, 1, 1, tzinfo=UTC), "r")
    body = json.loads(facts.version_text(version)) | {key: value}
    text = json.dumps(body).encode()
    with pytest.raises(StoreError, match="damaged"):
        facts.version_of(text, facts.digest_of(text), "here")


def branch(origin: str) -> Pushed:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Pushed(Release("dev", 1, {}, at, "r", "shop", "branch", origin=origin), (), {})


def test_what_was_pushed_before_origins_were_is_read_and_is_the_same_release() -> None:
    text = facts.release_text(branch(""))
    assert b"origin" not in text
    assert facts.release_of(text, "here").is_same(branch("prod@3"))
    assert branch("prod@3").is_same(facts.release_of(text, "here"))
    assert not branch("prod@3").is_same(branch("prod@2"))


def test_what_a_later_headgate_wrote_is_refused_with_advice() -> None:
    text = json.dumps({"schema": "headgate.pushed-release/9"}).encode()
    with pytest.raises(StoreError, match="another Headgate") as caught:
        facts.release_of(text, "here")
    assert "upgrade" in str(caught.value)
