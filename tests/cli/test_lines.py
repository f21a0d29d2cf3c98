from __future__ import annotations

import io
import os
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from headgate.cli.exit_codes import exit_code
from headgate.cli.lines import PlainLines
from headgate.ledger.events import AlertFailed, Event, ReleaseUnchanged, StepFailed, TriggerFailed
from tests.cli.story import (
    GOOD,
    HELD,
    NOW,
    RUN,
    SALES,
    STORE,
    computed,
    ended,
    ingested,
    judged,
    outcome,
    published,
    reused,
    stage,
    started,
    waived,
)


def told(events: Sequence[Event], **options: Any) -> tuple[str, str]:
    """What a run prints to standard output and to standard error."""
    out, err = io.StringIO(), io.StringIO()
    listener = PlainLines(out, err, **options)
    for event in events:
        listener(event)
    return out.getvalue(), err.getvalue()


def test_a_good_run_prints_the_lines_of_the_workflow() -> None:
    out, err = told(GOOD)
    assert err == ""
    assert (
        out
        == """\
============================================================
Step 1: Validating raw data...
============================================================
✓ PASSED (13/13 expectations)

============================================================
Step 2: Processing raw data...
============================================================
✓ Processed 1,017,209 records
✓ Saved to: data/processed/train_clean.parquet

============================================================
Step 3: Validating processed data...
============================================================
✓ PASSED (15/15 expectations)

============================================================
Step 4: Versioning data...
============================================================
✓ Published prod@1 (2 new files, 41.2 MB; 0 reused)
✓ Triggered: python models/retrain.py

✓ rossmann prod@1 published in 1.4 s · 0 alerts
  details: headgate show 7f3a91c2
"""
    )


def test_a_held_run_says_what_was_wrong_what_is_served_and_what_to_do() -> None:
    out, err = told(HELD, published={"rossmann": ["train_clean", "features"]})
    assert (
        out
        == """\
============================================================
Step 1: Validating raw data...
============================================================
✗ FAILED (11/13 expectations)  train
  ✗ Sales between 0 and 50,000  3 of 1,017,209 rows
      data/raw/train.csv:88120  Sales = 1250000
      data/raw/train.csv:88121  Sales = 1250000
      data/raw/train.csv:88122  Sales = 1250000
  ✗ Store not null              5 of 1,017,209 rows
      data/raw/train.csv:88120  Store = null
      data/raw/train.csv:88121  Store = null
      data/raw/train.csv:88122  Store = null
      and 2 more (-v shows 5)
✓ PASSED (9/9 expectations)  store
"""
    )
    held = "train_clean, features (still serving prod@1 from 2026-11-19 06:02 UTC, 3 hours old)"
    again = "headgate run --waive train:ab12cd34ef56 --waive train:cd34ef56ab12"
    assert (
        err
        == f"""
error: gate train closed, nothing was published
  --> expectations/raw_train.json:41 (Sales), :57 (Store)
   = held back: {held}
   = alerts: 1, for data_engineers, marketing_team
  help: see the rows      headgate data rows 7f3a91c2 --gate train
        accept them once  {again} --reason "..."
        run again         headgate run
"""
    )


def test_more_rows_and_all_their_columns_are_shown_when_asked() -> None:
    rows = [{"Sales": -n, "Store": n} for n in range(214)]
    gate = judged("train", 12, 13, verdict="closed", outcomes=[outcome("Sales at least 0", rows)])
    short, _ = told([started(), stage(1, "Validating"), gate, ended("held")])
    full, _ = told([started(), stage(1, "Validating"), gate, ended("held")], verbosity=1)
    assert short.count("data/raw/train.csv") == 3
    assert "      and 211 more (-v shows 20)\n" in short
    assert full.count("data/raw/train.csv") == 20
    assert "train.csv:88125  Sales = -5, Store = 5\n" in full
    assert "      and 194 more\n" in full


@pytest.mark.parametrize(
    ("count", "said", "in_full"),
    [(54, "and more (-v shows 20)", "and more"), (5, "and 2 more (-v shows 5)", None)],
)
def test_rows_of_groups_are_counted_only_where_all_of_them_are_held(
    count: int, said: str, in_full: str | None
) -> None:
    rows = [{"Sales": 0, "Store": n} for n in range(count)]
    # one row more breaks the rule, in a group that kept it
    found = outcome("Sales", rows, unexpected=count + 1, details={"groups": 60, "failing": 54})
    gate = judged("train", 12, 13, verdict="closed", outcomes=[found])
    short, _ = told([started(), stage(1, "Validating"), gate, ended("held")])
    full, _ = told([started(), stage(1, "Validating"), gate, ended("held")], verbosity=1)
    assert f"      {said}\n" in short
    assert "and 17 more" not in short
    assert ("      and " in full) is (in_full is not None)
    assert in_full is None or f"      {in_full}\n" in full


