from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from headgate.cli.commands import COMMANDS, Table
from headgate.cli.lazy import LazyGroup
from headgate.cli.main import MainGroup, main
from headgate.cli.options import global_options

# A command of each fate, in a module that is imported when one is called.
COMMANDS_MODULE = """
import click
from headgate.cli.output import Output
from headgate.errors import SourceError, UnknownNameError

@click.command()
@click.argument("words", nargs=-1)
@click.pass_obj
def say(output: Output, words):
    "Say WORDS."
    output.document("test.say/1", {
        "words": list(words),
        "directory": output.directory,
        "environment": output.environment,
        "json": output.json,
        "verbosity": output.verbosity,
        "plain": output.plain,
    })

@click.command()
@click.option("--env", help="An option of its own.")
@click.pass_obj
def own(output: Output, env):
    output.echo(f"own {env}, global {output.environment}")

@click.command()
def held():
    raise SourceError("gate train closed", "expectations/raw.json:41", "look\\nand run again")

@click.command()
@click.pass_obj
def half(output: Output):
    output.document("test.run/1", {})
    raise SourceError("gate train closed")

@click.command()
def unknown():
    raise UnknownNameError.of("dataset", "feturs", ["features"], "pipelines/a.yml:3")

@click.command()
def crash():
    raise ZeroDivisionError("by zero")

@click.command()
def refused():
    open("/does/not/exist")

@click.command()
def stopped():
    raise KeyboardInterrupt

@click.command()
@click.argument("status", type=int)
def code(status):
    return status

@click.command()
def flood():
    for _ in range(100_000):
        click.echo("x" * 80)
"""
TABLE: Table = {
    name: (f"lazy_commands_for_tests:{name}", f"Help of {name}.")
    for name in (
        *("say", "own", "held", "half", "unknown", "crash", "refused", "stopped", "code", "flood"),
    )
}


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("HEADGATE_")]:
        monkeypatch.delenv(name)
    (tmp_path / "lazy_commands_for_tests.py").write_text(COMMANDS_MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))


def call(*arguments: str) -> Result:
    group = MainGroup(
        table={**TABLE, "run": TABLE["say"]}, params=[*global_options()], no_args_is_help=True
    )
    return CliRunner().invoke(group, arguments)


def process(
    *arguments: str, python: Sequence[str] = (), cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *python, "-m", "headgate", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
    )


# ------------------------------------------------------------------ starting


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from headgate.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit as end: assert end.code == 0\n"
        "heavy = {'duckdb', 'polars', 'pydantic', 'yaml', 'rich', 'sqlite3', 'json', 'sqlglot'}\n"
        "heavy |= {'psycopg'}\n"
        "ours = {name for name in sys.modules if name.startswith('headgate')}\n"
        "print(sorted(heavy & set(sys.modules)), sorted(ours))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ours = ["headgate", "headgate.cli", "headgate.errors"]
    ours += [
        f"headgate.cli.{name}"
        for name in ("colours", "commands", "lazy", "main", "options", "output")
    ]
    assert done.stdout.splitlines()[-1] == f"[] {sorted(ours)}"


def test_help_names_every_command_with_its_help() -> None:
    done = process("--help")
    assert done.returncode == 0
    for name, (_, text) in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(text)}$", done.stdout, re.MULTILINE)
    assert list(main.list_commands(click.Context(main))) == [
        *("init", "run", "validate", "lint", "test", "plan", "ci", "deploy", "worker", "status"),
        *("show", "report", "audit", "data", "quality", "contract", "env", "model", "import"),
    ]


def test_every_name_in_the_tables_has_a_command_and_its_help_tells_the_same_options() -> None:
    for arguments in (
        *([name] for name in COMMANDS),
        *(["data", n] for n in ("log", "rows")),
        ["quality", "suggest"],
    ):
        told = CliRunner().invoke(main, [*arguments, "--help"])
        assert told.exit_code == 0, told.output
        assert "Also: -C DIR, --env NAME, --json, -q, -v, --no-color" in told.output


def test_the_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    assert process("--version").stdout == f"headgate {version('headgate')}\n"


