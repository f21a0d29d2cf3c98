"""The standard features: calendar, promotions, competition, and past sales.

Past sales go by date within the store: where the day is missing a lag is null, and a window holds
the days there are. A window ends the day before, so that no row sees the sales it is to predict.
"""

from __future__ import annotations

import polars as pl

from transformations.make_dataset import NO_COMPETITOR

LAGS = [1, 7, 14, 28]
WINDOWS = [7, 14, 28, 60]
"""Days, both."""

PROMO_INTERVALS = {"JAJO": "Jan,Apr,Jul,Oct", "FMAN": "Feb,May,Aug,Nov", "MJSD": "Mar,Jun,Sept,Dec"}

# Three letters are enough to find the month: "Sep" is in "Sept", as store.csv has it.
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def train_features(train_clean: pl.LazyFrame) -> pl.LazyFrame:
    """The clean table, in its order, with 32 more columns."""
    return train_clean.with_columns(
        *calendar(), *promotions(), *competition(), *lagged_sales(), *rolling_sales()
    )


def calendar() -> list[pl.Expr]:
    """What the date itself says. Weeks are those of ISO 8601; seasons go from 0, winter."""
    date = pl.col("Date").dt
    quarter_start = date.month().is_in([1, 4, 7, 10])
    quarter_end = date.month().is_in([3, 6, 9, 12])
    month_start = date.day() == 1
    month_end = date.day() == date.days_in_month()
    return [
        date.year().alias("Year"),
        date.month().alias("Month"),
        date.week().alias("Week"),
        date.day().alias("Day"),
        date.day().alias("DayOfMonth"),
        date.quarter().alias("Quarter"),
        flag("IsMonthStart", month_start),
        flag("IsMonthEnd", month_end),
        flag("IsQuarterStart", quarter_start & month_start),
        flag("IsQuarterEnd", quarter_end & month_end),
        flag("IsWeekend", date.weekday() >= 6),
        (date.month() % 12 // 3).alias("Season"),
    ]


def promotions() -> list[pl.Expr]:
    """The long-running promotion: whether it is on this month, for how long it has been running."""
    month = pl.col("Date").dt.month().replace_strict(range(1, 13), MONTHS)
    this_month = pl.col("PromoInterval").str.contains(month, literal=True)
    year, week = pl.col("Promo2SinceYear"), pl.col("Promo2SinceWeek")
    return [
        flag("Promo2Active", (pl.col("Promo2") == 1) & this_month),
        days_since(monday_of(year, week), (year > 0) & (week > 0)).alias("Promo2Duration"),
        *(
            flag(f"PromoInterval_{letters}", pl.col("PromoInterval") == months)
            for letters, months in PROMO_INTERVALS.items()
        ),
    ]


def competition() -> list[pl.Expr]:
    """The nearest competitor: how far away it is, and for how long it has been there."""
    distance = pl.col("CompetitionDistance")
    year, month = pl.col("CompetitionOpenSinceYear"), pl.col("CompetitionOpenSinceMonth")
    return [
        distance.log1p().alias("CompetitionDistance_log"),
        flag("HasCompetition", distance < NO_COMPETITOR),
        days_since(first_day_of(year, month), (year > 0) & (month > 0)).alias("CompetitionAge"),
    ]


def lagged_sales() -> list[pl.Expr]:
    """The sales of one earlier day: the only day in a window of a day that long ago."""
    return [
        pl.col("Sales")
        .first()
        .rolling("Date", period="1d", offset=f"-{days}d", closed="left")
        .over("Store", order_by="Date")
        .alias(f"Sales_Lag_{days}")
        for days in LAGS
    ]


def rolling_sales() -> list[pl.Expr]:
    """Mean and sample standard deviation of the days before; closed left, today is not in it."""
    sales = pl.col("Sales")
    means = [
        sales.rolling_mean_by("Date", f"{days}d", min_samples=1, closed="left")
        .over("Store")
        .alias(f"Sales_RollingMean_{days}")
        for days in WINDOWS
    ]
    deviations = [
        sales.rolling_std_by("Date", f"{days}d", min_samples=2, closed="left")
        .over("Store")
        .alias(f"Sales_RollingStd_{days}")
        for days in WINDOWS
    ]
    return means + deviations


def flag(name: str, condition: pl.Expr) -> pl.Expr:
    """1 where the condition holds, else 0."""
    return condition.cast(pl.Int8).alias(name)


def days_since(start: pl.Expr, known: pl.Expr) -> pl.Expr:
    """Days from `start` to the date of the row: 0 before it, and 0 where it is not known."""
    days = (pl.col("Date") - start).dt.total_days().clip(lower_bound=0)
    return pl.when(known).then(days).otherwise(0)


def first_day_of(year: pl.Expr, month: pl.Expr) -> pl.Expr:
    """The first day of a month."""
    return pl.date(year, month, 1)


def monday_of(year: pl.Expr, week: pl.Expr) -> pl.Expr:
    """The Monday of a week, counted as strptime's %W does: week 1 has the year's first Monday."""
    new_year = pl.date(year, 1, 1)
    first_monday = new_year + pl.duration(days=(8 - new_year.dt.weekday()) % 7)
    return first_monday + pl.duration(weeks=week - 1)
