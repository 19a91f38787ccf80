"""Functional block D: the local list."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from ...model.commands import Command, GetLocalListVersion, LocalListEntry, SendLocalList
from ..adapter import Request
from ..fields import on_wire
from .values import some_token

if TYPE_CHECKING:
    from .adapter import Adapter2


def _entry(entry: LocalListEntry) -> dict[str, object]:
    info = {
        **(entry.info or {}),
        **on_wire(
            status=entry.status,
            cacheExpiryDateTime=entry.expires_at,
            groupIdToken=some_token(entry.parent_id_token, entry.parent_id_token_type),
        ),
    }
    return {
        "idToken": some_token(entry.id_token, entry.id_token_type),
        "idTokenInfo": info if "status" in info else None,
    }


def _send(_: Adapter2, command: SendLocalList) -> Request:
    """Send a list (D01); one without entries is left out, as it has to be."""
    entries = [_entry(item) for item in command.entries or ()]
    return Request(
        "SendLocalList",
        on_wire(
            versionNumber=command.version,
            updateType="Full" if command.full else "Differential",
            localAuthorizationList=entries or None,
        ),
    )


def _version(_: Adapter2, __: GetLocalListVersion) -> Request:
    """Ask for the version (D02)."""
    return Request("GetLocalListVersion", {})


BUILDERS: Final[Mapping[type[Command], Callable[..., Request]]] = {
    SendLocalList: _send,
    GetLocalListVersion: _version,
}
