"""The generated data: the real shape, to the byte the same on every run."""

from __future__ import annotations

import hashlib
import os
import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from headgate.project.lookalike import write_lookalike

if TYPE_CHECKING:
    import polars as pl

DATA = Path(os.environ.get("HEADGATE_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
REAL = DATA / "rossmann"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lookalike")
    write_lookalike(folder)
    return folder


@pytest.fixture(scope="module")
def train(folder: Path) -> pl.DataFrame:
    return read_train(folder)


@pytest.fixture(scope="module")
def store(folder: Path) -> pl.DataFrame:
    import polars as pl

    return pl.read_csv(folder / "store.csv")


def read_train(folder: Path) -> pl.DataFrame:
    import polars as pl

    text = {"StateHoliday": pl.String, "SchoolHoliday": pl.String}
    return pl.read_csv(folder / "train.csv", schema_overrides=text).with_columns(
        pl.col("Date").str.to_date()
    )


def digests(folder: Path) -> list[str]:
    return [
        hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("train.csv", "store.csv")
    ]


def test_every_run_writes_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    write_lookalike(tmp_path)
    assert digests(tmp_path) == digests(folder)


def test_every_machine_writes_the_same_bytes(tmp_path: Path) -> None:
    write_lookalike(tmp_path, stores=30)
    assert digests(tmp_path) == [
        "3ac427a14ab9e92dfe8fb19758d7b0adfab04323e31f721854371b8dc4980bea",
        "a2ce0c3983749ccf7e5a89990f534e040bf2b923dc57a9f5e06c2a0ef52f9d94",
    ]


def test_stores_days_and_gaps_are_the_real_ones(train: pl.DataFrame) -> None:
    import polars as pl

    assert train.height == 1_017_209
    days = train.group_by("Store").agg(pl.len().alias("days"))
    assert dict(days["days"].value_counts().iter_rows()) == {942: 934, 941: 1, 758: 180}
    assert (train["Date"].min(), train["Date"].max()) == (date(2013, 1, 1), date(2015, 7, 31))
    closed = days.filter(days=758)["Store"].implode()
    gap = pl.col("Date").is_between(date(2014, 7, 1), date(2014, 12, 31))
    assert train.filter(pl.col("Store").is_in(closed), gap).is_empty()
    assert not train.select("Store", "Date").is_duplicated().any()


def test_rows_stand_newest_day_first_and_stores_in_order(train: pl.DataFrame) -> None:
    import polars as pl

    number = -pl.col("Date").to_physical().cast(pl.Int64) * 10_000 + pl.col("Store")
    assert train.select(number)["Date"].is_sorted()


def test_stores_know_as_little_as_the_real_ones(store: pl.DataFrame) -> None:
    assert store["Store"].to_list() == list(range(1, 1116))
    nulls = store.null_count().row(0, named=True)
    assert {name: count for name, count in nulls.items() if count} == {
        "CompetitionDistance": 3,
        "CompetitionOpenSinceMonth": 354,
        "CompetitionOpenSinceYear": 354,
        "Promo2SinceWeek": 544,
        "Promo2SinceYear": 544,
    }
    assert store.filter(Promo2=0)["PromoInterval"].unique().to_list() == [""]
    assert store.filter(Promo2=1)["PromoInterval"].n_unique() == 3
    assert set(store["StoreType"]) == {"a", "b", "c", "d"}
    assert set(store["Assortment"]) == {"a", "b", "c"}


def test_a_closed_store_sells_nothing(train: pl.DataFrame) -> None:
    import polars as pl

    closed = train.filter(pl.col("Open") == 0)
    assert closed.height > 100_000
    assert (closed["Sales"].sum(), closed["Customers"].sum()) == (0, 0)
    sundays = train.filter(pl.col("DayOfWeek") == 7)["Open"].mean()
    assert isinstance(sundays, float)
    assert 0 < sundays < 0.05


def test_sales_follow_promotions_weekdays_and_seasons(train: pl.DataFrame) -> None:
    import polars as pl

    sold = train.filter(pl.col("Open") == 1)

    def mean(*conditions: pl.Expr) -> float:
        value = sold.filter(*conditions)["Sales"].mean()
        assert isinstance(value, float)
        return value

    monday, month = pl.col("DayOfWeek") == 1, pl.col("Date").dt.month()
    promoted = pl.col("Promo") == 1
    assert mean(monday, promoted) > 1.3 * mean(monday, ~promoted)
    assert mean(monday, promoted) > mean(pl.col("DayOfWeek") == 4, promoted)
    assert mean(month == 12) > 1.15 * mean(month == 9)


def test_values_stay_inside_the_expectations(train: pl.DataFrame) -> None:
    assert train.select("Sales").to_series().is_between(0, 50_000).all()
    assert train["Customers"].is_between(0, 10_000).all()
    assert train["DayOfWeek"].to_list() == train["Date"].dt.weekday().to_list()
    for name in ("Open", "Promo"):
        assert set(train[name]) == {0, 1}
    assert set(train["StateHoliday"]) == {"0", "a", "b", "c"}
    assert set(train["SchoolHoliday"]) == {"0", "1"}


@pytest.mark.skipif(not REAL.is_dir(), reason=f"no real data in {REAL}")
@pytest.mark.parametrize("name", ["train.csv", "store.csv"])
def test_columns_and_quoting_are_the_real_ones(folder: Path, name: str) -> None:
    real, ours = (first_lines(path / name) for path in (REAL, folder))
    assert ours[0] == real[0]
    assert kinds_of(ours[1:]) == kinds_of(real[1:])


def first_lines(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(lines)[:100_000]


def kinds_of(lines: list[str]) -> list[set[str]]:
    """For every column, how its fields are written: quoted, bare or empty."""
    kinds: list[set[str]] = []
    for line in lines:
        for number, field in enumerate(re.findall(r'("[^"]*"|[^,]*)(?:,|$)', line)[:-1]):
            if number == len(kinds):
                kinds.append(set())
            kinds[number].add(kind_of(field))
    return kinds


def kind_of(field: str) -> str:
    if field.startswith('"'):
        return "quoted"
    if field.isdigit():
        return "number"
    return "date" if field else "empty"
