"""The OCPP 1.6 adapter: one table of inbound messages, one of commands."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ...model.commands import Command
from ...model.errors import NotSupportedByVersionError
from ...model.session import Session
from ...model.station import ConfigurationValue, OcppVersion
from ..adapter import Request
from ..connection import Reply
from ..limits import Form
from ..rpc import Call, CallRefusal, Payload
from ..setup import WANTED_MEASURANDS, read_configuration
from . import (
    core,
    cost,
    firmware,
    local_auth_list,
    remote_trigger,
    reservation,
    security,
    smart_charging,
)

if TYPE_CHECKING:
    from ..station import ChargingStation

type Handler = Callable[[ChargingStation, Payload], Reply]
type Builder = Callable[[ChargingStation, Command], Request]

_PROFILES: Final = (core, firmware, security)
_COMMAND_PROFILES: Final = (
    core,
    cost,
    firmware,
    local_auth_list,
    remote_trigger,
    reservation,
    security,
    smart_charging,
)

HANDLERS: Final[Mapping[str, Handler]] = {
    action: handler for profile in _PROFILES for action, handler in profile.HANDLERS.items()
}
BUILDERS: Final[Mapping[type[Command], Builder]] = {
    command: builder
    for profile in _COMMAND_PROFILES
    for command, builder in profile.BUILDERS.items()
}


class Adapter16:
    """Speaks OCPP 1.6 for one station."""

    version = OcppVersion.V16
    measurands: Mapping[str, tuple[str, ...]] = MappingProxyType(
        {"MeterValuesSampledData": WANTED_MEASURANDS}
    )

    def __init__(self, station: ChargingStation) -> None:
        """Act on a station."""
        self._station = station

    def receive(self, call: Call) -> Reply:
        """Answer a message; an unknown one with NotImplemented (OCPP-J 1.6 section 4.2.3)."""
        handler = HANDLERS.get(call.action)
        if handler is None:
            self._station.counters.add("action_unknown")
            raise CallRefusal("NotImplemented", call.action)
        return handler(self._station, call.payload)

    def request(self, command: Command) -> Request:
        """Return the message for a command."""
        builder = BUILDERS.get(type(command))
        if builder is None:
            raise NotSupportedByVersionError(
                self._station.station_id, type(command).__name__, OcppVersion.V16
            )
        return builder(self._station, command)

    def limit_profile(
        self, form: Form, *, profile_id: int, limit: float, session: Session | None, now: datetime
    ) -> Mapping[str, object] | None:
        """Return a charging profile for a limit."""
        return smart_charging.limit_profile(
            form, profile_id=profile_id, limit=limit, session=session, now=now
        )

    async def read_configuration(self) -> dict[str, ConfigurationValue]:
        """Return all keys."""
        return await read_configuration(self._station)

    def names(self, key: str) -> tuple[str, ...]:
        """Return the key: it has one name."""
        return (key,)

    async def check_sessions(self) -> None:
        """Do nothing: what runs shows in what the station sends."""

    def disconnected(self) -> None:
        """Do nothing: every answer is whole."""
