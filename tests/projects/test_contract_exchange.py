"""Contracts come into a project from other formats and go out to others by two commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from headgate.cli.main import main
from headgate.project.contracts import read_contracts
from tests.contracts.standard import faults

CSV = "id,mail\n" + "".join(f"{n},p{n}@x.org\n" for n in range(1, 7))
SQL = "create table a (id int primary key);\ncreate table b (a int references a(id), c money);\n"
AVRO = {"type": "record", "name": "r", "fields": [{"name": "a", "type": ["null", "long"]}]}
SUITE = {"expectations": [{"type": "expect_column_to_exist", "kwargs": {"column": "x"}}]}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with files of other formats."""
    (tmp_path / "headgate.yml").write_text("name: shop\n")
    (tmp_path / "2024 orders.csv").write_text(CSV)
    (tmp_path / "shop.sql").write_text(SQL)
    (tmp_path / "person.json").write_text('{"type": "object", "properties": {"a": {}}}')
    (tmp_path / "suite.json").write_text(json.dumps(SUITE))
    (tmp_path / "ride.avsc").write_text(json.dumps(AVRO))
    (tmp_path / "schema.yml").write_text("models: [{name: m, columns: [{name: a}]}]\n")
    return tmp_path


def headgate(root: Path, *words: str) -> Result:
    done = CliRunner().invoke(main, ["-C", str(root), *words])
    assert "Traceback" not in done.output
    return done


def test_each_format_is_told_by_its_file_and_gives_a_contract_that_the_project_reads(
    project: Path,
) -> None:
    expected = {
        "2024 orders.csv": ["data_2024_orders"],
        "shop.sql": ["a", "b"],
        "person.json": ["person"],
        "suite.json": ["suite"],
        "schema.yml": ["m"],
        "ride.avsc": ["r"],
    }
    for file, names in expected.items():
        done = headgate(project, "contract", "import", file, "--json")
        body = json.loads(done.stdout)
        assert (done.exit_code, body["datasets"]) == (0, names), done.output
        document = yaml.safe_load((project / body["file"]).read_text())
        assert faults(document) == []
        assert document["status"] == "draft"
    assert sorted(read_contracts(project)) == [
        "a",
        "b",
        "data_2024_orders",
        "m",
        "person",
        "r",
        "suite",
    ]


def test_a_promise_that_two_keys_make_and_a_type_of_one_name_are_shown_once(project: Path) -> None:
    fields = [{"name": "note", "type": "string"}, {"name": "rides", "type": "long"}]
    schema = {"type": "record", "name": "trip", "fields": fields}
    (project / "trip.avsc").write_text(json.dumps(schema))
    assert headgate(project, "contract", "import", "trip.avsc").exit_code == 0
    shown = headgate(project, "contract", "show", "trip").stdout
    assert "string (string)" not in shown
    assert "integer (long)" in shown
    assert shown.count("note of type string") == 1
    # for machines both stand there, each with its key
    document = json.loads(headgate(project, "contract", "show", "trip", "--json").stdout)
    keys = [one["key"] for one in document["promises"] if one["said"] == "note of type string"]
    assert keys == ["logicalType", "physicalType"]


def test_what_was_adapted_and_left_out_is_told_and_doubts_are_remarks(project: Path) -> None:
    done = headgate(project, "contract", "import", "2024 orders.csv")
    assert "✓ contracts/data_2024_orders.yaml: data_2024_orders, 2 columns" in done.stdout
    assert "'2024 orders' is no name of a dataset: it is called data_2024_orders" in done.stderr
    text = (project / "contracts/data_2024_orders.yaml").read_text()
    assert "# likely personal (e-mail)" in text
    assert "# all 6 values differ; if it names a row: primaryKey: true" in text


def test_a_contract_that_is_there_is_never_overwritten(project: Path) -> None:
    (project / "contracts").mkdir()
    (project / "contracts" / "orders.yml").write_text("mine")
    done = headgate(project, "contract", "import", "2024 orders.csv", "--dataset", "orders")
    assert done.exit_code == 2
    assert "contracts/orders.yml is there already" in done.stderr
    assert "headgate contract diff contracts/orders.yml 2024 orders.csv" in done.stderr
    assert [one.name for one in (project / "contracts").iterdir()] == ["orders.yml"]


