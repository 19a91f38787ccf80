"""What went over the wire, as calls with their answers, and how a case says what it wants to see."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
import json
from pathlib import Path
from typing import Any, Final

import jsonschema
import ocpp

from tests.simulator import Frame, Json
from tests.simulator.frames import CALL, ERROR, RESULT

type Wanted = Mapping[str, object]

ABSENT: Final = object()
"""Stands for a field that must not be there."""
FOLDERS: Final[Mapping[str, str]] = {"1.6": "v16", "2.0.1": "v201", "2.1": "v21"}


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """A call and its answer; `sent` is from the station's point of view, `error` the code of a CALLERROR."""

    number: int
    sent: bool
    action: str
    request: Json
    answer: Json | None
    error: str | None


@dataclass(frozen=True, kw_only=True)
class Step:
    """A call that must be among those that went over the wire."""

    sent: bool
    action: str
    request: Wanted
    answer: Wanted

    def fits(self, exchange: Exchange) -> bool:
        """Tell whether an exchange is this step; a call that got no answer never is."""
        return (
            (exchange.sent, exchange.action) == (self.sent, self.action)
            and matches(self.request, exchange.request)
            and exchange.answer is not None
            and matches(self.answer, exchange.answer)
        )


def says(action: str, *, answer: Wanted | None = None, **request: object) -> Step:
    """Want a call of the station, with these fields and such an answer of the central system."""
    return Step(sent=True, action=action, request=request, answer=answer or {})


def is_asked(action: str, *, answer: Wanted | None = None, **request: object) -> Step:
    """Want a call of the central system, with these fields and such an answer of the station."""
    return Step(sent=False, action=action, request=request, answer=answer or {})


def matches(wanted: object, seen: object) -> bool:
    """Tell whether a value is as wanted: objects by the fields named, functions by what they return."""
    if isinstance(wanted, Mapping):
        return isinstance(seen, Mapping) and all(
            key not in seen if value is ABSENT else key in seen and matches(value, seen[key])
            for key, value in wanted.items()
        )
    if callable(wanted):
        return bool(wanted(seen))
    return wanted == seen


def exchanges(frames: Iterable[Frame]) -> list[Exchange]:
    """Return calls with their answers, in the order of the calls."""
    kept = list(frames)
    answers = {(frame.sent, frame.id): frame for frame in kept if frame.kind in {RESULT, ERROR}}
    found = []
    for frame in kept:
        if frame.kind != CALL:
            continue
        answer = answers.get((not frame.sent, frame.id))
        accepted = answer is not None and answer.kind == RESULT
        found.append(
            Exchange(
                number=frame.number,
                sent=frame.sent,
                action=frame.action,
                request=frame.payload,
                answer=answer.payload if answer is not None and accepted else None,
                error=None if answer is None or accepted else answer.payload["code"],
            )
        )
    return found


def missing(steps: Iterable[Step], seen: Iterable[Exchange]) -> Step | None:
    """Return the first step that did not happen after the ones before it; others may lie between."""
    rest = iter(seen)
    return next((step for step in steps if not any(step.fits(each) for each in rest)), None)


def flaws(version: str, frame: Frame) -> list[str]:
    """Return what the schemas of a version have against a frame."""
    if frame.kind not in {CALL, RESULT}:
        return []
    ours = _validator(version, frame.action, answer=frame.kind == RESULT)
    payload = json.loads(frame.text, parse_float=Decimal)[3 if frame.kind == CALL else 2]
    return [f"{frame.action}: {error.message}" for error in ours.iter_errors(payload)]


@cache
def _validator(version: str, action: str, *, answer: bool) -> Any:  # noqa: ANN401
    folder = Path(ocpp.__file__).parent / FOLDERS[version] / "schemas"
    name = f"{action}Response" if answer else action
    if version != "1.6" and not answer:
        name = f"{action}Request"
    schema = json.loads((folder / f"{name}.json").read_text("utf-8-sig"), parse_float=Decimal)
    return jsonschema.validators.validator_for(schema)(schema)
