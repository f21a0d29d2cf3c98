"""Sales that look like Rossmann's, for who does not have the real files. No value in them is real.

The shape is exactly the real one: stores, days, rows, gaps, columns, order, quoting and nulls.
The values follow weekdays, seasons, promotions and holidays. They are the same on every run and
on every machine: chance comes from whole numbers, and nothing but sums, products and quotients is
made of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

STORES = 1115
FIRST_DAY = date(2013, 1, 1)
LAST_DAY = date(2015, 7, 31)
GAP = (date(2014, 7, 1), date(2014, 12, 31))
"""When 180 of the stores were closed for refurbishment, and have no rows."""
UNRECORDED = 988
"""The store whose first day is missing."""

EASTER_SUNDAYS = {2013: date(2013, 3, 31), 2014: date(2014, 4, 20), 2015: date(2015, 4, 5)}
REGIONS = 4
"""Regions differ in holidays: 0 and 1 keep those of the Catholic states, 3 those of the eastern."""

FIRST_PROMOTED_MONDAY = date(2013, 1, 7)
WEEKDAY = [0.89, 0.82, 0.81, 0.83, 0.91, 0.84, 0.90]
WEEKDAY_PROMOTED = [1.40, 1.19, 1.10, 1.09, 1.11, 0.84, 0.90]
MONTH = [0.94, 0.95, 1.00, 1.01, 1.02, 1.01, 1.00, 0.96, 0.94, 0.95, 1.03, 1.24]
"""Sales against the mean, as they are in the published data."""

TYPE_SHARES = {"a": 0.540, "b": 0.015, "c": 0.133, "d": 0.312}
EURO_PER_CUSTOMER = {"a": 8.7, "b": 5.1, "c": 8.5, "d": 11.2}
INTERVAL_SHARES = {"Jan,Apr,Jul,Oct": 0.587, "Feb,May,Aug,Nov": 0.228, "Mar,Jun,Sept,Dec": 0.185}

PRIME = 2**31 - 1


def write_lookalike(folder: Path, *, stores: int = STORES) -> None:
    """Writes `train.csv` and `store.csv` into the folder. Fewer stores make a smaller likeness."""
    folder.mkdir(parents=True, exist_ok=True)
    known = _stores(stores)
    _write(_store_table(known), folder / "store.csv")
    _write(_train_table(known), folder / "train.csv")


# ------------------------------------------------------------------ chance


def _chance(of: pl.Expr, salt: int) -> pl.Expr:
    """A number from 0 to below 1 that only the whole number `of` and the salt decide."""
    mixed = (of * 48_271 + salt * 69_621) % PRIME
    for _ in range(2):
        mixed = (mixed * mixed + salt) % PRIME  # below 2**62, so that nothing overflows
    return mixed * 16_807 % PRIME / PRIME


def _bell(of: pl.Expr, salt: int) -> pl.Expr:
    """A number from 0 to 1 that is mostly near one half."""
    return (_chance(of, salt) + _chance(of, salt + 1) + _chance(of, salt + 2)) / 3


def _chosen(of: pl.Expr, salt: int, count: int) -> pl.Expr:
    """True for exactly so many of the rows."""
    return _chance(of, salt).rank("ordinal") <= count


def _drawn(of: pl.Expr, salt: int, shares: dict[str, float]) -> pl.Expr:
    """One of the names, each as often as its share says."""
    import polars as pl

    chance, reached = _chance(of, salt), 0.0
    *others, last = shares
    expression = pl.lit(last)
    bounds = []
    for name in others:
        reached += shares[name]
        bounds.append((reached, name))
    for bound, name in reversed(bounds):
        expression = pl.when(chance < bound).then(pl.lit(name)).otherwise(expression)
    return expression


def _whole(number: pl.Expr) -> pl.Expr:
    import polars as pl

    return number.floor().cast(pl.Int64)


# ------------------------------------------------------------------ stores


def _stores(count: int) -> pl.DataFrame:
    """Every store: what store.csv says of it, and what decides its sales."""
    import polars as pl

    store = pl.col("Store")

    def share(of_all: int) -> int:
        return of_all * count // STORES

    return (
        pl.select(Store=pl.int_range(1, count + 1))
        .with_columns(
            StoreType=_drawn(store, 11, TYPE_SHARES),
            Region=pl.sum_horizontal(_chance(store, 21) >= bound for bound in (0.28, 0.69, 0.85)),
            Refurbished=_chosen(store, 31, share(180)),
            Promo2=_chosen(store, 41, count - share(544)).cast(pl.Int64),
        )
        .with_columns(
            Sunday=(pl.col("StoreType") == "b") | (_chance(store, 51) < 0.015),
            Size=3_300 + 21_000 * _cubed(_bell(store, 61)),
            Ticket=pl.col("StoreType").replace_strict(EURO_PER_CUSTOMER)
            * (0.85 + 0.3 * _bell(store, 71)),
            Assortment=pl.when(pl.col("StoreType") == "b")
            .then(_drawn(store, 81, {"b": 0.53, "a": 0.41, "c": 0.06}))
            .otherwise(_drawn(store, 82, {"a": 0.53, "c": 0.47})),
            **_competition(store, nulls=share(3), unknown=share(354)),
            **_promo2(store),
        )
    )


def _cubed(number: pl.Expr) -> pl.Expr:
    return number * number * number


def _competition(store: pl.Expr, nulls: int, unknown: int) -> dict[str, pl.Expr]:
    import polars as pl

    near = _chance(store, 101)
    distance = 20 + 10 * _whole(7_584 * _cubed(near) * near * near)
    month = 1 + _whole(12 * _chance(store, 111))
    year = 2015 - _whole(26 * _cubed(_chance(store, 121)))
    known = ~_chosen(store, 131, unknown)
    return {
        "CompetitionDistance": pl.when(~_chosen(store, 141, nulls)).then(distance),
        "CompetitionOpenSinceMonth": pl.when(known).then(month),
        "CompetitionOpenSinceYear": pl.when(known).then(year),
    }


def _promo2(store: pl.Expr) -> dict[str, pl.Expr]:
    import polars as pl

    taking_part = pl.col("Promo2") == 1
    week = 1 + _whole(50 * _chance(store, 151))
    year = 2009 + _whole(7 * _chance(store, 161))
    interval = _drawn(store, 171, INTERVAL_SHARES)
    return {
        "Promo2SinceWeek": pl.when(taking_part).then(week),
        "Promo2SinceYear": pl.when(taking_part).then(year),
        "PromoInterval": pl.when(taking_part).then(interval).otherwise(pl.lit("")),
    }


# ------------------------------------------------------------------ days


def _calendar() -> pl.DataFrame:
    """Every day in every region."""
    import polars as pl

    days = [FIRST_DAY + timedelta(days=after) for after in range((LAST_DAY - FIRST_DAY).days + 1)]
    rows = [
        {
            "Date": day,
            "Region": region,
            "Number": (day - FIRST_DAY).days,
            "DayOfWeek": day.isoweekday(),
            "Promo": int(_promoted(day)),
            "StateHoliday": _state_holiday(day, region),
            "SchoolHoliday": str(int(_no_school(day, region))),
            "Demand": _demand(day),
        }
        for day in days
        for region in range(REGIONS)
    ]
    return pl.DataFrame(rows)


def _promoted(day: date) -> bool:
    """Monday to Friday, every other week."""
    return day.weekday() < 5 and (day - FIRST_PROMOTED_MONDAY).days // 7 % 2 == 0


def _demand(day: date) -> float:
    weekday = (WEEKDAY_PROMOTED if _promoted(day) else WEEKDAY)[day.weekday()]
    return weekday * MONTH[day.month - 1] * (1 + 0.03 * (day.year - 2014))


def _state_holiday(day: date, region: int) -> str:
    """As in train.csv: c Christmas, b Easter, a any other public holiday, 0 none."""
    since_easter = (day - EASTER_SUNDAYS[day.year]).days
    if (day.month, day.day) in {(12, 25), (12, 26)}:
        return "c"
    if since_easter in {-2, 1}:
        return "b"
    ascension, whit_monday, corpus_christi = 39, 50, 60
    dates, feasts = {(1, 1), (5, 1), (10, 3)}, {ascension, whit_monday}
    if region <= 1:
        dates.add((11, 1))
        feasts.add(corpus_christi)
    if region == 0:
        dates.add((1, 6))
    if region == 3:
        dates.add((10, 31))
    return "a" if (day.month, day.day) in dates or since_easter in feasts else "0"


def _no_school(day: date, region: int) -> bool:
    """Summer and autumn holidays start later from region to region. Weekends do not count."""
    if day.weekday() >= 5:
        return False
    summer = date(day.year, 6, 24) + timedelta(days=12 * region)
    autumn = date(day.year, 10, 1) + timedelta(days=7 * region)
    easter = EASTER_SUNDAYS[day.year] - timedelta(days=9)
    starts = ((summer, 44), (autumn, 12), (easter, 17))
    if any(start <= day < start + timedelta(days=length) for start, length in starts):
        return True
    return (day.month, day.day) >= (12, 23) or (day.month, day.day) <= (1, 5)


# ------------------------------------------------------------------ sales


def _train_table(stores: pl.DataFrame) -> pl.DataFrame:
    """Every recorded day of every store, newest first."""
    import polars as pl

    row = pl.col("Store") * 1_000 + pl.col("Number")
    sunday, holiday = pl.col("DayOfWeek") == 7, pl.col("StateHoliday") != "0"
    exception = _chance(row, 211) < 0.015  # some shops in stations and at the sea do open
    refurbished = _chance(row, 221) < 0.002
    luck = 0.55 + 0.9 * _bell(row, 231)
    unrecorded = (pl.col("Store") == min(UNRECORDED, stores.height)) & (pl.col("Number") == 0)
    return (
        stores.lazy()
        .join(_calendar().lazy(), on="Region")
        .filter(~(pl.col("Refurbished") & pl.col("Date").is_between(*GAP)), ~unrecorded)
        .with_columns(
            Open=((~sunday | pl.col("Sunday")) & (~holiday | exception) & ~refurbished).cast(
                pl.Int64
            )
        )
        .with_columns(Sales=_whole(pl.col("Open") * pl.col("Size") * pl.col("Demand") * luck))
        .with_columns(
            Customers=_whole(pl.col("Sales") / pl.col("Ticket") * (0.95 + 0.1 * _chance(row, 241)))
        )
        .select(
            *["Store", "DayOfWeek", "Date", "Sales", "Customers", "Open", "Promo"],
            *_quoted(["StateHoliday", "SchoolHoliday"]),
        )
        .sort("Date", "Store", descending=[True, False])
        .collect()
    )


# ------------------------------------------------------------------ files


def _store_table(stores: pl.DataFrame) -> pl.DataFrame:
    return stores.select(
        "Store",
        *_quoted(["StoreType", "Assortment"]),
        "CompetitionDistance",
        "CompetitionOpenSinceMonth",
        "CompetitionOpenSinceYear",
        "Promo2",
        "Promo2SinceWeek",
        "Promo2SinceYear",
        *_quoted(["PromoInterval"]),
    )


def _quoted(columns: Iterable[str]) -> list[pl.Expr]:
    import polars as pl

    return [pl.format('"{}"', pl.col(column)).alias(column) for column in columns]


def _write(table: pl.DataFrame, path: Path) -> None:
    """As the published files are quoted: names and texts are, numbers, dates and nulls are not."""
    quoted_names = {name: f'"{name}"' for name in table.columns}
    table.rename(quoted_names).write_csv(path, quote_style="never", line_terminator="\n")