def test_a_dataset_has_one_contract_whatever_its_file_is_called(project: Path) -> None:
    headgate(project, "contract", "import", "shop.sql")
    done = headgate(project, "contract", "import", "person.json", "--dataset", "b")
    assert (done.exit_code, "--> contracts/shop.yaml:" in done.stderr) == (2, True)
    assert sorted(read_contracts(project)) == ["a", "b"]


def test_one_table_of_several_is_taken_by_its_name_and_a_single_one_is_renamed(
    project: Path,
) -> None:
    assert headgate(project, "contract", "import", "shop.sql", "--dataset", "b").exit_code == 0
    wrong = headgate(project, "contract", "import", "shop.sql", "--dataset", "bb")
    assert (wrong.exit_code, "did you mean 'b'?" in wrong.stderr) == (2, True)
    assert headgate(project, "contract", "import", "person.json", "--dataset", "p").exit_code == 0
    assert sorted(read_contracts(project)) == ["b", "p"]


def test_a_remark_stays_with_its_column_where_one_table_of_several_is_taken(project: Path) -> None:
    (project / "two.sql").write_text(
        "create table a (x int, y int); create table b (z int, w interval)"
    )
    assert headgate(project, "contract", "import", "two.sql", "--dataset", "b").exit_code == 0
    lines = (project / "contracts" / "b.yaml").read_text().splitlines()
    guessed = next(n for n, line in enumerate(lines) if "is a guess" in line)
    assert lines[guessed + 1].strip() == "- name: w"


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("no.sql", None, "no such file: no.sql"),
        ("a.sql", b"", "the file is empty"),
        ("a.json", b"\xef\xbb\xbf \n", "the file is empty"),
        ("a.sql", b"select 1;\n-- caf\xe9", "--> a.sql:2"),
        ("a.json", b'{\n"a": }', "--> a.json:2"),
        ("a.json", b"[" * 100_000, "not valid JSON"),
        ("a.json", b"[]", "not a JSON Schema"),
        ("a.yml", b"a: 1", "no model and no source is described"),
        ("a.yml", b"a: [", "not YAML"),
        ("a.yml", b"kind: DataContract\n", "it is a data contract already"),
        ("a.doc", b"x", "say it: --format"),
        ("a.csv", b"", "a.csv"),
        ("a.parquet", b"not parquet", "a.parquet"),
    ],
)
def test_a_file_that_is_none_is_an_error_that_names_it(
    project: Path, name: str, data: bytes | None, told: str
) -> None:
    if data is not None:
        (project / name).write_bytes(data)
    done = headgate(project, "contract", "import", name)
    assert done.exit_code in {1, 2}, done.output
    assert told in done.stderr
    assert not (project / "contracts").exists()


def test_a_mark_at_the_beginning_of_a_file_is_no_part_of_it(project: Path) -> None:
    (project / "bom.sql").write_bytes(b"\xef\xbb\xbf" + SQL.encode())
    assert headgate(project, "contract", "import", "bom.sql").exit_code == 0


def test_a_sample_is_read_as_it_is_said_to_be_written(project: Path) -> None:
    (project / "old.csv").write_bytes("id;n\n1;caf\xe9\n2;NA\n".encode("latin-1"))
    words = ["--delimiter", ";", "--encoding", "latin-1", "--nulls", "NA", "--type", "id=string"]
    assert headgate(project, "contract", "import", "old.csv", *words).exit_code == 0
    found = read_contracts(project)["old"].properties
    assert [(one.type, one.required) for one in found.values()] == [
        ("string", True),
        ("string", False),
    ]
    wrong = headgate(project, "contract", "import", "shop.sql", "--delimiter", ";")
    assert (wrong.exit_code, "shop.sql is no sample" in wrong.stderr) == (2, True)


