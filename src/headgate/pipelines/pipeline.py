"""A pipeline as a team writes it. YAML keys, Python keywords and the JSON Schema are one model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar, overload

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PrivateAttr,
    model_validator,
)

from headgate.pipelines.consumer import Consumer
from headgate.pipelines.declaration import Declaration
from headgate.pipelines.quality_checks import AnyQualityCheck
from headgate.schema.partition import partitions

Function = TypeVar("Function", bound=Callable[..., Any])
Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=100)]


class CsvOptions(Declaration):
    """How a CSV file is written."""

    delimiter: str = Field(",", min_length=1, max_length=1)
    """The sign between two fields; a tab where `path` ends in `.tsv`."""
    quote: str = Field('"', max_length=1)
    """The sign around a field, doubled inside it; empty where there is none."""
    encoding: Literal["utf-8", "latin-1"] = "utf-8"
    """What the bytes stand for. A byte-order mark of UTF-8 is left out."""
    nulls: list[str] = [""]
    """The texts that mean no value, quoted or not."""
    header: bool = True
    """Whether the first row names the columns; without one, `types` does, in order."""


class Rows(Declaration):
    """Files of so many rows, whatever is in them."""

    rows: int = Field(ge=1)
    """Rows of each file; the last one has what is left."""


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _divides(value: list[str] | Rows) -> list[str] | Rows:
    if isinstance(value, list):
        partitions(value)
    return value


Key = Annotated[list[str], BeforeValidator(_listed)]
"""Names of columns; one may stand by itself."""
PartitionBy = Annotated[list[str] | Rows, BeforeValidator(_listed), AfterValidator(_divides)]
"""What divides rows into files; one column may stand by itself."""


class Source(Declaration):
    """A dataset that arrives from outside.

    `path` is a file or a glob, relative to the project. `types` are never guessed where given.
    `arrives` says what a delivery is: the whole table, more rows, or rows that replace their
    elders by `key`.
    """

    path: str
    """A file, or a pattern that finds the files, in the project."""
    format: Literal["csv", "parquet", "jsonl"] | None = None
    """How the files are written; told by the end of `path` unless it is given."""
    csv: CsvOptions = Field(default_factory=CsvOptions)
    """How CSV files are written."""
    types: dict[str, str] = {}
    """Column to type. What is declared is never guessed, and must be there."""
    arrives: Literal["replace", "append", "upsert"] = "replace"
    """What a delivery is: the whole table, more rows, or new and corrected rows."""
    key: Key = []
    """The columns that name a row; the table, or each of its parts, is sorted by them."""
    partition_by: PartitionBy = []
    """What divides the rows into files: columns, `month(column)` or `year(column)`; or `rows: N`."""
    expect: str | None = None
    """The suite that is the source's gate, a file of the project: JSON, or checks in YAML."""
    checks: list[dict[str, Any]] = []
    """More checks of the gate, each a word of the vocabulary with its keywords."""
    on_malformed: Literal["block", "quarantine"] = "block"
    """Whether rows that cannot be read as declared close the gate or are set aside."""
    malformed_limit: float = Field(0.01, ge=0, le=1)
    """With `quarantine`: the largest share of rows that may be set aside."""
    optional: bool = False
    """True where a run without any matching file is no error once data is held."""
    description: str = ""
    """What the dataset is, for people."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {"path": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _keyed(self) -> Source:
        if self.arrives == "upsert" and not self.key:
            raise ValueError("arrives: upsert needs key: the columns that name a row")
        return self


class Step(Declaration):
    """A function or a query with named inputs and one output dataset.

    `run` is `file.py:function`, `file.sql` or, in Python, a function. `inputs` are read from the
    parameters or the query unless they are given; a mapping renames: parameter to dataset.
    """

    run: Any = None
    """The code: `file.py:function`, `file.sql` or, in Python, a function."""
    inputs: list[str] | dict[str, str] | None = None
    """The datasets it reads, or parameter to dataset; read from the code unless given."""
    params: dict[str, Any] = {}
    """Values for parameters that are no datasets; part of what the result depends on."""
    expect: str | None = None
    """The suite that is the gate of the output, a file of the project: JSON, or checks in YAML."""
    checks: list[dict[str, Any]] = []
    """More checks of the gate, each a word of the vocabulary with its keywords."""
    path: str | None = None
    """Where the published output is linked in the working tree."""
    key: Key = []
    """Columns that the output, or each of its parts, is sorted by before it is written."""
    partition_by: PartitionBy = []
    """What divides the rows into files: columns, `month(column)` or `year(column)`; or `rows: N`."""
    title: str | None = None
    """The heading of the stage that computes it."""
    gate_title: str | None = None
    """The heading of the stage that judges it."""
    depends_on: list[str] = []
    """More files whose content the result depends on."""
    description: str = ""
    """What the dataset is, for people."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {"run": value} if isinstance(value, str) or callable(value) else value


