"""A pipeline may be written in Python; sources may be Parquet or JSON lines; frames of any kind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.projects.shop import STORES, Shop

# the example that the project's idea was first told with, to the letter
SEED = """
from headgate import Pipeline, DataQualityCheck

# Example: Collaborative Data Pipeline Definition
pipeline = Pipeline(
    name="customer_segmentation",
    owner="data_science_team",
    reviewers=["marketing_analytics", "data_engineering"],
    schedule="daily",
    quality_checks=[
        DataQualityCheck(
            type="completeness",
            threshold=0.99,
            notify=["data_engineers", "business_analysts"]
        ),
        DataQualityCheck(
            type="freshness",
            max_delay_hours=4,
            notify=["marketing_team"]
        )
    ]
)
"""
STEPS = """
import polars as pl
from headgate import Source

pipeline.sources["customers"] = Source(path="data/raw/customers.csv")


@pipeline.step(publish=True, path="data/out/segments.parquet")
def segments(customers: pl.LazyFrame) -> pl.LazyFrame:
    return customers.with_columns(big=pl.col("spent") > 100)
"""


@pytest.fixture
def segments(tmp_path: Path) -> Shop:
    """The seed's pipeline with a source and a step."""
    shop = Shop(tmp_path)
    shop.write("headgate.yml", "")
    shop.write("pipelines/customer_segmentation.py", SEED + STEPS)
    shop.write("data/raw/customers.csv", "customer,spent\n1,50\n2,150\n")
    return shop


def test_the_seeds_example_runs_and_its_checks_gate(segments: Shop) -> None:
    done = segments.headgate("run")
    assert "✓ customer_segmentation prod@1 published" in done.out
    assert [row["big"] for row in segments.served("segments")] == [False, True]
    rows = "".join(f"{n},\n" for n in range(3, 10))
    segments.write("data/raw/customers.csv", f"customer,spent\n1,50\n{rows}")
    held = segments.headgate("run", code=1)
    assert "filled cells at least 99 %  observed 0.416667" in held.out
    assert "data_engineers" in held.err
    assert len(segments.served("segments")) == 2


def test_data_that_is_too_old_closes_the_gate_without_any_change(segments: Shop) -> None:
    segments.edit("pipelines/customer_segmentation.py", "max_delay_hours=4", "max_delay_hours=1e-9")
    done = segments.headgate("run", code=1)
    assert "marketing_team" in done.err
    segments.edit("pipelines/customer_segmentation.py", "max_delay_hours=1e-9", "max_delay_hours=4")
    assert "prod@1" in segments.headgate("run").out


