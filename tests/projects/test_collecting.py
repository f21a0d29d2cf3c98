"""What nobody needs goes when it is asked for; what is needed, or was just made, never does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from headgate import read
from headgate.errors import StoreError
from headgate.ledger import audit
from headgate.workspace.workspace import opened
from tests.projects.aging import age
from tests.projects.dying import killed
from tests.projects.shop import Shop
from tests.warm import ENVIRONMENT

HEAD = "store,day,amount,kind\n"
ALL = ("--keep-days", "0", "--keep-releases", "0")
READ = """
import sys, time, headgate
frame = headgate.read("clean", at=int(sys.argv[1]))
print("open", flush=True)
sys.stdin.readline()
print(frame.collect().height, flush=True)
time.sleep(60)
"""


@pytest.fixture
def old(open_shop: Shop) -> Shop:
    """Four releases of long ago, each with a row more."""
    for n in (2, 3, 4):
        open_shop.deliver(f"{HEAD}{n},2024-02-0{n},5,0\n", f"sales_{n}.csv")
        open_shop.headgate("run")
    age(open_shop, 100)
    return open_shop


def objects(shop: Shop) -> set[Path]:
    return {path for path in (shop.root / ".headgate/store/files").rglob("*") if path.is_file()}


def gc(shop: Shop, *words: str) -> dict[str, Any]:
    return shop.headgate("data", "gc", "--json", *words).document


def test_nothing_goes_unless_it_is_asked_for(old: Shop) -> None:
    before = objects(old)
    found = gc(old, *ALL)
    assert objects(old) == before
    assert {each["dataset"] for each in found["going"]} == {"clean", "sales", "totals"}
    assert found["removed"] == {"objects": 0, "bytes": 0}
    said = old.headgate("data", "gc", *ALL).out
    assert "headgate data gc --delete" in said
    assert "prod holds it" in said
    size = sum(each["bytes"] for each in found["going"])
    count = sum(each["objects"] for each in found["going"])
    assert gc(old, *ALL, "--delete")["removed"] == {"objects": count, "bytes": size}
    assert len(objects(old)) == len(before) - count
    assert "nothing can go" in old.headgate("data", "gc", *ALL).out


def test_what_is_left_is_served_and_the_past_says_that_it_is_gone(old: Shop) -> None:
    gc(old, *ALL, "--delete")
    assert len(old.served("clean")) == 6
    assert len(old.served("clean", at=3)) == 5, "checks compare with the release before"
    with pytest.raises(StoreError, match="no longer in the store"):
        read("clean", at=1, project=old.root)
    assert (
        "no longer in the store" in old.headgate("data", "rollback", "--release", "1", code=3).err
    )
    assert "no longer in the store" in old.headgate("data", "diff", "prod@1", "prod@4", code=3).err
    assert "no longer in the store" in old.headgate("data", "checkout", "1", code=3).err
    assert len(old.headgate("data", "log", "--json").document["releases"]) == 4
    assert "3 rows" in old.headgate("show", "clean@1").out
    old.headgate("validate")
    assert "nothing changed" in old.headgate("run").out
    old.deliver(HEAD + "5,2024-02-05,5,0\n", "sales_5.csv")
    old.headgate("run")
    assert len(old.served("clean")) == 7


def test_what_went_is_made_again_when_it_is_wanted(old: Shop) -> None:
    old.edit("transformations/clean.py", "RATE = 20", "RATE = 10")
    old.headgate("run")
    age(old, 100)
    old.edit("transformations/clean.py", "RATE = 10", "RATE = 30")
    old.headgate("run")
    age(old, 100)
    gc(old, *ALL, "--delete")
    old.edit("transformations/clean.py", "RATE = 30", "RATE = 20")
    before = old.served("clean")
    old.headgate("run", "--force")
    assert old.served("clean") != before
    assert len(old.served("clean")) == 6


def test_settings_say_how_long_data_is_kept_and_options_override(old: Shop) -> None:
    assert gc(old)["going"] == [], "ten releases are kept"
    old.write("headgate.yml", "name: shop\nretention: {keep_days: 7, keep_releases: 1}\n")
    assert gc(old)["going"] != []
    assert gc(old, "--keep-releases", "4")["going"] == []
    assert gc(old, "--keep-days", "101")["going"] == []


def test_what_was_served_at_any_moment_that_is_kept_can_be_read(old: Shop) -> None:
    old.deliver(HEAD + "5,2024-02-05,5,0\n", "sales_5.csv")
    old.headgate("run")
    gc(old, "--keep-days", "30", "--keep-releases", "0", "--delete")
    assert len(old.served("clean", at=4)) == 6, "it was served until today"


def test_tags_pins_and_commits_keep_what_they_name(old: Shop) -> None:
    git = ["git", "-c", "user.name=ada", "-c", "user.email=ada@example.org"]
    old.headgate("data", "tag", "q2-audit", "prod@1")
    old.headgate("data", "pin", "clean@2", "--reason", "a law")
    old.headgate("data", "checkout", "3")
    for words in (["init", "--quiet"], ["add", "data/out"], ["commit", "--quiet", "-m", "x"]):
        subprocess.run([*git, *words], cwd=old.root, check=True)
    old.headgate("data", "checkout")
    for n in (5, 6):
        old.deliver(f"{HEAD}{n},2024-02-0{n},5,0\n", f"sales_{n}.csv")
        old.headgate("run")
    age(old, 100)
    gc(old, *ALL, "--delete")
    assert [len(old.served("clean", at=n)) for n in (1, 2, 3)] == [3, 4, 5]
    with pytest.raises(StoreError):
        read("totals", at=2, project=old.root)
    with pytest.raises(StoreError):
        read("clean", at=4, project=old.root)
    assert len(old.served("totals", at=3)) == 3


def test_a_release_that_a_check_compares_with_is_kept(old: Shop) -> None:
    old.edit(
        "pipelines/shop.yml",
        "    expect: expectations/clean.json\n",
        "    expect: expectations/clean.json\n"
        "    checks:\n      - distribution: {column: amount, measure: ks, at_most: 1, against: prod@1}\n",
    )
    gc(old, *ALL, "--delete")
    assert len(old.served("clean", at=1)) == 3
    with pytest.raises(StoreError):
        read("clean", at=2, project=old.root)


def test_a_reader_keeps_what_it_has_open_and_kill_9_frees_it(old: Shop) -> None:
    words = [sys.executable, "-c", READ, "1"]
    with subprocess.Popen(
        words,
        cwd=old.root,
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdin is not None
        assert reader.stdout.readline() == "open\n"
        found = gc(old, *ALL, "--delete")
        assert "a process reads it" in {each["because"] for each in found["staying"]}
        reader.stdin.write("\n")
        reader.stdin.flush()
        assert reader.stdout.readline() == "3\n"
        reader.kill()
    gc(old, *ALL, "--delete")
    with pytest.raises(StoreError):
        read("clean", at=1, project=old.root)


def test_what_is_young_stays_whoever_wants_it(open_shop: Shop) -> None:
    folder = open_shop.root / ".headgate/store/files/md5/00"
    folder.mkdir(exist_ok=True)
    (folder / ("0" * 30)).write_text("a killed run left it")
    assert gc(open_shop, *ALL, "--delete")["young"] == 1
    assert (folder / ("0" * 30)).exists()
    age(open_shop, 1)
    assert gc(open_shop, *ALL, "--delete")["removed"]["objects"] == 1
    assert not (folder / ("0" * 30)).exists()


def test_every_collection_is_in_the_audit_log(old: Shop) -> None:
    gc(old, *ALL)
    count = gc(old, *ALL, "--delete")["removed"]["objects"]
    with opened(old.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        audit.verify(tx)
        (entry, *_) = audit.entries(tx)
    assert (entry.act.action, entry.act.user) == ("gc", "ada")
    assert entry.act.body["objects"] == count
    assert set(entry.act.body["datasets"]) == {"clean", "sales", "totals"}


def test_what_was_measured_of_it_goes_too(old: Shop) -> None:
    def known() -> tuple[int, int]:
        with opened(old.root) as workspace, workspace.tools.ledger.snapshot() as tx:
            ((partials,),) = tx.execute("select count(*) from partial")
            ((verdicts,),) = tx.execute("select count(*) from gate_result")
        return partials, verdicts

    before = known()
    gc(old, *ALL, "--delete")
    after = known()
    assert after[1] < before[1]
    assert after[0] <= before[0]
    assert "nothing changed" in old.headgate("run").out


def test_a_store_without_its_record_is_left_alone(old: Shop) -> None:
    before = objects(old)
    done = old.headgate("data", "gc", "--delete", code=2, HEADGATE_STATE="elsewhere.db")
    assert "they belong to another record" in done.err
    assert objects(old) == before


def test_where_git_cannot_be_asked_nothing_goes(old: Shop) -> None:
    before = objects(old)
    (old.root / ".git").mkdir()
    assert "nothing was removed" in old.headgate("data", "gc", "--delete", *ALL, code=3).err
    assert objects(old) == before


BORDERS = ["headgate.environments.collect:_forget", "headgate.store.sweep:_removed"]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("place", BORDERS)
def test_kill_9_of_a_collection_leaves_what_the_next_one_takes(
    old: Shop, place: str, moment: str
) -> None:
    killed(old, place, moment, "data", "gc", "--delete", *ALL)
    assert len(old.served("clean")) == 6
    gc(old, *ALL, "--delete")
    assert len(old.served("clean")) == 6
    assert gc(old, *ALL)["going"] == []
    with opened(old.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        audit.verify(tx)
