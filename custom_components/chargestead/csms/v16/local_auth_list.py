"""OCPP 1.6 Local Auth List Management profile (sections 3.5, 5.10 and 5.15)."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from ...model.commands import Command, GetLocalListVersion, LocalListEntry, SendLocalList
from ..adapter import Request
from ..fields import on_wire

if TYPE_CHECKING:
    from ..station import ChargingStation


def _entry(entry: LocalListEntry) -> dict[str, object]:
    info = {
        **(entry.info or {}),
        **on_wire(
            expiryDate=entry.expires_at, parentIdTag=entry.parent_id_token, status=entry.status
        ),
    }
    return {"idTag": entry.id_token, "idTagInfo": info if "status" in info else None}


def _send(_: ChargingStation, command: SendLocalList) -> Request:
    entries = command.entries
    return Request(
        "SendLocalList",
        on_wire(
            listVersion=command.version,
            localAuthorizationList=None if entries is None else [_entry(item) for item in entries],
            updateType="Full" if command.full else "Differential",
        ),
    )


def _version(_: ChargingStation, __: GetLocalListVersion) -> Request:
    return Request("GetLocalListVersion", {})


BUILDERS: Final[Mapping[type[Command], Callable[..., Request]]] = {
    SendLocalList: _send,
    GetLocalListVersion: _version,
}
