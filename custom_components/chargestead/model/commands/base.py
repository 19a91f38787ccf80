"""What all commands have in common."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """The root of all commands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """A station's answer: its status where the message has one, and all of it as sent."""

    status: str | None
    answer: Mapping[str, object]
