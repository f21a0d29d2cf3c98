"""What can happen, as frozen records.

An event is appended once and never changed. Everything that reads (the command line, alerts, the
catalog, exports) learns what happened from events alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from msgspec import Struct
from msgspec.structs import asdict


class Event(Struct, frozen=True, kw_only=True):
    """One thing that happened in a run, at a time (UTC)."""

    kind: ClassVar[str]
    run: str
    at: datetime

    def as_json(self) -> dict[str, Any]:
        """The event as one line of `--json=events`."""
        at = self.at.isoformat(timespec="milliseconds")
        return {"event": self.kind, **asdict(self), "at": at}


class RunStarted(Event, frozen=True, kw_only=True):
    """A run took hold of its pipeline. `resumes` names the interrupted run it goes on from."""

    kind = "run_started"
    pipeline: str
    environment: str
    code: str | None = None
    """The commit of the project, where it is in Git."""
    dirty: bool = False
    """Whether files differ from that commit."""
    user: str = ""
    resumes: str | None = None
    """The run that was interrupted."""
    forced: bool = False
    """Whether every step is computed again."""


class StageStarted(Event, frozen=True, kw_only=True):
    """A stage began: one of the numbered steps a person sees."""

    kind = "stage_started"
    number: int
    """1, 2, 3 and so on, in the order of the run."""
    title: str
    """What a person reads as its heading."""


class SourceIngested(Event, frozen=True, kw_only=True):
    """A delivery became a candidate version of a source."""

    kind = "source_ingested"
    dataset: str
    version: str
    rows: int
    """Rows of the dataset, earlier deliveries included."""
    delivered: int
    """Rows of this delivery that could be read."""
    malformed: int
    """Rows of this delivery that could not."""
    files: Sequence[str] = ()
    """The names of the files that were read."""
    parts: int = 1
    """Files of the table in the store."""
    kept: int = 0
    """Those of them that were held before, and were not written again."""
    seconds: float = 0.0


class StepFinished(Event, frozen=True, kw_only=True):
    """A step computed a candidate version of its dataset."""

    kind = "step_finished"
    dataset: str
    version: str
    rows: int
    size: int
    """Bytes of the table in the store."""
    path: str | None = None
    """Where it will be linked once it is published."""
    parts: int = 1
    """Files of the table in the store."""
    because: str = ""
    seconds: float = 0.0
    worker: str = ""
    """The worker that computed it, where it was not the run's own process."""


class StepComputed(Event, frozen=True, kw_only=True):
    """Another worker computed a step of the run, which the run then takes up."""

    kind = "step_computed"
    dataset: str
    version: str
    rows: int
    worker: str
    """Its process and machine."""
    new_files: int = 0
    """Files of the table whose content is new to the store."""
    new_bytes: int = 0
    """Their bytes."""
    seconds: float = 0.0


class DatasetReused(Event, frozen=True, kw_only=True):
    """A dataset was not computed again; `because` says why that is right."""

    kind = "dataset_reused"
    dataset: str
    version: str
    rows: int
    because: str


class StepFailed(Event, frozen=True, kw_only=True):
    """The project's own code failed. `error` is its message, `traceback` ends in its own lines."""

    kind = "step_failed"
    dataset: str
    error: str
    traceback: str = ""
    """Where it was raised."""


class GateJudged(Event, frozen=True, kw_only=True):
    """The checks of a dataset were judged. `verdict` is open, warned, waived or closed."""

    kind = "gate_judged"
    gate: str
    """The dataset's name, or `publish` for the last gate."""
    dataset: str
    version: str
    verdict: str
    """`open`, `warned`, `waived` or `closed`."""
    passed: int
    """How many checks passed."""
    total: int
    """How many were judged."""
    outcomes: Sequence[Mapping[str, Any]] = []
    """One record for each check; see below."""
    failing_rows: str | None = None
    """Version id of the rows that failed and were not set aside, in `_quarantine/<dataset>`."""
    set_aside: int = 0
    """How many rows of the dataset are set aside now, those of earlier deliveries included."""
    newly_set_aside: int = 0
    """How many of them were not set aside beside what was held before."""
    unread_earlier: int = 0
    """How many of them are rows of earlier deliveries that could not be read."""
    aside: str | None = None
    """Version id of the rows that are set aside, in `_quarantine/<dataset>`."""
    whole: str | None = None
    """Version id of what was judged first, where `version` is what is left of it."""
    cached: bool = False
    """Whether an earlier verdict on the same data and checks was used."""
    seconds: float = 0.0


