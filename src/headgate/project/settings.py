"""The settings of a project: `headgate.yml`, which the environment and then flags override."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from headgate.contracts.avro.mode import Mode
from headgate.errors import DeclarationError
from headgate.ledger.open import is_address
from headgate.pipelines.declaration import Declaration
from headgate.project.root import FILE
from headgate.project.yaml import Document, read_yaml, validate

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_PASSWORD = re.compile(r"://[^/?@:]*:([^?]*)@|[?&](?:ssl)?password=([^&]*)")
_SECRET_HEADER = re.compile(r"auth|token|key|secret|cookie", re.IGNORECASE)
_SECRET_OPTION = re.compile(
    r"auth|token|key|secret|passw|credential|connection_string|sas", re.IGNORECASE
)


class Versioning(Declaration):
    """How versions show outside of Headgate."""

    dvc: bool = True
    """Whether linked outputs get a `.dvc` file, for Git."""
    git_commit: bool = False
    """Whether those `.dvc` files are committed, they alone, when what they name was released."""

    @model_validator(mode="after")
    def _something_to_commit(self) -> Versioning:
        if self.git_commit and not self.dvc:
            raise ValueError("git_commit commits .dvc files, and there are none with dvc: false")
        return self


class Retention(Declaration):
    """How long `data gc` keeps what is not served any more. Tags, pins and Git keep more."""

    keep_days: float = Field(30, ge=0, le=36_500)
    """For how many days it can be read as of any moment."""
    keep_releases: int = Field(10, ge=0)
    """How many of the newest releases of each environment are kept, whatever their age."""


class Channel(Declaration):
    """What the ways to tell people have in common."""

    min_severity: Literal["info", "warn", "error"] = "warn"
    """The least severity of alerts that it is told of."""


class ConsoleChannel(Channel):
    """Alerts on the terminal of the run."""

    type: Literal["console"]
    """Says that the channel is this one."""


class FileChannel(Channel):
    """Alerts as lines of JSON in a file of the project."""

    type: Literal["file"]
    """Says that the channel is this one."""
    path: str
    """The file, in the project."""


class WebhookChannel(Channel):
    """Alerts posted as JSON. A secret stands in the environment: `${NAME}` is replaced at use."""

    type: Literal["webhook"]
    """Says that the channel is this one."""
    url: str
    """The address; it may be, or hold, `${NAME}`."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Headers of the request; what looks like a secret must be `${NAME}`."""
    timeout_seconds: float = Field(10, gt=0, le=300)
    """How long to wait for an answer."""

    @field_validator("url")
    @classmethod
    def _an_address(cls, url: str) -> str:
        if not url.startswith(("http://", "https://", "${")):
            raise ValueError("a webhook's url starts with https://, http:// or is ${NAME}")
        if re.match(r"https?://[^/${}]*:[^/${}]*@", url):
            raise ValueError("a password does not belong in a file; write ${NAME} in its place")
        return url

    @field_validator("headers")
    @classmethod
    def _no_secrets(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if _SECRET_HEADER.search(name) and not _REFERENCE.search(value):
                raise ValueError(f"{name} is a secret; write ${{NAME}} in its place")
        return headers


class PluginChannel(Channel):
    """Alerts to a channel that an installed package brings."""

    type: Literal["plugin"]
    """Says that the channel is this one."""
    name: str
    """The entry point in the group `headgate.channels` that makes it."""
    options: dict[str, Any] = Field(default_factory=dict)
    """What the package wants to be told."""


AnyChannel = Annotated[
    ConsoleChannel | FileChannel | WebhookChannel | PluginChannel, Field(discriminator="type")
]


class Remote(Declaration):
    """A place elsewhere for versions: a URL alone, or a URL with the options of its driver."""

    url: str
    """A folder, or a URL: s3://bucket/prefix, gs://..., abfs://...; it may hold `${NAME}`."""
    options: dict[str, Any] = Field(default_factory=dict)
    """What the driver wants to be told, `endpoint_url` for one; a secret must be `${NAME}`."""

    @model_validator(mode="before")
    @classmethod
    def _url_alone(cls, written: Any) -> Any:
        return {"url": written} if isinstance(written, str) else written

    @field_validator("url")
    @classmethod
    def _no_password(cls, url: str) -> str:
        if not url.strip():
            raise ValueError("a remote's url is a folder or a URL, for example s3://bucket/prefix")
        if re.search(r"://[^/${}]*:[^/${}]*@", url):
            raise ValueError("a password does not belong in a file; write ${NAME} in its place")
        return url

    @field_validator("options")
    @classmethod
    def _no_secret_options(cls, options: dict[str, Any]) -> dict[str, Any]:
        for name, value in _settings_in(options):
            if _SECRET_OPTION.search(name) and not _REFERENCE.search(str(value)):
                raise ValueError(f"{name} is a secret; write ${{NAME}} in its place")
        return options


def _settings_in(options: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in options.items():
        if isinstance(value, Mapping):
            yield from _settings_in(value)
        else:
            yield name, value


class Policy(Declaration):
    """What must hold in an environment, and who may do what in it. No names: everyone may."""

    reviewers: list[str] = Field(default_factory=list)
    """Who approves what is promoted to it. Nobody approves a change of their own."""
    approvals: int = Field(1, ge=1)
    """How many reviewers must approve, where there are any."""
    publish: list[str] = Field(default_factory=list)
    """Who may publish to it: run, promote or roll back."""
    read_raw: list[str] = Field(default_factory=list)
    """Who may read rows of it that were not redacted."""
    override: list[str] = Field(default_factory=list)
    """Who may let failed checks through."""
    redact: bool = False
    """Whether a sandbox that is made from it must be redacted."""

    @field_validator("reviewers", "publish", "read_raw", "override")
    @classmethod
    def _somebody(cls, names: list[str]) -> list[str]:
        if not names:
            raise ValueError("an empty list lets nobody; name somebody, or leave it out")
        return names

    @model_validator(mode="after")
    def _enough_reviewers(self) -> Policy:
        if "approvals" in self.model_fields_set and len(set(self.reviewers)) < self.approvals:
            named = len(set(self.reviewers))
            raise ValueError(f"approvals is {self.approvals}, and reviewers names {named}")
        return self


class ContractSettings(Declaration):
    """How the contracts of the project may change."""

    compatibility: Mode | None = None
    """What must hold between the versions of a schema; a contract may say it for its dataset.

    Unless it is given: `FULL` for what a pipeline publishes, else `BACKWARD_TRANSITIVE`.
    """


class Settings(Declaration):
    """What a project sets once for all of its pipelines."""

    name: str = ""
    """What the project is called; the name of its folder unless it is given."""
    environment: str = Field("prod", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)
    """The environment a command works in when it is not told another."""
    state: str | None = None
    """The state database: a file, or `postgresql://...`; `.headgate/state.db` unless it is given."""
    store: Remote | None = None
    """Where all versions are: a folder or a URL; `.headgate/store` unless it is given."""
    remotes: dict[str, Remote] = Field(default_factory=dict)
    """Where versions are pushed to and pulled from, by name."""
    versioning: Versioning = Field(default_factory=Versioning)
    """How versions show outside of Headgate."""
    retention: Retention = Field(default_factory=Retention)
    """How long versions are kept."""
    channels: list[AnyChannel] = Field(default_factory=list)
    """Where alerts go."""
    environments: dict[str, Policy] = Field(default_factory=dict)
    """The policy of each environment that has one, by its name."""
    contracts: ContractSettings = Field(default_factory=ContractSettings)
    """How contracts may change."""

    @field_validator("state")
    @classmethod
    def _a_place(cls, state: str | None) -> str | None:
        if state and (scheme := _SCHEME.match(state)) and not is_address(state):
            raise ValueError(
                f"a state is a file or a postgresql:// address; {scheme[1]} is not known"
            )
        return state


def read_settings(root: Path, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of the project in a folder; `HEADGATE_ENVIRONMENT`, `_STATE` and `_STORE` win."""
    try:
        text = (root / FILE).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DeclarationError("not UTF-8 text", FILE, "save the file as UTF-8") from None
    except OSError as error:
        raise DeclarationError(f"cannot be read: {error.strerror}", FILE) from None
    document = read_yaml(text, FILE)
    if document.data is None:  # every setting has a default, so the file may hold comments alone
        document = Document({}, FILE)
    settings = validate(Settings, document)
    _refuse_password(settings.state, document)
    values = os.environ if environ is None else environ
    given = {
        key: values.get(f"HEADGATE_{key.upper()}") for key in ("environment", "state", "store")
    }
    overridden = {key: value for key, value in given.items() if value}
    return override(
        settings, "environment variables", name=settings.name or root.name, **overridden
    )


def _refuse_password(state: str | None, document: Document) -> None:
    """Raises DeclarationError where the file itself holds the password of the state.

    One in `HEADGATE_STATE` is no business of ours: the environment is where secrets belong.
    """
    for before, named in _PASSWORD.findall(state or ""):
        if (secret := before or named) and not is_reference(secret):
            raise DeclarationError(
                "a password does not belong in a file",
                document.place(("state",)),
                "write ${NAME} in its place, and set that environment variable",
            )


def override(settings: Settings, where: str, **values: Any) -> Settings:
    """The settings with other values in some places; `where` says who gave them."""
    body = settings.model_dump(exclude_unset=True)  # a list that nobody wrote is no empty one
    body.update(values)
    return validate(Settings, Document(body, where), where)


def is_reference(text: str) -> bool:
    """Whether a text is `${NAME}` and nothing else."""
    return _REFERENCE.fullmatch(text) is not None


def revealed(text: str, environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """What stands in the environment for each `${NAME}` of a text: nobody is to be shown it."""
    values = os.environ if environ is None else environ
    return tuple(values[name] for name in _REFERENCE.findall(text) if values.get(name))


def reveal(text: str, where: str | None = None, environ: Mapping[str, str] | None = None) -> str:
    """The text with every `${NAME}` replaced from the environment, to be used and not kept.

    >>> reveal("https://${HOST}/alerts", environ={"HOST": "example.org"})
    'https://example.org/alerts'
    """
    values = os.environ if environ is None else environ
    for name in _REFERENCE.findall(text):
        if not values.get(name):
            hint = f"set it before the command: {name}=... headgate run"
            raise DeclarationError(f"environment variable {name} is not set", where, hint)
    return _REFERENCE.sub(lambda found: values[found[1]], text)
