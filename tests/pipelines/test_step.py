"""A step's code is found, and its inputs are read from it, without running it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from headgate.errors import DeclarationError, StepError, UnknownNameError
from headgate.pipelines.pipeline import Step
from headgate.pipelines.step import StepCode, load_function, resolve

Write = Callable[[Mapping[str, str]], Path]

KNOWN = ["train", "store", "train_clean"]
PLACE = "pipelines/a.yml:7"
MAKE = """
    import functools
    LIMIT = 3
    def clean(train, store): return train
    def limited(train, *, days, limit=LIMIT): return train
    def defaulted(train, store=None): return train
    def rest(train, **more): return train
    def many(*tables): return tables[0]
    def positional(train, /): return train
    def wrong(train, stor): return train
    async def waiting(train): return train
    partial = functools.partial(clean, store=None)
    if LIMIT:
        def conditional(store): return store
    class Thing: ...
"""


@pytest.fixture
def root(write: Write) -> Path:
    return write(
        {
            "transformations/make.py": MAKE,
            "transformations/features.sql": "select * from Train_Clean join store using (Store)",
        }
    )


def resolved(root: Path, run: object, **keywords: Any) -> StepCode:
    return resolve("made", Step(run=run, **keywords), root, PLACE, KNOWN)


def inputs(root: Path, function: str, **keywords: Any) -> dict[str, str]:
    return dict(resolved(root, f"transformations/make.py:{function}", **keywords).inputs)


def test_parameters_name_datasets(root: Path) -> None:
    assert inputs(root, "clean") == {"train": "train", "store": "store"}
    assert inputs(root, "conditional") == {"store": "store"}


def test_a_parameter_with_a_default_is_an_input_where_it_names_a_dataset(root: Path) -> None:
    assert inputs(root, "defaulted") == {"train": "train", "store": "store"}
    assert inputs(root, "limited", params={"days": 3}) == {"train": "train"}
    assert inputs(root, "defaulted", params={"store": 1}) == {"train": "train"}


def test_given_inputs_win_and_a_mapping_renames(root: Path) -> None:
    assert inputs(root, "defaulted", inputs=["train"]) == {"train": "train"}
    renamed = {"train": "train_clean", "store": "store"}
    assert inputs(root, "clean", inputs=renamed) == renamed
    assert inputs(root, "rest", inputs=["train", "store"]) == {"train": "train", "store": "store"}
    assert inputs(root, "partial", inputs=["train"]) == {"train": "train"}


@pytest.mark.parametrize(
    ("run", "keywords", "what", "hint"),
    [
        ("make.py:clean", {}, "no file 'make.py'", None),
        ("transformations/mak.py:clean", {}, "no file 'transformations/mak.py'", "did you mean 'transformations/make.py'?"),
        ("transformations/make.py:claen", {}, "no function 'claen' in transformations/make.py", "did you mean 'clean'?"),
        ("transformations/make.py", {}, "step 'made' cannot run 'transformations/make.py'", "name its function: transformations/make.py:clean"),
        ("transformations/make.py:", {}, "step 'made' cannot run", "write transformations/file.py:function or transformations/file.sql"),
        ("transformations", {}, "step 'made' cannot run 'transformations'", "write transformations/file.py:function or transformations/file.sql"),
        ("select * from train", {}, "step 'made' cannot run", "put a query into a file: transformations/made.sql"),
        ("transformations/featurs.sql", {}, "no file 'transformations/featurs.sql'", "did you mean 'transformations/features.sql'?"),
        (None, {}, "step 'made' has no code to run", "write transformations/file.py:function or transformations/file.sql"),
        (3, {}, "step 'made' has no code to run", "write transformations/file.py:function or transformations/file.sql"),
        ("transformations/make.py:wrong", {}, "step 'made' reads 'stor', which is neither a source nor a step", "did you mean 'store'?"),
        ("transformations/make.py:many", {}, "many() takes *tables without a name", "a step's inputs are passed by name"),
        ("transformations/make.py:positional", {}, "positional() takes train without a name", "a step's inputs are passed by name"),
        ("transformations/make.py:waiting", {}, "waiting() in transformations/make.py is async: a step is a plain function", None),
        ("transformations/make.py:partial", {}, "'partial' is not defined by def in transformations/make.py", "name its inputs with inputs:, or write it there with def"),
        ("transformations/make.py:limited", {}, "step 'made' reads 'days', which is neither a source nor a step", "known: store, train, train_clean"),
        ("transformations/make.py:clean", {"params": {"stor": 1}}, "clean() has no parameter 'stor'", "did you mean 'store'?"),
        ("transformations/make.py:clean", {"inputs": ["train"]}, "clean() is not given 'store'", "name it under inputs: or params: of step 'made'"),
        ("transformations/make.py:clean", {"inputs": ["train", "store"], "params": {"store": 1}}, "'store' of step 'made' is both an input and a parameter", "take it out of inputs: or of params:"),
        ("transformations/features.sql", {"params": {"x": 1}}, "step 'made' runs a query, which takes no params", "write the values into the query, or use a function"),
        ("transformations/features.sql", {"inputs": ["train"]}, "the query does not read 'train'", "did you mean 'Train_Clean'?"),
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_told_with_what_to_do(
    root: Path, run: object, keywords: dict[str, Any], what: str, hint: str | None
) -> None:
    with pytest.raises(DeclarationError) as raised:
        resolved(root, run, **keywords)
    assert raised.value.what.startswith(what)
    assert raised.value.hint == hint
    assert raised.value.where


def test_a_query_names_its_inputs_whatever_their_case(root: Path) -> None:
    code = resolved(root, "transformations/features.sql")
    assert dict(code.inputs) == {"train_clean": "train_clean", "store": "store"}
    assert code.query is not None
    other = resolved(root, "transformations/features.sql", inputs={"train_clean": "train"})
    assert dict(other.inputs) == {"Train_Clean": "train", "store": "store"}


@pytest.mark.parametrize(
    "run", ["../outside.py:f", "/etc/passwd.sql", "linked.py:f", "linked/outside.sql", "a\0.sql"]
)
def test_code_lies_in_the_project_links_followed(root: Path, run: str) -> None:
    outside = root.parent / "outside.py"
    outside.write_text("def f(train): return train\n")
    outside.with_suffix(".sql").write_text("from train")
    (root / "linked.py").symlink_to(outside)
    (root / "linked").symlink_to(root.parent)
    with pytest.raises(DeclarationError, match=r"leads out of the project|is no path"):
        resolved(root, run)


def test_a_file_that_is_not_python_is_an_error_at_its_line(root: Path) -> None:
    (root / "bad.py").write_text("x = 1\n\ndef f(train:\n")
    with pytest.raises(DeclarationError) as raised:
        resolved(root, "bad.py:f")
    assert raised.value.where == "bad.py:3"
    (root / "latin.sql").write_bytes("select 1\n-- größe".encode("latin-1"))
    with pytest.raises(DeclarationError, match="not UTF-8 text") as other:
        resolved(root, "latin.sql")
    assert other.value.where == "latin.sql:2"


def test_a_callable_is_read_by_its_signature(root: Path) -> None:
    def totals(train: object, *, days: int = 3) -> object:
        return train, days

    code = resolve("totals", Step(run=totals), root, PLACE, KNOWN)
    assert dict(code.inputs) == {"train": "train"}
    assert code.function == "totals"
    assert code.file == Path(__file__)
    assert load_function(code, root) is totals


# ------------------------------------------------------------------ the import of modules


def loaded(root: Path, run: str, **keywords: Any) -> Callable[..., Any]:
    return load_function(resolved(root, run, **keywords), root)


def test_a_function_sees_the_projects_modules_and_those_beside_it(write: Write) -> None:
    root = write(
        {
            "shared/numbers_of.py": "def two(): return 2\n",
            "transformations/beside.py": "def three(): return 3\n",
            "transformations/make.py": """
                from shared.numbers_of import two
                from transformations.beside import three
                import beside
                def clean(train):
                    import late
                    return two() * three() * beside.three() * late.VALUE
            """,
            "late.py": "VALUE = 5\n",
        }
    )
    assert loaded(root, "transformations/make.py:clean")(1) == 90


def test_the_function_is_that_of_the_file_as_it_is_now(write: Write) -> None:
    files = {
        "transformations/make.py": "from helpers import double\ndef clean(train): return double(train)\n",
        "helpers.py": "def double(x): return x * 2\n",
    }
    root = write(files)
    assert loaded(root, "transformations/make.py:clean")(4) == 8
    write({"helpers.py": "def double(x): return x * 3\n"})  # the same second, the same size
    assert loaded(root, "transformations/make.py:clean")(4) == 12
    assert list(root.rglob("*.pyc")) == []


def test_two_projects_with_the_same_names_do_not_mix(tmp_path: Path) -> None:
    functions = []
    for number in (1, 2):
        root = tmp_path.resolve() / f"p{number}"
        (root / "transformations").mkdir(parents=True)
        (root / "transformations/helpers.py").write_text(f"N = {number}\n")
        text = "from transformations.helpers import N\ndef clean(train): return N\n"
        (root / "transformations/make.py").write_text(text)
        functions.append(loaded(root, "transformations/make.py:clean"))
    assert [function(None) for function in functions] == [1, 2]


def test_a_module_beside_a_step_does_not_hide_the_standard_library(write: Write) -> None:
    root = write(
        {
            "transformations/calendar.py": "def week(n): return n // 7\n",
            "transformations/make.py": """
                import calendar
                from transformations.calendar import week
                def clean(train): return calendar.isleap(2000), week(14)
            """,
        }
    )
    assert loaded(root, "transformations/make.py:clean")(None) == (True, 2)
    assert "transformations" not in sys.modules["calendar"].__file__.split("/")[-2:]  # type: ignore[union-attr]


def test_a_file_whose_path_is_no_module_name_is_loaded_all_the_same(write: Write) -> None:
    root = write({"my-steps/2024 make.py": "def clean(train): return 7\n"})
    assert loaded(root, "my-steps/2024 make.py:clean")(None) == 7


@pytest.mark.parametrize(
    ("text", "what", "where"),
    [
        ("x = 1\nx = x / 0\n", "ZeroDivisionError: division by zero", "transformations/make.py:2"),
        (
            "import nothing_there\n",
            "ModuleNotFoundError: No module named 'nothing_there'",
            "transformations/make.py:1",
        ),
        ("import helpers\n", "KeyError: 'x'", "helpers.py:2"),
        ("import broken\n", "SyntaxError: invalid syntax", "broken.py:1"),
        ("raise SystemExit(3)\n", "SystemExit: 3", "transformations/make.py:1"),
    ],
)
def test_a_module_that_fails_is_told_at_its_own_line(
    write: Write, text: str, what: str, where: str
) -> None:
    root = write(
        {
            "transformations/make.py": f"{text}def clean(train): return train\n",
            "helpers.py": "EMPTY = {}\nVALUE = EMPTY['x']\n",
            "broken.py": "1 +* 2\n",
        }
    )
    with pytest.raises(StepError) as raised:
        loaded(root, "transformations/make.py:clean")
    assert raised.value.what == f"transformations/make.py cannot be imported: {what}"
    assert raised.value.where == where


def test_a_name_that_turns_out_to_be_no_function_is_an_error(write: Write) -> None:
    root = write({"make.py": "def clean(train): return train\nclean = 3\n"})
    with pytest.raises(DeclarationError, match="is not a function once"):
        loaded(root, "make.py:clean")


def test_unknown_inputs_are_unknown_names(root: Path) -> None:
    with pytest.raises(UnknownNameError):
        resolved(root, "transformations/make.py:wrong")
