"""A rule about texts counts the same rows, however a file holds the texts."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from headgate.checks import questions
from headgate.checks.conditions import Compare, Operator, View
from headgate.checks.evaluate import evaluate
from headgate.checks.metric import (
    Failing,
    Length,
    Matches,
    NoneOf,
    NotNull,
    OneOf,
    Rule,
    Seen,
)
from headgate.engines.duckdb import connect
from headgate.engines.embedded import EmbeddedEngine
from tests.checks.conftest import row

ROWS = 5_000
WORDS = ["", "red", "green", "bluish green", "é", "日本", None]
LISTED = ("red", "é", "", *(f"word {n}" for n in range(30)))
UUID = "00000000-0000-0000-0000-00000000000{}"

RULES: list[tuple[Callable[[str], Rule], Callable[[str], bool]]] = [
    (lambda name: OneOf(name, ("red",)), lambda text: text != "red"),
    (lambda name: OneOf(name, ("red", "green", "")), lambda t: t not in {"red", "green", ""}),
    (lambda name: OneOf(name, LISTED), lambda text: text not in LISTED),
    (lambda name: OneOf(name, ()), lambda _: True),
    (lambda name: NoneOf(name, ("é",)), lambda text: text == "é"),
    (lambda name: NoneOf(name, ("é", "")), lambda text: text in {"é", ""}),
    (lambda name: NoneOf(name, LISTED), lambda text: text in LISTED),
    (lambda name: Length(name, 0, 4), lambda text: len(text) > 4),
    (lambda name: Length(name, 1, 5), lambda text: not 1 <= len(text) <= 5),
    (lambda name: Length(name, 1, 5, strict_low=True), lambda t: not 1 < len(t) <= 5),
    (lambda name: Length(name, 9, 2), lambda _: True),
    *(
        (lambda name, p=p: Matches(name, p), lambda text, p=p: not re.search(p, text))
        for p in ("e+n?$", "^(red|[a-z]* green)$", "^$", "^[a-z ]*$", r"^(\b|é|日)|x$", "^|x$")
    ),
]


def text(place: int, coded: str) -> str | None:
    word = WORDS[place * 7 // 3 % len(WORDS)]
    if coded == "uuid":
        return UUID.format(place % 5)
    return f"{word} {place}" if coded == "unlike" and word else word


def encodings(path: Path) -> str:
    asked = "select string_agg(encodings) from parquet_metadata(?) where path_in_schema = 'x'"
    [(found,)] = connect().execute(asked, [str(path)]).fetchall()
    return str(found)


@pytest.mark.parametrize("coded", ["dictionary", "plain", "unlike", "enum", "uuid"])
@pytest.mark.parametrize("wide", [0, 1_000_000], ids=["branches", "sums"])
def test_a_rule_counts_the_same_rows_however_a_file_holds_the_texts(
    tmp_path: Path, coded: str, wide: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    import polars as pl

    monkeypatch.setattr(questions, "WIDE", wide)
    texts = [text(place, coded) for place in range(ROWS)]
    path = tmp_path / "a.parquet"
    frame = pl.DataFrame({"x": texts, "n": [place % 2 for place in range(ROWS)]})
    if coded == "enum":
        frame = frame.with_columns(x=pl.col("x").cast(pl.Categorical))
    frame.write_parquet(path, row_group_size=1_500)
    if coded in {"plain", "uuid"}:
        again = path.rename(tmp_path / "coded.parquet")
        kind = "uuid" if coded == "uuid" else "varchar"
        connect().execute(
            f"copy (select x::{kind} as x, n from '{again}') to '{path}' (dictionary_size_limit 1)"  # noqa: S608
        )
    engine = EmbeddedEngine()
    table = engine.table("t", path)
    if coded in {"plain", "dictionary"}:
        assert ("DICTIONARY" in encodings(path)) == (coded == "dictionary")
    assert table.statistics["x"].nulls == texts.count(None)
    odd = View(Compare("n", Operator.EQUAL, 1))
    rules = [rule("x") for rule, _ in RULES]
    checks = [row(rule) for rule in rules]
    some = [
        replace(one, metric=Seen(Failing(rule), odd))
        for one, rule in zip(checks, rules, strict=True)
    ]
    for known in (table, replace(table, statistics={})):
        every = evaluate(engine, known, [*checks, row(NotNull("x"))])
        assert [one.unexpected for one in every[:-1]] == [
            sum(breaks(one) for one in texts if one is not None) for _, breaks in RULES
        ]
        assert every[-1].unexpected == texts.count(None)
        assert [one.unexpected for one in evaluate(engine, known, some)] == [
            sum(breaks(one) for one in texts[1::2] if one is not None) for _, breaks in RULES
        ]
