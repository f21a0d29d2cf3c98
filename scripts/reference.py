"""Writes the parts of docs/reference/ that follow from the code, or checks that they still do.

    python scripts/reference.py            # writes them
    python scripts/reference.py --check    # says which are stale, and ends with 1
    python scripts/reference.py --check FOLDER

A part stands between `<!-- begin: name -->` and `<!-- end -->`; the rest of a page is written by
hand. The JSON Schemas of pipeline files and of logic tests are written whole.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import asked  # beside this file
import click
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

import headgate
import headgate.testing
from headgate import errors
from headgate.checks import expectations, native
from headgate.checks.differences import DIFFERENCES
from headgate.checks.dimensions import dimension_of
from headgate.checks.formats import FORMS, Form
from headgate.checks.keywords import BOOKKEEPING
from headgate.checks.keywords import NOT_YET as KEYWORDS_NOT_YET
from headgate.checks.word_examples import EXAMPLES
from headgate.cli.main import main as command_line
from headgate.contracts.changes.change import FOLLOWS
from headgate.contracts.changes.rules import RULES
from headgate.contracts.columns import NOT_JUDGED
from headgate.contracts.engines import ENGINES
from headgate.contracts.executed import EXECUTED
from headgate.contracts.promises import AS_WARNING, OVER, SEVERITIES
from headgate.contracts.quality import METRICS, OLDER, OPERATORS
from headgate.ledger import events
from headgate.pipelines import consumer, pipeline, quality_checks
from headgate.project import settings
from headgate.project.schema import json_schema
from headgate.project.yaml import read_yaml
from headgate.testing import logic_test
from headgate.testing.schema import logic_test_schema

GIVEN = [word for word in sys.argv[1:] if word != "--check"]
FOLDER = Path(GIVEN[0] if GIVEN else Path(__file__).parents[1] / "docs" / "reference")
PART = re.compile(r"(<!-- begin: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> int:
    stale = [path for path, text in pages() if not path.exists() or path.read_text() != text]
    if "--check" not in sys.argv:
        for path, text in pages():
            path.write_text(text, encoding="utf-8")
        said = [f"wrote {path.name}" for path in stale] or ["nothing changed"]
        sys.stdout.write("\n".join(said) + "\n")
        return 0
    for path in stale:
        sys.stdout.write(f"{path.name} is stale: python scripts/reference.py\n")
    return 1 if stale else 0


def pages() -> Iterator[tuple[Path, str]]:
    """Each page as it should be."""
    for path in sorted(FOLDER.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        yield path, PART.sub(lambda part: f"{part[1]}\n{PARTS[part[2]]()}\n\n{part[3]}", text)
    schema = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    yield FOLDER / "pipeline.schema.json", schema
    tests = json.dumps(logic_test_schema(), indent=2, ensure_ascii=False) + "\n"
    yield FOLDER / "logic-tests.schema.json", tests


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The rows as a table of Markdown."""
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    lines = [header, ["---"] * len(header), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


# ------------------------------------------------------------------ commands


def commands() -> str:
    """Every command with its arguments and options."""
    group = click.Context(command_line, info_name="headgate")
    return "\n\n".join(_below(command_line, group, "headgate"))


def _below(group: click.Group, context: click.Context, name: str) -> Iterator[str]:
    """The commands of a group and of the groups in it."""
    for inner in dict.fromkeys(group.list_commands(context)):
        command = group.get_command(context, inner)
        if isinstance(command, click.Group):
            own = click.Context(command, parent=context, info_name=inner)
            if command.invoke_without_command:
                yield _command(command, f"{name} {inner}")
            yield from _below(command, own, f"{name} {inner}")
        else:
            yield _command(command, f"{name} {inner}")


def _command(command: click.Command | None, name: str) -> str:
    assert command is not None
    usage = " ".join(command.collect_usage_pieces(click.Context(command)))
    options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    told = [f"## {name}", inspect.cleandoc(command.help or ""), f"    {name} {usage}"]
    if options:
        told.append(table(["option", "what it does"], [_option(option) for option in options]))
    return "\n\n".join(told)


def _option(option: click.Option) -> list[str]:
    names = ", ".join(option.opts)
    takes = not (option.is_flag or option.count)
    metavar = option.make_metavar(click.Context(command_line)) if takes else ""
    metavar = metavar.removesuffix(" RANGE")
    text = option.help or ""
    if option.show_default:
        text += f" Without it: {option.default}."
    return [f"`{f'{names} {metavar}'.strip()}`", text]


def global_options() -> str:
    """The options that every command takes."""
    options = [p for p in command_line.params if isinstance(p, click.Option) and not p.hidden]
    return table(["option", "what it does"], [_option(option) for option in options])


# ------------------------------------------------------------------ what people write


def declarations(module: Any, *models: str) -> str:
    """The keys of some models, each with its type, default and meaning."""
    told = []
    for name in models:
        model = getattr(module, name)
        rows = [
            [f"`{key}`", _kind(field.annotation, field.metadata), _default(field), meaning]
            for key, field in model.model_fields.items()
            for meaning in [_texts(model)[key]]
        ]
        told.append(f"## {name}\n\n{_paragraph(model)}")
        told.append(table(["key", "type", "default", "meaning"], rows))
    return "\n\n".join(told)


def _texts(owner: type) -> dict[str, str]:
    """What is said below each field, those of the classes it grew from included."""
    found: dict[str, str] = {}
    for each in reversed(owner.__mro__):
        if not each.__module__.startswith("headgate."):
            continue
        tree = ast.parse(inspect.getsource(each)).body[0]
        assert isinstance(tree, ast.ClassDef)
        for field, text in zip(tree.body, tree.body[1:], strict=False):
            match field, text:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(value))),
                ):
                    found[name] = " ".join(value.split())
    return found


