"""The OCPP 2.0.1 and 2.1 adapter: one table of inbound messages, one of commands."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

from ...model.commands import Command
from ...model.errors import NotSupportedByVersionError
from ...model.session import Session
from ...model.station import ConfigurationValue, OcppVersion
from ..adapter import Request
from ..charging_profiles import V21, V201
from ..connection import Reply
from ..limits import Form
from ..rpc import Call, CallRefusal
from . import (
    authorization,
    availability,
    certificates,
    charging_needs,
    customers,
    device_model,
    diagnostics,
    display,
    energy_resources,
    firmware,
    local_list,
    logs,
    monitoring,
    network,
    notices,
    payments,
    provisioning,
    remote_control,
    reservation,
    smart_charging,
    tariffs,
    transactions,
    trust,
    variables,
)
from .blocks import Builder, Handler
from .evses import Evses
from .progress import Progresses
from .reports import Reports

if TYPE_CHECKING:
    from ..station import ChargingStation

_BLOCKS: Final = (
    authorization,
    availability,
    certificates,
    customers,
    charging_needs,
    diagnostics,
    display,
    firmware,
    monitoring,
    notices,
    provisioning,
    reservation,
    smart_charging,
    transactions,
)
_LATER_BLOCKS: Final = (
    certificates,
    diagnostics,
    energy_resources,
    payments,
    smart_charging,
)
_COMMAND_BLOCKS: Final = (
    authorization,
    customers,
    display,
    firmware,
    local_list,
    logs,
    monitoring,
    network,
    remote_control,
    reservation,
    smart_charging,
    tariffs,
    trust,
    variables,
)

HANDLERS: Final[Mapping[str, Handler]] = {
    action: handler for block in _BLOCKS for action, handler in block.HANDLERS.items()
}
LATER_HANDLERS: Final[Mapping[str, Handler]] = {
    **HANDLERS,
    **{
        action: handler
        for block in _LATER_BLOCKS
        for action, handler in block.LATER_HANDLERS.items()
    },
}
BUILDERS: Final[Mapping[type[Command], Builder]] = {
    command: builder for block in _COMMAND_BLOCKS for command, builder in block.BUILDERS.items()
}


class Adapter2:
    """Speaks OCPP 2.0.1 or 2.1 for one station."""

    measurands = device_model.MEASURANDS

    def __init__(self, station: ChargingStation, version: OcppVersion) -> None:
        """Act on a station; nothing is known of its EVSEs and device model yet."""
        self.station = station
        self.version = version
        self.evses = Evses(station)
        self.progresses = Progresses()
        self.reports = Reports(station)
        self.dialect = V21 if version is OcppVersion.V21 else V201
        self.asked_for_monitors = False
        self._handlers = LATER_HANDLERS if version is OcppVersion.V21 else HANDLERS

    @property
    def is_later(self) -> bool:
        """Tell whether it is 2.1 that is spoken."""
        return self.version is OcppVersion.V21

    def receive(self, call: Call) -> Reply:
        """Answer a message; an unknown one with NotImplemented (OCPP 2.0.1 part 4 section 4.3)."""
        handler = self._handlers.get(call.action)
        if handler is None:
            self.station.counters.add("action_unknown")
            raise CallRefusal("NotImplemented", call.action)
        return handler(self, call.payload)

    def request(self, command: Command) -> Request:
        """Return the message for a command."""
        builder = BUILDERS.get(type(command))
        if builder is None:
            raise NotSupportedByVersionError(
                self.station.station_id, type(command).__name__, self.version
            )
        return builder(self, command)

    def limit_profile(
        self, form: Form, *, profile_id: int, limit: float, session: Session | None, now: datetime
    ) -> Mapping[str, object] | None:
        """Return a charging profile for a limit."""
        return smart_charging.limit_profile(
            form, profile_id=profile_id, limit=limit, session=session, now=now
        )

    async def read_configuration(self) -> dict[str, ConfigurationValue]:
        """Return the device model, the well-known part of it also under the keys of 1.6; note the monitors as well."""
        found = await variables.read_device_model(self)
        if monitoring.has_monitors(self):
            await monitoring.read_monitors(self)
        return found

    def names(self, key: str) -> tuple[str, ...]:
        """Return the name of a variable and, where it has one, its key of 1.6."""
        return device_model.names(key)

    async def check_sessions(self) -> None:
        """Ask after the sessions that are open (GetTransactionStatus)."""
        await transactions.check_sessions(self)

    def disconnected(self) -> None:
        """Give up reports that were on their way."""
        self.asked_for_monitors = False
        self.reports.close()
