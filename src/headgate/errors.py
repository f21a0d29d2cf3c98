"""Everything that can go wrong, in one tree.

HeadgateError                  exit code
├── DeclarationError       2   what was written in the project cannot be understood
│   └── UnknownNameError   2   a name that nothing declares
├── UsageError             2   a command was called in a way that cannot work
├── MissingExtraError      2   an optional package is needed and not installed
├── AccessError            2   the policy of an environment does not let a person do it
├── DataError              1   the data is wrong
│   └── SourceError        1   a delivery cannot be read at all
├── VerdictError           1   a commit has no verdict that lets it be deployed
├── StepError              3   the project's own code failed
├── StoreError             3   an object cannot be written, or is missing or damaged
├── StateError             3   the state database cannot be used
└── BusyError              3   another run holds what this one needs

Each error says what happened, where, and what to do about it, and survives a process boundary.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Self


class HeadgateError(Exception):
    """Base of every error a user can meet.

    >>> print(HeadgateError("no table", "pipelines/a.yml:3", "add one"))
    pipelines/a.yml:3: no table
      add one
    """

    code: ClassVar[str] = "HG000"
    exit_code: ClassVar[int] = 3

    def __init__(self, what: str, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(what, where, hint)  # as given, so that errors travel between processes
        self.what, self.where, self.hint = what, where, hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f"\n  {self.hint}" if self.hint else ""
        return f"{place}{self.what}{advice}"


class DeclarationError(HeadgateError):
    """What was written in the project cannot be understood.

    The place is a file and mostly a line. Correct what stands there and call again; nothing was run.
    """

    code = "HG100"
    exit_code = 2


class UnknownNameError(DeclarationError):
    """A name that nothing declares.

    Mostly a slip of the pen: the nearest known name is in the advice.
    """

    code = "HG101"

    @classmethod
    def of(cls, kind: str, name: str, known: Iterable[str], where: str | None = None) -> Self:
        """The error for `name`, with the nearest known name as its advice.

        >>> print(UnknownNameError.of("step", "feturs", ["features"], "pipeline.yml:12"))
        pipeline.yml:12: no step named 'feturs'
          did you mean 'features'?
        """
        return cls(f"no {kind} named {name!r}", where, did_you_mean(name, known))


class UsageError(HeadgateError):
    """A command was called in a way that cannot work.

    Correct the command; `--help` behind its name shows what it takes.
    """

    code = "HG200"
    exit_code = 2


class MissingExtraError(HeadgateError):
    """An optional package is needed and not installed.

    Install the package that is named, or let the step ask for another form of table.
    """

    code = "HG201"
    exit_code = 2


class AccessError(HeadgateError):
    """The policy of an environment does not let a person do it.

    The place is the line of `headgate.yml` that says who may. The attempt is in the audit log.
    """

    code = "HG202"
    exit_code = 2


class DataError(HeadgateError):
    """The data is wrong.

    Look at the rows, and correct the delivery or the promise. What was published is still served.
    """

    code = "HG300"
    exit_code = 1


class SourceError(DataError):
    """A delivery cannot be read at all.

    The file is missing, empty, of another format, or was written while it was read. Deliver it
    again, or correct the source's declaration.
    """

    code = "HG301"


class VerdictError(HeadgateError):
    """A commit has no verdict that lets it be deployed.

    Judge it with `headgate ci`, where the record is that `headgate deploy` reads; or deploy it all
    the same, with `--override` and the reason.
    """

    code = "HG350"
    exit_code = 1


class StepError(HeadgateError):
    """The project's own code failed.

    The place is the deepest line of the project's own code; `headgate run -v` shows the traceback.
    """

    code = "HG400"


class StoreError(HeadgateError):
    """An object cannot be written, or is missing or damaged.

    Free the disk, mend the permissions, or run again to make the object anew. Readers see the release
    they saw before.
    """

    code = "HG500"


class StateError(HeadgateError):
    """The state database cannot be used.

    The advice says what was found: a full disk, permissions, a network file system, damage; with
    Postgres, a server that cannot be reached, or a connection that was lost.
    """

    code = "HG501"


class BusyError(HeadgateError):
    """Another run holds what this one needs.

    Wait for it with `headgate run --wait SECONDS`, or end the process that is named.
    """

    code = "HG502"


def did_you_mean(name: object, known: Iterable[str]) -> str | None:
    """Advice that names the nearest known name, or all of them when there are few.

    >>> did_you_mean("feturs", ["features", "train_clean"])
    "did you mean 'features'?"
    >>> did_you_mean(None, ["arrow", "polars"])  # as Python callers may say by mistake
    'known: arrow, polars'
    """
    from difflib import get_close_matches

    names = sorted(map(str, known))  # members of an enumeration by their value
    folded = {entry.casefold(): entry for entry in names}
    if close := get_close_matches(str(name).casefold(), folded, n=1):
        return f"did you mean {folded[close[0]]!r}?"
    return f"known: {', '.join(names)}" if 0 < len(names) <= 12 else None
