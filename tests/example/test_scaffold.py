"""A new project on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.errors import UnknownNameError, UsageError
from headgate.project import scaffold
from headgate.project.project import load
from headgate.project.scaffold import examples, init
from headgate.testing import run_tests


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two deliveries that nobody may write to."""
    folder = tmp_path / "originals"
    folder.mkdir()
    for name in ("train.csv", "store.csv"):
        (folder / name).write_text(f"{name}\n")
        (folder / name).chmod(0o444)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_an_empty_project_can_be_read(tmp_path: Path) -> None:
    init(tmp_path / "shop")
    project = load(tmp_path / "shop")
    assert (project.settings.name, dict(project.pipelines)) == ("shop", {})


def test_what_the_empty_project_shows_in_comments_can_be_read(tmp_path: Path) -> None:
    init(tmp_path)
    settings, template = tmp_path / "headgate.yml", tmp_path / "pipelines" / "_template.yml"
    settings.write_text(uncommented(settings.read_text()))
    written = template.read_text().replace("#     min", "    min")
    (tmp_path / "pipelines" / "shop.yml").write_text(written)
    query = (tmp_path / "transformations" / "_template.sql").read_text()
    (tmp_path / "transformations" / "daily_sales.sql").write_text(query)
    project = load(tmp_path)
    assert [type(channel).__name__ for channel in project.settings.channels] == [
        "ConsoleChannel",
        "FileChannel",
        "WebhookChannel",
    ]
    assert list(project.pipelines["shop"].steps) == ["daily_sales"]


def uncommented(text: str) -> str:
    """The settings behind the comments: lines such as `# name: shop`, and those that follow."""
    lines = (line.removeprefix("# ") for line in text.splitlines() if line.startswith("# "))
    return "\n".join(
        line for line in lines if line.startswith(" ") or line.split(" ")[0][-1] == ":"
    )


def test_the_example_is_complete_and_says_what_was_written(tmp_path: Path, data: Path) -> None:
    written = init(tmp_path / "new", example="rossmann", data=data)
    assert sorted(written) == sorted(p for p in (tmp_path / "new").rglob("*") if p.is_file())
    names = {path.relative_to(tmp_path / "new").as_posix() for path in written}
    assert {
        ".github/workflows/headgate.yml",
        ".gitignore",
        ".gitlab-ci.yml",
        ".pre-commit-config.yaml",
        "README.md",
        "data/raw/store.csv",
        "data/raw/train.csv",
        "expectations/features.json",
        "headgate.yml",
        "models/retrain.py",
        "pipelines/rossmann.yml",
        "scripts/dataops_workflow.sh",
        "tests/test_build_features.py",
        "transformations/make_dataset.py",
    } <= names
    assert written[-1].name == "headgate.yml"
    assert load(tmp_path / "new").pipelines.keys() == {"rossmann"}


def test_the_workflow_can_be_started_by_its_name(tmp_path: Path, data: Path) -> None:
    init(tmp_path / "new", example="rossmann", data=data)
    assert (tmp_path / "new" / "scripts" / "dataops_workflow.sh").stat().st_mode & 0o111


def test_given_data_is_copied_and_the_originals_are_left_alone(tmp_path: Path, data: Path) -> None:
    init(tmp_path / "new", example="rossmann", data=data)
    copy = tmp_path / "new" / "data" / "raw" / "train.csv"
    copy.write_text("changed\n")
    assert (data / "train.csv").read_text() == "train.csv\n"


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path, data: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / "README.md").write_text("mine\n")
    with pytest.raises(UsageError, match=r"there already: README\.md"):
        init(folder, example="rossmann", data=data)
    assert contents(folder) == {"README.md": b"mine\n"}


def test_other_files_may_be_there(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine\n")
    init(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine\n"


def test_a_second_init_changes_nothing(tmp_path: Path, data: Path) -> None:
    init(tmp_path / "new", example="rossmann", data=data)
    before = contents(tmp_path / "new")
    assert init(tmp_path / "new", example="rossmann", data=data) == []
    assert contents(tmp_path / "new") == before


def test_an_interrupted_init_is_finished_by_the_next(tmp_path: Path, data: Path) -> None:
    init(tmp_path / "whole", example="rossmann", data=data)
    init(tmp_path / "half", example="rossmann", data=data)
    for name in ("headgate.yml", "pipelines/rossmann.yml", "data/raw/store.csv"):
        (tmp_path / "half" / name).unlink()
    (tmp_path / "half" / "data" / "raw" / ".store.csv.part").write_text("half a f")
    init(tmp_path / "half", example="rossmann", data=data)
    assert contents(tmp_path / "half") == contents(tmp_path / "whole")


def test_an_interrupted_generation_is_finished_by_the_next(tmp_path: Path) -> None:
    raw = tmp_path / "data" / "raw"
    (raw / ".part").mkdir(parents=True)
    (raw / ".part" / "train.csv").write_text("half a f")
    init(tmp_path, example="rossmann")
    assert (raw / "train.csv").stat().st_size > 30_000_000
    assert (raw / "store.csv").exists()
    assert not (raw / ".part").exists()


def test_deliveries_that_are_there_are_used(tmp_path: Path, data: Path) -> None:
    init(tmp_path / "new", example="rossmann", data=data)
    assert init(tmp_path / "new", example="rossmann") == []
    assert (tmp_path / "new" / "data" / "raw" / "train.csv").read_text() == "train.csv\n"


@pytest.mark.parametrize(
    ("name", "keywords", "message"),
    [
        ("new", {"example": "rossman"}, "did you mean 'rossmann'?"),
        ("new", {"example": "empty"}, "no example named 'empty'"),
        ("new", {"data": Path("nowhere")}, "--example rossmann"),
        ("new", {"example": "rossmann", "data": Path("nowhere")}, "no train.csv and no store.csv"),
        ("originals/train.csv", {}, "not a folder"),
        ("originals/train.csv/new", {}, "cannot be written"),
    ],
)
@pytest.mark.usefixtures("data")
def test_what_cannot_work_is_said_and_nothing_is_written(
    tmp_path: Path, name: str, keywords: dict[str, object], message: str
) -> None:
    before = contents(tmp_path)
    with pytest.raises((UsageError, UnknownNameError), match=message):
        init(tmp_path / name, **keywords)  # type: ignore[arg-type]
    assert contents(tmp_path) == before
    assert not (tmp_path / "new").exists()


def test_every_example_has_settings_and_a_pipeline() -> None:
    for name in examples():
        template = Path(scaffold.__file__).parent / "examples" / name
        assert (template / "headgate.yml").is_file()
        assert list((template / "pipelines").glob("*.yml"))


def test_the_template_of_tests_holds_for_the_template_of_a_step(tmp_path: Path) -> None:
    init(tmp_path)
    for folder, name in (("pipelines", "shop.yml"), ("tests", "daily_sales.yml")):
        (tmp_path / folder / "_template.yml").rename(tmp_path / folder / name)
    query = tmp_path / "transformations" / "_template.sql"
    query.rename(query.with_name("daily_sales.sql"))
    assert [one.message for one in run_tests(tmp_path)] == ["", ""]
