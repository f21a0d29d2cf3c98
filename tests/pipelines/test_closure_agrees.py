"""What is read of the code agrees with what running it shows, for random webs of modules."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.pipelines.fingerprint import changes, fingerprint
from headgate.pipelines.pipeline import Step
from headgate.pipelines.step import load_function, resolve

MODULES = ["steps/entry", "steps/near", "shared/__init__", "shared/deep", "top"]
PER_MODULE = 2


@dataclass(frozen=True)
class Function:
    """A function that adds a number of its own to what some earlier functions give."""

    module: int
    name: str
    amount: int
    held: bool
    calls: tuple[tuple[int, int], ...]
    """Which function is called, and in which way it is reached."""


@st.composite
def webs(draw: st.DrawFn) -> list[Function]:
    made: list[Function] = []
    for number in range(draw(st.integers(2, 8))):
        earlier = st.integers(0, number - 1) if number else st.nothing()
        calls = draw(st.lists(st.tuples(earlier, st.integers(0, 4)), max_size=3)) if number else []
        module = draw(st.integers(0, len(MODULES) - 1))
        made.append(
            Function(
                module, f"f{number}", draw(st.integers(1, 50)), draw(st.booleans()), tuple(calls)
            )
        )
    last = made[-1]
    return [*made[:-1], Function(0, "step", last.amount, last.held, last.calls)]


def dotted(module: int) -> str:
    return MODULES[module].removesuffix("/__init__").replace("/", ".")


def written(web: list[Function], root: Path) -> None:
    """The web as files. Modules reach each other late, so that circles are no trouble."""
    texts = dict.fromkeys(MODULES, "")
    for function in web:
        late, terms = [], []
        for callee, way in function.calls:
            other = web[callee]
            module, alias = dotted(other.module), f"m{callee}_{way}"
            if other.module == function.module:
                terms.append(f"{other.name}(t)")
            elif way == 0:
                late.append(f"    from {module} import {other.name} as {alias}\n")
                terms.append(f"{alias}(t)")
            elif way == 1:
                late.append(f"    import {module}\n")
                terms.append(f"{module}.{other.name}(t)")
            elif way == 2:
                late.append(f"    import {module} as {alias}\n")
                terms.append(f"getattr({alias}, {other.name!r})(t)")
            elif way == 3:
                late.append(f"    import {module} as {alias}\n    {alias}_held = {alias}\n")
                terms.append(f"[{alias}_held.{other.name}(x) for x in [t]][0]")
            else:
                late.append(f"    from {module} import {other.name} as {alias}\n")
                terms.append(f"(lambda f={alias}: f(t))()")
        own = f"{function.name.upper()}_AMOUNT" if function.held else str(function.amount)
        if function.held:
            texts[MODULES[function.module]] += f"{own} = {function.amount}\n"
        body = "".join(late) + f"    return {' + '.join([own, *terms])}\n"
        texts[MODULES[function.module]] += f"def {function.name}(t):\n{body}"
    for name, text in texts.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / f"{name}.py").write_text(text)


@settings(max_examples=60, deadline=None)
@given(webs(), st.data())
def test_a_changed_result_is_always_a_changed_fingerprint(
    web: list[Function], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        step = Step(run="steps/entry.py:step")
        written(web, root)
        code = resolve("s", step, root, "", ["t"])
        before, result = fingerprint(code, step, root), load_function(code, root)(0)
        changed = data.draw(st.integers(0, len(web) - 1))
        one = web[changed]
        edited = Function(one.module, one.name, one.amount + 1000, one.held, one.calls)
        written([*web[:changed], edited, *web[changed + 1 :]], root)
        after = fingerprint(code, step, root)
        if load_function(code, root)(0) != result:
            assert after.digest != before.digest
            assert changes(before.parts, after.parts)
        if changed not in reached(web) and not any(
            way in {2, 3} for f in web for _, way in f.calls
        ):
            assert after.digest == before.digest


def reached(web: list[Function]) -> set[int]:
    found, todo = set[int](), [len(web) - 1]
    while todo:
        number = todo.pop()
        found.add(number)
        todo.extend(callee for callee, _ in web[number].calls)
    return found
