"""What cleaning promises."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from small_data import make_days, make_stores
from transformations.make_dataset import train_clean

TWO_STORES = make_stores({"Store": 1}, {"Store": 2})


def test_every_day_is_kept_and_knows_its_store():
    days = make_days({"Store": 1}, {"Store": 2}, {"Store": 2, "Date": date(2015, 1, 6)})
    clean = train_clean(days, TWO_STORES).collect()
    assert clean.height == 3
    assert clean["StoreType"].to_list() == ["a", "a", "a"]


def test_rows_are_sorted_by_store_and_date():
    days = make_days(
        {"Store": 2, "Date": date(2015, 1, 6)},
        {"Store": 1, "Date": date(2015, 1, 6)},
        {"Store": 2, "Date": date(2015, 1, 5)},
    )
    clean = train_clean(days, TWO_STORES).collect()
    assert clean.select("Store", "Date").rows() == [
        (1, date(2015, 1, 6)),
        (2, date(2015, 1, 5)),
        (2, date(2015, 1, 6)),
    ]


def test_what_is_not_known_about_a_store_is_filled():
    unknown = {
        "CompetitionDistance": None,
        "CompetitionOpenSinceMonth": None,
        "CompetitionOpenSinceYear": None,
        "Promo2SinceWeek": None,
        "Promo2SinceYear": None,
        "PromoInterval": None,
    }
    stores = make_stores({"Store": 1}, {"Store": 2, **unknown})
    clean = train_clean(make_days({"Store": 2}), stores).collect()
    assert clean.select(list(unknown)).row(0) == (100_000, 0, 0, 0, 0, "")


def test_a_state_holiday_stays_text():
    days = make_days({"StateHoliday": "0"}, {"StateHoliday": "a", "Date": date(2015, 1, 6)})
    assert train_clean(days, TWO_STORES).collect()["StateHoliday"].to_list() == ["0", "a"]


def test_a_date_is_a_date():
    assert train_clean(make_days({}), TWO_STORES).collect_schema()["Date"] == pl.Date


def test_a_value_that_does_not_fit_its_type_is_refused():
    with pytest.raises(pl.exceptions.PolarsError):
        train_clean(make_days({"Open": 1000}), TWO_STORES).collect()
