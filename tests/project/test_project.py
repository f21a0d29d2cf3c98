"""A repository is read into pipelines with all names resolved, or told what is wrong with it."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import headgate
from headgate.errors import DeclarationError, HeadgateError
from headgate.pipelines.fingerprint import fingerprint
from headgate.pipelines.quality import as_checks
from headgate.project.project import load
from headgate.project.root import find_root

Write = Callable[[Mapping[str, str]], Path]

EXAMPLE = Path(headgate.__file__).parent / "project" / "examples" / "rossmann"

SHOP = """
    name: shop
    owner: sales
    sources:
      orders: data/orders.csv
      customers: {path: data/customers.csv}
    steps:
      totals: {run: transformations/totals.sql, path: data/out/totals.parquet}
      clean:
        run: transformations/clean.py:clean
        params: {days: 3}
    publish: [totals]
    quality_checks:
      - {type: completeness, on: [clean]}
"""
FILES = {
    "headgate.yml": "name: shop\n",
    "pipelines/shop.yml": SHOP,
    "transformations/clean.py": "def clean(orders, customers, days): return orders\n",
    "transformations/totals.sql": "select day, sum(amount) as total from clean group by day\n",
}


def test_a_project_is_found_from_any_folder_inside_it(write: Write) -> None:
    root = write(FILES)
    assert find_root(root) == root
    assert find_root(root / "transformations") == root
    with pytest.raises(DeclarationError, match="headgate init"):
        find_root(root.parent)


def test_steps_stand_in_execution_order_with_their_inputs(write: Write) -> None:
    project = load(write(FILES))
    shop = project.pipelines["shop"]
    assert list(shop.steps) == ["clean", "totals"]
    assert dict(shop.steps["clean"].inputs) == {"orders": "orders", "customers": "customers"}
    assert dict(shop.steps["totals"].inputs) == {"clean": "clean"}
    assert project.settings.name == "shop"


def test_keys_have_places(write: Write) -> None:
    shop = load(write(FILES)).pipelines["shop"]
    assert shop.where == "pipelines/shop.yml"
    assert shop.place("steps", "clean") == "pipelines/shop.yml:8"
    assert shop.place("steps", "clean", "expect") == "pipelines/shop.yml:8"
    assert shop.steps["clean"].where == "pipelines/shop.yml:8"
    assert shop.place() == "pipelines/shop.yml:1"


def test_python_declares_the_same_pipeline(write: Write) -> None:
    root = write(
        {
            "headgate.yml": "",
            "rules.py": "OWNER = 'sales'\n",
            "transformations/clean.py": FILES["transformations/clean.py"],
            "transformations/totals.sql": FILES["transformations/totals.sql"],
            "pipelines/_shared.py": "raise RuntimeError('never imported by itself')\n",
            "pipelines/shop.py": """
                from headgate import DataQualityCheck, Pipeline
                from rules import OWNER

                shop = Pipeline(
                    name="shop",
                    owner=OWNER,
                    sources={"orders": "data/orders.csv", "customers": "data/customers.csv"},
                    steps={"totals": "transformations/totals.sql"},
                    quality_checks=[DataQualityCheck(type="completeness", on=["clean"])],
                )

                @shop.step(params={"days": 3}, publish=True)
                def clean(orders, customers, days):
                    return orders
            """,
            "pipelines/zz_again.py": "from pipelines.shop import shop\n",
        }
    )
    shop = load(root).pipelines["shop"]
    assert list(shop.steps) == ["clean", "totals"]
    assert shop.pipeline.published == ["clean"]
    assert shop.pipeline.owner == "sales"
    assert shop.place("steps", "clean") == "pipelines/shop.py:4"
    assert list(as_checks(shop.pipeline, shop.where)) == ["clean"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (
            {"pipelines/two.yml": "name: shop\nowner: x\n"},
            (
                "pipelines/two.yml:1: two pipelines named 'shop'\n"
                "  the other is in pipelines/shop.yml:1"
            ),
        ),
        (
            {"pipelines/two.yml": "name: two\nowner: x\nsources:\n  Orders: a.csv\n"},
            (
                "pipelines/two.yml:4: two datasets named 'Orders'\n"
                "  the other is in pipelines/shop.yml:4"
            ),
        ),
        (
            {"pipelines/shop.yml": SHOP.replace("clean:\n", "orders:\n")},
            (
                "pipelines/shop.yml:8: two datasets named 'orders'\n"
                "  the other is in pipelines/shop.yml:4"
            ),
        ),
        (
            {"pipelines/shop.yml": SHOP.replace("[totals]", "[totls]")},
            "pipelines/shop.yml:11: no dataset named 'totls'\n  did you mean 'totals'?",
        ),
        (
            {"pipelines/shop.yml": SHOP.replace("on: [clean]", "on: [clen]")},
            "pipelines/shop.yml:13: no dataset named 'clen'\n  did you mean 'clean'?",
        ),
        (
            {"transformations/totals.sql": "from clen\n"},
            (
                "transformations/totals.sql: step 'totals' reads 'clen', which is neither a source"
                " nor a step\n  did you mean 'clean'?"
            ),
        ),
        (
            {"transformations/clean.py": "def clean(totals, days): return totals\n"},
            (
                "pipelines/shop.yml:6: steps read each other in a circle: totals -> clean -> totals\n"
                "  one of them has to read something else"
            ),
        ),
        (
            {"pipelines/shop.yml": SHOP.replace("data/out/totals.parquet", "data/orders.csv")},
            (
                "pipelines/shop.yml:7: path 'data/orders.csv' does not say Parquet\n"
                "  an output is a Parquet file; end its path in .parquet"
            ),
        ),
        (
            {"pipelines/shop.yml": SHOP.replace("data/out/totals", "../totals")},
            (
                "pipelines/shop.yml:7: path '../totals.parquet' leads out of the project\n"
                "  name a file inside it, such as data/processed/x.parquet"
            ),
        ),
        (
            {"pipelines/shop.yml": SHOP.replace("data/out/totals", ".headgate/totals")},
            "pipelines/shop.yml:7: path '.headgate/totals.parquet' is not for outputs",
        ),
        (
            {"pipelines/shop.yml": SHOP.replace("data/orders.csv", "data/out/totals.parquet")},
            "pipelines/shop.yml:7: path 'data/out/totals.parquet' is that of source 'orders' already",
        ),
        (
            {"pipelines/shop.yml": SHOP.replace("data/orders.csv", "data/**/*.parquet")},
            "pipelines/shop.yml:7: path 'data/out/totals.parquet' is that of source 'orders' already",
        ),
        (
            {
                "pipelines/web.yml": """
                name: web
                owner: web
                sources: {clicks: data/clicks.csv}
                steps:
                  visits: {run: transformations/visits.sql, path: data/out/totals.parquet}
                """,
                "transformations/visits.sql": "select * from clicks",
            },
            "pipelines/web.yml:5: path 'data/out/totals.parquet' is that of step 'totals' already",
        ),
        (
            {
                "pipelines/web.yml": """
                name: web
                owner: web
                sources: {clicks: data/clicks.csv}
                steps:
                  visits: {run: transformations/visits.sql, path: data/out/totals.parquet/v.parquet}
                """,
                "transformations/visits.sql": "select * from clicks",
            },
            (
                "pipelines/web.yml:5: path 'data/out/totals.parquet/v.parquet' and that of"
                " step 'totals' lie in each other\n  give each output a place of its own"
            ),
        ),
        (
            {"pipelines/bad.py": "import headgate\nx = headgate.Pipeline(name='x')\n"},
            "pipelines/bad.py:2: key 'owner' is missing",
        ),
        (
            {"pipelines/bad.py": "x = 1\ny = x / 0\n"},
            (
                "pipelines/bad.py:2: pipelines/bad.py cannot be imported: ZeroDivisionError: division"
                " by zero"
            ),
        ),
        (
            {"pipelines/bad.py": "def x(:\n"},
            "pipelines/bad.py:1: pipelines/bad.py cannot be imported: SyntaxError: invalid syntax",
        ),
    ],
)
def test_a_wrong_project_is_told_with_both_places(
    write: Write, changed: dict[str, str], told: str
) -> None:
    root = write({**FILES, **changed})
    with pytest.raises(DeclarationError) as raised:
        load(root)
    assert str(raised.value) == told


def test_files_that_are_not_pipelines_are_left_alone(write: Write) -> None:
    extra = {"pipelines/_draft.yml": "?", "pipelines/.hidden.yml": "?", "pipelines/README.md": "?"}
    root = write({**FILES, **extra})
    (root / "pipelines/folder.yml").mkdir()
    assert list(load(root).pipelines) == ["shop"]
    shutil.rmtree(root / "pipelines")
    assert load(root).pipelines == {}


# ------------------------------------------------------------------ start-up

HEAVY = {"duckdb", "polars", "pyarrow", "pandas", "numpy", "sqlglot", "rich"}


def imported(script: str, folder: Path) -> set[str]:
    """The top-level modules that a script has imported in a process of its own."""
    code = f"{script}\nimport sys\nprint(*(name for name in sys.modules))"
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_a_project_with_python_steps_is_read_without_a_data_library(write: Write) -> None:
    root = write(
        {
            "headgate.yml": "",
            "pipelines/a.yml": "name: a\nowner: b\nsources: {t: t.csv}\nsteps: {s: x.py:s}\n",
            "x.py": "import polars as pl\ndef s(t: pl.DataFrame): return t\n",
        }
    )
    script = (
        "from pathlib import Path\n"
        "from headgate.project.project import load\n"
        "from headgate.pipelines.fingerprint import fingerprint\n"
        "project = load(Path('.'))\n"
        "found = project.pipelines['a']\n"
        "taken = fingerprint(found.steps['s'], found.pipeline.steps['s'], project.root)\n"
        "assert 'lib:polars' in taken.parts\n"
    )
    modules = imported(script, root)
    assert "pydantic" in modules
    assert not modules & HEAVY


def test_importing_the_package_costs_nothing(tmp_path: Path) -> None:
    assert not imported("import headgate; dir(headgate)", tmp_path) & {*HEAVY, "pydantic", "yaml"}


# ------------------------------------------------------------------ the example, right and wrong


@pytest.fixture
def example(tmp_path: Path) -> Path:
    root = tmp_path.resolve() / "rossmann"
    shutil.copytree(EXAMPLE, root)
    return root


def test_the_example_is_read_and_each_step_has_a_fingerprint(example: Path) -> None:
    rossmann = load(example).pipelines["rossmann"]
    assert list(rossmann.steps) == ["train_clean", "train_features"]
    taken = [fingerprint(c, rossmann.pipeline.steps[n], example) for n, c in rossmann.steps.items()]
    assert len({one.digest for one in taken}) == 2
    assert all("lib:polars" in one.parts for one in taken)


def mutated(text: str, chance: random.Random) -> str:
    """The text with a few random mistakes of the kind that hands and merges make."""
    for _ in range(chance.randint(1, 3)):
        lines = text.split("\n")
        line = chance.randrange(len(lines))
        place = chance.randrange(len(text))
        match chance.randrange(8):
            case 0:
                text = text[:place] + text[place + chance.randint(1, 5) :]
            case 1:
                text = (
                    text[:place] + chance.choice("\t:{}[]&*!|>'\"#%@`\x00é- \n,?~0") + text[place:]
                )
            case 2:
                del lines[line]
                text = "\n".join(lines)
            case 3:
                lines.insert(line, lines[chance.randrange(len(lines))])
                text = "\n".join(lines)
            case 4:
                lines[line] = chance.choice(["  ", " ", "\t", ""]) + lines[line].lstrip()
                text = "\n".join(lines)
            case 5:
                words = text.split(" ")
                chance.shuffle(words[place % len(words) :])
                words[place % len(words)] = chance.choice(
                    ["5", "null", "[]", "{}", "-1", "true", "x"]
                )
                text = " ".join(words)
            case 6:
                text = text[:place] + text[:place][-40:] + text[place:]
            case 7:
                text = text[:place]
        text = text or "\n"
    return text


def test_three_hundred_broken_examples_are_read_or_refused(example: Path) -> None:
    file = example / "pipelines" / "rossmann.yml"
    text = file.read_text()
    chance = random.Random(7)
    refused = []
    for _ in range(300):
        file.write_text(mutated(text, chance))
        try:
            load(example)
        except HeadgateError as error:
            refused.append(error)
    assert len(refused) > 100
    for told in refused:
        assert str(told.where).startswith(("pipelines/rossmann.yml", "transformations/"))
        assert "pydantic" not in str(told)
