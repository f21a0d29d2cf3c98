"""The order of steps: what is read comes before what reads it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from headgate.errors import DeclarationError, UnknownNameError, did_you_mean


def order(
    inputs: Mapping[str, Collection[str]], sources: Collection[str], where: str | None = None
) -> list[str]:
    """The steps so that each stands after what it reads, else as they were declared.

    Raises UnknownNameError for an input that is neither a source nor a step, and
    DeclarationError for a circle.

    >>> order({"features": ["clean"], "clean": ["train"]}, ["train"])
    ['clean', 'features']
    """
    known = [*sources, *inputs]
    for step, names in inputs.items():
        for name in names:
            if name not in known:
                what = f"step {step!r} reads {name!r}, which is neither a source nor a step"
                raise UnknownNameError(what, where, did_you_mean(name, known))
    done = set(sources) - set(inputs)
    ordered: list[str] = []
    while len(ordered) < len(inputs):
        ready = next((s for s in inputs if s not in done and done.issuperset(inputs[s])), None)
        if ready is None:
            circle = " -> ".join(_circle(inputs, done))
            hint = "one of them has to read something else"
            raise DeclarationError(f"steps read each other in a circle: {circle}", where, hint)
        ordered.append(ready)
        done.add(ready)
    return ordered


def _circle(inputs: Mapping[str, Collection[str]], done: Collection[str]) -> list[str]:
    """One circle among the steps that cannot start, its first step named again at the end."""
    path = [next(step for step in inputs if step not in done)]
    while True:
        # what a step waits for is itself waiting, so a walk along it must come back
        path.append(next(name for name in inputs[path[-1]] if name not in done))
        if path[-1] in path[:-1]:
            return path[path.index(path[-1]) :]