class Trigger(Declaration):
    """What is started after a release: a command, or a webhook that is posted to.

    Either is given the release as JSON: a command on its standard input, a webhook as its body.
    """

    command: str | list[str] | None = None
    """What is started, in the project and without a shell: a line, or a list of words."""
    webhook: str | None = None
    """The address that is posted to; `${NAME}` is taken from the environment."""
    name: str | None = None
    """What people call it; the command or the address unless given."""
    retries: int = Field(2, ge=0, le=20)
    """How often it is tried again after a failure."""
    timeout_seconds: float = Field(3600, gt=0)
    """How long one attempt may take; a webhook never more than 60."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {"command": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_of(self) -> Trigger:
        if (self.command is None) == (self.webhook is None):
            raise ValueError("a trigger is either a command: or a webhook:")
        return self

    @property
    def label(self) -> str:
        """What people call it."""
        if self.name or self.webhook:
            return self.name or str(self.webhook)
        assert self.command is not None
        return self.command if isinstance(self.command, str) else " ".join(self.command)


class Pipeline(Declaration):
    """Steps with an owner, reviewers, a schedule and gates.

    >>> shop = Pipeline(name="shop", owner="sales", sources={"orders": "data/orders.csv"})
    >>> @shop.step(publish=True)
    ... def totals(orders): ...
    >>> list(shop.steps), shop.published
    (['totals'], ['totals'])
    """

    name: Name
    """Its name, which no other pipeline of the project has."""
    owner: str
    """Who answers for it."""
    description: str = ""
    """What it is for, for people."""
    reviewers: list[str] = []
    """Who looks at changes of it; kept for people, and nothing is done with it."""
    schedule: str | None = None
    """How often it is meant to run; kept for people, and nothing is started by it."""
    sources: dict[Name, Source] = {}
    """The datasets that arrive from outside, by name."""
    sources_title: str = "Validating raw data"
    """The heading of the stage that reads and judges the sources."""
    steps: dict[Name, Step] = {}
    """The datasets that are made, by name; their order follows from what they read."""
    publish: list[str] = []
    """The datasets that readers see; the output of every step unless given."""
    quality_checks: list[AnyQualityCheck] = []
    """Checks of whole datasets, judged last, before anything is published."""
    consumers: list[Consumer] = []
    """Who reads its datasets outside of it; a change that breaks one of them names it."""
    on_publish: list[Trigger] = []
    """What is started after a release."""

    @model_validator(mode="after")
    def _triggers_apart(self) -> Pipeline:
        labels = [trigger.label for trigger in self.on_publish]
        if twice := sorted({label for label in labels if labels.count(label) > 1}):
            raise ValueError(f"two triggers are called {twice[0]!r}; give each a name:")
        return self

    _decorated: list[str] = PrivateAttr(default_factory=list)

    @property
    def published(self) -> list[str]:
        """The datasets readers see: those named, or else every step's output."""
        return [*self.publish, *self._decorated] or list(self.steps)

    @overload
    def step(self, function: Function) -> Function: ...
    @overload
    def step(self, *, publish: bool = False, **keywords: Any) -> Callable[[Function], Function]: ...
    def step(self, function: Any = None, *, publish: bool = False, **keywords: Any) -> Any:
        """Declares the function as the step of its name, and gives it back unchanged."""
        if function is None:
            return lambda given: self._add(given, publish=publish, **keywords)
        return self._add(function, publish=publish, **keywords)

    def _add(self, function: Function, *, publish: bool, **keywords: Any) -> Function:
        self.steps[function.__name__] = Step(run=function, **keywords)
        if publish:
            self._decorated.append(function.__name__)
        return function
