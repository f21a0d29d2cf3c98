"""A change is judged by what it would make of the data, and nothing that is served is touched."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from headgate.ci.living import living
from headgate.environments import environment, life
from headgate.workspace.workspace import opened
from tests.ci.work import ROWS, TOTALS, Work, said, stage
from tests.postgres import Server
from tests.projects.dying import killed

TRANSFORMED = "transformations/clean.py"
FACTOR = (TRANSFORMED, "FACTOR = 2", "FACTOR = 3")


def test_a_changed_step_is_run_aside_and_its_rows_are_compared(work: Work) -> None:
    work.edit(*FACTOR)
    work.commit()
    files, pointers = work.everything(), work.pointers()
    verdict = work.ci()
    assert (work.everything(), work.pointers()) == (files, pointers)
    assert verdict["status"] == "warned"
    [moved] = said(verdict, "warning")
    assert moved.startswith("clean.amount: its distribution moved, PSI ")
    assert "sales: computed clean, totals; reused 1" in said(verdict, "info")
    clean, totals = verdict["datasets"]
    # the row of order 0 has no amount to multiply
    assert clean["rows"] == {
        "before": ROWS, "after": ROWS, "added": 0, "removed": 0, "changed": ROWS - 1,
    }  # fmt: skip
    before = 2.0 * sum(range(ROWS))
    assert clean["columns"]["amount"]["sums"] == [before, before * 3 / 2]
    assert set(clean["columns"]["amount"]["shift"]) == {"psi", "js", "wasserstein"}
    assert set(clean["columns"]) == {"amount"}
    assert totals["rows"]["changed"] == 2
    [change] = stage(verdict, "plan")["findings"]
    assert change["what"].startswith("clean: constant FACTOR")
    assert change["consumers"] == ["step totals", "trigger forecast"]


def test_a_shift_that_bins_alone_see_is_no_moved_distribution(begun: Work) -> None:
    # four values that many rows have each: the deciles lie on them
    logs = 'amount=(100 * (1 + pl.col("id") % 4) + FACTOR).log()'
    begun.edit(TRANSFORMED, 'amount=pl.col("amount") * FACTOR', logs)
    begun.commit()
    begun.do("run", "-q")
    begun.git("switch", "-q", "-c", "feature")
    begun.edit(*FACTOR)
    verdict = begun.ci("--only", "plan,run,data")
    shift = verdict["datasets"][0]["columns"]["amount"]["shift"]
    assert shift["psi"] > 1
    assert shift["js"] > 0.1
    assert shift["wasserstein"] < 0.1
    assert said(verdict, "warning") == []
    begun.edit(TRANSFORMED, "FACTOR = 3", "FACTOR = 300")
    [moved] = said(begun.ci("--only", "plan,run,data"), "warning")
    assert moved.startswith("clean.amount: its distribution moved, PSI ")
    assert ", W1 " in moved


def test_nothing_is_started_nobody_is_alerted_and_nothing_is_left_behind(work: Work) -> None:
    (work.root / "data" / "triggered").unlink()
    work.edit(*FACTOR)
    work.ci()
    work.edit("transformations/clean.py", "FACTOR = 3", "FACTOR = 20")
    work.ci(code=1)
    work.git("restore", ".")
    work.do("run")  # delivers all alerts that anything calls for
    assert not (work.root / "data" / "triggered").exists()
    assert work.events("alert_raised") == []
    assert {name for name, _, _ in work.pointers()} == {"prod"}


def test_a_comment_and_a_page_of_text_change_nothing(work: Work) -> None:
    work.edit("transformations/clean.py", "# what is sold", "# what was sold, twice")
    work.write("README.md", "Sales.\n")
    work.commit()
    verdict = work.ci()
    assert verdict["status"] == "passed"
    assert stage(verdict, "run")["findings"][0]["what"] == "no step changed: nothing to run"
    assert verdict["datasets"] == []
    with opened(work.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        [(runs,)] = tx.execute("select count(*) from run")
        made = tx.execute("select environment from release")
    assert (runs, made) == (1, [("prod",)])  # those of the release: none was begun


def test_a_gate_that_closes_fails_the_verdict_at_the_line_that_declares_it(work: Work) -> None:
    work.edit("transformations/clean.py", "FACTOR = 2", "FACTOR = 20")
    work.commit()
    served = work.everything()
    verdict = work.ci(code=1)
    assert verdict["status"] == "failed"
    [failed] = [one for one in stage(verdict, "run")["findings"] if one["severity"] == "error"]
    assert (failed["file"], failed["line"]) == ("expectations/clean.yml", 3)
    assert f"of {ROWS} rows" in failed["what"]
    assert failed["consumers"] == ["step totals", "trigger forecast"]
    assert stage(verdict, "data")["status"] == "skipped"
    assert work.everything() == served


def test_a_column_that_is_gone_is_one_finding_and_all_that_needs_it_another(work: Work) -> None:
    work.write(
        "expectations/clean.yml",
        "checks:\n"
        "  - columns: [id, kind, amount, week, month]\n"
        + "".join(f"  - not_null: {name}\n  - unique: {name}\n" for name in ("week", "month")),
    )
    work.commit()
    verdict = work.ci("--only", "plan,run", code=1)
    columns, others = said(verdict, "error")
    assert columns.startswith("clean: columns")
    assert others == "clean: 4 more checks need week, month: could not be judged"


CONTRACT = """
kind: DataContract
apiVersion: v3.2.0
id: clean
version: 1.0.0
status: active
schema:
  - name: clean
    properties:
      - {name: id, logicalType: integer, primaryKey: true}
      - {name: amount, logicalType: number}
