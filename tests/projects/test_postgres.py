"""A team's repository whose record is in Postgres: everything as with a file, and a server that fails."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.ledger.open import open_ledger
from headgate.reading import read
from headgate.workspace.workspace import opened
from tests.postgres import Server
from tests.projects.shop import FIRST, Shop, make
from tests.projects.test_crash import kill_rounds, strays
from tests.warm import ENVIRONMENT

BAD = "store,day,amount,kind\n1,2024-01-03,501,0\n"
MORE = "store,day,amount,kind\n1,2024-01-03,40,0\n"

WAITS = """
import time
from pathlib import Path


def clean(sales, stores):
    Path("began").touch()
    while not Path("go").exists():
        time.sleep(0.01)
    return sales
"""

QUICK = """
from headgate.cli.main import main
from headgate.ledger import sessions

sessions.RESTART_SECONDS = 0.3
main(["run"])
"""


def made(root: Path, url: str) -> Shop:
    shop = make(root)
    shop.write("headgate.yml", f"name: shop\nstate: {url}\n")
    return shop


@pytest.fixture
def shop(tmp_path: Path, postgres: Server) -> Shop:
    """The shop, its record in a schema of its own."""
    return made(tmp_path / "shop", postgres.fresh())


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that a test may stop."""
    server = Server()
    yield server
    server.remove()


def start(shop: Shop, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *(words or ("-m", "headgate", "run"))],
        cwd=shop.root,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    while not path.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def test_a_release_its_gate_its_history_and_the_way_back(shop: Shop) -> None:
    shop.headgate("run")
    first = shop.served("totals")
    shop.deliver(FIRST + BAD.partition("\n")[2], "sales.csv")
    held = shop.headgate("run", code=1)
    assert "gate" in held.out + held.err
    assert shop.served("totals") == first
    shop.deliver(FIRST + MORE.partition("\n")[2], "sales.csv")
    shop.headgate("run")
    second = shop.served("totals")
    assert second != first
    unchanged = shop.headgate("run", "--json").document
    assert unchanged["status"] == "unchanged"
    shop.headgate("data", "rollback", "--reason", "a wrong delivery")
    assert shop.served("totals") == first
    assert read("totals", at=2, project=shop.root).collect().to_dicts() == second
    log = shop.headgate("data", "log", "--json").document["releases"]
    assert [release["number"] for release in log] == [3, 2, 1]
    assert "prod@3" in shop.headgate("status").out
    assert not (shop.root / ".headgate" / "state.db").exists()


def test_the_state_may_come_from_the_environment(tmp_path: Path, postgres: Server) -> None:
    shop, url = make(tmp_path / "shop"), postgres.fresh()
    shop.headgate("run", HEADGATE_STATE=url)
    with_password = url.replace("postgres@", "postgres:${PG_PASSWORD}@")
    told = shop.headgate("status", HEADGATE_STATE=with_password, PG_PASSWORD="x y")  # noqa: S106
    assert "prod@1" in told.out
    shop.write("headgate.yml", "name: shop\nstate: ${DATABASE_URL}\n")
    assert "prod@1" in shop.headgate("status", DATABASE_URL=url).out
    missing = shop.headgate("status", code=2)
    assert "environment variable DATABASE_URL is not set" in missing.err


def test_a_password_is_shown_by_no_command_and_kept_nowhere(
    tmp_path: Path, postgres: Server
) -> None:
    secret = "tops3cret"  # noqa: S105
    postgres.run("drop schema if exists guarded cascade")
    postgres.run("drop role if exists guarded")
    postgres.run(f"create role guarded login password '{secret}'")
    postgres.run("create schema guarded authorization guarded")
    url = postgres.url("guarded", user="guarded:${PG_PASSWORD}")
    shop = made(tmp_path / "shop", url)
    good = [
        shop.headgate(*words, PG_PASSWORD=secret)
        for words in (("run", "-v"), ("run", "--json"), ("status", "--json"))
    ]
    wrong = [
        shop.headgate(*words, PG_PASSWORD=f"{secret} and more", code=3)
        for words in (("run", "-v"), ("status", "--json"))
    ]
    assert all("password authentication failed" in done.err + done.out for done in wrong)
    assert secret not in "".join(done.out + done.err for done in good + wrong)
    ledger = open_ledger(url, lambda text: text.replace("${PG_PASSWORD}", secret))
    with ledger.snapshot() as tx:
        bodies = tx.execute("select body from event")
    ledger.close()
    assert len(bodies) > 5
    assert secret not in str(bodies)
    files = [path for path in shop.root.rglob("*") if path.is_file()]
    assert not [path for path in files if secret.encode() in path.read_bytes()]