def test_a_run_keeps_the_contract_that_is_made_of_its_parquet_file(project: Path) -> None:
    import polars as pl

    types = {"a": pl.UInt8, "b": pl.Float32, "c": pl.Binary, "d": pl.Int16}
    rows = {"a": [1, 2], "b": [1.5, None], "c": [b"x", None], "d": [3, 4]}
    pl.DataFrame(rows, schema=types).write_parquet(project / "raw.parquet")
    for folder in ("pipelines", "transformations"):
        (project / folder).mkdir()
    (project / "transformations" / "out.sql").write_text("select a, d from raw")
    (project / "pipelines" / "p.yml").write_text(
        "name: p\nowner: ada\nsources: {raw: {path: raw.parquet}}\n"
        "steps: {out: {run: transformations/out.sql, path: out.parquet}}\npublish: [out]\n"
    )
    assert headgate(project, "contract", "import", "raw.parquet").exit_code == 0
    contract = project / "contracts" / "raw.yaml"
    contract.write_text(contract.read_text().replace("status: draft", "status: active"))
    done = headgate(project, "run")
    assert done.exit_code == 0, done.output


def test_bytes_of_a_sample_keep_the_contract_that_is_made_of_them(project: Path) -> None:
    import polars as pl

    pl.DataFrame({"a": [b"x", b"y"]}).write_parquet(project / "raw.parquet")
    assert headgate(project, "contract", "import", "raw.parquet").exit_code == 0
    checked = headgate(project, "contract", "check", "raw", "raw.parquet")
    assert checked.exit_code == 0, checked.output


def test_a_name_that_no_dataset_may_have_is_refused_with_the_nearest_one(project: Path) -> None:
    done = headgate(project, "contract", "import", "2024 orders.csv", "--dataset", "../my orders")
    assert (done.exit_code, "my_orders" in done.stderr) == (2, True)


def test_a_dialect_that_nobody_knows_is_an_error(project: Path) -> None:
    done = headgate(project, "contract", "import", "shop.sql", "--dialect", "postgress")
    assert (done.exit_code, "did you mean 'postgres'?" in done.stderr) == (2, True)


# ------------------------------------------------------------------ export


@pytest.mark.parametrize(
    ("target", "part"),
    [
        ("jsonschema", '"title": "b"'),
        ("avro", '"type": "record"'),
        ("ddl", "CREATE TABLE b ("),
        ("dbt", "  - name: b"),
        ("pydantic", "class B(Row):"),
        ("markdown", "# b"),
        ("html", '<h2 id="d1-name">b</h2>'),
        ("odcs", "# Made of shop.sql"),
    ],
)
def test_a_dataset_is_printed_in_each_format_with_what_it_cannot_say_beside_it(
    project: Path, target: str, part: str
) -> None:
    headgate(project, "contract", "import", "shop.sql")
    done = headgate(project, "contract", "export", "b", "--format", target)
    assert done.exit_code == 0, done.output
    assert part in done.stdout
    silent = {"markdown", "html", "odcs", "dbt"}
    assert ("not in the " in done.stderr) == (target not in silent), done.stderr


def test_a_file_is_exported_to_a_file_and_a_document_says_where(project: Path) -> None:
    headgate(project, "contract", "import", "shop.sql")
    words = ["contract", "export", "contracts/shop.yaml", "--format", "ddl", "--out", "x.sql"]
    done = headgate(project, *words, "--json")
    assert json.loads(done.stdout)["file"] == "x.sql"
    text = (project / "x.sql").read_text()
    assert text.index("CREATE TABLE a") < text.index("FOREIGN KEY (a) REFERENCES a (id)")


@pytest.mark.parametrize("words", [["report"], ["contract", "export", "person"]])
def test_a_folder_is_no_file_to_write(project: Path, words: list[str]) -> None:
    headgate(project, "contract", "import", "person.json")
    more = ["--format", "markdown", "--out", "."]
    done = headgate(project, *words, *more)
    assert (done.exit_code, "is a folder" in done.output) == (2, True)


def test_a_name_of_nothing_is_an_error_with_the_nearest_one(project: Path) -> None:
    headgate(project, "contract", "import", "shop.sql")
    done = headgate(project, "contract", "export", "bb", "--format", "ddl")
    assert (done.exit_code, "'bb'" in done.stderr) == (2, True)
    slip = headgate(project, "contract", "export", "schema.yml", "--format", "ddl")
    assert (slip.exit_code, "schema.yml" in slip.stderr) == (2, True)
