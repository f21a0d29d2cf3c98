"""The seven modes of compatibility, as Confluent's registry of schemas names them.

| mode | what must hold | upgrade first |
|---|---|---|
| BACKWARD | readers of the new version read what the last one wrote | consumers |
| FORWARD | readers of the last version read what the new one writes | producers |
| FULL | both | either |
| ..._TRANSITIVE | the same with every earlier version | as above |
| NONE | nothing | both at once |
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from headgate.errors import UnknownNameError

First = Literal["consumers", "producers", "either", "both at once"]


class Mode(StrEnum):
    """What must hold between the versions of a schema."""

    NONE = "NONE"
    BACKWARD = "BACKWARD"
    BACKWARD_TRANSITIVE = "BACKWARD_TRANSITIVE"
    FORWARD = "FORWARD"
    FORWARD_TRANSITIVE = "FORWARD_TRANSITIVE"
    FULL = "FULL"
    FULL_TRANSITIVE = "FULL_TRANSITIVE"

    @property
    def transitive(self) -> bool:
        """Whether it asks for all earlier versions, not the last one alone."""
        return self.endswith("_TRANSITIVE")

    @property
    def backward(self) -> bool:
        """Whether new readers must read what was written before."""
        return self.startswith(("BACKWARD", "FULL"))

    @property
    def forward(self) -> bool:
        """Whether earlier readers must read what is written from now on."""
        return self.startswith(("FORWARD", "FULL"))

    @property
    def first(self) -> First:
        """Who is upgraded first where the mode holds."""
        if self.backward and self.forward:
            return "either"
        return "consumers" if self.backward else "producers" if self.forward else "both at once"


DEFAULT = Mode.BACKWARD_TRANSITIVE
"""A kept version of a dataset is read again, however old it is."""
PRODUCTS = Mode.FULL
"""What a pipeline publishes has readers that nobody here can upgrade."""


def mode_named(given: object, where: str | None = None) -> Mode:
    """The mode of that name. Raises UnknownNameError where there is none."""
    try:
        return Mode(str(given).upper())
    except ValueError:
        known = [mode.value for mode in Mode]
        raise UnknownNameError.of("mode of compatibility", str(given), known, where) from None
