"""Functional block P, from the station: vendor data."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ...model.events import DataReceived
from ..connection import Reply
from ..fields import text
from ..rpc import CallRefusal, Payload
from .blocks import Handler

if TYPE_CHECKING:
    from .adapter import Adapter2


def data_transfer(adapter: Adapter2, payload: Payload) -> Reply:
    """Take vendor data (P02): all of it is offered to automations, and no vendor's is understood here."""
    vendor_id = text(payload, "vendorId")
    if vendor_id is None:
        raise CallRefusal("OccurenceConstraintViolation", "vendorId is missing")
    station = adapter.station
    station.publish(
        DataReceived(
            station_id=station.station_id,
            at=station.clock.now(),
            vendor_id=vendor_id,
            message_id=text(payload, "messageId"),
            data=payload.get("data"),
        )
    )
    return {"status": "UnknownVendorId"}


HANDLERS: Final[Mapping[str, Handler]] = {"DataTransfer": data_transfer}
