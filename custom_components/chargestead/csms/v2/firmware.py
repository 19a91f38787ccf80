"""Functional block L: firmware."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from ...model.commands import Command, UpdateFirmware
from ..adapter import Request
from ..connection import Reply
from ..fields import on_wire
from ..file_progress import firmware_step
from ..rpc import Payload
from .blocks import Handler, noticed

if TYPE_CHECKING:
    from .adapter import Adapter2


def firmware_status(adapter: Adapter2, payload: Payload) -> Reply:
    """Take a step of a firmware update (L01)."""
    firmware_step(adapter.station, payload)
    return {}


def _update(_: Adapter2, command: UpdateFirmware) -> Request:
    """Fetch and install firmware, signed (L01) or not (L02)."""
    return Request(
        "UpdateFirmware",
        on_wire(
            retries=command.retries,
            retryInterval=command.retry_interval_s,
            requestId=command.request_id,
            firmware={
                "location": command.location,
                "retrieveDateTime": command.retrieve_at,
                "installDateTime": command.install_at,
                "signingCertificate": command.signing_certificate,
                "signature": command.signature,
            },
        ),
    )


HANDLERS: Final[Mapping[str, Handler]] = {
    "FirmwareStatusNotification": firmware_status,
    "PublishFirmwareStatusNotification": noticed("PublishFirmwareStatusNotification"),
}
BUILDERS: Final[Mapping[type[Command], Callable[..., Request]]] = {UpdateFirmware: _update}
