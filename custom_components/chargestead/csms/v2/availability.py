"""Functional block G, from the station: the status of its connectors."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ..connection import Reply
from ..fields import instant, integer, text
from ..moments import moment
from ..rpc import Payload
from .blocks import Handler

if TYPE_CHECKING:
    from .adapter import Adapter2


def status_notification(adapter: Adapter2, payload: Payload) -> Reply:
    """Take a status (G01); an unknown one leaves the last as it was."""
    station = adapter.station
    evse_id = integer(payload, "evseId")
    if evse_id is None:
        station.counters.add("connector_missing")
        evse_id = 1 if len(station.book.connectors) == 1 else 0
    at, corrected = moment(station, instant(payload, "timestamp"), station.clock.now(), live=True)
    adapter.evses.reported(
        evse_id,
        integer(payload, "connectorId") or 0,
        text(payload, "connectorStatus"),
        at,
        corrected=corrected,
    )
    return {}


HANDLERS: Final[Mapping[str, Handler]] = {"StatusNotification": status_notification}
