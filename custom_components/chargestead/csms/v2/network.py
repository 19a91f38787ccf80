"""Functional block B, to the station: how to reach a central system."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from ...model.commands import Command, SetNetworkProfile
from ...model.errors import FieldNotSupportedError
from ..adapter import Request
from ..fields import on_wire

if TYPE_CHECKING:
    from .adapter import Adapter2

_ACTION: Final = "SetNetworkProfile"
_VERSION_OF_201: Final = "OCPP20"
"""What 2.0.1 calls itself in a profile (OCPP 2.0.1 part 2, OCPPVersionEnumType); one of 2.1 may go without."""


def _set(adapter: Adapter2, command: SetNetworkProfile) -> Request:
    """Describe a way, for one of the station's slots (B09); the order of slots is a variable."""
    later = {"identity": command.identity, "password": command.password}
    for field, value in later.items():
        if value is not None and not adapter.is_later:
            raise FieldNotSupportedError(
                adapter.station.station_id, _ACTION, field, adapter.version
            )
    version = command.ocpp_version
    if version is None and not adapter.is_later:
        version = _VERSION_OF_201
    return Request(
        _ACTION,
        {
            "configurationSlot": command.slot,
            "connectionData": on_wire(
                ocppVersion=version,
                ocppTransport=command.transport,
                ocppCsmsUrl=command.url,
                messageTimeout=command.message_timeout_s,
                securityProfile=command.security_profile,
                ocppInterface=command.interface,
                identity=command.identity,
                basicAuthPassword=command.password,
                apn=command.apn,
                vpn=command.vpn,
            ),
        },
    )


BUILDERS: Final[Mapping[type[Command], Callable[..., Request]]] = {SetNetworkProfile: _set}