def test_each_check_that_failed_can_be_waived_by_an_id_that_is_shown() -> None:
    failed = [{**STORE, "check": f"{n}" * 12} for n in range(1, 6)]
    gate = judged("train", 8, 13, verdict="closed", outcomes=failed)
    events = [started(), stage(1, "Validating"), gate, ended("held")]
    short, err = told(events)
    full, _ = told(events, verbosity=1)
    for one in failed:
        assert f"id {one['check']}\n" in full
        assert one["check"] not in short
    three = " ".join(f"--waive train:{str(n) * 12}" for n in (1, 2, 3))
    assert f'headgate run {three} --waive ... --reason "..."\n' in err
    assert "see their ids     headgate run -v\n" in err


def test_a_run_with_nothing_to_do_is_one_line() -> None:
    assert told([started(), ended("unchanged")]) == (
        "✓ rossmann: nothing changed, prod@1 is served\n",
        "",
    )


def test_a_run_that_computed_what_was_there_says_so() -> None:
    unchanged = ReleaseUnchanged(run=RUN, at=NOW, environment="prod", number=1, pipeline="rossmann")
    events = [
        started(),
        stage(2, "Processing raw data"),
        reused("train_clean"),
        stage(6, "Versioning data"),
        unchanged,
        ended("unchanged"),
    ]
    out, err = told(events)
    assert err == ""
    assert "✓ Unchanged: train_clean (1,017,209 records)\n" in out
    assert out.endswith(
        "✓ Unchanged: prod@1 is served\n\n✓ rossmann: nothing changed, prod@1 is served\n"
    )
    assert "  because: unchanged\n" in told(events, verbosity=1)[0]


def test_a_waived_gate_says_who_waived_what_and_why() -> None:
    gate = judged("train", 12, 13, verdict="waived", outcomes=[{**SALES, "status": "waived"}])
    events = [
        started(),
        stage(1, "Validating raw data"),
        ingested("train"),
        gate,
        waived("train", "Sales between 0 and 50,000"),
        stage(2, "Versioning data"),
        published(2),
        ended("published"),
    ]
    out, err = told(events)
    assert err == ""
    assert (
        """\
! WAIVED (12/13 expectations)
  ~ Sales between 0 and 50,000  3 of 1,017,209 rows
      waived by ana: Black Friday
      data/raw/train.csv:88120  Sales = 1250000
"""
        in out
    )


def test_what_was_waived_in_a_closed_gate_is_waived_again_with_the_rest() -> None:
    gate = judged(
        "train", 11, 13, verdict="closed", outcomes=[{**SALES, "status": "waived"}, STORE]
    )
    _, err = told([started(), stage(1, "Validating"), gate, ended("held")])
    assert "--> expectations/raw_train.json:57 (Store)\n" in err
    assert (
        'headgate run --waive train:ab12cd34ef56 --waive train:cd34ef56ab12 --reason "..."\n' in err
    )


def test_a_gate_with_warnings_opens_and_lists_them() -> None:
    warning = {**SALES, "severity": "warn"}
    silent = {**STORE, "severity": "info"}
    gate = judged("train", 11, 13, verdict="warned", outcomes=[warning, silent])
    events = [started(), stage(1, "Validating raw data"), gate, published(), ended("published")]
    out, _ = told(events)
    assert "! WARNED (11/13 expectations)\n  ! Sales between 0 and 50,000  3 of" in out
    assert "Store" not in out
    assert "  · Store not null" in told(events, verbosity=1)[0]
    assert "published in 1.4 s · 1 alert\n" in out


def test_a_check_that_could_not_be_judged_cannot_be_waived() -> None:
    broken = {**SALES, "status": "error", "samples": [], "unexpected": None, "message": "no Sales"}
    gate = judged("train", 12, 13, verdict="closed", outcomes=[broken])
    out, err = told([started(), stage(1, "Validating"), gate, ended("held")])
    assert "  ✗ Sales between 0 and 50,000  could not be judged\n      no Sales\n" in out
    assert "--waive" not in err
    assert err.endswith("  help: run again  headgate run\n")  # and no rows were kept


def test_an_aggregate_says_what_was_observed() -> None:
    few = outcome("rows between 100,000 and 2,000,000", observed=99_999, unexpected=None)
    gate = judged("train", 12, 13, verdict="closed", outcomes=[few])
    out, _ = told([started(), stage(1, "Validating"), gate, ended("held")])
    assert "  ✗ rows between 100,000 and 2,000,000  observed 99,999\n" in out


def test_before_the_first_release_nothing_is_served() -> None:
    _, err = told([*HELD[:-1], ended("held", serving=None, serving_since=None)])
    assert "held back: the new data of rossmann (nothing is served yet)\n" in err


