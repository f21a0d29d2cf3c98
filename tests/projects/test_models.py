"""Which version of which data a model was made of is known both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.projects.shop import Shop
from tests.projects.test_triggers import killed_before, triggering

HEAD = "store,day,amount,kind\n"
TRAIN = """
import json, sys

release = json.load(sys.stdin)["release"]
print("training on", release)
print(json.dumps({"model": "sales", "metrics": {"rmse": 12.5, "n": 3}, "location": "models/s.pkl"}))
print(json.dumps({"model": "returns"}))
print("done")
"""


@pytest.fixture
def training(shop: Shop) -> Shop:
    """A shop that trains two models of each release, not run yet."""
    triggering(shop)
    shop.write("models/train.py", TRAIN)
    return shop


def models(shop: Shop, *words: str) -> list[dict[str, Any]]:
    found = shop.headgate("model", "list", "--json", *words).document["models"]
    assert isinstance(found, list)
    return found


def second(shop: Shop) -> None:
    shop.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    shop.headgate("run")


def test_a_trigger_reports_its_models_and_they_are_known_by_release_and_version(
    training: Shop,
) -> None:
    said = training.headgate("run").out
    assert "✓ Model: sales (rmse 12.5, n 3)" in said
    second(training)
    assert [(each["model"], each["release"]) for each in models(training)] == [
        ("returns", "prod@2"),
        ("sales", "prod@2"),
        ("returns", "prod@1"),
        ("sales", "prod@1"),
    ]
    [first] = models(training, "sales", "--limit", "1")
    assert (first["metrics"], first["location"]) == ({"rmse": 12.5, "n": 3.0}, "models/s.pkl")
    events = training.events("model_recorded")
    assert [event["release"] for event in events] == ["prod@1", "prod@1", "prod@2", "prod@2"]

    log = training.headgate("data", "log", "--model", "--json").document["releases"]
    assert [[each["model"] for each in release["models"]] for release in log] == [
        ["sales", "returns"],
        ["sales", "returns"],
    ]
    assert "sales (rmse 12.5, n 3), returns" in training.headgate("data", "log", "--model").out
    assert "rmse" not in training.headgate("data", "log").out

    stores = training.headgate("show", "stores", "--json").document  # not published, and used
    assert stores["releases"] == ["prod@1", "prod@2"]
    assert len(stores["models"]) == 4
    clean = training.headgate("show", "clean@1", "--json").document
    assert (clean["releases"], len(clean["models"])) == (["prod@1"], 2)
    told = training.headgate("show", "stores").out
    assert "  in prod@1 to prod@2\n" in told
    assert "  model sales (rmse 12.5, n 3) at models/s.pkl, of prod@1\n" in told
    assert "  model returns\n" in training.headgate("show", "prod@2").out


def test_a_crash_before_the_end_of_a_trigger_records_its_models_once(training: Shop) -> None:
    killed_before(training, "headgate.store.models:record", "run")
    assert models(training) == []
    training.headgate("run")
    training.headgate("run")
    assert [each["model"] for each in models(training)] == ["returns", "sales"]


def test_a_trigger_that_fails_made_no_model(training: Shop) -> None:
    training.write("models/train.py", TRAIN + "\nsys.exit(1)\n")
    training.edit(
        "pipelines/shop.yml", "python models/train.py", "python models/train.py\n    retries: 0"
    )
    training.headgate("run")
    assert models(training) == []


def test_a_report_that_is_none_is_said_and_the_trigger_stands(training: Shop) -> None:
    training.write("models/train.py", """print('{"model": "sales", "metrics": {"rmse": "low"}}')""")
    said = training.headgate("run").out
    assert "! no model is recorded: model sales: metric rmse is no finite number" in said
    assert models(training) == []
    assert len(training.events("trigger_finished")) == 1


def test_a_person_says_which_release_a_model_was_made_of(open_shop: Shop) -> None:
    words = ("model", "record", "forecast", "--release", "prod@1", "--metric", "rmse=12.3")
    done = open_shop.headgate(*words, "--metric", "mae=9", "--location", "s3://models/7")
    assert done.out == "✓ forecast (rmse 12.3, mae 9) is a model of prod@1\n"
    [model] = models(open_shop)
    assert (model["user"], model["location"], model["metrics"]) == (
        "ada",
        "s3://models/7",
        {"rmse": 12.3, "mae": 9.0},
    )
    [act] = open_shop.headgate("audit", "--json").document["acts"]
    assert (act["action"], act["subject"], act["body"]["release"]) == (
        "record model",
        "forecast",
        "prod@1",
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--release", "prod@7"), "prod has no release 7"),
        (("--release", "prod"), "'prod' is no release"),
        (("--release", "clean@1"), "'clean@1' is no release"),
        (("--release", "prod@1", "--metric", "rmse"), "no name and number"),
        (("--release", "prod@1", "--metric", "rmse=low"), "no name and number"),
        (("--release", "prod@1", "--metric", "rmse=nan"), "no finite number"),
        ((), "release"),
    ],
)
def test_what_cannot_be_recorded_is_said(
    open_shop: Shop, words: tuple[str, ...], said: str
) -> None:
    assert said in open_shop.headgate("model", "record", "m", *words, code=2).err


def test_a_model_that_is_not_known_is_said(open_shop: Shop) -> None:
    assert open_shop.headgate("model", "list").out == "no model has been recorded yet\n"
    open_shop.headgate("model", "record", "forecast", "--release", "prod@1")
    assert "did you mean 'forecast'" in open_shop.headgate("model", "list", "forcast", code=2).err
    assert json.loads(open_shop.headgate("model", "list", "--json").out)["models"]
