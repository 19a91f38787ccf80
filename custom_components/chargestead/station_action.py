"""What an action on one station is made of."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.core import SupportsResponse
import voluptuous as vol

from .model.commands import Command, CommandResult
from .service_fields import ATTR_CONNECTOR_ID, ATTR_EVSE_CONNECTOR_ID, nullable, number
from .service_target import ActionTarget

type Fields = Mapping[str, Any]
type Response = dict[str, Any]
type Send = Callable[[ActionTarget, Fields], Awaitable[Response]]

CONNECTOR: Final[Mapping[vol.Marker, Any]] = {vol.Optional(ATTR_CONNECTOR_ID): nullable(number)}

EVSE_CONNECTOR: Final[Mapping[vol.Marker, Any]] = {
    vol.Optional(ATTR_EVSE_CONNECTOR_ID): nullable(number)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StationAction:
    """An action on one station or connector; a field left out or null is not put on the wire."""

    name: str
    send: Send
    fields: Mapping[vol.Marker, Any]
    admin_fn: Callable[[Fields], bool] = lambda _: False
    response: SupportsResponse = SupportsResponse.OPTIONAL


def sends(command_fn: Callable[[ActionTarget, Fields], Command]) -> Send:
    """Return how to send a command made of the fields of an action."""

    async def send(target: ActionTarget, fields: Fields) -> Response:
        return told(await target.station.command(command_fn(target, fields)))

    return send


def told(result: CommandResult, **more: object) -> Response:
    """Return a station's answer as actions tell it."""
    return {"status": result.status, "answer": dict(result.answer), **more}


def always(_: Fields) -> bool:
    """Tell that an action is for administrators whatever it says."""
    return True
