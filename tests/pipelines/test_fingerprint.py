"""A change of what a step does is noticed and named; a change of how it is written is not."""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from headgate.errors import DeclarationError
from headgate.pipelines.fingerprint import Fingerprint, changes, fingerprint
from headgate.pipelines.modules import load
from headgate.pipelines.pipeline import Step
from headgate.pipelines.step import resolve

Write = Callable[[Mapping[str, str]], Path]

FILES = {
    "transformations/make.py": '''
        """The step's module."""
        import polars as pl
        import numpy as np
        from typing import TYPE_CHECKING
        import helpers
        from helpers import helper, C, double as twice
        from transformations import calendar
        from transformations.wide import *
        from .near import nearby

        if TYPE_CHECKING:
            from helpers import NEVER

        THRESHOLD = 10
        UNUSED = 1

        def unrelated(): return 1

        def train_clean(x): return x

        def marked(function): return function

        @marked
        def step(train_clean: pl.LazyFrame, n: int = 3) -> pl.LazyFrame:
            """Docstring."""
            from transformations.late import lately
            c: C = C()
            rows = [day for day in range(n)]
            value = helper(train_clean) + calendar.week(n) + len(helpers.WINDOWS) + THRESHOLD
            return value + c.method(2) + nearby(spread()) + lately(rows) + twice(np.pi)

        if __name__ == "__main__":
            print(step(1))
    ''',
    "helpers.py": '''
        """Help."""
        import os
        WINDOWS = [7, 14]
        WINDOWS.append(28)
        LIMIT: int = 5
        NEVER = 0

        def deep(x):
            return x + 1

        def helper(x):
            "Doc."
            return deep(x) * LIMIT   # comment

        def double(x): return 2 * x
        def triple(x): return 3 * x

        class Base:
            shift = 1

        class C(Base):
            k = 3
            def method(self, x): return x * self.k

        try:
            import fast_json as json
        except ImportError:
            import json
    ''',
    "transformations/calendar.py": "def week(n): return n // 7\ndef month(n): return n // 30\n",
    "transformations/wide.py": "def spread(): return 1\nHIDDEN = 2\n",
    "transformations/near.py": "import effects\ndef nearby(x): return x\n",
    "transformations/late.py": "def lately(rows): return len(rows)\n",
    "effects.py": "import sys\nsys.setrecursionlimit(2000)\nIGNORED = 1\n",
    "unreached.py": "VALUE = 1\n",
}


def taken(root: Path, **keywords: object) -> Fingerprint:
    step = Step.model_validate({"run": "transformations/make.py:step", **keywords})
    code = resolve("step", step, root, "pipelines/a.yml:1", ["train_clean", "other"])
    return fingerprint(code, step, root)


def edit(root: Path, file: str, old: str, new: str) -> None:
    path = root / file
    text = path.read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
    path.write_text(text.replace(old, new))