def _paragraph(owner: Any) -> str:
    """The docstring's text, without its examples."""
    parts = inspect.cleandoc(owner.__doc__ or "").split("\n\n")
    return "\n\n".join(part for part in parts if not part.startswith(">>>"))


def _kind(annotation: Any, limits: Sequence[Any] = ()) -> str:
    """A type in words."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(inner[0], inner[1:])
    if origin in {Union, UnionType}:
        return " or ".join(_kind(one) for one in inner if one is not NoneType)
    if origin is Literal:
        return " or ".join(f"`{one}`" for one in inner)
    if origin in {list, Sequence}:
        return f"list of {_kind(inner[0])}"
    if origin in {dict, Mapping}:
        return f"{_kind(inner[0])} to {_kind(inner[1])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    return _WORDS.get(annotation, "anything") + _limits(limits)


_WORDS: dict[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
}


def _limits(limits: Sequence[Any]) -> str:
    said = []
    for limit in limits:
        for name, words in (("ge", "from"), ("gt", "above"), ("le", "to")):
            if (value := getattr(limit, name, None)) is not None:
                said.append(f"{words} {value:g}")
    return f", {' '.join(said)}" if said else ""


def _default(field: Any) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value is PydanticUndefined:
        return ""
    if isinstance(value, BaseModel):
        return "its defaults"
    return f"`{json.dumps(value, ensure_ascii=False)}`"


# ------------------------------------------------------------------ contracts


def contract_changes() -> str:
    """Every rule of change, and what the directions are for both sides."""
    rows = [[f"`{name}`", rule.says] for name, rule in RULES.items()]
    sides = [
        [f"`{way}`", consumer.value, producer.value, str(bump)]
        for way, (consumer, producer, bump) in FOLLOWS.items()
    ]
    header = ["direction", "who reads the data", "who delivers it", "version"]
    return f"{table(header, sides)}\n\n{table(['rule', 'what it says'], rows)}"


# ------------------------------------------------------------------ expectations


def supported() -> str:
    """Every expectation that is judged, and every keyword."""
    seen: dict[str, dict[str, None]] = {}
    told = []
    for title, group in (
        ("The table", expectations.TABLES),
        ("Each row", expectations.ROWS),
        ("A column as a whole", expectations.COLUMNS),
    ):
        header = ["expectation", "what it says", "keywords", "what it costs"]
        told.append(f"### {title}\n\n{table(header, asked.rows(group, seen))}")
    held = [[f"`{name}`", "; or ".join(words)] for name, words in sorted(seen.items())]
    told.append(f"### Keywords\n\n{table(['keyword', 'what it holds'], held)}")
    return "\n\n".join(told)


def where_rows() -> str:
    """The expectations that take neither a condition on rows nor text as timestamps."""
    whole = [name for name, one in expectations.EXPECTATIONS.items() if not one.conditional]
    parses = [name for name, one in expectations.EXPECTATIONS.items() if one.parses]
    return "\n\n".join(
        [
            f"`row_condition` is for all but {_listed(whole)}.",
            f"`parse_strings_as_datetimes` is for {_listed(parses)}.",
        ]
    )


def words() -> str:
    """The words of `checks:`, as the vocabulary has them."""
    rows = []
    for name, word in native.WORDS.items():
        alone = {"": "", "columns": "its columns, or one", "names": "its names"}
        short = alone.get(word.short, f"its {word.short}")
        keys = ", ".join(f"`{key}`" for key in word.keywords)
        check = native.read_check(read_yaml(EXAMPLES[name], name).data, name)
        about = dimension_of(check.metric).value
        kind = f"`{word.expectation}`" if word.expectation else ""
        rows.append([f"`{EXAMPLES[name]}`", word.says, keys, short, about, kind])
    header = ["example", "what it says", "keywords", "alone", "dimension", "expectation"]
    return table(header, rows)


def formats() -> str:
    """The forms of `format:`, as they are decided."""
    rows = [[f"`{form.value}`", FORMS[form]] for form in Form]
    json_says = "one value of JSON as RFC 8259 has it: NaN and Infinity are no numbers"
    return table(["format", "what is accepted"], [*rows, ["`json`", json_says]])


def differences() -> str:
    """Where a verdict is not that of Great Expectations on purpose, and why."""
    rows = [
        [
            _about(one.kinds),
            one.ours,
            one.theirs,
            one.why + (f" ({one.issue})" if one.issue else ""),
        ]
        for one in DIFFERENCES
    ]
    return table(["about", "here", "there", "why"], rows)


def _about(kinds: Sequence[str]) -> str:
    """Types of expectations, without what all their names start with."""
    return ", ".join(one if " " in one else f"`{one.removeprefix('expect_')}`" for one in kinds)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def not_yet() -> str:
    """The expectations that are understood, and refused."""
    known: Any = expectations.NOT_YET  # names, and where there is more to say, why
    why = known if isinstance(known, dict) else {}
    said = [f"- `{name}`{f': {why[name]}' if name in why else ''}" for name in sorted(known)]
    return "\n".join(said) or "None."


def refused_keywords() -> str:
    """The keywords that are refused, and why; and those that are read past."""
    rows = [[f"`{name}`", why] for name, why in KEYWORDS_NOT_YET.items()]
    past = ", ".join(f"`{name}`" for name in sorted(BOOKKEEPING))
    said = "These say how results are reported, and are read past:"
    return f"{table(['keyword', 'why'], rows)}\n\n{said} {past}."


# ------------------------------------------------------------------ events and errors

_SHARED = {
    "run": "The run's id.",
    "at": "When, in UTC.",
    "pipeline": "The pipeline.",
    "environment": "The environment.",
    "dataset": "The dataset.",
    "version": "The version's id, which is the hash of its content.",
    "rows": "Its rows.",
    "because": "Why, in words.",
    "reason": "Why, in the words of that person.",
    "user": "Who: `HEADGATE_USER`, or the login name.",
    "path": "The path in the project.",
    "trigger": "What the trigger is called.",
    "release": "The release, such as `prod@3`.",
    "attempts": "How often it was tried.",
    "error": "What went wrong.",
    "number": "The release's number.",
    "channel": "What the channel is called.",
    "seconds": "How long it took.",
}


def contract_keys() -> str:
    """The keys of a contract's properties that are judged."""
    return table(["key", "what is judged"], [[f"`{key}`", says] for key, says in EXECUTED.items()])


