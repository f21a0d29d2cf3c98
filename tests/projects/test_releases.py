"""What was published can be listed, looked at, brought back, and waived with a name."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.projects.shop import FIRST, SALES, Shop

HEAD = "store,day,amount,kind\n"


def second(shop: Shop) -> None:
    shop.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    shop.headgate("run")


def test_every_release_is_in_the_log_with_what_changed(open_shop: Shop) -> None:
    second(open_shop)
    found = open_shop.headgate("data", "log", "--json").document["releases"]
    assert [release["release"] for release in found] == ["prod@2", "prod@1"]
    assert "sales_2.csv arrived" in found[0]["because"]
    assert set(found[0]["versions"]) == {"clean", "totals"}
    assert set(found[0]["inputs"]) == {"sales", "stores"}
    assert found[0]["metrics"]["rows(clean)"] == 4
    assert "prod@2" in open_shop.headgate("data", "log", "clean").out


def test_a_rollback_serves_the_earlier_release_to_readers_and_files(open_shop: Shop) -> None:
    before = {path: data for path, (_, data) in open_shop.tree().items()}
    second(open_shop)
    open_shop.headgate("data", "rollback", "--reason", "store 3 is closed")
    assert len(open_shop.served("clean")) == 3
    assert {path: data for path, (_, data) in open_shop.tree().items()} == before
    newest = open_shop.headgate("data", "log", "--json").document["releases"][0]
    assert (newest["release"], newest["kind"]) == ("prod@3", "rollback")
    assert newest["because"] == "store 3 is closed"


def test_a_run_does_not_publish_again_what_a_rollback_took_back(open_shop: Shop) -> None:
    second(open_shop)
    open_shop.headgate("data", "rollback")
    done = open_shop.headgate("run")
    assert "prod@3" in done.out
    assert len(open_shop.served("clean")) == 3
    open_shop.headgate("run", "--force")
    assert len(open_shop.served("clean")) == 4


def test_new_data_after_a_rollback_is_published(open_shop: Shop) -> None:
    second(open_shop)
    open_shop.headgate("data", "rollback")
    open_shop.deliver(HEAD + "3,2024-01-04,6,0\n", "sales_3.csv")
    open_shop.headgate("run")
    assert open_shop.headgate("status", "--json").document["serving"]["release"] == "prod@4"


def test_one_dataset_can_be_rolled_back_alone(open_shop: Shop) -> None:
    second(open_shop)
    open_shop.headgate("data", "rollback", "totals")
    assert len(open_shop.served("totals")) == 2
    assert len(open_shop.served("clean")) == 4


def test_rolling_back_without_an_earlier_release_is_refused(open_shop: Shop) -> None:
    done = open_shop.headgate("data", "rollback", code=2)
    assert "error" in done.err


def test_show_tells_of_runs_releases_and_datasets(open_shop: Shop) -> None:
    run = open_shop.headgate("status", "--json").document["pipelines"][0]["last_run"]["run"]
    assert "published" in open_shop.headgate("show", run[:6]).out
    assert "clean" in open_shop.headgate("show", "prod@1").out
    told = open_shop.headgate("show", "clean").out
    assert "3 rows" in told
    assert "amount" in told
    version = open_shop.headgate("show", "clean", "--json").document["version"]
    assert open_shop.headgate("show", f"clean@{version[:6]}", "--json").document["rows"] == 3
    assert "did you mean 'clean'" in open_shop.headgate("show", "claen", code=2).err


def test_a_dataset_of_a_release_is_shown_as_other_commands_name_it(open_shop: Shop) -> None:
    second(open_shop)
    for name in ("clean@1", "clean@prod@1", f"clean@{first_version(open_shop)[:6]}"):
        assert open_shop.headgate("show", name, "--json").document["rows"] == 3, name
    assert open_shop.headgate("show", "clean@2", "--json").document["rows"] == 4
    assert "prod has no release 9" in open_shop.headgate("show", "clean@prod@9", code=2).err


def test_a_release_names_the_commit_of_its_code(shop: Shop) -> None:
    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *words],
            cwd=shop.root,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    shop.write(".gitignore", "data/\n.headgate/\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "start")
    shop.headgate("run")
    shop.edit("transformations/clean.py", "RATE = 20", "RATE = 90")
    shop.headgate("run")
    newest, first = shop.headgate("data", "log", "--json").document["releases"]
    assert (first["code"], first["dirty"]) == (git("rev-parse", "HEAD"), False)
    assert (newest["code"], newest["dirty"]) == (git("rev-parse", "HEAD"), True)


def test_a_check_is_waived_once_with_a_reason_and_a_name(open_shop: Shop) -> None:
    open_shop.deliver(HEAD + "3,2024-01-03,550,0\n", "sales_2.csv")
    held = open_shop.headgate("run", "--json", code=1).document
    judged = next(e for e in held["runs"][0]["events"] if e["event"] == "gate_judged")
    [failed] = [o for o in judged["outcomes"] if o["status"] == "failed"]
    assert open_shop.headgate("run", "--waive", failed["check"], code=2).err
    open_shop.headgate("run", "--waive", failed["check"], "--reason", "a real sale, seen by Ada")
    assert len(open_shop.served("clean")) == 4
    [waived] = open_shop.events("check_waived")
    assert (waived["reason"], waived["user"]) == ("a real sale, seen by Ada", "ada")
    open_shop.deliver(HEAD + "3,2024-01-04,551,0\n", "sales_3.csv")
    open_shop.headgate("run", code=1)  # once


def test_a_waiver_does_not_outlive_a_run_that_another_gate_stopped(open_shop: Shop) -> None:
    open_shop.deliver(HEAD + "3,2024-01-03,900,0\n", "sales_2.csv")  # breaks both suites
    held = open_shop.headgate("run", "--json", code=1).document
    judged = next(e for e in held["runs"][0]["events"] if e["event"] == "gate_judged")
    [first] = [o["check"] for o in judged["outcomes"] if o["status"] == "failed"]
    word = ["--reason", "seen by Ada"]
    stopped = open_shop.headgate("run", "--waive", first, *word, "--json", code=1).document
    judged = [e for e in stopped["runs"][0]["events"] if e["event"] == "gate_judged"][-1]
    [second] = [o["check"] for o in judged["outcomes"] if o["status"] == "failed"]
    open_shop.headgate("run", "--waive", second, *word, code=1)
    open_shop.headgate("run", "--waive", first, "--waive", second, *word)
    assert "nothing changed" in open_shop.headgate("run").out


def test_a_waiver_names_its_gate_and_reaches_no_other(open_shop: Shop) -> None:
    open_shop.suite("clean", SALES[3:4])  # the sales have that check, too
    open_shop.headgate("run")
    open_shop.deliver(HEAD + "3,2024-01-03,900,0\n", "sales_2.csv")
    word = ["--reason", "seen by Ada"]
    refused = open_shop.headgate("run", "--waive", "amount between 0 and 500", *word, code=2).err
    assert "'amount between 0 and 500' is a check of 2 datasets" in refused
    assert (
        '--waive "sales:amount between 0 and 500", --waive "clean:amount between 0 and 500"'
        in refused
    )
    open_shop.headgate("run", "--waive", "clean:amount between 0 and 500", *word, code=1)
    assert open_shop.events("check_waived") == []
    held = open_shop.headgate("run", code=1).err
    [named] = [one for one in held.split() if one.startswith("sales:")]
    stopped = open_shop.headgate("run", "--waive", named, *word, code=1)
    assert "gate clean closed" in stopped.err
    assert {one["dataset"] for one in open_shop.events("check_waived")} == {"sales"}


def test_the_gate_that_a_waiver_names_has_that_check_or_it_is_refused(open_shop: Shop) -> None:
    done = open_shop.headgate("run", "--waive", "stores:kind not null", "--reason", "x", code=2)
    assert "no check 'stores:kind not null' to waive" in done.err


def test_a_waiver_for_an_unknown_check_is_refused(open_shop: Shop) -> None:
    done = open_shop.headgate("run", "--waive", "nonsense", "--reason", "x", code=2)
    assert "nonsense" in done.err


def test_one_environment_does_not_touch_another(open_shop: Shop) -> None:
    before = open_shop.tree()
    open_shop.headgate("env", "create", "dev", "--moving")
    open_shop.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    open_shop.headgate("run", "--env", "dev")
    assert open_shop.tree() == before
    assert len(open_shop.served("clean")) == 3
    dev = open_shop.headgate("status", "--env", "dev", "--json").document
    assert dev["serving"]["release"] == "dev@2"


def test_a_trigger_gets_the_release_and_is_retried_and_never_unpublishes(shop: Shop) -> None:
    script = """
    import json, sys, pathlib
    told = json.load(sys.stdin)
    tries = pathlib.Path("tries")
    count = len(tries.read_text()) if tries.exists() else 0
    tries.write_text("x" * (count + 1))
    pathlib.Path("told.json").write_text(json.dumps(told))
    sys.exit(0 if count else "not yet")
    """
    shop.write("models/train.py", script)
    with (shop.root / "pipelines" / "shop.yml").open("a") as file:
        file.write("on_publish:\n  - command: python models/train.py\n")
    shop.headgate("run")
    told = json.loads((shop.root / "told.json").read_text())
    assert told["release"] == "prod@1"
    assert told["rows"] == {"clean": 3, "totals": 2}
    assert set(told["versions"]) == {"clean", "totals"}
    [event] = shop.events("trigger_finished")
    assert event["attempts"] == 2
    shop.headgate("run")
    assert len(shop.events("trigger_finished")) == 1


def test_a_trigger_that_fails_for_good_is_recorded_and_alerted(shop: Shop) -> None:
    with (shop.root / "pipelines" / "shop.yml").open("a") as file:
        file.write("on_publish:\n  - {name: training, command: python train.py, retries: 0}\n")
    shop.write("train.py", "raise SystemExit(7)\n")
    shop.headgate("run", code=None)
    assert len(shop.served("clean")) == 3
    [failed] = shop.events("trigger_failed")
    assert "7" in failed["error"]
    assert [alert["cause"] for alert in shop.events("alert_raised")] == ["trigger_failed"]
    shop.headgate("run")
    assert len(shop.events("trigger_failed")) == 1  # it is not started again unasked
    assert "✗ training failed for prod@1: headgate run --retry" in shop.headgate("status").out
    shop.write("train.py", "print('trained')\n")
    shop.headgate("run", "--retry")
    [ended] = shop.events("trigger_finished")
    assert ended["release"] == "prod@1"
    assert "training" not in shop.headgate("status").out


def test_alerts_go_to_a_file_of_the_project(shop: Shop) -> None:
    shop.write("headgate.yml", "channels:\n  - {type: file, path: alerts.jsonl}\n")
    shop.headgate("run")
    shop.deliver(HEAD + "3,2024-01-03,-5,0\n", "sales_2.csv")
    shop.headgate("run", code=1)
    [line] = (shop.root / "alerts.jsonl").read_text().splitlines()
    assert json.loads(line)["cause"] == "gate_judged"


def test_a_second_run_is_refused_while_one_is_going_on(shop: Shop) -> None:
    shop.write(
        "transformations/clean.py",
        "import time\n\n\ndef clean(sales, stores):\n    time.sleep(4)\n    return sales\n",
    )
    shop.suite("clean", [])
    first = subprocess.Popen(
        [sys.executable, "-m", "headgate", "run"],
        cwd=shop.root,
        stdout=subprocess.DEVNULL,
    )
    marker = shop.root / ".headgate" / "store" / "files"
    while first.poll() is None and not marker.exists():
        pass
    refused = shop.headgate("run", code=3)
    assert "shop@prod" in refused.err
    waited = shop.headgate("run", "--wait", "30")
    assert "nothing changed" in waited.out
    assert first.wait() == 0


def test_deleted_outputs_are_linked_again_by_the_next_run(open_shop: Shop) -> None:
    before = open_shop.tree()
    Path(open_shop.root / "data" / "out" / "clean.parquet").unlink()
    open_shop.headgate("run")
    assert {p: d for p, (_, d) in open_shop.tree().items()} == {
        p: d for p, (_, d) in before.items()
    }


def test_a_deleted_object_is_computed_again(open_shop: Shop) -> None:
    rows = open_shop.served("totals")
    version = open_shop.headgate("show", "totals", "--json").document["version"]
    path = open_shop.root / ".headgate/store/files/md5" / version[:2] / version[2:]
    path.unlink()
    (open_shop.root / "data" / "out" / "totals.parquet").unlink()
    open_shop.headgate("run")
    assert open_shop.served("totals") == rows


def test_the_project_may_lie_anywhere_and_be_named(open_shop: Shop, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "headgate", "-C", str(open_shop.root), "status"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "prod@1" in done.stdout


def test_the_first_delivery_is_read_with_a_byte_order_mark(shop: Shop) -> None:
    shop.deliver(b"\xef\xbb\xbf" + FIRST.encode())
    shop.headgate("run")
    assert len(shop.served("clean")) == 3


def test_a_dataset_leaves_the_releases_when_it_is_not_published_any_more(open_shop: Shop) -> None:
    open_shop.edit("pipelines/shop.yml", "publish: [clean, totals]", "publish: [totals]")
    assert "clean" in open_shop.headgate("plan").out
    open_shop.headgate("run")
    newest = open_shop.headgate("data", "log", "--json").document["releases"][0]
    assert (newest["release"], list(newest["versions"])) == ("prod@2", ["totals"])
    assert newest["because"] == "clean: not published any more"
    assert "nothing changed" in open_shop.headgate("run").out


def test_a_dataset_that_is_published_from_now_on_needs_no_new_data(shop: Shop) -> None:
    shop.edit("pipelines/shop.yml", "publish: [clean, totals]", "publish: [totals]")
    shop.headgate("run")
    shop.edit("pipelines/shop.yml", "publish: [totals]", "publish: [clean, totals]")
    shop.headgate("run")
    assert len(shop.served("clean")) == 3
    assert (shop.root / "data" / "out" / "clean.parquet").exists()
    assert "nothing changed" in shop.headgate("run").out


def test_a_step_that_is_taken_out_of_the_pipeline_leaves_the_releases(open_shop: Shop) -> None:
    text = (open_shop.root / "pipelines" / "shop.yml").read_text()
    start, end = text.index("  totals:\n"), text.index("publish:")
    open_shop.write("pipelines/shop.yml", text[:start] + "publish: [clean]\n")
    assert text[end:] == "publish: [clean, totals]\n"
    open_shop.headgate("run")
    newest = open_shop.headgate("data", "log", "--json").document["releases"][0]
    assert list(newest["versions"]) == ["clean"]


@pytest.mark.parametrize(
    ("path", "text"),
    [("transformations/clean.py", "def clean(:\n"), ("pipelines/two.yml", "name: [\n")],
)
def test_a_slip_in_the_project_does_not_hide_what_is_served(
    open_shop: Shop, path: str, text: str
) -> None:
    second(open_shop)
    open_shop.write(path, text)
    status = open_shop.headgate("status")
    assert "prod@2" in status.out
    assert "cannot be read" in status.err
    assert "prod@1" in open_shop.headgate("data", "log").out
    assert "3 rows" in open_shop.headgate("show", "clean@" + first_version(open_shop)).out
    open_shop.headgate("data", "rollback")
    assert len(open_shop.served("clean")) == 3
    assert open_shop.headgate("run", code=2).err


def first_version(shop: Shop) -> str:
    first = shop.headgate("data", "log", "--json").document["releases"][-1]
    return str(first["versions"]["clean"])


def test_the_last_run_is_shown_without_a_name(open_shop: Shop) -> None:
    assert "published" in open_shop.headgate("show").out
    assert "prod has no release 99" in open_shop.headgate("show", "prod@99", code=2).err


def test_a_run_that_was_killed_is_not_said_to_run(shop: Shop) -> None:
    shop.write(
        "transformations/clean.py",
        "import os\n\n\ndef clean(sales, stores):\n    os._exit(9)\n",
    )
    shop.headgate("run", code=9)
    assert "✗ shop: interrupted" in shop.headgate("status").out


def test_moments_with_a_zone_can_be_shown(shop: Shop) -> None:
    shop.write(
        "pipelines/log.yml",
        "name: log\nowner: me\nsources:\n  visits: {path: data/raw/visits.csv, expect: expectations/v.json}\n"
        "steps:\n  seen: transformations/seen.sql\n",
    )
    shop.write("transformations/seen.sql", "select * from visits")
    shop.suite("v", [("expect_column_values_to_be_in_set", {"column": "who", "value_set": ["a"]})])
    shop.write(
        "data/raw/visits.csv", "who,at\na,2024-03-01T10:00:00Z\nb,2024-03-01T11:00:00+01:00\n"
    )
    shop.headgate("run", "log", code=1)
    [last] = [p for p in shop.headgate("status", "--json").document["pipelines"] if p["last_run"]]
    rows = shop.headgate("data", "rows", last["last_run"]["run"])
    assert "2024-03-01 10:00:00+00:00" in rows.out


def test_a_release_whose_data_is_gone_is_not_rolled_back_to(open_shop: Shop) -> None:
    version = open_shop.headgate("show", "clean", "--json").document["version"]
    second(open_shop)
    (open_shop.root / ".headgate/store/files/md5" / version[:2] / version[2:]).unlink()
    refused = open_shop.headgate("data", "rollback", code=3)
    assert "clean" in refused.err
    assert "headgate data pull" in refused.err
    assert open_shop.newest() == 2
    assert len(open_shop.served("clean")) == 4
