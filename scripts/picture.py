"""Draws what a command prints on a terminal as SVG, without fonts from elsewhere.

python scripts/picture.py docs/images/run.svg headgate -C demo run
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import sys
import termios
from pathlib import Path

COLUMNS, ROWS = 84, 60
CELL = 12.2  # the width of a letter, in units of the picture
INDENTED = re.compile(
    r'x="(?P<x>[\d.]+)"(?P<y> y="[\d.]+" )textLength="(?P<length>[\d.]+)"'
    r"(?P<rest>[^>]*>)(?P<spaces>(?:&#160;)+)(?=[^&<])"
)


def main() -> int:
    target, *command = sys.argv[1:]
    status, said = on_terminal(command)
    Path(target).write_text(drawn(lines(said), " ".join(command)), encoding="utf-8")
    return status


def on_terminal(command: list[str]) -> tuple[int, str]:
    """The exit code of a command and all that it wrote to its terminal."""
    child, terminal = pty.fork()
    if child == 0:
        environment = {**os.environ, "TERM": "xterm-256color"}
        environment.pop("CI", None)
        os.execvpe(command[0], command, environment)  # noqa: S606 - the caller's own command
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    said = b""
    while True:
        try:
            block = os.read(terminal, 65536)
        except OSError:  # how Linux says that the other end is closed
            block = b""
        if not block:
            break
        said += block
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), said.decode()


def lines(said: str) -> list[str]:
    """What is left standing: of a line that was drawn again, the last state."""
    visible = re.sub(r"\x1b\[\?25[lh]", "", said)
    final = [line.rpartition("\x1b[2K")[2].strip("\r") for line in visible.split("\n")]
    while final and not final[-1]:
        final.pop()
    return final


def drawn(printed: list[str], title: str) -> str:
    """The lines as SVG."""
    import io

    from rich._export_format import CONSOLE_SVG_FORMAT
    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi("\n".join(printed)))
    local = re.sub(r"@font-face \{\{.*?\}\}\n|<!--.*?-->", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    local = local.replace(
        "Fira Code, monospace", "ui-monospace, Menlo, DejaVu Sans Mono, monospace"
    )
    return INDENTED.sub(
        _indented, console.export_svg(title=title, code_format=local, unique_id="run")
    )


def _indented(text: re.Match[str]) -> str:
    """A text that begins where its first letter is: some viewers leave out leading spaces."""
    width = CELL * len(text["spaces"]) / len("&#160;")
    x, length = float(text["x"]) + width, float(text["length"]) - width
    return f'x="{x:g}"{text["y"]}textLength="{length:g}"{text["rest"]}'


if __name__ == "__main__":
    sys.exit(main())
