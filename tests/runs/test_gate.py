"""A person's word lets a failed check through, at the gate that it names."""

from __future__ import annotations

import pytest

from headgate.checks.check import Check, Outcome, Share, Status
from headgate.checks.metric import Failing, NotNull
from headgate.errors import UsageError
from headgate.runs.gate import Verdict, Waiver, judgement, known_checks, waive

CHECK = Check("not_null", Failing(NotNull("store")), Share(), description="store not null")
BOTH = [("sales", CHECK), ("clean", CHECK), ("clean", CHECK)]


def waiver(*checks: str) -> Waiver:
    return Waiver(checks, "seen", "ada")


@pytest.mark.parametrize("name", [CHECK.id, CHECK.description, CHECK.kind])
def test_a_waiver_covers_the_check_of_the_dataset_that_it_names(name: str) -> None:
    word = waiver(f"sales:{name}")
    known_checks(word, BOTH)
    found = {}
    for dataset, check in BOTH:
        judged = judgement(dataset, dataset, [Outcome(check, Status.FAILED)])
        found[dataset] = waive(judged, word).verdict
    assert found == {"sales": Verdict.WAIVED, "clean": Verdict.CLOSED}


@pytest.mark.parametrize("name", [CHECK.id, CHECK.description, CHECK.kind])
def test_a_name_alone_is_enough_where_one_dataset_has_the_check(name: str) -> None:
    known_checks(waiver(name), BOTH[1:])
    with pytest.raises(UsageError, match="is a check of 2 datasets") as refused:
        known_checks(waiver(name), BOTH)
    assert f'--waive "sales:{name}", --waive "clean:{name}"' in str(refused.value.hint)


@pytest.mark.parametrize("name", ["store", "stores:store not null", "clean:store", "sales:", ""])
def test_a_name_that_no_check_has_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="no check"):
        known_checks(waiver(name), BOTH)


def test_a_slip_is_told_the_nearest_check() -> None:
    with pytest.raises(UsageError) as refused:
        known_checks(waiver("sales:store not nul"), BOTH)
    assert "sales:store not null" in str(refused.value.hint)
