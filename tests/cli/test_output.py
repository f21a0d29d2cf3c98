from __future__ import annotations

import io
import json
import math
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.cli.amounts import age, counted, elapsed, size
from headgate.cli.colours import painter, printable
from headgate.cli.documents import EventLines, json_document
from headgate.cli.tables import table
from headgate.ledger.events import GateJudged, StageStarted, from_json

NOW = datetime(2026, 11, 19, 9, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (999_940, "999.9 kB"),
        (999_960, "1.0 MB"),
        (41_200_000, "41.2 MB"),
        (5_000_000_000, "5.0 GB"),
        (7_200_000_000_000_000, "7,200.0 TB"),
    ],
)
def test_a_size_has_the_unit_people_would_use(count: int, words: str) -> None:
    assert size(count) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0.00 s"),
        (0.061, "0.06 s"),
        (1.44, "1.4 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 0 s"),
        (125, "2 min 5 s"),
        (3_599.7, "1 h 0 min"),
        (7_380, "2 h 3 min"),
    ],
)
def test_a_duration_has_the_precision_it_deserves(seconds: float, words: str) -> None:
    assert elapsed(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 seconds"),
        (1, "1 second"),
        (119, "1 minute"),
        (11_000, "3 hours"),
        (86_400, "1 day"),
        (864_000, "10 days"),
    ],
)
def test_an_age_is_told_in_its_largest_unit(seconds: float, words: str) -> None:
    assert age(seconds) == words


def test_a_number_agrees_with_its_noun() -> None:
    assert [counted(n, "record") for n in (0, 1, 1_017_209)] == [
        "0 records",
        "1 record",
        "1,017,209 records",
    ]


def test_a_table_lines_up_and_puts_numbers_to_the_right() -> None:
    rows: list[list[object]] = [
        ["train_clean", 1_017_209, True],
        ["größe", 3, None],
        ["日本", None, False],
    ]
    assert table(["dataset", "rows", "served"], rows) == [
        "dataset           rows  served",
        "train_clean  1,017,209  True",
        "größe                3",
        "日本                    False",
    ]


def test_a_table_without_rows_is_its_header() -> None:
    assert table(["dataset", "rows"], []) == ["dataset  rows"]


def test_a_cell_stays_on_its_line_and_steers_no_terminal() -> None:
    assert table(["v"], [["a\nb\t\x1b]0;title\x07"]])[1] == "a\\nb\\t\\x1b]0;title\\x07"


@given(st.text())
def test_what_is_printed_has_no_control_character_but_our_colours(text: str) -> None:
    left = printable(text.replace("\x1b", "")).replace("\n", "").replace("\t", "")
    assert left.isprintable()


def test_our_colours_are_printed_and_other_escapes_are_not() -> None:
    assert printable("\x1b[1mhead\x1b[0m") == "\x1b[1mhead\x1b[0m"
    assert printable("\x1b[2J\u202e") == "\\x1b[2J\\u202e"


def test_a_document_names_its_schema_first_and_holds_only_what_json_can() -> None:
    body = {
        "at": NOW,
        "path": Path("data/raw"),
        "share": math.nan,
        "limit": math.inf,
        "rows": (1, 2.5, None, True),
        "lone": "\udc80",
    }
    text = json_document("headgate.test/1", body, indent=None)
    assert text.startswith('{"schema": "headgate.test/1", ')
    assert text.isascii()
    told = json.loads(text)
    assert told["at"] == "2026-11-19 09:02:00+00:00"
    assert (told["share"], told["limit"], told["path"]) == (None, None, "data/raw")
    assert told["rows"] == [1, 2.5, None, True]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_body_gives_a_document_that_can_be_read_and_sent(body: object) -> None:
    text = json_document("headgate.test/1", {"body": body})
    text.encode("utf-8")
    assert json.loads(text)["schema"] == "headgate.test/1"


def test_events_are_one_line_of_json_each_at_once() -> None:
    class Counting(io.StringIO):
        flushed = 0

        def flush(self) -> None:
            self.flushed += 1

    out = Counting()
    lines = EventLines(out)
    first = StageStarted(run="r1", at=NOW, number=1, title="Validating\nraw data")
    second = gate({"observed": math.nan, "samples": [{"values": (("Sales", -1),)}]})
    for event in (first, second):
        lines(event)
    assert out.flushed == 2
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line["event"] for line in told] == ["stage_started", "gate_judged"]
    assert from_json(told[0]) == first
    assert told[1]["outcomes"] == [{"observed": None, "samples": [{"values": [["Sales", -1]]}]}]


def gate(outcome: dict[str, Any]) -> GateJudged:
    return GateJudged(
        run="r1",
        at=NOW,
        gate="train",
        dataset="train",
        version="v",
        verdict="closed",
        passed=0,
        total=1,
        outcomes=[outcome],
    )


def test_a_reader_of_events_that_goes_away_does_not_stop_the_run() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as out:
        lines = EventLines(out)
        for number in range(3):
            lines(StageStarted(run="r1", at=NOW, number=number, title="x"))
        assert lines._out is None  # it was told once that nobody reads, and writes no more
        os.dup2(os.open(os.devnull, os.O_WRONLY), write)  # what is buffered can be closed


def test_colours_are_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert painter(Terminal())("error", "bad") == "\x1b[31m\x1b[1merror\x1b[0m"
    assert painter(Terminal())("text", "") == "text"
    assert painter(io.StringIO())("error", "bad") == "error"
    assert painter(Terminal(), plain=True)("error", "bad") == "error"
    monkeypatch.setenv("TERM", "dumb")
    assert painter(Terminal())("error", "bad") == "error"
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert painter(Terminal())("error", "bad") == "error"
