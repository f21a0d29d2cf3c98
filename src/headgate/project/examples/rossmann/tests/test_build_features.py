"""What the features promise, on data that is small enough to be checked by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from math import log1p
from statistics import mean, stdev

import polars as pl
import pytest
from small_data import make_days, make_history, make_stores
from transformations.build_features import LAGS, WINDOWS, train_features
from transformations.make_dataset import train_clean

START = date(2015, 1, 5)


def features_of(days: pl.LazyFrame, *stores: dict[str, object]) -> pl.DataFrame:
    known = make_stores(*(stores or ({"Store": 1}, {"Store": 2})))
    return train_features(train_clean(days, known)).collect()


def on(features: pl.DataFrame, day: date, column: str, store: int = 1) -> object:
    return features.filter(pl.col("Store") == store, pl.col("Date") == day)[column].item()


def test_there_are_32_features():
    clean = train_clean(make_days({}), make_stores({}))
    features = train_features(clean)
    assert len(features.collect_schema()) == len(clean.collect_schema()) + 32


# ------------------------------------------------------------------ past sales


@pytest.mark.parametrize("lag", LAGS)
def test_a_lag_is_the_sale_that_many_days_ago(lag):
    features = features_of(make_history(START, list(range(100, 140))))
    day = START + timedelta(days=30)
    assert on(features, day, f"Sales_Lag_{lag}") == 130 - lag


@pytest.mark.parametrize("lag", LAGS)
def test_a_lag_into_a_gap_is_null_and_not_the_sale_of_another_day(lag):
    sales: list[int | None] = list(range(100, 140))
    sales[30 - lag] = None
    features = features_of(make_history(START, sales))
    assert on(features, START + timedelta(days=30), f"Sales_Lag_{lag}") is None


def test_a_lag_across_a_gap_still_finds_its_day():
    features = features_of(make_history(START, [1, 2, None, None, 5, 6, 7, 8]))
    assert on(features, START + timedelta(days=7), "Sales_Lag_7") == 1


def test_a_store_does_not_see_the_sales_of_another():
    days = pl.concat([make_history(START, [10, 20], store=1), make_history(START, [7, 8], store=2)])
    features = features_of(days)
    assert on(features, START, "Sales_Lag_1", store=2) is None
    assert on(features, START + timedelta(days=1), "Sales_Lag_1", store=2) == 7
    assert on(features, START + timedelta(days=1), "Sales_RollingMean_60", store=2) == 7


def test_the_order_of_the_rows_does_not_matter():
    clean = train_clean(make_history(START, [5, 3, None, 8, 1]), make_stores({}))
    upside_down = train_features(clean.reverse()).collect()
    assert upside_down.reverse().equals(train_features(clean).collect())


@pytest.mark.parametrize("days", WINDOWS)
def test_a_window_holds_the_days_before_and_no_more(days):
    sales = [(7 * day) % 50 for day in range(70)]
    features = features_of(make_history(START, sales))
    last = START + timedelta(days=69)
    window = sales[69 - days : 69]
    assert on(features, last, f"Sales_RollingMean_{days}") == pytest.approx(mean(window))
    assert on(features, last, f"Sales_RollingStd_{days}") == pytest.approx(stdev(window))


def test_a_window_goes_by_date_and_not_by_number_of_rows():
    features = features_of(make_history(START, [100, *[None] * 7, 10, 30]))
    last = START + timedelta(days=9)
    assert on(features, last, "Sales_RollingMean_7") == 10
    assert on(features, last, "Sales_RollingMean_14") == 55


def test_a_mean_needs_one_day_and_a_deviation_two():
    features = features_of(make_history(START, [10, 20, 30]))
    assert features["Sales_RollingMean_7"].to_list() == [None, 10, 15]
    assert features["Sales_RollingStd_7"].to_list() == [None, None, pytest.approx(stdev([10, 20]))]


def test_equal_sales_do_not_vary_at_all():
    features = features_of(make_history(START, [9_999] * 70))
    assert features["Sales_RollingStd_60"].drop_nulls().unique().to_list() == [0.0]


def test_no_feature_knows_the_sales_of_its_own_day():
    known, unknown = [10, 20, 30, 40], [10, 20, 30, 50_000]
    one, other = (features_of(make_history(START, sales)) for sales in (known, unknown))
    assert one.drop("Sales").equals(other.drop("Sales"))


# ------------------------------------------------------------------ calendar


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2015, 1, 1), {"Year": 2015, "Month": 1, "Week": 1, "Quarter": 1, "Season": 0}),
        (date(2014, 12, 31), {"Week": 1, "Quarter": 4, "Season": 0, "Day": 31, "DayOfMonth": 31}),
        (date(2015, 3, 1), {"Season": 1, "IsMonthStart": 1, "IsQuarterStart": 0, "IsWeekend": 1}),
        (date(2015, 4, 1), {"IsMonthStart": 1, "IsQuarterStart": 1, "IsWeekend": 0}),
        (date(2015, 6, 30), {"Season": 2, "IsMonthEnd": 1, "IsQuarterEnd": 1}),
        (date(2015, 7, 31), {"IsMonthEnd": 1, "IsQuarterEnd": 0}),
        (date(2016, 2, 28), {"IsMonthEnd": 0}),
        (date(2016, 2, 29), {"IsMonthEnd": 1, "Season": 0}),
        (date(2015, 11, 30), {"Season": 3}),
    ],
)
def test_the_calendar_is_read_from_the_date(day, expected):
    features = features_of(make_days({"Date": day}))
    assert {name: features[name].item() for name in expected} == expected


# ------------------------------------------------------------------ promotions


@pytest.mark.parametrize(
    ("interval", "months"),
    [
        ("Jan,Apr,Jul,Oct", {1, 4, 7, 10}),
        ("Feb,May,Aug,Nov", {2, 5, 8, 11}),
        ("Mar,Jun,Sept,Dec", {3, 6, 9, 12}),
        ("", set()),
    ],
)
def test_promo2_is_active_in_its_months(interval, months):
    days = make_days(*({"Date": date(2015, month, 1)} for month in range(1, 13)))
    features = features_of(days, {"PromoInterval": interval})
    assert set(features.filter(pl.col("Promo2Active") == 1)["Month"]) == months


def test_promo2_is_never_active_in_a_store_without_it():
    days = make_days(*({"Date": date(2015, month, 1)} for month in range(1, 13)))
    features = features_of(days, {"Promo2": 0, "PromoInterval": "Jan,Apr,Jul,Oct"})
    assert features["Promo2Active"].sum() == 0


def test_each_interval_has_a_column_of_its_own():
    features = features_of(make_days({}), {"PromoInterval": "Mar,Jun,Sept,Dec"})
    columns = ["PromoInterval_JAJO", "PromoInterval_FMAN", "PromoInterval_MJSD"]
    assert features.select(columns).row(0) == (0, 0, 1)


@pytest.mark.parametrize("year", range(2009, 2016))
def test_the_duration_of_promo2_counts_from_the_monday_that_strptime_finds(year):
    day = date(2020, 1, 1)
    weeks = range(1, 54)
    stores = [{"Store": week, "Promo2SinceWeek": week, "Promo2SinceYear": year} for week in weeks]
    features = features_of(make_days(*({"Store": week, "Date": day} for week in weeks)), *stores)
    mondays = [datetime.strptime(f"{year}-{week}-1", "%Y-%W-%w").date() for week in weeks]
    assert features["Promo2Duration"].to_list() == [(day - monday).days for monday in mondays]


def test_the_duration_of_promo2_is_0_before_it_starts_and_where_it_is_not_known():
    features = features_of(
        make_days({"Store": 1}, {"Store": 2}),
        {"Store": 1, "Promo2SinceWeek": 10, "Promo2SinceYear": 2015},
        {"Store": 2, "Promo2SinceWeek": None, "Promo2SinceYear": None},
    )
    assert features["Promo2Duration"].to_list() == [0, 0]


# ------------------------------------------------------------------ competition


def test_the_age_of_the_competition_counts_from_the_first_of_its_month():
    features = features_of(
        make_days({"Date": date(2015, 1, 5)}),
        {"CompetitionOpenSinceMonth": 12, "CompetitionOpenSinceYear": 2014},
    )
    assert features["CompetitionAge"].item() == 35


@pytest.mark.parametrize(("month", "year"), [(None, None), (2, 2015), (None, 2010), (5, None)])
def test_the_age_of_the_competition_is_0_before_it_opens_and_where_it_is_not_known(month, year):
    store = {"CompetitionOpenSinceMonth": month, "CompetitionOpenSinceYear": year}
    assert features_of(make_days({}), store)["CompetitionAge"].item() == 0


@pytest.mark.parametrize(("distance", "near"), [(1270.0, 1), (99_999.0, 1), (None, 0)])
def test_a_store_without_a_known_distance_has_no_competition(distance, near):
    features = features_of(make_days({}), {"CompetitionDistance": distance})
    assert features["HasCompetition"].item() == near
    expected = log1p(100_000 if distance is None else distance)
    assert features["CompetitionDistance_log"].item() == pytest.approx(expected)
