"""Writes the parts of docs/reference/ that follow from the code, or checks that they still do.

    python scripts/reference.py            # writes them
    python scripts/reference.py --check    # says which are stale, and ends with 1

A part stands between `<!-- begin: name -->` and `<!-- end -->`; the rest of a page is written by
hand. The JSON Schema of pipeline files is written whole.
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

import click
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

import headgate
from headgate import errors
from headgate.checks import expectations
from headgate.checks.keywords import BOOKKEEPING, Keywords
from headgate.checks.keywords import NOT_YET as KEYWORDS_NOT_YET
from headgate.checks.metric import Aggregate, Failing, Function, Metric
from headgate.cli.main import main as command_line
from headgate.ledger import events
from headgate.pipelines import pipeline
from headgate.project import settings
from headgate.project.schema import json_schema

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
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


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The rows as a table of Markdown."""
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    lines = [header, ["---"] * len(header), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


# ------------------------------------------------------------------ commands


def commands() -> str:
    """Every command with its arguments and options."""
    found = []
    group = click.Context(command_line, info_name="headgate")
    for name in dict.fromkeys(command_line.list_commands(group)):
        command = command_line.get_command(group, name)
        assert command is not None
        own = click.Context(command, parent=group, info_name=name)
        if isinstance(command, click.Group):
            found += [
                _command(command.get_command(own, inner), f"headgate {name} {inner}")
                for inner in dict.fromkeys(command.list_commands(own))
            ]
        else:
            found.append(_command(command, f"headgate {name}"))
    return "\n\n".join(found)


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


# ------------------------------------------------------------------ expectations


END = "a number; for values, least and greatest what the column holds; open unless given"


class _Recorder(Keywords):
    """Keywords that give what is asked for, and keep what that was."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind, {}, "")
        self.rows: dict[str, str] = {}

    def _keep(self, name: str, words: str) -> None:
        self.rows.setdefault(name, words)

    def get(self, name: str) -> Any:
        if name != "column_index":  # read only to be refused
            self._keep(name, "any value")

    def text(self, name: str) -> str:
        self._keep(name, "text")
        return "int"  # a name, a pattern and a type

    def whole(self, name: str) -> int:
        self._keep(name, "whole number")
        return 1

    def flag(self, name: str, default: bool) -> bool:
        self._keep(name, f"true or false, {str(default).lower()} unless given")
        return default

    def names(self, name: str) -> tuple[str, ...]:
        self._keep(name, "list of names")
        return ("int",)

    def values(self, name: str) -> tuple[Any, ...]:
        self._keep(name, "list of values")
        return (1,)

    def mostly(self) -> Any:
        self._keep("mostly", "share from 0 to 1, 1 unless given")
        return super().mostly()

    def ends(self) -> Any:
        for name in ("min_value", "max_value"):
            self._keep(name, END)
        for name in ("strict_min", "strict_max"):
            self._keep(name, "true or false, false unless given")
        return 0, None, False, False

    def number_ends(self) -> Any:
        for name in ("min_value", "max_value"):
            self._keep(name, END)
        return self.ends()

    def one_of(self, name: str, words: Sequence[str], default: str) -> str:
        self._keep(name, f"{' or '.join(f'`{word}`' for word in words)}; `{default}` unless given")
        return default


PROVED = {
    "Rows": "always",
    "RowsBeside": "always",
    "ColumnNames": "always",
    "ColumnType": "always",
    "NotNull": "always",
    "Null": "always",
    "Between": "where least and greatest keep it",
    "OneOf": "where there is one value, or whole numbers that are all in the set",
    "NoneOf": "where no value of the set is between least and greatest",
    "Unique": "where the table's `key:` is these columns, or some of them",
    "min": "where it is known exactly",
    "max": "where it is known exactly",
}
"""By metric, rule or aggregate: when the statistics of a table decide, so that nothing is read."""


def supported() -> str:
    """Every expectation that is judged, its keywords, and when it needs no read."""
    rows = []
    seen: dict[str, dict[str, None]] = {}
    for kind, builder in expectations.EXPECTATIONS.items():
        recorder = _Recorder(kind)
        metric, _ = builder(recorder)
        names = sorted(recorder.rows, key=lambda name: not name.startswith("column"))
        keywords = ", ".join(f"`{name}`" for name in names)
        rows.append([f"`{kind}`", keywords, PROVED.get(_subject(metric), "")])
        for name, words in recorder.rows.items():
            seen.setdefault(name, {})[words] = None
    said = [[f"`{name}`", "; or ".join(words)] for name, words in sorted(seen.items())]
    judged = table(["expectation", "keywords", "decided without a read"], rows)
    return f"{judged}\n\n{table(['keyword', 'what it holds'], said)}"


def _subject(metric: Metric) -> str:
    match metric:
        case Failing(rule):
            return type(rule).__name__
        case Aggregate(function):
            return Function(function).value
    return type(metric).__name__


def not_yet() -> str:
    """The expectations that are understood, and refused."""
    return "\n".join(f"- `{name}`" for name in sorted(expectations.NOT_YET))


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
    from dataclasses import fields
    from typing import get_type_hints

    hints = get_type_hints(event)
    return {field.name: hints[field.name] for field in fields(event)}


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
    told = []
    for name in headgate.__all__:
        value = getattr(headgate, name)
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
        pipeline, "Pipeline", "Source", "CsvOptions", "Step", "CompletenessCheck",
        "FreshnessCheck", "Trigger",
    ),
    "settings": lambda: declarations(
        settings, "Settings", "Versioning", "ConsoleChannel", "FileChannel", "WebhookChannel"
    ),
    "supported": supported,
    "not-yet": not_yet,
    "refused-keywords": refused_keywords,
    "events": all_events,
    "errors": all_errors,
    "names": names,
}  # fmt: skip

if __name__ == "__main__":
    sys.exit(main())
