"""One page tells what is known of every dataset, trusts no text in it and needs nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from headgate.cli.main import main
from tests.projects.shop import Shop
from tests.projects.test_diff_page import Page

EVIL = "<script>alert('x')</script>\" onmouseover=\"y\u202e"
CONTRACT = {
    "apiVersion": "v3.2.0",
    "kind": "DataContract",
    "id": "x",
    "version": "2.1.0",
    "status": "active",
    "team": {"name": "sales", "members": [{"username": "ada", "role": "owner"}]},
    "slaProperties": [{"property": "latency", "value": 4, "unit": "h"}],
    "schema": [
        {
            "name": "totals",
            "description": f"What every store sold. {EVIL}",
            "quality": [{"metric": "rowCount", "mustBeGreaterThan": 0}],
            "properties": [
                {
                    "name": EVIL,
                    "logicalType": "string",
                    "description": "a | b",
                    "classification": "restricted",
                    "enum": [{"value": EVIL}],
                },
                {
                    "name": "store",
                    "logicalType": "integer",
                    "primaryKey": True,
                    "relationships": [{"to": "stores.store"}],
                },
            ],
        }
    ],
}


@pytest.fixture
def told(open_shop: Shop) -> Shop:
    """The shop with one contract, whose names were written by an attacker."""
    open_shop.write("contracts/totals.yaml", json.dumps(CONTRACT))
    return open_shop


def report(shop: Shop, *words: str) -> str:
    done = CliRunner().invoke(main, ["-C", str(shop.root), "report", *words])
    assert done.exit_code == 0, done.output
    return done.stdout


def names(page: Page) -> list[str]:
    return re.findall(r"<h2[^>]*>(.*?)</h2>", page.source)


def test_every_dataset_is_on_the_page_with_or_without_a_contract(told: Shop) -> None:
    assert report(told) == "✓ 4 datasets in report.html\n"
    page = Page(told.root / "report.html")
    assert names(page) == ["clean", "sales", "stores", "totals"]
    cells = page.all("td")
    for cell in ("2.1.0", "active", "sales: ada (owner)", "integer (BIGINT)", "latency", "4"):
        assert cell in cells or cell in page.source, cell
    listed = page.all("li")
    assert "store → stores (store)" in listed
    assert "rowCount > 0" in listed
    assert "rows between 1 and 5000 [error]" in listed, "the suite of a gate"
    [totals] = re.findall(r'<section[^>]*id="d4".*?</section>', page.source, re.DOTALL)
    assert '<a href="#d1">clean</a>' in totals
    assert "data/out/totals.parquet" in totals
    [clean] = re.findall(r'<section[^>]*id="d1".*?</section>', page.source, re.DOTALL)
    assert '<a href="#d4">totals</a>' in clean
    assert "contract</dt><dd>none" in clean
    assert "net between 0 and 500 [error]" in clean
    assert ">no nulls<" in clean
    assert ">required<" not in clean, "nobody promised it"


def test_the_page_runs_and_asks_for_nothing_and_every_text_is_escaped(told: Shop) -> None:
    report(told)
    page = Page(told.root / "report.html")
    assert "<script" not in page.source
    assert "\u202e" not in page.source
    assert "&lt;script&gt;" in page.source
    for tag, attributes in page.tags:
        assert tag not in {"script", "link", "img", "iframe", "object"}
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href"):
            assert (attributes.get(name) or "#").startswith("#")
    assert "default-src 'none'" in page.source
    tables = [tag for tag, _ in page.tags if tag == "table"]
    captions = [tag for tag, _ in page.tags if tag == "caption"]
    assert len(tables) == len(captions) > 1
    assert "prefers-color-scheme: dark" in page.source


def test_no_value_of_the_data_is_in_the_report(open_shop: Shop) -> None:
    open_shop.deliver("store,day,amount,kind\n9,2024-01-07,499,a\n", "sales_2.csv")
    open_shop.headgate("run")
    open_shop.write("contracts/totals.yaml", json.dumps(CONTRACT))
    report(open_shop)
    assert "499" not in (open_shop.root / "report.html").read_text()


def test_it_is_markdown_where_that_is_asked_for(told: Shop) -> None:
    assert report(told, "--out", "docs.md") == "✓ 4 datasets in docs.md\n"
    text = (told.root / "docs.md").read_text()
    assert "| a \\| b |" in text
    assert "<script" not in text
    assert "## totals" in text


def test_a_project_without_a_run_and_without_contracts_is_told_too(shop: Shop) -> None:
    report(shop, "--format", "html", "--out", "x.html")
    page = Page(shop.root / "x.html")
    assert names(page) == ["clean", "sales", "stores", "totals"]
    assert page.source.count("never released") == 4


def test_a_folder_that_is_not_there_is_an_error(shop: Shop, tmp_path: Path) -> None:
    words = ["-C", str(shop.root), "report", "--out", str(tmp_path / "no" / "x.html")]
    done = CliRunner().invoke(main, words)
    assert (done.exit_code, "no such folder" in done.stderr) == (2, True)