"""
CONSUMER = "name: weekly\nowner: finance\ntype: dashboard\nreads:\n  clean: [id, amount]\n"


def test_a_contract_that_breaks_a_consumer_names_that_one_and_its_line(work: Work) -> None:
    work.write("contracts/clean.yaml", CONTRACT)
    work.write("contracts/consumers/weekly.yaml", CONSUMER)
    base = work.commit()
    work.edit("contracts/clean.yaml", "name: amount", "name: revenue")
    work.commit()
    for words in ((), ("--head",)):
        verdict = work.ci("--base", base, "--only", "lint,schemas", *words, code=1)
        told = stage(verdict, "schemas")["findings"]
        assert "clean.amount is gone" in " ".join(one["what"] for one in told)
        assert {"weekly (finance)"} <= {name for one in told for name in one["consumers"]}
        files = {one["file"] for one in told if one["severity"] == "error"}
        assert files == {"contracts/clean.yaml"}


def test_who_says_that_they_read_a_dataset_is_named_with_what_it_is_made_of(work: Work) -> None:
    work.write("contracts/clean.yaml", CONTRACT)
    work.write("contracts/consumers/weekly.yaml", CONSUMER)
    work.edit(*FACTOR)
    verdict = work.ci("--only", "plan,run,data")
    [change] = stage(verdict, "plan")["findings"]
    assert change["consumers"] == ["step totals", "trigger forecast", "weekly (finance)"]
    totals = next(one for one in stage(verdict, "data")["findings"] if one["dataset"] == "totals")
    assert totals["consumers"] == ["trigger forecast"]


def test_a_test_of_logic_that_fails_fails_the_verdict(work: Work) -> None:
    work.write(
        "tests/clean.yml",
        """
        tests:
          - name: amounts are doubled
            step: clean
            given:
              orders: [{id: 1, kind: a, amount: 2.0}]
            expect: [{id: 1, kind: a, amount: 5.0}]
        """,
    )
    verdict = work.ci("--only", "tests", code=1)
    failed = stage(verdict, "tests")["findings"][-1]
    assert (failed["what"], failed["file"]) == (
        "test tests/clean.yml::amounts are doubled",
        "tests/clean.yml",
    )
    assert failed["line"] == 2


def test_a_step_that_crashes_fails_the_verdict_at_its_line(work: Work) -> None:
    work.edit("transformations/clean.py", '"amount") * FACTOR', '"amuont") * FACTOR')
    verdict = work.ci(code=1)
    [failed] = [one for one in stage(verdict, "run")["findings"] if one["severity"] == "error"]
    assert failed["file"] == "transformations/clean.py"
    assert "amuont" in failed["what"]


@pytest.mark.parametrize("words", [(), ("--head",)])
def test_code_that_cannot_be_imported_fails_though_no_step_changed(
    work: Work, words: tuple[str, ...]
) -> None:
    work.edit(TRANSFORMED, "import polars as pl", "import polars as pl\nimport not_there")
    work.commit()
    verdict = work.ci(*words, code=1)
    assert "no step changed, no source and no gate" in said(verdict, "info")
    [error] = said(verdict, "error")
    assert "No module named 'not_there'" in error


def test_columns_that_come_and_go_are_told(work: Work) -> None:
    work.write("transformations/totals.sql", TOTALS.replace("as amount", "as sum, 1 as one"))
    told = "; new: sum, one; gone: amount"
    assert any(what.endswith(told) for what in said(work.ci(), "info"))


def test_a_project_that_cannot_be_read_is_one_error_and_the_rest_is_left_out(work: Work) -> None:
    work.edit("pipelines/sales.yml", "steps:", "stepps:")
    verdict = work.ci(code=1)
    [failed] = stage(verdict, "lint")["findings"]
    assert (failed["file"], failed["line"]) == ("pipelines/sales.yml", 8)
    assert set(verdict["left_out"]) == {"schemas", "static", "tests", "plan", "run", "data"}


def test_checks_alone_are_judged_on_the_data_that_is_there(work: Work) -> None:
    work.edit("expectations/clean.yml", "high: 1000", "high: 390")
    verdict = work.ci(code=1)
    assert stage(verdict, "plan")["findings"][0]["what"] == "clean: its checks changed"
    assert "sales: computed nothing; reused 2" in said(verdict, "info")
    [failed] = said(verdict, "error")
    assert "4 of 200 rows" in failed


def test_fixed_data_cannot_try_a_source_that_is_declared_otherwise_and_that_is_said(
    work: Work,
) -> None:
    work.edit("pipelines/sales.yml", "data/raw/orders.csv", "data/raw/orders*.csv")
    verdict = work.ci()
    assert verdict["status"] == "warned"
    assert any("orders is declared otherwise" in what for what in said(verdict, "warning"))


@pytest.mark.parametrize("name", ["orders.csv", "orders-2.csv"])
def test_data_that_the_change_itself_brings_is_judged(begun: Work, name: str) -> None:
    begun.edit("pipelines/sales.yml", "data/raw/orders.csv", "data/raw/orders*.csv")
    begun.write(".gitignore", "/.headgate/\n/data/out/\n")
    begun.commit()
    begun.git("switch", "-q", "-c", "feature")
    begun.write(f"data/raw/{name}", "id,kind,amount\n7,a,99999\n")
    begun.commit()
    for words in ((), ("--head",)):
        verdict = begun.ci(*words, code=1)
        assert "orders: its files changed" in said(verdict, "info")
        assert any("amount between 0 and 1000: 1 of" in what for what in said(verdict, "error"))


def test_a_step_that_goes_names_who_reads_it(work: Work) -> None:
    work.edit("pipelines/sales.yml", "publish: [clean, totals]", "publish: [clean]")
    work.edit(
        "pipelines/sales.yml",
        """  totals:
    run: transformations/totals.sql
    path: data/out/totals.parquet
    key: kind
