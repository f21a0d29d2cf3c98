"""Several workers on one state: each request is run once, each step computed once."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.postgres import Server
from tests.projects.shop import Shop
from tests.projects.workers import Yard, asleep, chances, diamond, said, until


@pytest.fixture
def yard(tmp_path: Path, state: str | Path) -> Iterator[Yard]:
    """A diamond whose slow steps wait for each other's start, at the most half a second."""
    made = diamond(tmp_path / "yard", 0.5, state)
    yield made
    made.stop()


@pytest.fixture
def dice(tmp_path: Path, state: str | Path) -> Iterator[Yard]:
    made = chances(tmp_path / "dice", "abc", state)
    yield made
    made.stop()


def times(event: dict[str, object]) -> tuple[datetime, datetime]:
    """When a step began and ended, as its event tells."""
    end = datetime.fromisoformat(str(event["at"]))
    return end - timedelta(seconds=float(str(event["seconds"]))), end


def lead_and_help(yard: Yard, *pipelines: str) -> tuple[int, int, int]:
    """A request that one worker leads, from its first step on, while another one is there.

    Gives the number of the request, the process that leads it and the one that helps.
    """
    leader, other = yard.worker(), yard.worker()
    until(lambda: len(leases(yard, "worker:")) == 2)
    [number] = yard.ask(*pipelines)
    until(yard.began("left"))
    [lead] = {lease[1] for lease in leases(yard, "diamond@")}
    return number, lead, other.pid if lead == leader.pid else leader.pid


