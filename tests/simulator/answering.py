"""From a call of the central system to an answer, or to silence."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from .link import CallError, Reply
from .schedule import Json

if TYPE_CHECKING:
    from .station import SimulatedStation

type Override = Json | CallError | Callable[[Json], Json | None] | None


def answer(station: SimulatedStation, action: str, payload: Json) -> Reply | None:
    """Answer a call: what a test ordered, else the quirk, else the book."""
    personality = station.personality
    if _is_silent(station, action):
        return None
    if action in station.overrides:
        return _overridden(station.overrides[action], payload)
    if action in personality.refuses:
        return Reply({"status": personality.refuses[action]})
    handler = station.skin.handlers.get(action)
    if handler is None or action in personality.not_implemented:
        raise CallError("NotImplemented", action)
    reply = handler(station, payload)
    if personality.reboots_on & {action, f"{action}:{payload.get('key')}"}:
        return Reply(reply.payload, station.power.crash)
    return reply


def _is_silent(station: SimulatedStation, action: str) -> bool:
    personality = station.personality
    if station.registration.status == "Rejected":
        return True
    if personality.ignores_calls_until_booted and not station.registration.accepted:
        return True
    return bool(personality.never_answers & {action, "*"})


def _overridden(override: Override, payload: Json) -> Reply | None:
    ordered = override(payload) if callable(override) else override
    if isinstance(ordered, CallError):
        raise ordered
    return None if ordered is None else Reply(ordered)