def test_a_run_whose_record_is_a_file_loads_no_driver(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from headgate.cli.main import main\n"
        "try: main(['run'])\n"
        "except SystemExit as end: assert not end.code\n"
        "assert 'sqlite3' in sys.modules\n"
        "assert 'psycopg' not in sys.modules\n"
    )
    run = start(make(tmp_path / "shop"), "-c", script)
    out, err = run.communicate(timeout=60)
    assert run.returncode == 0, out + err


def test_killed_runs_are_completed_by_the_next(shop: Shop) -> None:
    assert kill_rounds(shop, rounds=3, seed=7) > 0


# ------------------------------------------------------------------ a server that fails


def test_a_run_outlives_a_restart_of_the_server(tmp_path: Path, server: Server) -> None:
    shop = made(tmp_path / "shop", server.url())
    shop.suite("clean", [])
    shop.write("transformations/clean.py", WAITS)
    run = start(shop)
    wait_for(shop.root / "began", run)
    server.stop()
    server.start()
    (shop.root / "go").touch()
    out, err = run.communicate(timeout=90)
    assert run.returncode == 0, out + err
    assert shop.newest() == 1


def test_a_run_whose_server_stays_away_says_so_and_the_next_goes_on(
    tmp_path: Path, server: Server
) -> None:
    shop = made(tmp_path / "shop", server.url())
    shop.suite("clean", [])
    shop.write("transformations/clean.py", WAITS)
    run = start(shop, "-c", QUICK)
    wait_for(shop.root / "began", run)
    server.stop()
    (shop.root / "go").touch()
    _, err = run.communicate(timeout=90)
    assert run.returncode == 3
    assert "the state cannot be opened" in err
    assert "see that the server runs" in err
    assert "Traceback" not in err
    assert shop.headgate("status", code=3).err.count("error") == 1
    server.start()
    shop.headgate("run")
    assert shop.newest() == 1
    [first, second] = shop.events("run_started")
    assert second["resumes"] == first["run"]
    assert strays(shop.root) == []


@pytest.mark.parametrize("took_effect", [True, False])
def test_a_publish_whose_answer_was_lost_is_not_done_twice(
    shop: Shop, postgres: Server, *, took_effect: bool
) -> None:
    script = (
        "import psycopg, sys\n"
        "from headgate.ledger.sessions import Session\n"
        "from headgate.runs import publish\n"
        "commit, end_run = Session.commit, publish.history.end_run\n"
        "def answer_lost(session):\n"
        "    pid = session._connection.info.backend_pid\n"
        f"    if {took_effect}: session._connection.execute('commit')\n"
        "    with psycopg.connect(sys.argv.pop(1), autocommit=True) as other:\n"
        "        other.execute(f'select pg_terminate_backend({pid}, 5000)')\n"
        "    Session.commit = commit\n"
        "    commit(session)\n"
        "def ending(tx, run, status, at):\n"
        "    end_run(tx, run, status, at)\n"
        "    if status == 'published' and len(sys.argv) > 1: Session.commit = answer_lost\n"
        "publish.history.end_run = ending\n"
        "from headgate.cli.main import main; main(['run'])\n"
    )
    run = start(shop, "-c", script, postgres.url())
    _, err = run.communicate(timeout=90)
    assert run.returncode == 3, err
    assert "not known whether the change was recorded" in err
    shop.headgate("run")
    assert shop.newest() == 1
    with opened(shop.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        assert tx.execute("select count(*) from release") == [(1,)]
    assert len(shop.events("release_published")) == 1
    assert shop.served("totals")
    assert (shop.root / "data" / "out" / "totals.parquet").exists()
