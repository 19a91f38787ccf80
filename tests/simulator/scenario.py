"""What a fleet consists of and does, as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
import json
from pathlib import Path
from typing import Any, Final

from .car import Car
from .personality import PERSONALITIES, Personality
from .schedule import Json
from .station import SimulatedStation

ACTIONS: Final = frozenset(
    {
        "clear_fault",
        "fault",
        "go_offline",
        "go_online",
        "plug_in",
        "present_card",
        "reboot",
        "stop_locally",
        "unplug",
    }
)


class InvalidScenarioError(ValueError):
    """A scenario asks for something that does not exist."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """Something that happens to a station `at` seconds after its start."""

    at: float
    action: str
    arguments: Mapping[str, Any]

    def perform(self, station: SimulatedStation) -> None:
        """Do it."""
        getattr(station, self.action)(**self.arguments)


@dataclass(frozen=True, kw_only=True, slots=True)
class StationPlan:
    """One station of a fleet; the first car comes `first_visit` seconds after its start."""

    station_id: str
    connectors: int = 1
    version: str = "1.6"
    personality: Personality = field(default_factory=Personality)
    password: str | None = None
    configuration: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    visits: bool = True
    first_visit: float | None = None


def read_scenario(path: Path) -> list[StationPlan]:
    """Read a file: {"stations": [{"id": …, "steps": [{"at": 5, "do": "plug_in", …}]}]}."""
    return [_plan(raw) for raw in json.loads(path.read_text("utf-8"))["stations"]]


def personality_named(name: str) -> Personality:
    """Return a personality of the table."""
    if name not in PERSONALITIES:
        message = f"no personality {name!r}; there are {', '.join(PERSONALITIES)}"
        raise InvalidScenarioError(message)
    return PERSONALITIES[name]


def _plan(raw: Json) -> StationPlan:
    steps = sorted((_step(item) for item in raw.get("steps", [])), key=lambda s: s.at)
    return StationPlan(
        station_id=raw["id"],
        connectors=raw.get("connectors", 1),
        version=raw.get("version", "1.6"),
        personality=personality_named(raw.get("personality", "plain")),
        password=raw.get("password"),
        configuration=raw.get("configuration", {}),
        steps=tuple(steps),
        visits=raw.get("visits", not steps),
        first_visit=raw.get("first_visit"),
    )


def _step(raw: Json) -> Step:
    arguments = dict(raw)
    at, action = float(arguments.pop("at")), arguments.pop("do")
    if action not in ACTIONS:
        message = f"no step {action!r}; there are {', '.join(sorted(ACTIONS))}"
        raise InvalidScenarioError(message)
    if "car" in arguments:
        arguments["car"] = Car(**arguments["car"])
    return Step(at=at, action=action, arguments=arguments)