class CheckWaived(Event, frozen=True, kw_only=True):
    """A person let a failed check through, once."""

    kind = "check_waived"
    dataset: str
    check: str
    """What the check says."""
    reason: str
    user: str


class RowsDismissed(Event, frozen=True, kw_only=True):
    """A person let go of rows in quarantine that could not be read."""

    kind = "rows_dismissed"
    dataset: str
    file: str
    """The file that they are from."""
    rows: int
    """How many there were."""
    reason: str
    user: str


class ReleasePublished(Event, frozen=True, kw_only=True):
    """The pointers of an environment moved, all of them in one transaction."""

    kind = "release_published"
    environment: str
    number: int
    pipeline: str
    versions: Mapping[str, str]
    """Dataset to version, of all that readers see."""
    because: str = ""
    new_files: int = 0
    """Files of published tables whose content is new to the store."""
    new_bytes: int = 0
    """Their bytes."""
    reused_files: int = 0
    """Files of published tables whose content was there."""
    triggers: Sequence[str] = ()
    """What is to be started because of this release, so that a crash loses none of it."""
    seconds: float = 0.0


class DeliveryPublished(Event, frozen=True, kw_only=True):
    """New data of a dataset was published whose contract says when to expect it."""

    kind = "delivery_published"
    dataset: str
    version: str
    expected_at: str
    """When its contract had it expected, from the delivery before."""
    deviation: float
    """Seconds after that; negative where it came before."""


class Promoted(Event, frozen=True, kw_only=True):
    """Versions of another environment moved in, those of all its pipelines in one transaction."""

    kind = "promoted"
    environment: str
    number: int
    """The release that was made by it."""
    pipeline: str
    origin: str
    """The release of the other environment: `dev@4`."""
    versions: Mapping[str, str]
    """Dataset to version, of all that readers see."""
    runs: Mapping[str, str]
    """The run of each pipeline that moved with it, this one among them."""
    user: str = ""
    approved_by: Sequence[str] = ()
    """Who approved it."""
    triggers: Sequence[str] = ()
    """What is to be started because of this release, so that a crash loses none of it."""
    seconds: float = 0.0


class OutputLinked(Event, frozen=True, kw_only=True):
    """A published dataset was put at its path in the working tree.

    `moved_aside` is where a file of somebody's own went that was in its place.
    """

    kind = "output_linked"
    dataset: str
    version: str
    path: str
    moved_aside: str | None = None
    """Where a file of somebody's own is now."""


class DataCommitted(Event, frozen=True, kw_only=True):
    """The pointers of a release were committed to Git, for the team."""

    kind = "data_committed"
    release: str
    commit: str
    """The id of the commit."""
    files: Sequence[str]
    """What it has, `.dvc` files and what they need."""


class DataNotCommitted(Event, frozen=True, kw_only=True):
    """Pointers of a release could not be committed to Git; the release stands."""

    kind = "data_not_committed"
    release: str
    reason: str
    hint: str = ""
    """What comes of it, or what to do."""


class ReleaseUnchanged(Event, frozen=True, kw_only=True):
    """Everything passed and nothing differs from the release that is being served."""

    kind = "release_unchanged"
    environment: str
    number: int
    pipeline: str


class RolledBack(Event, frozen=True, kw_only=True):
    """A person brought an earlier release back, or one of its datasets."""

    kind = "rolled_back"
    environment: str
    number: int
    """The release that was made by it."""
    undone: int
    """The release that was served before."""
    restored: int
    """The release whose state is served again."""
    user: str
    because: str = ""
    dataset: str | None = None
    """The one dataset that went back; all of them without."""


class TriggerFinished(Event, frozen=True, kw_only=True):
    """What stands behind a release was started and ended well."""

    kind = "trigger_finished"
    trigger: str
    release: str
    attempts: int
    output: str = ""
    """The end of what a command printed, or the answer of a webhook."""
    problems: Sequence[str] = ()
    """What it meant as the report of a model, and why that is none."""
    seconds: float = 0.0


class TriggerFailed(Event, frozen=True, kw_only=True):
    """What stands behind a release failed at every attempt; the release stands."""

    kind = "trigger_failed"
    trigger: str
    release: str
    attempts: int
    error: str


class ModelRecorded(Event, frozen=True, kw_only=True):
    """Somebody, or a trigger, says that a model was made of a release. `run` published that."""

    kind = "model_recorded"
    model: str
    """Its name."""
    release: str
    metrics: Mapping[str, float] = {}
    """What it scored, by name."""
    location: str = ""
    """Where the model is kept."""
    user: str = ""