MAKE, HELP = "transformations/make.py", "helpers.py"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (HELP, "# comment", "# another comment"),
        (MAKE, '"""Docstring."""', '"""Other words."""'),
        (MAKE, '"""Docstring."""', ""),
        (HELP, '"Doc."', ""),
        (MAKE, '"""The step\'s module."""', ""),
        (MAKE, "value = helper(train_clean) + ", "value = helper( train_clean )+"),
        (MAKE, "return value", "\n\n    return value"),
        (MAKE, "train_clean: pl.LazyFrame, n: int = 3", "train_clean, n=3"),
        (MAKE, "-> pl.LazyFrame", ""),
        (MAKE, "c: C = C()", "c = C()"),
        (HELP, "LIMIT: int = 5", "LIMIT = 5"),
        (MAKE, "def unrelated(): return 1", "def unrelated(): return 2"),
        (MAKE, "def train_clean(x): return x", "def train_clean(x): return x + 1"),
        (MAKE, "UNUSED = 1", "UNUSED = 2"),
        (MAKE, "print(step(1))", "print(step(2))"),
        (MAKE, "from helpers import NEVER", "from helpers import LIMIT"),
        (HELP, "def triple(x): return 3 * x", "def triple(x): return 4 * x"),
        ("transformations/calendar.py", "n // 30", "n // 31"),
        ("effects.py", "IGNORED = 1", "IGNORED = 2"),
        ("unreached.py", "VALUE = 1", "VALUE = 2"),
    ],
)
def test_what_changes_no_result_is_no_change(write: Write, file: str, old: str, new: str) -> None:
    root = write(FILES)
    before = taken(root)
    edit(root, file, old, new)
    assert changes(before.parts, taken(root).parts) == []
    assert taken(root).digest == before.digest


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        (MAKE, "+ THRESHOLD", "- THRESHOLD", "step() in transformations/make.py changed"),
        (MAKE, "n: int = 3", "n: int = 4", "step() in transformations/make.py changed"),
        (MAKE, "@marked\n", "", "step() in transformations/make.py changed"),
        (MAKE, "return function", "return 1 and function", "helper marked() in " + MAKE),
        (MAKE, "THRESHOLD = 10", "THRESHOLD = 11", "constant THRESHOLD in " + MAKE),
        (MAKE, "THRESHOLD = 10", "THRESHOLD = 10.0", "constant THRESHOLD in " + MAKE),
        (MAKE, "double as twice", "triple as twice", "import twice in " + MAKE),
        (HELP, ") * LIMIT", ") * LIMIT * 2", "helper helper() in helpers.py changed"),
        (HELP, "x + 1", "x + 2", "helper deep() in helpers.py changed"),
        (HELP, "LIMIT: int = 5", "LIMIT: int = 6", "constant LIMIT in helpers.py changed"),
        (HELP, "[7, 14]", "[7, 30]", "constant WINDOWS in helpers.py changed"),
        (HELP, "append(28)", "append(60)", "module-level code of helpers.py changed"),
        (HELP, "except ImportError", "except OSError", "module-level code of helpers.py changed"),
        (HELP, "k = 3", "k = 4", "class C in helpers.py changed"),
        (HELP, "x * self.k", "x - self.k", "class C in helpers.py changed"),
        (HELP, "shift = 1", "shift = 2", "class Base in helpers.py changed"),
        (
            "transformations/calendar.py",
            "// 7",
            "// 8",
            "helper week() in transformations/calendar.py",
        ),
        ("transformations/wide.py", "return 1", "return 2", "transformations/wide.py changed"),
        ("transformations/wide.py", "HIDDEN = 2", "HIDDEN = 3", "transformations/wide.py changed"),
        (
            "transformations/near.py",
            "return x",
            "return -x",
            "helper nearby() in transformations/near.py",
        ),
        ("transformations/late.py", "len(rows)", "1", "helper lately() in transformations/late.py"),
        ("effects.py", "2000", "3000", "module-level code of effects.py changed"),
    ],
)
def test_what_changes_a_result_is_named(
    write: Write, file: str, old: str, new: str, named: str
) -> None:
    root = write(FILES)
    before = taken(root)
    edit(root, file, old, new)
    after = taken(root)
    assert after.digest != before.digest
    assert any(told.startswith(named) for told in changes(before.parts, after.parts))


def test_renaming_the_class_of_a_helper_is_followed_through_its_attributes(write: Write) -> None:
    root = write(
        {
            "a.py": "import pack.inner\ndef step(t): return pack.inner.Tool.make(t)\n",
            "pack/__init__.py": "START = print\n",
            "pack/inner.py": "class Tool:\n    @staticmethod\n    def make(t): return t\n",
        }
    )
    before = part_names(root, "a.py:step")
    assert "class:pack/inner.py:Tool" in before
    assert "constant:pack/__init__.py:START" not in before


def part_names(root: Path, run: str, known: tuple[str, ...] = ("t",)) -> set[str]:
    step = Step(run=run)
    code = resolve("s", step, root, "a.yml:1", known)
    return set(fingerprint(code, step, root).parts)


