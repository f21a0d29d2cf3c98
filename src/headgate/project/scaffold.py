"""A new project on disk: empty, or with an example that runs.

Nothing that is there is overwritten. The settings file is written last, so that a folder that has
it is complete, and an init that was interrupted can be started again.
"""

from __future__ import annotations

import filecmp
import os
import shutil
from pathlib import Path

from headgate.errors import UnknownNameError, UsageError
from headgate.project.lookalike import write_lookalike
from headgate.project.root import FILE

DELIVERIES = {"rossmann": ("train.csv", "store.csv")}
"""The files that each example is given data as."""

_TEMPLATES = Path(__file__).parent / "examples"
_EMPTY = "empty"
_SHARED = "shared"
"""What every project has: the files that judge a change of it."""
_RAW = Path("data", "raw")


def examples() -> list[str]:
    """The names of the examples."""
    return sorted(DELIVERIES)


def init(folder: Path, *, example: str | None = None, data: Path | None = None) -> list[Path]:
    """Writes a project into the folder, and gives the files that it wrote.

    `data` is the folder with the example's real files, which are copied. Without it a look-alike
    is generated, unless the deliveries are in the project already. Raises UsageError where a file
    that is there would be overwritten, or where a file cannot be read or written.
    """
    template = _template(example)
    if data is not None and example is None:
        raise UsageError("data belongs to an example", hint="add --example rossmann")
    wanted = {
        source / name: folder / name
        for source in (_TEMPLATES / _SHARED, template)
        for name in _names(source)
    }
    given = {} if data is None else _given(data, folder / _RAW, DELIVERIES[str(example)])
    _refuse_to_overwrite(folder, wanted | given)
    try:
        written = _copy(given)
        if example is not None and data is None:
            written += _generate(folder / _RAW, DELIVERIES[example])
        return written + _copy(wanted)
    except OSError as error:
        place = str(error.filename or folder)
        what = f"the project cannot be written: {error.strerror or error}"
        raise UsageError(what, place, "choose another folder, or free it") from error


def _template(example: str | None) -> Path:
    if example is None:
        return _TEMPLATES / _EMPTY
    if example not in DELIVERIES:
        raise UnknownNameError.of("example", example, DELIVERIES)
    return _TEMPLATES / example


def _names(template: Path) -> list[Path]:
    """The files of a template, relative to it, the settings last."""
    files = (path.relative_to(template) for path in template.rglob("*") if path.is_file())
    kept = [name for name in files if "__pycache__" not in name.parts]
    return sorted(kept, key=lambda name: (name == Path(FILE), name))


def _given(data: Path, raw: Path, names: tuple[str, ...]) -> dict[Path, Path]:
    missing = [name for name in names if not (data / name).is_file()]
    if missing:
        hint = f"it must hold {' and '.join(names)}"
        raise UsageError(f"no {' and no '.join(missing)} there", str(data), hint)
    return {data / name: raw / name for name in names}


def _refuse_to_overwrite(folder: Path, copies: dict[Path, Path]) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError("not a folder", str(folder), "name a folder, or one that is not there yet")
    taken = [target for source, target in copies.items() if _differs(source, target)]
    if taken:
        names = [str(path.relative_to(folder)) for path in taken]
        more = f" and {len(names) - 8} more" if len(names) > 8 else ""
        raise UsageError(
            f"these files are there already: {', '.join(names[:8])}{more}",
            str(folder),
            "move them away, or choose another folder; nothing was written",
        )


def _differs(source: Path, target: Path) -> bool:
    if not os.path.lexists(target):
        return False
    return not target.is_file() or not filecmp.cmp(source, target, shallow=False)


# ------------------------------------------------------------------ writing


def _copy(copies: dict[Path, Path]) -> list[Path]:
    """Copies what is not there yet. A half-written file never bears its name."""
    written = []
    for source, target in copies.items():
        if target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name}.part")
        shutil.copyfile(source, beside)  # the content alone: originals may be read-only
        if target.suffix == ".sh":
            beside.chmod(0o755)  # installers of wheels may drop the mode
        beside.replace(target)
        written.append(target)
    return written


def _generate(raw: Path, names: tuple[str, ...]) -> list[Path]:
    """Look-alikes of the deliveries, where none of them is there."""
    targets = [raw / name for name in names]
    beside = raw / ".part"
    interrupted = beside.exists()
    if any(target.exists() for target in targets) and not interrupted:
        return []
    write_lookalike(beside)
    for target in targets:
        (beside / target.name).replace(target)
    beside.rmdir()
    return targets