def contract_rules() -> str:
    """The quality rules of contracts."""
    older = {metric: [old for old, new in OLDER.items() if new == metric] for metric in METRICS}
    counted = [
        [f"`{metric}`", says, ", ".join(f"`{old}`" for old in older[metric])]
        for metric, says in METRICS.items()
    ]
    compared = [[f"`{word}`", says] for word, says in OPERATORS.items()]
    engines = [[f"`{name}`", engine.says] for name, engine in ENGINES.items()]
    return "\n\n".join(
        [
            table(["metric", "counts", "in 3.0"], counted),
            table(["operator", "the number has to be"], compared),
            table(["engine", "what its implementation holds"], engines),
        ]
    )


def contract_severities() -> str:
    """How loud rules are, by their severity and by the status of the contract."""
    words: dict[str, list[str]] = {}
    for word, severity in SEVERITIES.items():
        words.setdefault(severity.value, []).append(f"`{word}`")
    rows = [[f"`{severity}`", ", ".join(names)] for severity, names in words.items()]
    status = [
        [", ".join(f"`{one}`" for one in sorted(AS_WARNING)), "failures alert, and close no gate"],
        [", ".join(f"`{one}`" for one in sorted(OVER)), "nothing is judged"],
        ["any other", "as its rules say"],
    ]
    return (
        table(["here", "severity of a rule"], rows)
        + "\n\n"
        + table(["status", "at the gates"], status)
    )