@pytest.mark.parametrize(
    ("body", "reached"),
    [
        ("return run(helpers)", "module:helpers.py"),
        ("return getattr(helpers, t)()", "module:helpers.py"),
        ("return helpers.__dict__[t]", "module:helpers.py"),
        ("return importlib.import_module('helpers')", "module:helpers.py"),
        ("return importlib.import_module(t)", "module:a.py"),
        ("return globals()[t]", "module:a.py"),
        ("return eval('run')", "module:a.py"),
        ("return [h for h in helpers.rows(h)]", "helper:helpers.py:rows"),
        ("return (lambda x: helpers.rows(x))(t)", "helper:helpers.py:rows"),
        ("return other(t)", "helper:a.py:other"),
        ("return other.cache(t)", "helper:a.py:other"),
        ("global STATE\n    STATE = 2\n    return STATE", "constant:a.py:STATE"),
        ("match t:\n        case helpers.rows: return 1", "helper:helpers.py:rows"),
        ("return f'{other(t)!r:>{STATE}}'", "constant:a.py:STATE"),
        ("return maybe(t)", "statements:a.py"),
        ("return numpy.array(t)", "lib:numpy"),
        ("import pandas as pd\n    return pd.DataFrame(t)", "lib:pandas"),
        ("from pyarrow import Table\n    return Table(t)", "lib:pyarrow"),
    ],
)
def test_a_way_of_using_code_reaches_it(write: Write, body: str, reached: str) -> None:
    root = write({"helpers.py": "def rows(x): return x\n"})
    (root / "a.py").write_text(
        "import importlib\nimport numpy\nimport helpers\nSTATE = 1\n"
        "def run(x): return x\n"
        "def other(x): return x\n"
        "if STATE:\n    def maybe(x): return x\nelse:\n    maybe = None\n"
        f"def step(t):\n    {body}\n"
    )
    assert reached in part_names(root, "a.py:step")


@pytest.mark.parametrize("local", ["other = t", "for other in t: pass", "with t as other: pass"])
def test_a_local_variable_is_not_the_module_level_name(write: Write, local: str) -> None:
    root = write({"a.py": f"def other(x): return x\ndef step(t):\n    {local}\n    return other\n"})
    assert "helper:a.py:other" not in part_names(root, "a.py:step")