def test_without_a_command_the_help_is_shown_as_an_error() -> None:
    told = CliRunner().invoke(main, [])
    assert told.exit_code == 2
    assert told.stdout == ""
    assert "Commands:" in told.stderr


# ------------------------------------------------------------------ options


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        (["-C", "shop", "say"], {"directory": "shop"}),
        (["say", "-C", "shop"], {"directory": "shop"}),
        (["-C", "a", "say", "-C", "b"], {"directory": "b"}),
        (["--env", "test", "say"], {"environment": "test"}),
        (["say", "x", "--env", "test"], {"environment": "test", "words": ["x"]}),
        (["--json", "say", "x"], {"json": "document", "words": ["x"]}),
        (["say", "--json", "x"], {"json": "document", "words": ["x"]}),
        (["run", "--json=events", "x"], {"json": "events", "words": ["x"]}),
        (["--json=events", "run"], {"json": "events"}),
        (["run", "--json=document"], {"json": "document"}),
        (["-v", "say", "-vv"], {"verbosity": 3}),
        (["say", "-q"], {"verbosity": -1}),
        (["say", "--no-color"], {"plain": True}),
        (["say", "--", "--json=events"], {"json": "", "words": ["--json=events"]}),
        (["say"], {"directory": ".", "environment": None, "json": "", "verbosity": 0}),
    ],
)
def test_global_options_stand_before_or_after_the_command(
    arguments: list[str], kept: dict[str, object]
) -> None:
    told = call(*arguments)
    assert told.exit_code == 0, told.output
    assert kept.items() <= json.loads(told.stdout).items()


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("HEADGATE_DIR", "shop", {"directory": "shop"}),
        ("HEADGATE_ENV", "test", {"environment": "test"}),
        ("HEADGATE_JSON", "1", {"json": "document"}),
        ("HEADGATE_JSON", "0", {"json": ""}),
        ("HEADGATE_JSON", "events", {"json": "events"}),
        ("HEADGATE_VERBOSE", "2", {"verbosity": 2}),
        ("HEADGATE_QUIET", "yes", {"verbosity": -1}),
        ("HEADGATE_NO_COLOR", "1", {"plain": True}),
        ("NO_COLOR", "1", {"plain": True}),
    ],
)
def test_environment_variables_stand_for_options(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, kept: dict[str, object]
) -> None:
    monkeypatch.setenv(name, value)
    assert kept.items() <= json.loads(call("say").stdout).items()


def test_an_option_wins_over_its_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADGATE_ENV", "test")
    assert json.loads(call("say", "--env", "prod").stdout)["environment"] == "prod"


def test_a_command_keeps_an_option_of_its_own() -> None:
    assert call("--env", "prod", "own", "--env", "mine").stdout == "own mine, global prod\n"


def test_events_are_refused_where_nothing_streams() -> None:
    told = call("say", "--json=events")
    assert told.exit_code == 2
    assert "--json=events is an option of `headgate run` and `worker` alone" in told.stderr


def test_an_unknown_format_is_refused() -> None:
    told = call("say", "--json=yaml")
    assert told.exit_code == 2
    assert "use --json or --json=events" in told.stderr


# ------------------------------------------------------------------ ends


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            ["hel"],
            "error: no command named 'hel'\n  help: did you mean 'held'?\n",
        ),
        (
            ["say", "--ful"],
            "error: no such option '--ful'\n  help: headgate say --help\n",
        ),
        (
            ["say", "--verbos"],
            (
                "error: no such option '--verbos'\n"
                "  help: did you mean '--verbose'?\n"
                "        headgate say --help\n"
            ),
        ),
        (
            ["code"],
            "error: missing argument 'STATUS'\n  help: headgate code --help\n",
        ),
        (
            ["code", "x"],
            (
                "error: invalid value for 'STATUS': 'x' is not a valid integer\n"
                "  help: headgate code --help\n"
            ),
        ),
    ],
)
def test_a_wrong_call_says_what_is_right_and_ends_with_2(arguments: list[str], text: str) -> None:
    told = call(*arguments)
    assert (told.exit_code, told.stdout, told.stderr) == (2, "", text)