def test_several_closed_gates_are_told_together() -> None:
    other = {**STORE, "where": "expectations/raw_store.json:7"}
    events = [
        started(),
        stage(1, "Validating raw data"),
        judged("train", 12, 13, verdict="closed", outcomes=[SALES]),
        judged("store", 8, 9, verdict="closed", outcomes=[other]),
        ended("held"),
    ]
    out, err = told(events)
    assert "(12/13 expectations)  train\n" in out
    assert "(8/9 expectations)  store\n" in out
    assert "error: gates train, store closed, nothing was published\n" in err
    assert (
        "  --> expectations/raw_train.json:41 (Sales)\n"
        "  --> expectations/raw_store.json:7 (Store)\n"
    ) in err
    assert "alerts: 2, for" in err


def test_a_gate_without_expectations_says_so() -> None:
    gate = judged("train", 0, 0)
    out, _ = told([started(), stage(1, "Validating raw data"), gate, ended("published")])
    assert "✓ PASSED (no expectations)\n" in out


def test_a_step_that_failed_leaves_its_error_to_the_end_of_the_command() -> None:
    trace = "Traceback\n  File 'a.py', line 3\nZeroDivisionError: by zero"
    failure = StepFailed(run=RUN, at=NOW, dataset="features", error="step failed", traceback=trace)
    events = [started(), stage(4, "Building features"), failure, ended("failed")]
    out, err = told(events)
    assert out.endswith("✗ FAILED  features\n")
    assert err == "\n"
    assert "    ZeroDivisionError: by zero\n" in told(events, verbosity=1)[0]


def test_a_trigger_that_failed_is_told_and_the_release_stands() -> None:
    failure = TriggerFailed(
        run=RUN, at=NOW, trigger="python retrain.py", release="prod@1", attempts=3, error="exit 2"
    )
    out, _ = told([started(), stage(6, "Versioning"), published(), failure, ended("published")])
    assert "✗ Trigger failed after 3 attempts: python retrain.py\n    exit 2\n" in out
    assert "✓ rossmann prod@1 published in 1.4 s · 1 alert\n" in out


def test_what_is_beside_the_result_goes_to_standard_error() -> None:
    failure = AlertFailed(run=RUN, at=NOW, alert="7", channel="webhook HOOK", error="HTTP 503")
    out, err = told([started(resumes="81c02be0"), ended("unchanged"), failure])
    assert out == "✓ rossmann: nothing changed, prod@1 is served\n"
    assert err == (
        "going on from run 81c02be0, which was interrupted\n"
        "warning: not delivered to webhook HOOK: HTTP 503; the next run tries again\n"
    )


def test_quiet_is_silent_when_all_is_well_and_complete_when_not() -> None:
    assert told(GOOD, verbosity=-1) == ("", "")
    out, err = told(HELD, verbosity=-1)
    assert out == ""
    assert err.startswith("  ✗ Sales between 0 and 50,000  3 of 1,017,209 rows\n")
    assert "error: gate train closed, nothing was published\n" in err


def test_pipelines_of_one_command_are_told_one_after_the_other() -> None:
    second = [replace(event, run="81c02be0") for event in HELD]
    out, err = told([*GOOD, *second])
    assert out.count("Step 1: Validating raw data...") == 2
    assert "  details: headgate show 7f3a91c2\n\n====" in out
    assert "headgate data rows 81c02be0 --gate train" in err


def test_data_cannot_steer_the_terminal() -> None:
    rows = [{"Note": "\x1b]0;title\x07\n", "Store": 1}]
    gate = judged("train", 12, 13, verdict="closed", outcomes=[outcome("Note\x1b[2J empty", rows)])
    out, _ = told([started(), stage(1, "Validating"), gate, ended("held")])
    assert "\x1b" not in out
    assert "Note = '\\x1b]0;title\\x07\\n'" in out


def test_a_long_value_is_cut() -> None:
    gate = judged("t", 0, 1, verdict="closed", outcomes=[outcome("Note", [{"Note": "x" * 10**6}])])
    out, _ = told([started(), stage(1, "Validating"), gate, ended("held")])
    assert max(map(len, out.splitlines())) < 120


def test_a_reader_that_goes_away_does_not_stop_the_run() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as out:
        err = io.StringIO()
        listener = PlainLines(out, err)
        for event in GOOD:
            listener(event)
        assert err.getvalue() == ""
        os.dup2(os.open(os.devnull, os.O_WRONLY), write)  # what is buffered can be closed


@pytest.mark.parametrize(
    ("status", "code"),
    [("published", 0), ("unchanged", 0), ("held", 1), ("failed", 3), ("interrupted", 130)],
)
def test_each_ending_has_its_exit_code(status: str, code: int) -> None:
    assert exit_code(status) == code


def test_a_step_without_a_path_is_not_said_to_be_saved() -> None:
    out, _ = told([started(), stage(2, "Processing"), computed("a", None), ended("published")])
    assert "✓ Processed 1,017,209 records\n\n✓ rossmann" in out