REGISTRY = """
    import functools
    FOUND = {}
    def register(function):
        FOUND[function.__name__] = function
        return function

    @register
    def one(t): return t + 1

    @functools.cache
    def two(t): return t + 2

    class Plugin:
        def __init_subclass__(cls): FOUND[cls.__name__] = cls
    class Three(Plugin):
        amount = 3

    _ = FOUND.setdefault("four", 4)

    def step(t): return FOUND["one"](t)
"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("t + 1", "t - 1", ["helper one() in a.py changed"]),
        ("amount = 3", "amount = 4", ["class Three in a.py changed"]),
        ('"four", 4', '"four", 5', ["module-level code of a.py changed"]),
        ("t + 2", "t - 2", []),
    ],
)
def test_code_that_enters_itself_somewhere_is_part_of_a_step(
    write: Write, old: str, new: str, told: list[str]
) -> None:
    root = write({"a.py": REGISTRY})
    before = fingerprint_of(root)
    edit(root, "a.py", old, new)
    assert changes(before.parts, fingerprint_of(root).parts) == told


def test_recursion_and_circular_imports_end(write: Write) -> None:
    root = write(
        {
            "a.py": "import b\ndef step(t): return step(b.back(t))\n",
            "b.py": "import a\ndef back(t): return a.step(t)\n",
        }
    )
    assert {"step:a.py:step", "helper:b.py:back"} <= part_names(root, "a.py:step")


def test_a_very_long_expression_is_taken_as_it_is_written(write: Write) -> None:
    chain = "".join(f".filter({n})" for n in range(900))
    root = write({"a.py": f"LIMIT = 1\ndef step(t): return t{chain}.head(LIMIT)\n"})
    before = fingerprint_of(root)
    assert "constant:a.py:LIMIT" in before.parts
    edit(root, "a.py", ".filter(899)", ".filter(898)")
    assert fingerprint_of(root).digest != before.digest


def fingerprint_of(root: Path, run: str = "a.py:step") -> Fingerprint:
    step = Step(run=run)
    return fingerprint(resolve("s", step, root, "a.yml:1", ["t"]), step, root)


def test_parameters_inputs_and_the_sort_key_are_part_of_a_step(write: Write) -> None:
    root = write(FILES)
    before = taken(root, params={"n": 3})
    assert changes(before.parts, taken(root, params={"n": 4}).parts) == ["parameter 'n' changed"]
    assert changes(before.parts, taken(root).parts) == ["parameter 'n' is gone"]
    sorted_too = taken(root, params={"n": 3}, key="Store")
    assert changes(before.parts, sorted_too.parts) == ["the sort key is new"]
    divided = taken(root, params={"n": 3}, partition_by=["a"])
    assert changes(before.parts, divided.parts) == ["the partition of its rows is new"]
    assert "partition_by" not in before.parts
    renamed = taken(root, params={"n": 3}, inputs={"train_clean": "other"})
    assert changes(before.parts, renamed.parts) == ["input 'train_clean' is 'other' now"]


def test_what_readers_are_told_is_no_part_of_a_step(write: Write) -> None:
    root = write(FILES)
    told = taken(
        root, title="T", gate_title="G", description="D", expect="e.json", path="o.parquet"
    )
    assert told.digest == taken(root).digest


def test_declared_files_count_by_their_content(write: Write) -> None:
    root = write({**FILES, "lookup/one.csv": "a\n", "lookup/deep/two.csv": "b\n"})
    for pattern in ("lookup/one.csv", "lookup", "lookup/*.csv", "./lookup/"):
        (root / "lookup/one.csv").write_text("a\n")
        before = taken(root, depends_on=[pattern])
        (root / "lookup/one.csv").write_text("changed\n")
        after = taken(root, depends_on=[pattern])
        assert changes(before.parts, after.parts) == ["lookup/one.csv changed"]


@pytest.mark.parametrize(
    "pattern", ["lookup/onne.csv", "../secret", "/etc/passwd", "no/*.csv", "", "**x"]
)
def test_a_declared_file_that_is_not_there_is_an_error(write: Write, pattern: str) -> None:
    root = write({**FILES, "lookup/one.csv": "a\n"})
    with pytest.raises(DeclarationError):
        taken(root, depends_on=[pattern])


def test_a_helper_that_is_not_python_is_an_error_at_its_line(write: Write) -> None:
    root = write({**FILES, "helpers.py": "x = 1\ndef broken(:\n"})
    with pytest.raises(DeclarationError) as raised:
        taken(root)
    assert raised.value.where == "helpers.py:2"


def test_library_versions_are_told_as_from_and_to() -> None:
    assert changes({"lib:polars": "2.0"}, {"lib:polars": "2.1"}) == ["polars 2.0 -> 2.1"]
    assert changes({"python": "3.11"}, {"python": "3.12"}) == ["Python 3.11 -> 3.12"]
    assert changes({}, {"lib:numpy": "2.1"}) == ["numpy is new"]


def test_the_steps_own_change_is_told_first() -> None:
    before = {"lib:polars": "2.0", "step:a.py:f": "1", "helper:b.py:g": "1"}
    after = {"lib:polars": "2.1", "step:a.py:f": "2", "helper:b.py:g": "2"}
    assert changes(before, after) == [
        "f() in a.py changed",
        "helper g() in b.py changed",
        "polars 2.0 -> 2.1",
    ]


# ------------------------------------------------------------------ SQL

QUERY = "SELECT Store, sum(sales) AS s FROM train WHERE open=1 GROUP BY 1"


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("select store,\n  SUM(sales) as s -- hi\nfrom Train where open = 1 group by 1", True),
        (f"/* about */ {QUERY};", True),
        (QUERY.replace("sum", "avg"), False),
        (QUERY.replace("open=1", "open=0"), False),
        (QUERY.replace("open=1", "open='1'"), False),
        (QUERY.replace("AS s", "AS S"), False),  # the name of a column of the result
        (QUERY.replace("GROUP BY 1", "GROUP BY 1 LIMIT 5"), False),
    ],
)
def test_a_query_is_what_it_asks(write: Write, other: str, same: bool) -> None:
    root = write({"q.sql": QUERY})
    step = Step(run="q.sql")
    before = fingerprint(resolve("s", step, root, "", ["train"]), step, root)
    (root / "q.sql").write_text(other)
    after = fingerprint(resolve("s", step, root, "", ["train"]), step, root)
    assert (before.digest == after.digest) is same
    assert changes(before.parts, after.parts) == ([] if same else ["the query changed"])


def test_the_spelling_of_a_column_without_an_alias_shows_in_its_name(write: Write) -> None:
    root = write({"q.sql": "SELECT sum(Sales) FROM t"})
    before = fingerprint_of(root, "q.sql")
    (root / "q.sql").write_text("SELECT sum(SALES) FROM t")
    assert fingerprint_of(root, "q.sql").digest != before.digest


# ------------------------------------------------------------------ callables given in Python

GIVEN = """
    import functools
    from headgate import Pipeline
    from helpers import double

    shop = Pipeline(name="shop", owner="someone", sources={"t": "t.csv"})
    RATE = 2

    @shop.step(publish=True, description="first")
    def totals(t):
        return double(t) * RATE

    def scaled(t, by):
        return t * by

    halved = functools.partial(scaled, by=0.5)
    shifted = lambda t: t + RATE

    def maker(amount):
        def inner(t):
            return t + amount
        return inner

    more = maker(3)

    class Callable:
        def __init__(self, amount): self.amount = amount
        def __call__(self, t): return t + self.amount

    called = Callable(3)
