"""A regular expression finds what Python finds, or is refused when it is declared."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from headgate.checks.check import Check, Share
from headgate.checks.evaluate import evaluate
from headgate.checks.metric import Failing, Matches, NotMatches
from headgate.checks.patterns import checked
from headgate.engines.embedded import EmbeddedEngine
from headgate.errors import DeclarationError
from headgate.schema.table import Table
from tests.checks.conftest import MakeTable

TEXTS = ["", "a", "é", "ü", "a\n", "ab c", "٣", "5", "_", "²", "Ⅷ", "\u00a0", "日本", "a.b", "]"]
TEXTS += ["\n", "x\u2028y", "\x1c", "\x0b", "e\u0301", "A", "xaé5 ", "(?=", "++", "\\1", "{,2}"]

ATOMS = [r"\d", r"\w", r"\s", r"\D", r"\W", r"\S", "a", "é", ".", "^", "[a-c]", r"[\d_]", r"[^\w]"]
ATOMS += [r"[^\s]", "(?:a|b)", "(a)", r"\.", r"\u00e9", "[é-ü]", r"[\]a]", "[]a]", r"\A", "|", "$"]
ATOMS += [r"\\", r"[+*]", r"\+", "(?P<n>x)", r"\Z", r"[\b]", "[$]", r"\("]
REPEATS = ["", "*", "+", "?", "{,2}", "{1,2}", "*?", "+?"]


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        ("(?=a)", "lookahead"),
        ("a(?!b)", "lookahead"),
        ("(?<=a)b", "lookbehind"),
        ("(?<!a)b", "lookbehind"),
        (r"(a)\1", "a backreference"),
        ("(?P<x>a)(?P=x)", "a backreference"),
        ("(a)?(?(1)b|c)", "a conditional group"),
        ("(?>a)", "an atomic group"),
        ("a++", "a possessive quantifier"),
        ("a{1,2}+", "a possessive quantifier"),
        ("(?#why)a", "a comment"),
        ("(?x)a b", "the flags 'x'"),
        (r"[\W]", r"\W in a set"),
        ("a$b", "$ before its end"),
        ("[", "is not a regular expression"),
        ("[[:alpha:]]", "is not a regular expression"),
        ("a{99999999999}", "is not a regular expression"),
    ],
)
def test_what_the_engine_cannot_search_for_is_refused(pattern: str, what: str) -> None:
    with pytest.raises(DeclarationError) as refused:
        checked(pattern)
    assert what in refused.value.what


@pytest.fixture(scope="module")
def texts(engine: EmbeddedEngine, tmp_path_factory: pytest.TempPathFactory) -> Table:
    import polars as pl

    path = tmp_path_factory.mktemp("texts") / "texts.parquet"
    wrote = engine.write(pl.DataFrame({"x": TEXTS}), path)
    return Table("texts", (path,), wrote.schema, wrote.rows)


@settings(max_examples=150, deadline=None)
@given(
    parts=st.lists(st.tuples(st.sampled_from(ATOMS), st.sampled_from(REPEATS)), max_size=4),
    around=st.sampled_from(["{}", "{}", "^{}$", "^{}$", "(?i){}", "(?s){}", "(?m){}"]),
)
def test_a_pattern_finds_what_python_finds(
    engine: EmbeddedEngine, texts: Table, parts: list[tuple[str, str]], around: str
) -> None:
    pattern = around.format("".join(atom + repeat for atom, repeat in parts))
    try:
        checked(pattern)
    except DeclarationError:
        assume(False)
    found = [re.search(pattern, text) is not None for text in TEXTS]
    checks = [
        Check("", Failing(Matches("x", pattern)), Share()),
        Check("", Failing(NotMatches("x", pattern)), Share()),
    ]
    matches, others = evaluate(engine, texts, checks)
    assert (matches.unexpected, others.unexpected) == (found.count(False), found.count(True))


def test_words_are_words_in_every_script(engine: EmbeddedEngine, make: MakeTable) -> None:
    import polars as pl

    table = make(pl.DataFrame({"city": ["Köln", "Łódź", "東京", "Graz 8"]}))
    check = Check("", Failing(Matches("city", r"^\w+$")), Share())
    assert evaluate(engine, table, [check])[0].unexpected == 1
