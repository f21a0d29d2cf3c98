"""Gates alone: any file, with no project at all, and datasets as they are served."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.projects.shop import FIRST, SALES, Shop

BROKEN = FIRST + "3,2024-01-03,-5,0\n3,2024-01-04,five,0\n"


@pytest.fixture
def desk(tmp_path: Path) -> Shop:
    """A folder with a suite and no project."""
    shop = Shop(tmp_path)
    shop.suite("sales", SALES)
    return shop


def write(desk: Shop, kind: str, text: str) -> str:
    """The rows of a CSV text as a file of a kind."""
    path = desk.write(f"sales.{kind}", text)
    if kind != "csv":
        import polars as pl

        frame = pl.read_csv(text.encode(), schema_overrides={"kind": pl.String})
        frame = frame.with_columns(pl.col("day").str.to_date())
        if kind == "parquet":
            frame.write_parquet(path)
        else:
            rows = [
                {k: str(v) if k == "day" else v for k, v in r.items()} for r in frame.to_dicts()
            ]
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path.name


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_a_good_file_passes_without_a_project(desk: Shop, kind: str) -> None:
    file = write(desk, kind, FIRST)
    done = desk.headgate("validate", file, "--expect", "expectations/sales.json")
    assert done.out == "✓ PASSED (5/5 expectations)  sales\n"
    assert [path.name for path in desk.root.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_a_bad_file_fails_with_its_rows(desk: Shop, kind: str) -> None:
    file = write(desk, kind, FIRST + "3,2024-01-03,-5,0\n")
    done = desk.headgate("validate", file, "--expect", "expectations/sales.json", code=1)
    assert "✗ FAILED (4/5 expectations)" in done.out
    assert "amount between 0 and 500" in done.out
    assert "amount = -5" in done.out


def test_malformed_cells_are_named_with_their_line(desk: Shop) -> None:
    desk.suite(
        "sales",
        [*SALES, ("expect_column_values_to_be_of_type", {"column": "amount", "type_": "int64"})],
    )
    file = write(desk, "csv", BROKEN)
    done = desk.headgate("validate", file, "--expect", "expectations/sales.json", code=1)
    assert "sales.csv:6  amount = 'five'  is not an integer" in done.out
    assert "the checks say that amount is integer, and so it is read" in done.out


def test_the_result_is_one_document_for_machines(desk: Shop) -> None:
    file = write(desk, "csv", FIRST)
    words = ["validate", file, "--expect", "expectations/sales.json", "--json"]
    [judged] = desk.headgate(*words).document["judged"]
    assert (judged["verdict"], judged["passed"], judged["total"]) == ("open", 5, 5)


def test_a_file_is_judged_by_checks_in_yaml(desk: Shop) -> None:
    file = write(desk, "csv", FIRST + "3,2024-01-03,-5,0\n")
    desk.write(
        "checks.yml", "checks:\n  - not_null: store\n  - between: {column: amount, low: 0}\n"
    )
    done = desk.headgate("validate", file, "--expect", "checks.yml", code=1)
    assert "✗ FAILED (1/2 expectations)" in done.out
    assert "amount = -5" in done.out
    desk.write("checks.yml", "checks:\n  - not_null: store\n  - betwen: {column: amount}\n")
    done = desk.headgate("validate", file, "--expect", "checks.yml", code=2)
    assert "checks.yml:3" in done.err
    assert "did you mean 'between'?" in done.err


def test_a_check_that_has_nothing_to_compare_with_says_so(desk: Shop) -> None:
    file = write(desk, "csv", FIRST)
    check = "distribution: {column: amount, against: release, at_most: 0.2}"
    desk.write("checks.yml", f"checks:\n  - {check}\n")
    done = desk.headgate("validate", file, "--expect", "checks.yml")
    assert "✓ PASSED (1/1 expectations)" in done.out
    assert "release before at most 0.2  nothing to compare with yet\n" in done.out


@pytest.mark.parametrize(
    ("name", "text"), [("none.yml", "checks: []\n"), ("none.json", '{"expectations": []}')]
)
def test_a_suite_without_checks_is_warned_of(desk: Shop, name: str, text: str) -> None:
    file = write(desk, "csv", FIRST)
    desk.write(name, text)
    done = desk.headgate("validate", file, "--expect", name)
    assert done.err == "sales has no checks: nothing was judged\n"


def test_a_byte_that_is_no_text_is_spelt_once(desk: Shop) -> None:
    (desk.root / "towns.csv").write_bytes(b"id,town\n1,K\xf6ln\n2,Ulm\n")
    desk.write("checks.yml", "checks:\n  - not_null: id\n")
    done = desk.headgate("validate", "towns.csv", "--expect", "checks.yml", code=1)
    assert r"towns.csv:2  row = '1,K\xF6ln'" in done.out


def test_columns_that_differ_are_counted_as_differences(desk: Shop) -> None:
    file = write(desk, "csv", FIRST)
    desk.write(
        "checks.yml", "checks:\n  - schema: {columns: {store: integer, day: date, price: number}}\n"
    )
    done = desk.headgate("validate", file, "--expect", "checks.yml", code=1)
    assert "3 differences: missing price; extra amount, kind\n" in done.out
    assert "observed" not in done.out


def test_a_file_without_a_suite_is_a_question(desk: Shop) -> None:
    file = write(desk, "csv", FIRST)
    assert "--expect" in desk.headgate("validate", file, code=2).err


def test_options_say_how_a_file_is_written(desk: Shop) -> None:
    desk.write("towns.csv", "store;town;amount\n1;Köln;5\n2;Ulm;NA\n3;;\n".encode("latin-1"))
    desk.write("checks.yml", "checks: [{between: {column: amount, low: 5, high: 5}}]\n")
    written = ("--nulls", "NA", "--delimiter", ";", "--encoding", "latin-1")
    done = desk.headgate("validate", "towns.csv", "--expect", "checks.yml", *written)
    assert "✓ PASSED (1/1 expectations)  towns" in done.out

    words = ("quality", "profile", "towns.csv", *written, "--type", "store=string", "--json")
    columns = {each["name"]: each for each in desk.headgate(*words).document["columns"]}
    assert [columns[name]["type"] for name in columns] == ["string", "string", "integer"]
    assert columns["amount"]["nulls"] == 2  # the empty text always means no value
    assert columns["town"]["nulls"] == 1
    assert "amount" in desk.headgate("quality", "suggest", "towns.csv", *written).out


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("store;amount\n1;2\n", 'say `--delimiter ";"`'),
        ("store\tamount\n1\t2\n", 'say `--delimiter "\\t"`'),
        ("store,amount\n1,NA\n", "if NA means a missing value, say --nulls NA"),
        ("store,amount\n1,five\n", "--type amount=string"),
        ("store,town\n1,Köln\n", "say `--encoding latin-1`"),
        ("store,store\n1,2\n", "give every column a name of its own"),
        ("store,\n1,2\n", "name every column"),
    ],
)
def test_errors_of_a_bare_file_advise_options(desk: Shop, text: str, advice: str) -> None:
    desk.write("file.csv", text.encode("latin-1"))
    desk.write("checks.yml", "checks: [{one_of: {column: amount, values: [1, 2]}}]\n")
    done = desk.headgate("validate", "file.csv", "--expect", "checks.yml", code=1)
    assert advice in done.out + done.err
    assert "csv: {" not in done.out + done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sales.csv", "--type", "amuont=integer"), "did you mean 'amount'?"),
        (("sales.csv", "--type", "amount=intger"), "did you mean 'integer'?"),
        (("sales.csv", "--type", "amount"), "--type COLUMN=TYPE"),
        (("sales.csv", "--delimiter", ";;"), "is not one sign"),
        (("sales.jsonl", "--nulls", "NA"), "for CSV files, and sales.jsonl is none"),
        (("sales.parquet", "--type", "amount=string"), "says its types itself"),
        (("sales.txt",), "give it one of these ends"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(
    desk: Shop, words: tuple[str, ...], said: str
) -> None:
    for kind in ("csv", "jsonl", "parquet"):
        write(desk, kind, FIRST)
    write(desk, "csv", FIRST)
    desk.write("sales.txt", FIRST)
    done = desk.headgate("validate", *words, "--expect", "expectations/sales.json", code=2)
    assert said in done.err


def test_options_of_files_are_refused_for_datasets(open_shop: Shop) -> None:
    for words in (("validate", "clean"), ("validate",), ("quality", "profile", "clean")):
        said = open_shop.headgate(*words, "--nulls", "NA", code=2).err
        assert "--nulls, --delimiter, --encoding and --type are for files" in said


def test_a_file_that_a_source_takes_in_is_judged_as_the_source_declares(open_shop: Shop) -> None:
    old = "    types: {store: integer"
    open_shop.edit(
        "pipelines/shop.yml",
        old,
        '    csv: {delimiter: ";", nulls: ["", "NA"]}\n'
        "    checks:\n"
        "      - reference: {columns: store, to: stores}\n"
        f"{old}",
    )
    head = "store;day;amount;kind\n"
    good = open_shop.deliver(f"{head}1;2024-01-03;5;a\n2;2024-01-03;NA;0\n", "sales_2.csv")
    file = str(Path(good).relative_to(open_shop.root))
    assert open_shop.headgate("validate", file).out == "✓ PASSED (6/6 expectations)  sales_2\n"

    open_shop.deliver(f"{head}9;2024-01-03;5;a\n2;2024-01-03;NA;0\n", "sales_2.csv")
    bad = open_shop.headgate("validate", file, code=1).out
    assert "✗ FAILED (5/6 expectations)  sales_2" in bad
    assert "store = 9" in bad

    open_shop.deliver(f"{head}1;2024-01-03;five;a\n", "sales_2.csv")
    bad = open_shop.headgate("validate", file, code=1).out
    assert "amount = 'five'  is not an integer" in bad
    assert "set on_malformed: quarantine" in bad

    open_shop.write("one.yml", "checks: [{rows: {low: 2}}]\n")
    open_shop.deliver(f"{head}1;2024-01-03;5;a\n2;2024-01-03;none;0\n", "sales_2.csv")
    words = ("validate", file, "--expect", "one.yml", "--nulls", "none")
    assert "✓ PASSED (1/1 expectations)  sales_2" in open_shop.headgate(*words).out
    assert open_shop.newest() == 1  # looking publishes nothing


def test_a_file_beside_the_sources_is_a_bare_file(open_shop: Shop) -> None:
    open_shop.write("other/sales.csv", FIRST)
    assert "--expect" in open_shop.headgate("validate", "other/sales.csv", code=2).err


def test_a_good_file_is_judged_without_what_reads_projects(desk: Shop) -> None:
    file = write(desk, "csv", FIRST)
    code = (
        "import sys\n"
        "from headgate.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit as end: assert end.code == 0\n"
        "print(sorted({'pydantic', 'yaml'} & set(sys.modules)))\n"
    )
    words = ["validate", file, "--expect", "expectations/sales.json", "--type", "kind=string"]
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=desk.root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("named", "what", "advice"),
    [
        ("slaes.csv", "no such file: slaes.csv", "did you mean 'sales.csv'?"),
        ("sales", "no such file: sales", "did you mean 'sales.csv'?"),
        ("old/sales.csv", "no such file: old/sales.csv", ""),
        ("in", "in is a folder, not a file", "name its files: in/*.csv"),
        ("june*.csv", "no file is named 'june*.csv'", "the shell fills in a pattern"),
    ],
)
def test_a_file_that_is_not_there_is_said_with_the_nearest_that_is(
    desk: Shop, named: str, what: str, advice: str
) -> None:
    write(desk, "csv", FIRST)
    desk.write("in/sales.csv", FIRST)
    for command in (
        ("validate", named, "--expect", "expectations/sales.json"),
        ("quality", "profile", named),
        ("quality", "suggest", named),
    ):
        said = desk.headgate(*command, code=2).err
        assert f"error: {what}\n" in said
        assert advice in said


def test_a_file_that_is_not_there_is_no_dataset_of_a_project(open_shop: Shop) -> None:
    said = open_shop.headgate("validate", "data/raw/slaes.csv", code=2).err
    assert "no such file: data/raw/slaes.csv" in said
    assert "no dataset named 'claen'" in open_shop.headgate("validate", "claen", code=2).err


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "empty"), ("store;day\n1;2\n", "delimiter"), ("a,a\n1,2\n", "more than")],
)
def test_a_file_that_cannot_be_read_says_why(desk: Shop, text: str, said: str) -> None:
    desk.write("sales.csv", text)
    done = desk.headgate("validate", "sales.csv", "--expect", "expectations/sales.json", code=1)
    assert said in done.out + done.err


def test_a_parquet_file_that_is_none_says_so(desk: Shop) -> None:
    desk.write("sales.parquet", "store,day\n")
    done = desk.headgate("validate", "sales.parquet", "--expect", "expectations/sales.json", code=1)
    assert "not a Parquet file" in done.err


def test_served_datasets_are_judged_by_their_own_suites(open_shop: Shop) -> None:
    judged = open_shop.events("gate_judged")
    done = open_shop.headgate("validate")
    assert "✓ PASSED (5/5 expectations)  sales" in done.out
    assert "✓ PASSED (2/2 expectations)  clean" in done.out
    limits = {"column": "net", "min_value": 0, "max_value": 10}
    open_shop.suite("strict", [("expect_column_values_to_be_between", limits)])
    done = open_shop.headgate("validate", "clean", "--expect", "expectations/strict.json", code=1)
    assert "net between 0 and 10" in done.out
    assert open_shop.events("gate_judged") == judged  # looking leaves no trace


def test_an_unknown_subject_is_told_the_nearest(open_shop: Shop) -> None:
    assert "did you mean 'clean'" in open_shop.headgate("validate", "claen", code=2).err


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_a_full_verification_says_the_same(desk: Shop, kind: str) -> None:
    file = write(desk, kind, FIRST + "3,2024-01-03,-5,0\n")
    words = ["validate", file, "--expect", "expectations/sales.json", "--json"]
    quick = desk.headgate(*words, code=1).document["judged"]
    full = desk.headgate(*words, "--verify", "full", code=1).document["judged"]
    for judged in (quick, full):
        for outcome in judged[0]["outcomes"]:
            del outcome["proved_by"]
    assert full == quick


def test_a_full_verification_reads_what_a_file_says_wrongly_of_itself(desk: Shop) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    # a writer that leaves NaN out of a column's extremes, as most do
    pq.write_table(pa.table({"x": [1.0, float("nan"), 3.0]}), desk.root / "odd.parquet")
    suite = [("expect_column_values_to_not_be_null", {"column": "x"})]
    desk.suite("odd", suite)
    for verify in ("quick", "full"):
        words = ["validate", "odd.parquet", "--expect", "expectations/odd.json"]
        done = desk.headgate(*words, "--verify", verify, code=1)
        assert "1 of 3 rows\n      x = 'NaN'" in done.out


def test_results_are_written_in_the_shape_of_great_expectations(desk: Shop) -> None:
    desk.write("checks.yml", "checks:\n  - one_of: {column: kind, values: [x], max_count: 9}\n")
    desk.write("sales.csv", FIRST + "3,2024-01-03,-5,0\n")
    told = ("validate", "sales.csv", "--gx-results", "found.json")
    desk.headgate(*told, "--expect", "expectations/sales.json", code=1)
    found = json.loads((desk.root / "found.json").read_text())
    assert (found["success"], found["suite_name"], found["id"]) == (False, "sales", None)
    assert found["statistics"] == {
        "evaluated_expectations": 5,
        "successful_expectations": sum(one["success"] for one in found["results"]),
        "unsuccessful_expectations": sum(not one["success"] for one in found["results"]),
        "success_percent": 80.0,
    }
    [amount] = [
        one["result"]
        for one in found["results"]
        if one["expectation_config"]["kwargs"].get("column") == "amount"
    ]
    assert (amount["unexpected_count"], amount["partial_unexpected_list"]) == (1, [-5])
    # what only a word can say is not passed off as the expectation it is made of
    desk.headgate(*told, "--expect", "checks.yml", code=None)
    kinds = [
        one["expectation_config"]["type"]
        for one in json.loads((desk.root / "found.json").read_text())["results"]
    ]
    assert kinds[-1:] == ["one_of"]
    two = desk.headgate("validate", "a.csv", "b.csv", "--gx-results", "found.json", code=2)
    assert "one subject" in two.err


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_rows_of_a_file_may_refer_to_rows_of_the_same(desk: Shop, kind: str) -> None:
    desk.write("self.yml", "checks:\n  - reference: {columns: amount, to: sales, keys: store}\n")
    file = write(desk, kind, FIRST)
    for verify in ("quick", "full"):
        told = desk.headgate("validate", file, "--expect", "self.yml", "--verify", verify, code=1)
        assert "amount in sales as store" in told.out
        assert "could not be judged" not in told.out


def test_a_file_whose_pages_are_damaged_says_so_and_is_no_fault_of_the_program(desk: Shop) -> None:
    import polars as pl

    path = desk.root / "sales.parquet"
    pl.DataFrame({"store": range(100_000)}).write_parquet(path, compression="zstd")
    pages = bytearray(path.read_bytes())
    for place in range(200, 30_000, 37):
        pages[place] ^= 0xFF
    path.write_bytes(pages)
    desk.write("sums.yml", "checks:\n  - sum: {column: store, low: 0}\n  - rows: {low: 1}\n")
    told = desk.headgate("validate", path.name, "--expect", "sums.yml", code=1)
    assert "FAILED (1/2 expectations)" in told.out
    assert "the file is damaged" in told.out
    for command in ("profile", "suggest"):
        assert "the file is damaged" in desk.headgate("quality", command, path.name, code=1).err
