"""What all declarations share: frozen models that refuse what they do not know."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from headgate.pipelines.problems import as_error, problems


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
