"""A few days of a few stores, small enough to be checked by hand."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

STORE = {
    "Store": 1,
    "StoreType": "a",
    "Assortment": "c",
    "CompetitionDistance": 1270.0,
    "CompetitionOpenSinceMonth": 9,
    "CompetitionOpenSinceYear": 2008,
    "Promo2": 1,
    "Promo2SinceWeek": 13,
    "Promo2SinceYear": 2010,
    "PromoInterval": "Mar,Jun,Sept,Dec",
}
DAY = {
    "Store": 1,
    "DayOfWeek": 1,
    "Date": date(2015, 1, 5),
    "Sales": 0,
    "Customers": 0,
    "Open": 1,
    "Promo": 0,
    "StateHoliday": "0",
    "SchoolHoliday": 0,
}


def make_stores(*stores: dict[str, object]) -> pl.LazyFrame:
    """Stores like STORE but for what is given."""
    return pl.LazyFrame([STORE | store for store in stores])


def make_days(*days: dict[str, object]) -> pl.LazyFrame:
    """Days like DAY but for what is given."""
    return pl.LazyFrame([DAY | day for day in days])


def make_history(start: date, sales: list[int | None], store: int = 1) -> pl.LazyFrame:
    """One day after another; None leaves the day out."""
    return make_days(
        *(
            {"Store": store, "Date": start + timedelta(days=after), "Sales": sold}
            for after, sold in enumerate(sales)
            if sold is not None
        )
    )