def contract_aside() -> str:
    """The options of logical types that are not judged."""
    return table(["option", "why"], [[f"`{key}`", why] for key, why in NOT_JUDGED.items()])


def all_events() -> str:
    """Every event and its fields."""
    told = []
    for kind, event in events.EVENTS.items():
        texts = _texts(event)
        rows = [
            [f"`{field}`", _event_kind(annotation), texts.get(field) or _SHARED.get(field, "")]
            for field, annotation in _fields(event).items()
            if field not in {"run", "at"}
        ]
        told.append(f"## {kind}\n\n{_paragraph(event)}")
        told.append(table(["field", "type", "meaning"], rows))
    return "\n\n".join(told)


def _fields(event: type[events.Event]) -> dict[str, Any]:
    from typing import get_type_hints

    hints = get_type_hints(event)
    return {name: hints[name] for name in event.__struct_fields__}


def _event_kind(annotation: Any) -> str:
    nullable = NoneType in get_args(annotation)
    words = _kind(annotation).replace("text to anything", "record")
    return f"{words} or null" if nullable else words


def all_errors() -> str:
    """Every error with its code and what to do."""
    rows = []
    for error in _tree(errors.HeadgateError):
        first, _, rest = inspect.cleandoc(error.__doc__ or "").partition("\n\n")
        name = f"`{error.__name__}`"
        advice = "" if rest.startswith(">>>") else rest
        rows.append([f"`{error.code}`", name, str(error.exit_code), first, advice])
    return table(["code", "error", "exit code", "meaning", "what to do"], rows)


def _tree(error: type[errors.HeadgateError]) -> list[type[errors.HeadgateError]]:
    inner = (_tree(one) for one in error.__subclasses__() if one.__module__ == errors.__name__)
    return [error, *(each for one in inner for each in one)]


# ------------------------------------------------------------------ public names


def names() -> str:
    """Every public name with its text."""
    return _names(headgate)


def testing_names() -> str:
    """The names of `headgate.testing`."""
    return _names(headgate.testing)


def _names(module: Any) -> str:
    told = []
    for name in module.__all__:
        value = getattr(module, name)
        told.append(f"## {name}")
        if isinstance(value, type) and issubclass(value, BaseModel):
            link = f"pipeline.md#{name.lower()}"
            told.append(f"Its keywords are the keys of [`{name}`]({link}) in pipeline files.")
        else:
            signature = re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(inspect.signature(value)))
            told.append(f"    {name}{signature}")
        told += [
            f"```pycon\n{part}\n```" if part.startswith(">>>") else part
            for part in inspect.cleandoc(value.__doc__ or "").split("\n\n")
        ]
    return "\n\n".join(told)


PARTS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "global-options": global_options,
    "pipeline": lambda: declarations(
        pipeline, "Pipeline", "Source", "CsvOptions", "Rows", "Step", "Trigger",
    ),
    "quality-checks": lambda: declarations(
        quality_checks, "CompletenessCheck", "FreshnessCheck", "UniquenessCheck",
        "ValidityCheck", "VolumeCheck", "ConsistencyCheck", "AccuracyCheck",
    ),
    "consumers": lambda: declarations(consumer, "Consumer", "Reads"),
    "contract-changes": contract_changes,
    "logic-tests": lambda: declarations(
        logic_test, "LogicTests", "LogicTest", "Rows", "Expectation",
    ),
    "testing-names": testing_names,
    "settings": lambda: declarations(
        settings, "Settings", "Versioning", "Retention", "Remote", "Policy", "ContractSettings", "ConsoleChannel", "FileChannel",
        "WebhookChannel",
        "PluginChannel",
    ),
    "supported": supported,
    "words": words,
    "formats": formats,
    "not-yet": not_yet,
    "refused-keywords": refused_keywords,
    "differences": differences,
    "where-rows": where_rows,
    "events": all_events,
    "contract-keys": contract_keys,
    "contract-rules": contract_rules,
    "contract-severities": contract_severities,
    "contract-aside": contract_aside,
    "errors": all_errors,
    "names": names,
}  # fmt: skip

if __name__ == "__main__":
    sys.exit(main())
