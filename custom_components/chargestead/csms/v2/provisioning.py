"""Functional block B, from the station: boot, heartbeat and reports of the device model."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ..connection import Reply
from ..fields import integer, objects, timestamp
from ..identity import read_identity
from ..rpc import Payload
from .blocks import Handler, notice
from .reports import NOTIFY_REPORT

if TYPE_CHECKING:
    from .adapter import Adapter2

_HEARTBEAT_S: Final = 300


def boot_notification(adapter: Adapter2, payload: Payload) -> Reply:
    """Accept a station that started (B01)."""
    identity, reason = read_identity(payload)
    adapter.station.welcome.booted(identity, reason)
    return {
        "status": "Accepted",
        "currentTime": timestamp(adapter.station.clock.now()),
        "interval": _HEARTBEAT_S,
    }


def heartbeat(adapter: Adapter2, _: Payload) -> Reply:
    """Tell the time (G02)."""
    return {"currentTime": timestamp(adapter.station.clock.now())}


def notify_report(adapter: Adapter2, payload: Payload) -> Reply:
    """Take a part of a report (B07, B08); one that a raw request asked for is passed on."""
    if not adapter.reports.take(
        integer(payload, "requestId"),
        integer(payload, "seqNo"),
        objects(payload, "reportData"),
        more=payload.get("tbc") is True,
    ):
        notice(adapter, NOTIFY_REPORT, payload)
    return {}


HANDLERS: Final[Mapping[str, Handler]] = {
    "BootNotification": boot_notification,
    "Heartbeat": heartbeat,
    "NotifyReport": notify_report,
}