def leases(yard: Yard, kind: str) -> list[tuple[str, int]]:
    from headgate.runs.claim import holders
    from headgate.workspace.workspace import opened

    with opened(yard.shop.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        return [(name, held.pid) for name, held in holders(tx, kind).items()]


def test_six_requests_and_four_workers_make_six_runs_and_six_releases(dice: Yard) -> None:
    asked = [number for _ in range(2) for number in dice.ask("--force")]
    for _ in range(4):
        dice.worker("--once")
    for worker in dice.started:
        worker.wait(120)
    until(lambda: dice.is_done(*asked))
    assert dice.published() == [1, 2, 3, 4, 5, 6]
    assert Counter(dice.calls()) == {"chance_a": 2, "chance_b": 2, "chance_c": 2}
    assert Counter(event["request"] for event in dice.events("request_finished")) == dict.fromkeys(
        asked, 1
    )
    assert [dice.request(number).ending for number in asked] == ["published"] * 6
    assert [dice.request(number).attempts for number in asked] == [1] * 6
    assert leases(dice, "") == []


def test_two_workers_compute_the_sides_of_a_diamond_at_the_same_time(yard: Yard) -> None:
    (yard.shop.root / "wait").touch()
    number, lead, helper = lead_and_help(yard)
    until(yard.began("right"))
    (yard.shop.root / "wait").unlink()
    until(lambda: yard.is_done(number))
    assert yard.published() == [1]
    assert sorted(yard.calls()) == sorted([f"left {lead}", f"right {helper}", f"both {lead}"])
    [computed] = yard.events("step_computed")
    steps = {event["dataset"]: event for event in yard.events("step_finished")}
    assert list(steps) == ["left", "right", "both"]
    assert computed["dataset"] == "right"
    assert computed["worker"].startswith(f"{helper} on ")
    assert steps["right"]["worker"] == computed["worker"]
    assert steps["left"]["worker"] == ""
    assert computed["run"] == steps["left"]["run"]
    (began_left, left), (began_right, right) = times(steps["left"]), times(computed)
    assert max(began_left, began_right) < min(left, right)
    assert yard.shop.served("both") == [{"n": n} for n in (2, 3, 10, 20)]


def test_a_helper_computes_nothing_behind_a_gate_that_has_not_opened(yard: Yard) -> None:
    yard.shop.suite(
        "left", [("expect_column_values_to_be_between", {"column": "n", "max_value": 1})]
    )
    yard.shop.edit(
        "pipelines/diamond.yml",
        "left: {run: transformations/steps.py:left}",
        "left: {run: transformations/steps.py:left, expect: expectations/left.json}",
    )
    yard.shop.edit(
        "pipelines/diamond.yml",
        "both: {run: transformations/steps.py:both}",
        "both: {run: transformations/steps.py:both}\n  alone: {run: transformations/more.py:alone}",
    )
    yard.shop.write("transformations/more.py", "def alone(left):\n    return left\n")
    (yard.shop.root / "wait").touch()
    number, _, helper = lead_and_help(yard)
    until(yard.began("right"))
    (yard.shop.root / "wait").unlink()
    until(lambda: yard.is_done(number))
    assert yard.request(number).ending == "held"
    assert {event["dataset"] for event in yard.events("step_computed")} <= {"right"}
    assert f"right {helper}" in yard.calls()
    assert yard.newest() == 0


@pytest.mark.parametrize(
    ("breaks", "after"),
    [
        ("trigger", "1 of the release's triggers failed"),
        ("link", "the file cannot be put there"),
    ],
)
def test_what_fails_after_a_release_is_told_beside_it_and_nothing_is_published_again(
    dice: Yard, breaks: str, after: str
) -> None:
    picked = 'picked_a: {run: "transformations/chance_a.py:chance_a"'
    dice.shop.edit("pipelines/chance_a.yml", picked, f"{picked}, path: out/picked.csv.parquet")
    if breaks == "link":
        dice.shop.write("out", "a file, where a folder has to be")
    else:
        trigger = 'on_publish: [{command: "false", retries: 0}]'
        dice.shop.edit("pipelines/chance_a.yml", "owner: yard_team", f"owner: yard_team\n{trigger}")
    [number] = dice.ask("chance_a")
    dice.worker("--once").wait(60)
    request = dice.request(number)
    assert (request.ending, request.attempts) == ("published", 1)
    assert request.message.startswith(f"prod@1 was published, and after that: {after}")
    [event] = dice.events("request_finished")
    assert (event["status"], event["message"]) == ("published", request.message)
    dice.ask("chance_a")
    dice.worker("--once").wait(60)
    assert dice.published() == [1]


def test_a_step_that_fails_at_a_helper_fails_its_run_and_says_why(yard: Yard) -> None:
    yard.shop.edit("transformations/steps.py", 'slow("right")', 'called("right"); 1 / 0')
    number, lead, helper = lead_and_help(yard)
    until(lambda: yard.is_done(number))
    assert yard.request(number).ending == "failed"
    assert "division by zero" in yard.request(number).message
    assert Counter(yard.calls()) == {f"left {lead}": 1, f"right {helper}": 1, f"right {lead}": 1}
    [failed] = yard.events("step_failed")
    assert failed["dataset"] == "right"


def test_a_run_by_hand_is_helped_too_and_a_forced_one_computes_everything_itself(
    yard: Yard,
) -> None:
    worker = yard.worker()
    until(lambda: len(leases(yard, "worker:")) == 1)
    yard.shop.headgate("run")
    assert f"right {worker.pid}" in yard.calls()
    assert len(yard.calls()) == 3
    yard.shop.headgate("run", "--force")
    assert len(yard.calls()) == 6
    assert Counter(call.split()[1] for call in yard.calls())[str(worker.pid)] == 1


def test_a_worker_that_is_killed_loses_its_request_to_the_next(yard: Yard) -> None:
    (yard.shop.root / "wait").touch()
    [number] = yard.ask()
    first = yard.worker()
    until(yard.began("left"), first)
    first.kill()
    first.wait()
    (yard.shop.root / "wait").unlink()
    second = yard.worker("--once")
    assert "attempt 2" in said(second)
    assert second.returncode == 0
    assert yard.request(number).attempts == 2
    assert yard.request(number).ending == "published"
    assert yard.published() == [1]


def test_one_that_died_after_its_release_is_not_published_again(dice: Yard) -> None:
    [number, *_] = dice.ask("--force")
    dying = "import os; from headgate.runs import queue; queue.finish = lambda *args: os._exit(9)"
    worker = dice.worker("--once", before=dying)
    worker.wait(60)
    assert worker.returncode == 9
    run = dice.request(number).run
    said(dice.worker("--once"))
    assert dice.request(number).ending == "published"
    assert dice.request(number).run == run
    assert dice.calls().count("chance_a") == 1
    assert dice.published() == [1, 2, 3]


def test_a_request_that_kills_every_worker_is_given_up_and_told_of(dice: Yard) -> None:
    dice.shop.edit(
        "transformations/chance_a.py",
        '    with open("calls.log", "a")',
        "    import os, signal\n\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        '    with open("calls.log", "a")',
    )
    [number] = dice.ask("chance_a")
    for _ in range(3):
        worker = dice.worker("--once")
        worker.wait(60)
        assert worker.returncode == -signal.SIGKILL
    [other] = dice.ask("chance_b")
    last = dice.worker("--once")
    assert "given up, 3 workers died of it" in said(last)
    assert last.returncode == 0
    assert (dice.request(number).status, dice.request(number).ending) == ("done", "failed")
    assert dice.request(other).ending == "published"
    [alert] = [e for e in dice.events("alert_raised") if e["cause"] == "request_given_up"]
    assert alert["title"] == f"chance_a: request {number} was given up"


def test_one_that_is_told_to_stop_ends_its_step_and_gives_the_request_back(yard: Yard) -> None:
    (yard.shop.root / "wait").touch()
    [number] = yard.ask()
    worker = yard.worker()
    until(yard.began("left"), worker)
    worker.send_signal(signal.SIGTERM)
    (yard.shop.root / "wait").unlink()
    told = said(worker)
    assert f"request {number}: given back, its worker was told to stop" in told
    assert worker.returncode == 0
    back = yard.request(number)
    assert (back.status, back.attempts) == ("waiting", 0)
    assert leases(yard, "") == []
    said(yard.worker("--once"))
    assert yard.request(number).ending == "published"
    assert sorted(call.split()[0] for call in yard.calls()) == ["both", "left", "right"]


def test_a_second_signal_stops_it_at_once(yard: Yard) -> None:
    (yard.shop.root / "wait").touch()
    [number] = yard.ask()
    worker = yard.worker()
    until(yard.began("left"), worker)
    worker.send_signal(signal.SIGTERM)
    time.sleep(0.5)  # two that come together are one
    worker.send_signal(signal.SIGTERM)
    worker.wait(60)
    assert (yard.shop.root / "wait").exists()
    assert yard.request(number).status == "waiting"
    assert yard.published() == []


def test_a_worker_that_slept_past_its_lease_neither_records_nor_publishes(yard: Yard) -> None:
    (yard.shop.root / "wait").touch()
    [number] = yard.ask()
    sleeper = yard.worker("--once")
    until(yard.began("left"), sleeper)
    with asleep(sleeper):
        yard.expire("")
        (yard.shop.root / "wait").unlink()
        said(yard.worker("--once"))
        assert yard.request(number).ending == "published"
        after = yard.events("step_finished", "release_published", "request_finished")
    told = said(sleeper)
    assert "out of touch for too long" in told
    assert yard.events("step_finished", "release_published", "request_finished") == after
    assert yard.published() == [1]


def test_a_helper_that_slept_past_its_lease_records_nothing(yard: Yard) -> None:
    (yard.shop.root / "wait").touch()
    number, _, helper = lead_and_help(yard)
    until(yard.began("right"))
    process = next(each for each in yard.started if each.pid == helper)
    with asleep(process):
        [(name, _)] = [lease for lease in leases(yard, "step:") if lease[1] == helper]
        yard.expire(f"step:{name}")
        yard.expire("worker:")
        (yard.shop.root / "wait").unlink()
        until(lambda: yard.is_done(number))
    process.send_signal(signal.SIGTERM)
    said(process)
    assert yard.events("step_computed") == []
    assert Counter(call.split()[0] for call in yard.calls()) == {"left": 1, "right": 2, "both": 1}
    assert yard.published() == [1]


def test_one_that_slept_before_its_run_began_does_not_run_what_is_done(yard: Yard) -> None:
    [number] = yard.ask("--force")
    sleepy = """
import os, signal
from headgate.runs import execute
real = execute.claim_waiting
def slept(*args, **keywords):
    os.kill(os.getpid(), signal.SIGSTOP)
    return real(*args, **keywords)
execute.claim_waiting = slept
"""
    sleeper = yard.worker("--once", before=sleepy)
    until(lambda: leases(yard, "request:") != [], sleeper)
    until(
        lambda: Path(f"/proc/{sleeper.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    )
    yard.expire("")
    said(yard.worker("--once"))
    assert yard.request(number).ending == "published"
    calls = yard.calls()
    sleeper.send_signal(signal.SIGCONT)
    assert "lost request:" in said(sleeper)
    assert yard.calls() == calls
    assert len(yard.events("run_started")) == 1


def kill_rounds(yard: Yard, rounds: int, seed: int) -> int:
    """Requests that two workers work on, who are killed twice at each of them."""
    moments, killed = random.Random(seed), 0
    asked: list[int] = []
    for _ in range(rounds):
        yard.shop.write("data/raw/numbers.csv", f"n\n{len(asked)}\n")
        asked += yard.ask()
        for _ in range(2):
            workers = [yard.worker(), yard.worker()]
            time.sleep(moments.uniform(0.3, 2.5))
            for worker in workers:  # at one moment, so that none takes over from the other
                killed += worker.poll() is None
                worker.kill()
            for worker in workers:
                worker.wait()
        said(yard.worker("--once"), 120)
        assert yard.is_done(*asked)
    assert yard.published() == list(range(1, rounds + 1))
    assert [yard.request(number).ending for number in asked] == ["published"] * rounds
    finished = Counter(event["request"] for event in yard.events("request_finished"))
    assert finished == dict.fromkeys(asked, 1)
    yard.shop.headgate("run")
    assert yard.strays() == []
    return killed


def test_workers_that_are_killed_lose_no_request_and_publish_none_twice(
    tmp_path: Path, state: str | Path
) -> None:
    yard = diamond(tmp_path / "yard", 0.2, state)
    try:
        assert kill_rounds(yard, rounds=2, seed=2) > 0
    finally:
        yard.stop()


@pytest.mark.integration
def test_forty_kills_of_workers_lose_no_request_and_publish_none_twice(
    tmp_path: Path, state: str | Path
) -> None:
    yard = diamond(tmp_path / "yard", 0.2, state)
    try:
        assert kill_rounds(yard, rounds=10, seed=10) >= 20
    finally:
        yard.stop()


def git(yard: Yard, *words: str) -> str:
    who = ["-c", "user.name=ada", "-c", "user.email=ada@example.org"]
    command = ["git", *who, *words]
    done = subprocess.run(command, cwd=yard.shop.root, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_worker_with_another_commit_leaves_a_request_alone(dice: Yard) -> None:
    git(dice, "init", "--quiet")
    git(dice, "add", "pipelines", "transformations", "headgate.yml")
    git(dice, "commit", "--quiet", "-m", "first")
    [number] = dice.ask("chance_a")
    asked = git(dice, "rev-parse", "HEAD")
    git(dice, "commit", "--quiet", "--allow-empty", "-m", "second")
    here = git(dice, "rev-parse", "HEAD")
    told = said(dice.worker("--once"))
    assert (
        f"request {number} is left alone: it was asked at commit {asked[:7]}, and here is " in told
    )
    assert here[:7] in told
    assert (dice.request(number).status, dice.request(number).attempts) == ("waiting", 0)
    said(dice.worker("--once", "--any-commit"))
    assert dice.request(number).ending == "published"
    [newer] = dice.ask("chance_a")
    said(dice.worker("--once"))
    assert dice.request(newer).ending == "unchanged"


def test_a_worker_whose_files_differ_from_the_commit_leaves_a_request_alone(dice: Yard) -> None:
    git(dice, "init", "--quiet")
    git(dice, "add", "pipelines", "transformations", "headgate.yml")
    git(dice, "commit", "--quiet", "-m", "first")
    [number] = dice.ask("chance_a")
    settings = dice.shop.root / "headgate.yml"
    settings.write_text(settings.read_text() + "# tried\n")
    assert "with files that differ from it" in said(dice.worker("--once"))
    assert dice.request(number).status == "waiting"
    said(dice.worker("--once", "--any-commit"))
    assert dice.request(number).ending == "published"


def test_a_helper_with_other_code_than_the_run_computes_nothing(yard: Yard, tmp_path: Path) -> None:
    with (yard.shop.root / "headgate.yml").open("a") as file:
        file.write(f"store: {tmp_path / 'store'}\n")  # which both share, as they do the state
    git(yard, "init", "--quiet")
    git(yard, "add", "pipelines", "transformations", "headgate.yml")
    git(yard, "commit", "--quiet", "-m", "first")
    other = Yard(Shop(tmp_path / "other"), yard.started)
    subprocess.run(["git", "clone", "--quiet", yard.shop.root, other.shop.root], check=True)
    git(other, "commit", "--quiet", "--allow-empty", "-m", "second")
    helper = other.worker()
    until(lambda: len(leases(yard, "worker:")) == 1, helper)
    yard.shop.headgate("run")
    assert yard.events("step_computed") == []
    assert len(yard.calls()) == 3


def test_waiting_for_a_request_ends_as_its_run_does(dice: Yard) -> None:
    none = dice.shop.headgate("run", "--queue", "--wait", "0.3", "chance_a", code=3)
    assert "request 1 is not done after 0.3 seconds" in none.err
    assert "it stays in the queue" in none.err
    worker = dice.worker()
    done = dice.shop.headgate("run", "--queue", "--wait", "60", "--json", "chance_b", "chance_c")
    endings = {each["pipeline"]: each["ending"] for each in done.document["requests"]}
    assert endings == {"chance_b": "published", "chance_c": "published"}
    dice.shop.write("transformations/chance_a.py", "def chance_a(numbers_a):\n    1 / 0\n")
    failed = dice.shop.headgate("run", "--queue", "--wait", "60", "chance_a", code=3)
    assert "✗ chance_a: failed" in failed.out
    assert "division by zero" in failed.out
    worker.send_signal(signal.SIGTERM)
    assert "ZeroDivisionError" in said(worker)
    assert worker.returncode == 0


def test_a_worker_of_some_pipelines_leaves_the_others(dice: Yard) -> None:
    first, second, _ = dice.ask()
    said(dice.worker("--once", "chance_b"))
    assert (dice.request(first).status, dice.request(second).status) == ("waiting", "done")
    unknown = dice.worker("--once", "chance_x")
    assert "no pipeline named 'chance_x'" in said(unknown)
    assert unknown.returncode == 2


def test_status_shows_what_waits_and_who_works(yard: Yard) -> None:
    (yard.shop.root / "wait").touch()
    first, second = [*yard.ask(), *yard.ask()]
    told = yard.shop.headgate("status").out
    assert f"… request {first}: diamond waits, asked for" in told
    assert "! nobody works on the queue: headgate worker" in told
    worker = yard.worker()
    until(yard.began("left"), worker)
    told = yard.shop.headgate("status").out
    assert f"… request {first}: diamond runs, asked for" in told
    assert f"… request {second}: diamond waits, asked for" in told
    assert f"  worker {worker.pid} on " in told
    assert f": request {first}: diamond" in told
    queue = yard.shop.headgate("status", "--json").document["queue"]
    assert [each["status"] for each in queue["requests"]] == ["taken", "waiting"]
    assert [each["pid"] for each in queue["workers"]] == [worker.pid]


def test_a_worker_says_what_happens_as_events_too(dice: Yard) -> None:
    dice.ask("chance_a")
    worker = dice.worker("--once", "--json=events")
    lines = [json.loads(line) for line in said(worker).splitlines() if line.startswith("{")]
    kinds = [line["event"] for line in lines]
    assert kinds[0] == "request_taken"
    assert kinds[-1] == "request_finished"
    assert {"run_started", "step_finished", "release_published", "run_finished"} <= set(kinds)
    [number] = dice.ask("chance_a")
    done = dice.shop.headgate("worker", "--once", "--json").document["requests"]
    assert [(each["request"], each["ending"]) for each in done] == [(number, "unchanged")]


def test_a_worker_outlives_a_database_that_is_away_and_comes_back(tmp_path: Path) -> None:
    server = Server()
    yard = chances(tmp_path / "yard", "a", server.fresh())
    # fifteen seconds of patience would only make the test longer
    impatient = "from headgate.ledger import sessions; sessions.RESTART_SECONDS = 0.3"
    try:
        worker = yard.worker("--poll", "0.2", before=impatient)
        until(lambda: leases(yard, "worker:") != [], worker)
        server.stop()
        time.sleep(1.5)
        server.start()
        [number] = yard.ask()
        until(lambda: yard.is_done(number), worker)
        worker.send_signal(signal.SIGTERM)
        told = said(worker)
        assert 1 <= told.count("error: ") <= 2
        assert "Traceback" not in told
        assert worker.returncode == 0
        assert yard.published() == [1]
    finally:
        yard.stop()
        server.remove()
