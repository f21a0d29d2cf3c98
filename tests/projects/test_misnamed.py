"""What cannot be meant is refused with 2: what it is, and what to do; nothing is changed by it."""

from __future__ import annotations

import pytest

from tests.projects.shop import Shop

FAR = "9" * 40
LONG = "9" * 5000

EMPTY = [
    "--env|env list",
    "status --env|",
    "data rollback --release|",
    "data rollback|",
    "data diff clean|",
    "data tag|",
    "data rows|",
    "show|",
    "env create spring --from|",
    "env promote dev|",
    "run --reason why --waive|",
]
"""Where the empty text stands is a bar."""

WRONG = [
    (f"data checkout {FAR}", "prod has no release 99999"),
    (f"data checkout {LONG}", "prod has no release 99999"),
    ("data checkout 7", "prod has no release 7"),
    ("data checkout dev@7", "headgate data log --env dev"),
    ("data checkout clean@1", "headgate data export clean FILE --at 1"),
    ("data checkout ../x", "'../x' is no release, tag, time or commit"),
    (f"data diff prod@{FAR}", "prod has no release 99999"),
    ("data diff 1 2", "named with its environment: prod@1"),
    ("data diff clean@99", "prod has no release 99, and no version of clean named '99'"),
    ("data diff clean@spring@1", "spring has no release yet"),
    (f"data rollback --release {FAR}", "no release named prod@99999"),
    ("data rollback --release ٣", "'٣' is no release of prod, and no tag"),
    ("data rollback --release 1", "prod@1 already serves what prod@1 did"),
    (f"data export clean rows.csv --at {FAR}", "prod has no release 99999"),
    (f"data pin prod@{FAR} --reason why", "prod has no release 99999"),
    (f"data log --limit {FAR}", "is not in the range"),
    (f"env create spring --from prod@{LONG}", "prod has no release 99999"),
    (f"env sandbox spring --rows 1 --from prod@{FAR}", "prod has no release 99999"),
    ("env promote dev@9 prod", "did you mean 'dev'? Else headgate env list"),
    ("env create clean", "clean is the name of a dataset"),
    ("env sandbox clean --rows 1", "clean is the name of a dataset"),
    ("env drop ../x", "headgate env list shows those that there are"),
    (f"show prod@{LONG}", "prod has no release 99999"),
]


@pytest.fixture
def shop_with_dev(open_shop: Shop) -> Shop:
    open_shop.headgate("env", "create", "dev")
    return open_shop


def served(shop: Shop) -> list[tuple[str, str]]:
    found = shop.headgate("env", "list", "--json").document["environments"]
    return [(each["environment"], each["serving"]) for each in found]


def test_empty_text_never_stands_for_what_is_not_given(shop_with_dev: Shop) -> None:
    before = served(shop_with_dev)
    for line in EMPTY:
        first, _, rest = line.partition("|")
        done = shop_with_dev.headgate(*first.split(), "", *rest.split(), code=2)
        assert "is empty" in done.err, line
        assert "is a variable of the shell not set?" in done.err, line
    assert served(shop_with_dev) == before


def test_a_name_of_nothing_is_told_with_what_to_do(shop_with_dev: Shop) -> None:
    for line, told in WRONG:
        done = shop_with_dev.headgate(*line.split(), code=2)
        assert told in done.err, f"{line[:80]}\n{done.err[:400]}"
        assert "help: " in done.err, line[:80]
    done = shop_with_dev.headgate("--env", "größe", "status", code=2)
    assert "letters, digits, '.', '_' and '-', starting with a letter or a digit" in done.err
    assert shop_with_dev.newest() == 1
