"""What stands behind a release is started for it: once, after a crash too, never for another."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tests.projects.shop import Shop
from tests.warm import ENVIRONMENT

HEAD = "store,day,amount,kind\n"
TRAIN = """
import json, sys

with open("told.jsonl", "a") as file:
    file.write(json.dumps(json.load(sys.stdin)) + "\\n")
"""
WEB = """
name: web
owner: web_team
sources:
  clicks: data/raw/clicks.csv
steps:
  visits: transformations/visits.sql
"""


def triggering(shop: Shop, trigger: str = "command: python models/train.py") -> None:
    shop.write("models/train.py", TRAIN)
    with (shop.root / "pipelines" / "shop.yml").open("a") as file:
        file.write(f"on_publish:\n  - {trigger}\n")


def other_pipeline(shop: Shop) -> None:
    shop.write("pipelines/web.yml", WEB)
    shop.write("transformations/visits.sql", "select * from clicks")
    shop.write("data/raw/clicks.csv", "page,count\nhome,7\n")


def killed_before(shop: Shop, function: str, *words: str) -> None:
    """A command whose process dies where it would call a function, named as `module:function`."""
    module, _, name = function.partition(":")
    script = (
        f"import os, importlib; m = importlib.import_module({module!r});"
        f"setattr(m, {name!r}, lambda *a, **k: os._exit(9));"
        f"from headgate.cli.main import main; main({list(words)!r})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=shop.root, env=ENVIRONMENT, check=False
    )
    assert done.returncode == 9


def told(shop: Shop) -> list[dict[str, Any]]:
    path = shop.root / "told.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_a_crash_before_the_triggers_loses_none_and_changes_nothing_they_are_told(
    shop: Shop,
) -> None:
    triggering(shop)
    killed_before(shop, "headgate.runs.execute:pay_triggers", "run")
    assert told(shop) == []
    shop.headgate("run")
    shop.headgate("run")
    [body] = told(shop)
    assert (body["release"], body["rows"]) == ("prod@1", {"clean": 3, "totals": 2})


def test_a_trigger_is_told_of_its_own_release_when_another_pipeline_published_since(
    shop: Shop,
) -> None:
    triggering(shop)
    other_pipeline(shop)
    killed_before(shop, "headgate.runs.execute:pay_triggers", "run", "shop")
    shop.headgate("run", "web")
    shop.headgate("run", "shop")
    shop.headgate("run", "shop")
    assert [body["release"] for body in told(shop)] == ["prod@1"]


def test_a_trigger_is_not_started_for_what_a_rollback_took_back(shop: Shop) -> None:
    triggering(shop)
    shop.headgate("run")
    shop.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    killed_before(shop, "headgate.runs.execute:pay_triggers", "run")
    shop.headgate("data", "rollback")
    shop.headgate("run")
    assert [body["release"] for body in told(shop)] == ["prod@1"]


def test_a_held_run_starts_what_a_dead_run_did_not_come_to(shop: Shop) -> None:
    triggering(shop)
    killed_before(shop, "headgate.runs.execute:pay_triggers", "run")
    shop.deliver(HEAD + "3,2024-01-03,-5,0\n", "sales_2.csv")
    shop.headgate("run", code=1)
    assert [body["release"] for body in told(shop)] == ["prod@1"]


def test_a_trigger_may_print_what_is_no_text(shop: Shop) -> None:
    shop.write("models/noise.py", "import sys\nsys.stdout.buffer.write(b'\\xff\\xfe done')\n")
    triggering(shop, "command: python models/noise.py")
    shop.headgate("run")
    [event] = shop.events("trigger_finished")
    assert "done" in event["output"]


def test_a_trigger_that_is_no_command_is_recorded_as_failed(shop: Shop) -> None:
    triggering(shop, '{command: "python \'models", retries: 0}')
    shop.headgate("run")
    assert len(shop.served("clean")) == 3
    [failed] = shop.events("trigger_failed")
    assert "quotation" in failed["error"]