class RunFinished(Event, frozen=True, kw_only=True):
    """A run ended. `status` is published, unchanged, held, failed or interrupted."""

    kind = "run_finished"
    pipeline: str
    environment: str
    status: str
    """`published`, `unchanged`, `held`, `failed` or `interrupted`."""
    message: str = ""
    """What went wrong, in one line."""
    hint: str = ""
    """What to do about it."""
    serving: str | None = None
    """The release that is served now."""
    serving_since: str | None = None
    """When that release was made."""
    seconds: float = 0.0


class RunRequested(Event, frozen=True, kw_only=True):
    """A person put a run into the queue. It has no run yet, so `run` is empty."""

    kind = "run_requested"
    request: int
    """Its number in the queue."""
    pipeline: str
    environment: str
    user: str = ""
    code: str | None = None
    """The commit that it was asked at, where the project is in Git."""


class RequestTaken(Event, frozen=True, kw_only=True):
    """A worker took a run out of the queue."""

    kind = "request_taken"
    request: int
    """Its number in the queue."""
    pipeline: str
    environment: str
    worker: str
    """The worker's process and machine."""
    attempt: int = 1
    """How often it was taken so far; more than 1 where a worker died of it."""


class RequestReturned(Event, frozen=True, kw_only=True):
    """A worker gave a run back to the queue, for another to take."""

    kind = "request_returned"
    request: int
    """Its number in the queue."""
    pipeline: str
    environment: str
    because: str = ""


class RequestGivenUp(Event, frozen=True, kw_only=True):
    """A run in the queue killed every worker that took it, and is not taken again."""

    kind = "request_given_up"
    request: int
    """Its number in the queue."""
    pipeline: str
    environment: str
    attempts: int
    """How many workers died of it, or lost touch."""


class RequestFinished(Event, frozen=True, kw_only=True):
    """A run that was in the queue came to its end."""

    kind = "request_finished"
    request: int
    """Its number in the queue."""
    pipeline: str
    environment: str
    status: str
    """How the run ended: `published`, `unchanged`, `held` or `failed`."""
    message: str = ""
    """What went wrong, in one line; of one that published, what failed after its release."""


class ChangeJudged(Event, frozen=True, kw_only=True):
    """`headgate ci` gave its verdict on a commit. It is no run, so `run` is empty."""

    kind = "change_judged"
    code: str
    """The commit."""
    base: str
    """The commit that it was compared with."""
    status: str
    """`passed`, `warned` or `failed`."""
    dirty: bool = False
    """Whether files were judged that are not in the commit as they are."""
    user: str = ""


class Deployed(Event, frozen=True, kw_only=True):
    """A person said that a commit now runs in an environment. It is no run, so `run` is empty."""

    kind = "deployed"
    environment: str
    code: str
    """The commit."""
    came_from: str | None = None
    """The commit that ran there before."""
    commits: int = 0
    """How many commits came with it."""
    verdict: str = ""
    """The verdict on it, `passed` or `warned`; another one, or none, was overridden."""
    reason: str = ""
    """Why it was deployed without such a verdict."""
    user: str = ""


class AlertRaised(Event, frozen=True, kw_only=True):
    """Something a person should know of. `cause` is the kind of the event behind it."""

    kind = "alert_raised"
    cause: str
    """The kind of the event behind it."""
    severity: str
    """`info`, `warn` or `error`."""
    title: str
    """The alert in one line."""
    text: str
    """What is behind it; never values of the data."""
    pipeline: str = ""
    notify: Sequence[str] = ()
    """Whom it is for, as its checks say."""


class AlertDelivered(Event, frozen=True, kw_only=True):
    """A channel took an alert."""

    kind = "alert_delivered"
    alert: str
    """The number of the alert's event."""
    channel: str


class AlertFailed(Event, frozen=True, kw_only=True):
    """A channel did not take an alert; it is tried again at the next run."""

    kind = "alert_failed"
    alert: str
    """The number of the alert's event."""
    channel: str
    error: str


EVENTS: dict[str, type[Event]] = {event.kind: event for event in Event.__subclasses__()}


def from_json(record: Mapping[str, Any]) -> Event:
    """The event that `as_json` wrote."""
    body = dict(record)
    body["at"] = datetime.fromisoformat(body["at"])
    return EVENTS[body.pop("event")](**body)
