"""A pipeline as a team writes it. YAML keys, Python keywords and the JSON Schema are one model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar, overload

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)

from headgate.pipelines.problems import as_error, problems

Function = TypeVar("Function", bound=Callable[..., Any])
Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=100)]


class Declaration(BaseModel):
    """Something a person writes: frozen, and without room for a misspelt key."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        arbitrary_types_allowed=True,
        defer_build=True,  # most processes validate two of the models, and start sooner so
    )

    def __init__(self, /, **keywords: Any) -> None:
        try:
            super().__init__(**keywords)
        except ValidationError as error:
            raise as_error(problems(error, type(self), keywords), lambda _: None) from None

    # pydantic's word for an __init__ that its own validation of nested models may step over
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]


class CsvOptions(Declaration):
    """How a CSV file is written."""

    delimiter: str = Field(",", min_length=1, max_length=1)
    quote: str = Field('"', max_length=1)
    encoding: Literal["utf-8", "latin-1"] = "utf-8"
    nulls: list[str] = [""]
    header: bool = True


class Source(Declaration):
    """A dataset that arrives from outside.

    `path` is a file or a glob, relative to the project. `types` are never guessed where given.
    `arrives` says what a delivery is: the whole table, more rows, or rows that replace their
    elders by `key`.
    """

    path: str
    format: Literal["csv", "parquet", "jsonl"] | None = None
    csv: CsvOptions = Field(default_factory=CsvOptions)
    types: dict[str, str] = {}
    arrives: Literal["replace", "append", "upsert"] = "replace"
    key: list[str] = []
    expect: str | None = None
    on_malformed: Literal["block", "quarantine"] = "block"
    malformed_limit: float = Field(0.01, ge=0, le=1)
    """With `quarantine`: the largest share of rows that may be set aside."""
    optional: bool = False
    """True where a run without any matching file is no error once data is held."""
    description: str = ""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {"path": value} if isinstance(value, str) else value

    @field_validator("key", mode="before")
    @classmethod
    def _one_key(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

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
    inputs: list[str] | dict[str, str] | None = None
    params: dict[str, Any] = {}
    expect: str | None = None
    path: str | None = None
    """Where the published output is linked in the working tree."""
    key: list[str] = []
    """Columns the output is sorted by before it is written."""
    title: str | None = None
    gate_title: str | None = None
    depends_on: list[str] = []
    """More files whose content the result depends on."""
    description: str = ""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {"run": value} if isinstance(value, str) or callable(value) else value

    @field_validator("key", mode="before")
    @classmethod
    def _one_key(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value


class QualityCheck(Declaration):
    """What the quality checks of a pipeline share. Without `on`: every published dataset."""

    notify: list[str] = []
    on: list[str] = []
    severity: Literal["error", "warn", "info"] = "error"
    description: str = ""


class CompletenessCheck(QualityCheck):
    """The share of cells that are not null."""

    type: Literal["completeness"]
    threshold: float = Field(1.0, ge=0, le=1)
    columns: list[str] = []


class FreshnessCheck(QualityCheck):
    """The age of the newest data: of a column's newest value, or of the newest delivery."""

    type: Literal["freshness"]
    max_delay_hours: float = Field(gt=0)
    column: str | None = None


AnyQualityCheck = Annotated[CompletenessCheck | FreshnessCheck, Field(discriminator="type")]


class Trigger(Declaration):
    """What is started after a release: a command, or a webhook that is posted to.

    Either is given the release as JSON: a command on its standard input, a webhook as its body.
    """

    command: str | list[str] | None = None
    webhook: str | None = None
    name: str | None = None
    retries: int = Field(2, ge=0, le=20)
    timeout_seconds: float = Field(3600, gt=0)

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
    owner: str
    description: str = ""
    reviewers: list[str] = []
    schedule: str | None = None
    sources: dict[Name, Source] = {}
    sources_title: str = "Validating raw data"
    steps: dict[Name, Step] = {}
    publish: list[str] = []
    quality_checks: list[AnyQualityCheck] = []
    on_publish: list[Trigger] = []

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
