"""A comparison of data is one page that needs nothing else and trusts no value in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.projects.shop import Shop

HEAD = "store,day,amount,kind\n"
EVIL = "<script>alert('x')</script>\" onmouseover=\"y\u202e"
VOID = {"meta", "br", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """What stands in a page: tags with attributes, and the text of each cell and heading."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)
        self.close()
        assert self.open == [], "a tag is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag in {"td", "th", "li", "h1", "h2", "h3", "p", "title"}:
            self.texts.append((tag, ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes another tag"

    def handle_data(self, data: str) -> None:
        if self.texts and self.open and self.open[-1] != "style":
            tag, text = self.texts[-1]
            self.texts[-1] = (tag, text + data)

    def all(self, tag: str) -> list[str]:
        return [" ".join(text.split()) for each, text in self.texts if each == tag]


@pytest.fixture
def changed(open_shop: Shop) -> Shop:
    """The shop after a delivery with a new row and a corrected one."""
    open_shop.deliver(HEAD + "1,2024-01-02,25,a\n2,2024-01-02,50,b\n", "sales_2.csv")
    open_shop.headgate("run")
    return open_shop


def page(shop: Shop, *words: str, user: str = "ada") -> Page:
    command = ("data", "diff", *words, "--html", "diff.html")
    done = shop.headgate(*command, HEADGATE_USER=user)
    assert "the page is diff.html" in done.err
    return Page(shop.root / "diff.html")


def test_the_page_has_what_the_command_says(changed: Shop) -> None:
    found = page(changed, "sales@1", "sales@2")
    [title] = found.all("title")
    assert title == "Data: prod@1 → prod@2"
    assert found.all("h2") == ["sales"]
    assert found.all("h3") == [
        "Schema",
        "Columns",
        "First rows added",
        "First values changed",
    ]
    said = " ".join(found.all("p"))
    assert "1 added0 removed1 changed 3 rows became 4; rows are told by store, day." in said
    cells = found.all("td")
    assert cells[cells.index("50") - 2 : cells.index("50") + 2] == ["2", "2024-01-02", "50", "b"]
    assert cells[cells.index("25") - 2 : cells.index("25") + 1] == ["amount", "20", "25"]
    row = cells[cells.index("amount") : cells.index("amount") + 7]
    assert row[:6] == ["amount", "integer", "1", "0", "10", "30 → 50"]
    assert re.fullmatch(r"\d+\.\d{3} ?(clear|some|hardly any)", row[6])


def test_several_datasets_are_listed_with_links_to_each(changed: Shop) -> None:
    found = page(changed)
    assert found.all("h2") == ["sales", "clean", "totals"]
    links = [attrs["href"] for tag, attrs in found.tags if tag == "a"]
    ids = [attrs["id"] for tag, attrs in found.tags if "id" in attrs]
    assert links == [f"#{each}" for each in ids]


def test_columns_that_came_and_went_and_datasets_that_are_new_are_told(open_shop: Shop) -> None:
    open_shop.edit("transformations/totals.sql", "count(*) as days", "max(day) as last")
    open_shop.edit(
        "pipelines/shop.yml", "publish: [clean, totals]", "publish: [clean, totals, towns]"
    )
    open_shop.edit(
        "pipelines/shop.yml",
        "  totals:\n",
        "  towns:\n    run: transformations/towns.sql\n  totals:\n",
    )
    open_shop.write("transformations/towns.sql", "select town from stores")
    open_shop.headgate("run")
    found = page(open_shop)
    assert found.all("li") == ["+ column last (date)", "- column days (integer)"]
    assert "It is new, 3 rows." in found.all("p")


def test_no_value_name_or_file_can_leave_its_place(shop: Shop) -> None:
    rows = f'1,2024-01-01,10,"{EVIL.replace(chr(34), chr(34) * 2)}"\n'
    shop.edit("pipelines/shop.yml", "    expect: expectations/sales.json\n", "")
    shop.write("headgate.yml", 'name: "<b>shop</b>"\n')
    evil_column = "transformations/totals.sql"
    shop.write(evil_column, """select store, kind as "<img src=x onerror=alert(1)>" from clean""")
    shop.headgate("run")
    shop.deliver(HEAD + rows + "2,2024-01-01,30,\n", "sales_2.csv")
    shop.headgate("run")
    found = page(shop)
    assert {tag for tag, _ in found.tags} <= {
        *(
            "html",
            "head",
            "meta",
            "title",
            "style",
            "body",
            "main",
            "header",
            "h1",
            "h2",
            "h3",
            "p",
        ),
        *("nav", "table", "thead", "tbody", "tr", "th", "td", "a", "section", "span", "div"),
        *("ul", "li", "footer"),
    }
    attributes = {name for _, attrs in found.tags for name in attrs}
    assert attributes <= {
        *("lang", "charset", "name", "content", "http-equiv", "class", "id", "href", "scope"),
        "aria-label",
    }
    cells = found.all("td")
    assert EVIL.replace("\u202e", "\\u202e") in cells
    assert "<img src=x onerror=alert(1)>" in cells
    assert "null" in cells
    assert "\u202e" not in found.source


def test_the_page_asks_for_nothing_and_fits_dark_screens_and_paper(changed: Shop) -> None:
    source = page(changed).source
    assert not re.search(r"https?://|//\w|url\(|@import|<script|<link|src=", source)
    assert "default-src 'none'" in source
    assert "prefers-color-scheme: dark" in source
    assert "@media print" in source


def test_who_may_not_read_rows_gets_a_page_without_values(changed: Shop) -> None:
    changed.write("headgate.yml", "name: shop\nenvironments: {prod: {read_raw: [ada]}}\n")
    found = page(changed, "sales@1", "sales@2", user="ben")
    assert "First rows added" not in found.all("h3")
    assert any("does not let you read its rows" in text for text in found.all("p"))
    cells = found.all("td")
    assert cells[cells.index("amount") + 2] == "1"  # how many changed is no value
    assert not {"10", "20", "25", "30", "50"} & set(cells)


def test_nothing_that_differs_is_a_page_too_and_another_page_is_replaced(changed: Shop) -> None:
    page(changed)
    found = page(changed, "prod@1", "prod@1")
    assert "No dataset differs." in found.all("p")
    assert [path.name for path in changed.root.glob("*.html*")] == ["diff.html"]


@pytest.mark.parametrize("name", ["diff.txt", "nowhere/diff.html"])
def test_what_is_no_page_is_refused(changed: Shop, name: str) -> None:
    changed.headgate("data", "diff", "--html", name, code=2)
    assert not (changed.root / name).exists()


def test_a_large_drift_is_told_and_a_column_of_another_type_is_not_measured(shop: Shop) -> None:
    rows = "".join(f"{n},2024-01-01,{n},0\n" for n in range(1, 101))
    shop.deliver(HEAD + rows)
    shop.headgate("run")
    shop.deliver(HEAD + "".join(f"{n},2024-01-01,{n + 200},0\n" for n in range(1, 101)))
    shop.edit("transformations/totals.sql", "count(*) as days", "cast(count(*) as varchar) as days")
    shop.headgate("run")
    found = page(shop)
    cells = found.all("td")
    amount = cells.index("amount")
    assert cells[amount + 6].endswith("clear")
    assert float(cells[amount + 6].removesuffix("clear")) > 1
    days = next(n for n in range(len(cells)) if cells[n : n + 2] == ["days", "string"])
    assert "not measured" in cells[days : days + 7]