def test_an_unknown_command_of_a_nested_group_has_its_nearest_name() -> None:
    told = CliRunner().invoke(main, ["data", "rolback"])
    assert told.exit_code == 2
    assert told.stderr == "error: no command named 'rolback'\n  help: did you mean 'rollback'?\n"


def test_an_error_says_what_where_and_what_to_do() -> None:
    told = call("held")
    assert (told.exit_code, told.stdout) == (1, "")
    assert told.stderr == (
        "error: gate train closed\n"
        "  --> expectations/raw.json:41\n"
        "  help: look\n"
        "        and run again\n"
    )


def test_an_error_is_one_document_for_machines() -> None:
    told = call("unknown", "--json")
    assert told.exit_code == 2
    assert json.loads(told.stdout) == {
        "schema": "headgate.error/1",
        "code": "HG101",
        "what": "no dataset named 'feturs'",
        "where": "pipelines/a.yml:3",
        "hint": "did you mean 'features'?",
        "exit_code": 2,
    }


@pytest.mark.parametrize("arguments", [["nothing", "--json"], ["say", "--bogus", "--json"]])
def test_a_wrong_call_is_a_document_too(arguments: list[str]) -> None:
    told = call(*arguments)
    assert told.exit_code == 2
    assert json.loads(told.stdout)["code"] == "HG200"


def test_a_document_that_was_given_is_not_followed_by_a_second_one() -> None:
    told = call("--json", "half")
    assert told.exit_code == 1
    assert json.loads(told.stdout) == {"schema": "test.run/1"}
    assert "error: gate train closed" in told.stderr


def test_a_crash_is_one_clear_message_and_ends_with_3() -> None:
    told = call("crash")
    assert told.exit_code == 3
    first, place, advice = told.stderr.splitlines()
    assert first == "error: unexpected ZeroDivisionError: by zero"
    assert "lazy_commands_for_tests.py:" in place
    assert "please report it" in advice
    assert "Traceback" in call("crash", "-v").stderr


def test_what_the_system_refuses_is_told_in_its_words() -> None:
    told = call("refused")
    assert told.exit_code == 3
    assert "error: the system refused: /does/not/exist: No such file or directory" in told.stderr


def test_an_interrupted_command_ends_with_130() -> None:
    told = call("stopped")
    assert (told.exit_code, told.stderr) == (130, "interrupted\n")


@pytest.mark.parametrize("status", [0, 1, 3])
def test_what_a_command_returns_is_the_exit_code(status: int) -> None:
    assert call("code", str(status)).exit_code == status


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    script = (
        "from headgate.cli.main import MainGroup\n"
        f"MainGroup(table={ {'flood': TABLE['flood']}!r}).main(['flood'])\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    ) as flood:
        assert flood.stdout is not None
        assert flood.stderr is not None
        flood.stdout.readline()
        flood.stdout.close()
        assert flood.stderr.read() == b""
    assert flood.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_a_full_disk_is_told_once() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "headgate", "--help"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 3
    assert b"error: the system refused: No space left on device" in done.stderr
    assert b"Exception ignored" not in done.stderr


def test_a_closed_standard_output_is_no_crash() -> None:
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m headgate --help >&-"], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_terminal_without_our_signs_is_no_crash() -> None:
    script = (
        "import click, sys\n"
        "from headgate.cli.main import MainGroup\n"
        "group = MainGroup(table={})\n"
        "group.add_command(click.Command('x', callback=lambda: print('✓ ' + chr(0xdc80))))\n"
        "group.main(['x'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert (done.returncode, done.stdout) == (0, b"\\u2713 \\udc80\n")


def test_a_lazy_group_imports_a_module_only_when_called() -> None:
    group = LazyGroup(table={"gone": ("no.such.module", "Help.")}, name="data")
    told = CliRunner().invoke(group, ["--help"])
    assert told.exit_code == 0
    assert "gone  Help." in told.output
    assert isinstance(CliRunner().invoke(group, ["gone"]).exception, ModuleNotFoundError)
