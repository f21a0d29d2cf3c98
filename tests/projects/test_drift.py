"""A distribution is compared with the release before, and a verdict stays while both stay."""

from __future__ import annotations

import pytest

from tests.projects.shop import Shop

HEAD = "store,day,amount,kind\n"


def month(number: int, amounts: range) -> str:
    """A delivery with one amount a day."""
    rows = (f"1,2024-{number:02}-{n + 1:02},{amount},0\n" for n, amount in enumerate(amounts))
    return HEAD + "".join(rows)


@pytest.fixture
def watched(shop: Shop) -> Shop:
    check = "distribution: {column: amount, measure: ks, at_most: 0.3, against: release}"
    shop.edit(
        "pipelines/shop.yml",
        "arrives: upsert\n    key: [store, day]\n",
        f"checks:\n      - {check}\n",
    )
    shop.deliver(month(1, range(10, 30)))
    shop.headgate("run")
    return shop


def drifts(shop: Shop) -> list[tuple[str, float | None, bool]]:
    """How each verdict of the check was reached, oldest first: status, distance, remembered."""
    return [
        (outcome["status"], outcome["observed"], event["cached"])
        for event in shop.events("gate_judged")
        for outcome in event["outcomes"]
        if outcome["kind"] == "distribution"
    ]


def test_the_first_version_passes_and_says_why(watched: Shop) -> None:
    [event] = [one for one in watched.events("gate_judged") if one["dataset"] == "sales"]
    [outcome] = [one for one in event["outcomes"] if one["kind"] == "distribution"]
    assert (outcome["status"], outcome["observed"]) == ("passed", None)
    assert outcome["message"] == "there is no release before to compare with"


def test_a_run_with_nothing_new_changes_nothing_whatever_was_compared(watched: Shop) -> None:
    assert "nothing changed" in watched.headgate("run").out
    watched.deliver(month(1, range(12, 32)))
    assert "prod@2" in watched.headgate("run").out
    assert drifts(watched) == [("passed", None, False), ("passed", 0.1, False)]
    assert "nothing" in watched.headgate("plan").out
    assert "nothing changed" in watched.headgate("run").out
    assert len(drifts(watched)) == 2


def test_a_version_that_moved_too_far_is_held_back(watched: Shop) -> None:
    watched.deliver(month(1, range(20, 40)))
    out = watched.headgate("run", code=1).out
    assert "ks of amount against the release before is 0.5" in out
    assert watched.newest() == 1
    watched.headgate("run", code=1)
    watched.deliver(month(1, range(12, 32)))
    watched.headgate("run")
    watched.deliver(month(1, range(16, 36)))
    watched.headgate("run")  # a step at a time, each compared with the one before
    assert [distance for _, distance, _ in drifts(watched)] == [None, 0.5, 0.5, 0.1, 0.2]


def test_what_is_served_is_validated_beside_the_version_before_it(watched: Shop) -> None:
    watched.deliver(month(1, range(12, 32)))
    watched.headgate("run")
    found = watched.headgate("validate", "sales", "--json").document["judged"]
    [outcome] = [one for one in found[0]["outcomes"] if one["kind"] == "distribution"]
    assert outcome["observed"] == pytest.approx(0.1)
    document = watched.headgate("quality", "backtest", "sales", "--json").document
    [tried] = [one for one in document["checks"] if one["kind"] == "distribution"]
    assert (tried["passed"], tried["not_judged"]) == (2, [])


def test_a_version_that_a_rollback_brought_back_is_not_judged_beside_what_was_taken_back(
    watched: Shop,
) -> None:
    watched.deliver(month(1, range(14, 34)))
    watched.headgate("run")
    watched.headgate("data", "rollback")
    before = len(drifts(watched))
    watched.deliver(month(1, range(10, 30)))
    watched.headgate("run")
    assert [one for one in drifts(watched)[before:] if not one[2]] == []


def test_data_that_comes_back_is_judged_once(watched: Shop) -> None:
    watched.deliver(month(1, range(12, 32)))
    watched.headgate("run")
    watched.deliver(month(1, range(10, 30)))
    watched.headgate("run")
    assert watched.newest() == 3
    assert drifts(watched)[-1] == ("passed", 0.1, False)
    assert "nothing changed" in watched.headgate("run").out
    assert len(drifts(watched)) == 3


def test_a_named_release_is_a_fixed_reference(watched: Shop) -> None:
    watched.edit("pipelines/shop.yml", "against: release", "against: prod@1")
    watched.headgate("run")
    for first in (12, 16, 20):
        watched.deliver(month(1, range(first, first + 20)))
        done = watched.headgate("run", code=None)
        assert done.code == (first == 20)
    assert [distance for _, distance, _ in drifts(watched)[1:]] == [0, 0.1, 0.3, 0.5]


def test_a_release_that_is_not_there_is_no_pass(watched: Shop) -> None:
    watched.edit("pipelines/shop.yml", "against: release", "against: prod@99")
    assert "no release 'prod@99' to compare" in watched.headgate("run", code=1).out


def test_another_dataset_is_a_reference_by_its_name(watched: Shop) -> None:
    watched.edit("pipelines/shop.yml", "against: release", "against: stores")
    out = watched.headgate("run", code=1).out
    assert "stores: no column 'amount'" in out
    watched.edit("pipelines/shop.yml", "against: stores", "against: store")
    assert "did you mean 'stores'" in watched.headgate("plan", code=2).err


def test_what_a_person_let_through_stays_let_through_once_it_is_served(watched: Shop) -> None:
    watched.deliver(month(1, range(20, 40)))
    watched.headgate("run", "--waive", "distribution", "--reason", "prices rose")
    assert watched.newest() == 2
    assert "nothing changed" in watched.headgate("run").out