""",
        "",
    )
    verdict = work.ci()
    [change] = stage(verdict, "plan")["findings"]
    assert (change["what"], change["severity"]) == ("totals: it is gone", "warning")
    assert change["consumers"] == ["trigger forecast"]


def test_a_project_in_a_folder_of_its_repository_is_annotated_by_the_whole_path(
    tmp_path: Path, begun: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    (begun.root / ".git").rename(tmp_path / ".git")
    Work(tmp_path).commit("one of many projects")
    begun.edit("transformations/clean.py", "FACTOR = 2", "FACTOR = 20")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    # as a hook has it where several trees belong to a repository: Git takes any folder for the top
    monkeypatch.setenv("GIT_DIR", str(tmp_path / ".git"))
    done = begun.do("ci", "--base", "HEAD", code=1)
    assert "not of a commit: sales/transformations/clean.py;" in done.out
    assert "::error file=sales/expectations/clean.yml,line=3," in done.out


def test_what_others_merged_and_nobody_ran_yet_is_no_part_of_the_difference(work: Work) -> None:
    work.git("switch", "-q", "main")
    work.edit(*FACTOR)
    work.commit("merged, and not released")
    work.git("switch", "-q", "-c", "later")
    work.write("transformations/totals.sql", TOTALS.replace("sum(amount)", "max(amount)"))
    work.commit()
    verdict = work.ci("--only", "plan,run,data")
    [totals] = verdict["datasets"]
    assert totals["dataset"] == "totals"
    tripled = [3.0 * sum(n for n in range(ROWS) if n % 2 == side) for side in (0, 1)]
    assert totals["columns"]["amount"]["sums"] == [sum(tripled), 3.0 * (ROWS - 2 + ROWS - 1)]


def test_who_may_not_read_rows_is_told_counts_and_no_value(work: Work) -> None:
    work.write("headgate.yml", "name: sales\nenvironments:\n  prod: {read_raw: [eve]}\n")
    work.edit(*FACTOR)
    verdict = work.ci("--only", "plan,run,data")
    amount = verdict["datasets"][0]["columns"]["amount"]
    assert (amount["changed"], amount["sums"]) == (ROWS - 1, None)


def test_who_may_not_read_rows_is_not_told_what_a_step_says_of_one(work: Work) -> None:
    work.write("headgate.yml", "name: sales\nenvironments:\n  prod: {read_raw: [eve]}\n")
    raised = '    raise ValueError(f"no such {orders.collect().row(7)}")'
    work.edit(TRANSFORMED, "    # what is sold", raised)
    told = str(work.ci(code=1))
    assert "transformations/clean.py" in told
    assert "sales failed" in told
    assert "no such" not in told


def test_where_readers_find_a_dataset_and_what_is_started_are_part_of_a_change(work: Work) -> None:
    work.edit("pipelines/sales.yml", "data/out/totals.parquet", "data/out/sums.parquet")
    work.edit("pipelines/sales.yml", "touch data/triggered", "touch data/started")
    found = stage(work.ci("--only", "plan"), "plan")["findings"]
    assert [one["what"] for one in found] == [
        "sales: what is started after a release changed, and is not tried",
        "totals: its file is another",
    ]
    assert found[1]["consumers"] == ["trigger forecast"]


# ------------------------------------------------------------------ where nothing was released


def test_without_a_release_both_sides_are_run_from_the_files(begun: Work) -> None:
    begun.git("switch", "-q", "-c", "feature")
    begun.edit(*FACTOR)
    begun.commit()
    files = begun.everything()
    verdict = begun.ci()
    assert begun.everything() == files
    assert verdict["status"] == "warned"
    assert verdict["datasets"][0]["rows"]["changed"] == ROWS - 1
    assert begun.pointers() == []
    begun.ci("--keep", "--only", "run")
    [name] = {name for name, _, _ in begun.pointers()}
    assert begun.do("data", "rows", "none", "--env", name, code=2)
    assert "clean" in begun.do("status", "--env", name).out
    begun.do("env", "drop", name)


def test_without_data_the_verdict_says_what_it_left_out(begun: Work) -> None:
    begun.git("switch", "-q", "-c", "feature")
    begun.edit(*FACTOR)
    begun.commit()
    (begun.root / "data/raw/orders.csv").unlink()
    verdict = begun.ci()
    assert verdict["status"] == "warned"
    assert set(verdict["left_out"]) == {"run", "data"}
    assert "data/raw/orders.csv matches no file" in verdict["left_out"]["run"]
    refused = begun.do("deploy", "prod", code=1)
    assert "left out run and data" in refused.err


def test_outside_of_git_the_verdict_says_what_it_left_out(begun: Work, tmp_path: Path) -> None:
    (begun.root / ".git").rename(tmp_path / "elsewhere")
    verdict = begun.ci()
    assert (verdict["status"], verdict["recorded"]) == ("warned", False)
    assert set(verdict["left_out"]) == {"schemas", "plan", "run", "data"}
    for words in (["--base", "main"], ["--head"]):  # what is asked for by name is not left out
        assert "there is no commit to judge" in begun.do("ci", *words, code=2).err


def test_what_a_killed_process_left_ends_with_its_day(work: Work) -> None:
    with opened(work.root) as workspace:
        life.create(workspace.tools, "ci-0badcafe", "prod")
        with workspace.tools.ledger.transaction() as tx:
            made = environment.find(tx, "ci-0badcafe")
            assert made is not None
            past = workspace.tools.now() - timedelta(seconds=1)
            environment.record(tx, replace(made, expires_at=past))
    work.edit(*FACTOR)
    work.ci()
    assert {name for name, _, _ in work.pointers()} == {"prod"}


def test_what_a_killed_process_left_ends_with_the_next_trial_and_what_a_living_one_uses_stays(
    work: Work,
) -> None:
    work.edit(*FACTOR)
    for moment in ("before", "after"):  # its last day is said, or was not yet
        killed(work, "headgate.ci.trial:_expiring", moment, "ci")
    assert len({name for name, _, _ in work.pointers()}) == 2
    with opened(work.root) as workspace, living(workspace.tools, "ci-0badcafe"):
        life.create(workspace.tools, "ci-0badcafe", "prod")
        work.ci()
        assert {name for name, _, _ in work.pointers()} == {"prod", "ci-0badcafe"}
        life.drop(workspace.tools, "ci-0badcafe", "prod")
    with opened(work.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        assert tx.execute("select name from lease where name like 'trial:%'") == []


def test_a_job_that_is_cancelled_leaves_no_environment(work: Work) -> None:
    cancelled = "    import os\n    os.kill(os.getpid(), 15)"
    work.edit(TRANSFORMED, "    # what is sold", cancelled)
    assert "interrupted" in work.do("ci", code=130).err
    assert {name for name, _, _ in work.pointers()} == {"prod"}


def test_the_record_may_be_shared_by_several_machines(
    begun: Work, postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADGATE_STATE", postgres.fresh())
    monkeypatch.setenv("HEADGATE_STORE", str(tmp_path / "store"))
    begun.do("run", "-q")
    begun.git("switch", "-q", "-c", "feature")
    begun.edit(*FACTOR)
    begun.commit()
    begun.git("clone", "-q", str(begun.root), str(tmp_path / "machine"))
    machine = Work(tmp_path / "machine")  # it has no file of a source
    verdict = machine.ci()
    assert (verdict["status"], verdict["left_out"]) == ("warned", {})
    assert verdict["datasets"][0]["rows"]["changed"] == ROWS - 1
    begun.do("deploy", "prod")


# ------------------------------------------------------------------ what a person asks for


def test_the_commit_is_judged_without_what_is_edited_beside_it(work: Work) -> None:
    work.edit("transformations/clean.py", "FACTOR = 2", "FACTOR = 20")
    assert work.ci(code=1)["dirty"] == ["transformations/clean.py"]
    verdict = work.ci("--head")
    assert (verdict["status"], verdict["dirty"], verdict["datasets"]) == ("passed", [], [])


def test_an_environment_that_is_kept_can_be_read(work: Work) -> None:
    work.edit(*FACTOR)
    work.ci("--keep")
    [name] = {name for name, _, _ in work.pointers()} - {"prod"}
    served = work.do("status", "--env", name, "--json").document["serving"]
    assert {each["dataset"] for each in served["datasets"]} == {"clean", "totals"}
    assert work.do("env", "list", "--json").document["environments"][1]["expires_at"] is None


def test_a_sample_is_run_where_it_is_asked_for(work: Work) -> None:
    work.edit(*FACTOR)
    verdict = work.ci("--sample", "50%")
    assert "run on a sample of prod@1: its gates saw a part of the rows" in said(verdict, "warning")
    [clean, _] = verdict["datasets"]
    assert 0 < clean["rows"]["after"] < ROWS
    assert clean["rows"]["changed"] in {clean["rows"]["after"], clean["rows"]["after"] - 1}


def test_a_commit_beside_itself_is_compared_with_nothing_and_no_verdict_counts(work: Work) -> None:
    work.edit("transformations/clean.py", "FACTOR = 2", "FACTOR = 20")
    commit = work.commit()
    work.ci(code=1)
    verdict = work.ci("--base", "HEAD")  # as on main itself, where the change is merged already
    assert (verdict["commit"], verdict["base"]) == (commit, commit)
    assert set(verdict["left_out"]) == {"schemas", "plan", "run", "data"}
    assert verdict["recorded"] is False
    assert "is failed" in work.do("deploy", "prod", code=1).err


def test_what_is_no_text_is_told_all_the_same(work: Work) -> None:
    Path(os.fsdecode(os.fsencode(work.root) + b"/\xff.txt")).write_text("")
    work.edit(TRANSFORMED, "    # what is sold", '    raise ValueError("\\udcff")')
    reports = [f"--{kind}={work.root.parent / kind}" for kind in ("html", "junit", "comment")]
    verdict = work.ci(*reports, f"--code-quality={work.root.parent / 'quality'}", code=1)
    assert verdict["recorded"] is True
    assert all((work.root.parent / kind).read_text("utf-8") for kind in ("html", "quality"))


def test_stages_can_be_chosen_and_such_a_verdict_is_not_kept(work: Work) -> None:
    verdict = work.ci("--only", "lint,plan")
    assert [each["stage"] for each in verdict["stages"]] == ["lint", "plan"]
    assert verdict["recorded"] is False
    assert "did you mean 'lint'?" in work.do("ci", "--only", "lnt", code=2).err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--base", "nowhere"), "Git knows no branch or commit 'nowhere'"),
        (("--html", "gone/x.html"), "no such folder"),
        (("--sample", "many"), "is no share"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_run(
    work: Work, words: tuple[str, ...], told: str
) -> None:
    assert told in work.do("ci", *words, code=2).err
