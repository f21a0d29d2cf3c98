"""A policy guards the environment of its name; one whose name is a slip is told of."""

from __future__ import annotations

from headgate.project.policies import is_slip
from tests.projects.shop import Shop

POLICIES = "name: shop\nenvironments:\n  {}:\n    publish: [ada]\n  gold:\n    publish: [ada]\n"


def test_a_misspelt_policy_is_told_and_one_written_ahead_stands_in_nobodys_way(
    open_shop: Shop,
) -> None:
    open_shop.write("headgate.yml", POLICIES.format("prdo"))
    found = open_shop.headgate("lint", "--json").document["findings"]
    told = {each["where"]: (each["severity"], each["what"], each["hint"]) for each in found}
    assert told["headgate.yml:3"][:2] == (
        "warn",
        "a policy for 'prdo', and there is no such environment",
    )
    assert "did you mean 'prod'?" in told["headgate.yml:3"][2]
    assert "known: prod" in told["headgate.yml:5"][2]
    ran = open_shop.headgate(
        "run", HEADGATE_USER="eve"
    )  # nothing keeps her from publishing to prod
    assert "has a policy for 'prdo'" in ran.err
    assert "did you mean that?" in ran.err
    assert "gold" not in ran.err

    refused = open_shop.headgate("env", "create", "gold", code=2, HEADGATE_USER="eve")
    assert "eve may not publish to gold" in refused.err
    open_shop.headgate("env", "create", "gold", HEADGATE_USER="ada")
    open_shop.write("headgate.yml", POLICIES.format("prod"))
    found = open_shop.headgate("lint", "--json").document["findings"]
    assert not [each for each in found if each["where"].startswith("headgate.yml")]
    assert "policy" not in open_shop.headgate("run", HEADGATE_USER="ada").err
    open_shop.headgate("run", code=2, HEADGATE_USER="eve")


def test_a_slip_is_a_letter_or_two_that_are_swapped_and_never_a_number() -> None:
    for slip in ("prdo", "pord", "prd", "prodd", "Prod", "prof"):
        assert is_slip(slip, "prod"), slip
        assert is_slip("prod", slip), slip
    for other in ("prod2", "production", "dorp", "pre", "dev"):
        assert not is_slip(other, "prod"), other
    assert not is_slip("dev1", "dev2")