def test_a_pipeline_without_steps_says_so(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("headgate.yml", "")
    shop.write("pipelines/customer_segmentation.py", SEED)
    done = shop.headgate("run", code=2)
    assert "customer_segmentation" in done.err
    assert "step" in done.err


def test_a_changed_decorated_function_runs_again(segments: Shop) -> None:
    segments.headgate("run")
    segments.edit("pipelines/customer_segmentation.py", "> 100", "> 10")
    assert "segments" in segments.headgate("plan").out
    segments.headgate("run")
    assert [row["big"] for row in segments.served("segments")] == [True, True]


@pytest.mark.parametrize(
    ("annotation", "body"),
    [
        ("pl.LazyFrame", "return stores.filter(pl.col('store') > 1)"),
        ("pl.DataFrame", "return stores.filter(pl.col('store') > 1)"),
        ("duckdb.DuckDBPyRelation", "return stores.filter('store > 1')"),
        ("pa.Table", "return stores.filter(pc.greater(stores['store'], 1))"),
        ("pd.DataFrame", "return stores[stores['store'] > 1]"),
        ("None", "return stores.filter(pl.col('store') > 1).collect()"),
    ],
)
def test_a_step_gets_the_kind_of_frame_it_asks_for(
    tmp_path: Path, annotation: str, body: str
) -> None:
    shop = Shop(tmp_path)
    shop.write("headgate.yml", "")
    shop.write("data/raw/stores.csv", STORES)
    note = "" if annotation == "None" else f": {annotation}"
    shop.write(
        "transformations/big.py",
        "import duckdb\nimport pandas as pd\nimport polars as pl\nimport pyarrow as pa\n"
        f"import pyarrow.compute as pc\n\n\ndef big(stores{note}):\n    {body}\n",
    )
    shop.write(
        "pipelines/p.yml",
        "name: p\nowner: me\nsources:\n  stores: data/raw/stores.csv\n"
        "steps:\n  big: transformations/big.py:big\n",
    )
    shop.headgate("run")
    assert [row["town"] for row in shop.served("big")] == ["Jena", "Bonn"]


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_sources_may_be_parquet_or_json_lines(tmp_path: Path, kind: str) -> None:
    import polars as pl

    shop = Shop(tmp_path)
    shop.write("headgate.yml", "")
    frame = pl.DataFrame({"store": [1, 2], "town": ["Ulm", None], "area": [1.5, 2.0]})
    target = shop.write(f"data/raw/stores.{kind}", b"")
    if kind == "parquet":
        frame.write_parquet(target)
    else:
        target.write_text("".join(json.dumps(row) + "\n" for row in frame.to_dicts()))
    shop.write("transformations/all.sql", "select *, area * 2 as twice from stores order by store")
    shop.write(
        "pipelines/p.yml",
        f"name: p\nowner: me\nsources:\n  stores: data/raw/stores.{kind}\n"
        "steps:\n  everything: transformations/all.sql\n",
    )
    shop.headgate("run")
    assert shop.served("everything") == [
        {"store": 1, "town": "Ulm", "area": 1.5, "twice": 3.0},
        {"store": 2, "town": None, "area": 2.0, "twice": 4.0},
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("owner: sales_team", "ovner: sales_team", ["shop.yml:2", "did you mean 'owner'"]),
        ("    arrives: upsert", "    arives: upsert", ["shop.yml:6", "did you mean 'arrives'"]),
        ("arrives: upsert", "arrives: upset", ["shop.yml:6", "upset"]),
        ("store: integer", "store: integr", ["shop.yml", "did you mean 'integer'"]),
        ("clean.py:clean", "clean.py:cleen", ["did you mean 'clean'"]),
        ("expectations/clean.json", "expectations/cleen.json", ["did you mean"]),
        ("publish: [clean, totals]", "publish: [clean, total]", ["did you mean 'totals'"]),
        ("path: data/out/clean.parquet", "path: ../clean.parquet", ["../clean.parquet"]),
    ],
)
def test_a_slip_in_a_declaration_is_named_with_its_line_and_a_way_out(
    shop: Shop, old: str, new: str, said: list[str]
) -> None:
    shop.edit("pipelines/shop.yml", old, new)
    done = shop.headgate("run", code=2)
    for words in said:
        assert words in done.err, done.err


def test_a_step_that_reads_an_unknown_dataset_is_told_the_nearest(shop: Shop) -> None:
    shop.edit("transformations/clean.py", "def clean(sales:", "def clean(salse:")
    done = shop.headgate("run", code=2)
    assert "'salse'" in done.err
    assert "did you mean 'sales'" in done.err


def test_a_folder_without_a_project_says_how_to_make_one(tmp_path: Path) -> None:
    done = Shop(tmp_path).headgate("run", code=2)
    assert "headgate init" in done.err


def test_an_empty_project_is_written_loads_and_says_what_is_missing(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.headgate("init", "new")
    inside = Shop(tmp_path / "new")
    done = inside.headgate("plan", code=2)
    assert "pipelines" in done.err
    assert inside.headgate("status").out


def test_checks_may_be_written_in_the_pipeline_itself(shop: Shop) -> None:
    shop.edit(
        "pipelines/shop.yml",
        "    run: transformations/totals.sql\n",
        "    run: transformations/totals.sql\n"
        "    checks:\n"
        "      - unique: store\n"
        "      - between: {column: amount, low: 31, where: days > 1, notify: ada}\n",
    )
    done = shop.headgate("run", code=1)
    assert "✗ FAILED (1/2 expectations)" in done.out
    assert "pipelines/shop.yml:21 (amount" in done.err
    assert "for ada" in done.err
    shop.edit("pipelines/shop.yml", "low: 31", "low: 30")
    shop.headgate("run")
    shop.edit("pipelines/shop.yml", "- unique: store", "- uniqe: store")
    assert "did you mean 'unique'" in shop.headgate("run", code=2).err