"""
GIVEN_HELPERS = "def double(x): return 2 * x\n"


def of_target(root: Path, name: str) -> Fingerprint:
    step = Step(run=getattr(load(root, root / "pipelines/shop.py"), name))
    return fingerprint(resolve("s", step, root, "w", ["t"]), step, root)


@pytest.mark.parametrize(
    ("name", "old", "new", "named"),
    [
        ("totals", "* RATE", "+ RATE", "totals() in pipelines/shop.py changed"),
        ("totals", "RATE = 2", "RATE = 3", "constant RATE in pipelines/shop.py changed"),
        ("totals", 'description="first"', 'description="second"', None),
        ("totals", 'owner="someone"', 'owner="another"', None),
        ("halved", "t * by", "t / by", "scaled() in pipelines/shop.py changed"),
        ("halved", "by=0.5", "by=0.25", "argument scaled changed"),
        ("shifted", "t + RATE", "t - RATE", "<lambda>() in pipelines/shop.py changed"),
        ("more", "maker(3)", "maker(4)", "argument inner.amount changed"),
        ("more", "t + amount", "t - amount", "inner() in pipelines/shop.py changed"),
        ("called", "Callable(3)", "Callable(4)", "argument Callable changed"),
        ("called", "t + self.amount", "t - self.amount", "Callable.__call__() in"),
    ],
)
def test_a_callable_is_its_code_and_what_it_carries(
    write: Write, name: str, old: str, new: str, named: str | None
) -> None:
    root = write({"pipelines/shop.py": GIVEN, "helpers.py": GIVEN_HELPERS})
    before = of_target(root, name)
    edit(root, "pipelines/shop.py", old, new)
    told = changes(before.parts, of_target(root, name).parts)
    if named is None:
        assert told == []
    else:
        assert any(line.startswith(named) for line in told), told


def test_a_callable_has_the_same_fingerprint_in_another_process(write: Write) -> None:
    root = write({"pipelines/shop.py": GIVEN, "helpers.py": GIVEN_HELPERS})
    names = ["totals", "halved", "shifted", "more", "called"]
    script = (
        "import runpy, sys; from pathlib import Path\n"
        f"of_target = runpy.run_path({__file__!r})['of_target']\n"
        f"print(*(of_target(Path(sys.argv[1]), name).digest for name in {names}))\n"
    )
    command = [sys.executable, "-c", script, str(root)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.split() == [of_target(root, name).digest for name in names]


def test_a_given_function_reaches_its_helpers(write: Write) -> None:
    root = write({"pipelines/shop.py": GIVEN, "helpers.py": GIVEN_HELPERS})
    assert "helper:helpers.py:double" in of_target(root, "totals").parts


def test_a_function_without_a_file_is_its_compiled_code() -> None:
    def typed(body: str) -> Fingerprint:
        space: dict[str, object] = {"RATE": 2}
        exec(f"def f(t): return {body}", space)  # noqa: S102
        step = Step(run=space["f"])
        return fingerprint(resolve("f", step, Path("/nowhere"), "", ["t"]), step, Path("/nowhere"))

    assert typed("t + 1").digest == typed("t + 1").digest
    assert typed("t + 1").digest != typed("t + 2").digest
    assert typed("t + RATE").digest != typed("t + 1").digest


def test_a_partial_of_a_library_function_names_the_library() -> None:
    step = Step(run=functools.partial(functools.reduce, max), inputs=["t"])
    with pytest.raises(DeclarationError):
        resolve("f", step, Path("/nowhere"), "here", ["t"])


def test_taking_a_fingerprint_imports_nothing_of_the_project(write: Write) -> None:
    root = write({"a.py": "raise SystemExit('imported')\ndef step(t): return t\n"})
    assert fingerprint_of(root).digest
