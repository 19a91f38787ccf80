"""How far a station has come with firmware or a log; worded alike in all versions."""

from typing import TYPE_CHECKING

from ..model.events import FirmwareProgress, LogProgress
from .fields import integer, text
from .rpc import Payload

if TYPE_CHECKING:
    from .station import ChargingStation


def firmware_step(station: ChargingStation, payload: Payload) -> None:
    """Take a step of a firmware update; one that does not say which is only counted."""
    status = text(payload, "status")
    if status is None:
        station.counters.add("firmware_status_missing")
        return
    station.book.update(firmware_status=status)
    station.firmware.stepped(status, integer(payload, "requestId"))
    station.publish(
        FirmwareProgress(
            station_id=station.station_id,
            at=station.clock.now(),
            status=status,
            request_id=integer(payload, "requestId"),
        )
    )


def log_step(station: ChargingStation, payload: Payload) -> None:
    """Take a step of a log or diagnostics upload; one that does not say which is only counted."""
    status = text(payload, "status")
    if status is None:
        station.counters.add("log_status_missing")
        return
    station.book.update(diagnostics_status=status)
    station.logs.stepped(status, integer(payload, "requestId"))
    station.publish(
        LogProgress(
            station_id=station.station_id,
            at=station.clock.now(),
            status=status,
            request_id=integer(payload, "requestId"),
        )
    )
