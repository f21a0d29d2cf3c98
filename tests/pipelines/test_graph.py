"""Steps are ordered by what they read."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.errors import DeclarationError, UnknownNameError
from headgate.pipelines.graph import order


def test_what_is_read_comes_first_and_else_the_order_of_the_file_stays() -> None:
    inputs = {"c": ["a"], "b": ["s"], "a": ["s"], "d": ["s"]}
    assert order(inputs, ["s"]) == ["b", "a", "c", "d"]


def test_an_unknown_input_is_named_with_what_was_probably_meant() -> None:
    with pytest.raises(UnknownNameError) as raised:
        order({"features": ["train_clen"], "train_clean": ["train"]}, ["train"], "p.yml:3")
    assert str(raised.value) == (
        "p.yml:3: step 'features' reads 'train_clen', which is neither a source nor a step\n"
        "  did you mean 'train_clean'?"
    )


@pytest.mark.parametrize(
    ("inputs", "circle"),
    [
        ({"a": ["b"], "b": ["a"]}, "a -> b -> a"),
        ({"a": ["a"]}, "a -> a"),
        ({"x": ["a"], "a": ["b"], "b": ["s", "c"], "c": ["a"]}, "a -> b -> c -> a"),
    ],
)
def test_a_circle_is_shown(inputs: dict[str, list[str]], circle: str) -> None:
    with pytest.raises(DeclarationError, match="in a circle: ") as raised:
        order(inputs, ["s"])
    assert raised.value.what.endswith(f": {circle}")


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.sets(st.sampled_from("abcdefgh"))))
def test_an_order_holds_every_step_once_after_its_inputs(inputs: dict[str, set[str]]) -> None:
    sources = set("abcdefgh") - inputs.keys()
    try:
        ordered = order(inputs, sources)
    except DeclarationError as error:
        circle = error.what.rpartition(": ")[2].split(" -> ")
        assert circle[0] == circle[-1]
        assert all(b in inputs[a] for a, b in pairwise(circle))
    else:
        assert sorted(ordered) == sorted(inputs)
        for position, step in enumerate(ordered):
            assert inputs[step] <= sources | set(ordered[:position])
