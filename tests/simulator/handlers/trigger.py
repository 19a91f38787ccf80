"""TriggerMessage and ExtendedTriggerMessage."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..link import CallError, Reply
from ..schedule import Json
from .common import connector_of, optional, required, status

if TYPE_CHECKING:
    from ..connector import Connector
    from ..station import SimulatedStation

type Follow = Callable[[], None]


def trigger_message(station: SimulatedStation, payload: Json) -> Reply:
    """Answer TriggerMessage (section 5.17)."""
    wanted = required(payload, "requestedMessage", str)
    jobs = station.files
    extra: dict[str, Follow] = {
        "DiagnosticsStatusNotification": lambda: station.go(jobs.tell_diagnostics()),
    }
    return _answer(station, wanted, optional(payload, "connectorId", int), extra)


def extended_trigger_message(station: SimulatedStation, payload: Json) -> Reply:
    """Answer ExtendedTriggerMessage (security whitepaper section 5.5)."""
    wanted = required(payload, "requestedMessage", str)
    extra: dict[str, Follow] = {
        "LogStatusNotification": lambda: station.go(station.files.tell_log()),
        "SignChargePointCertificate": lambda: station.go(station.sign_certificate()),
    }
    return _answer(station, wanted, optional(payload, "connectorId", int), extra)


def _answer(
    station: SimulatedStation, wanted: str, number: int | None, extra: dict[str, Follow]
) -> Reply:
    if not station.personality.remote_trigger:
        raise CallError("NotImplemented", "no remote trigger")
    if number is not None and not _answers_for(station, number):
        return status("Rejected")
    follow: dict[str, Follow] = {
        "BootNotification": station.registration.trigger,
        "FirmwareStatusNotification": lambda: station.go(station.files.tell_firmware()),
        "Heartbeat": lambda: station.go(station.registration.heartbeat()),
        "MeterValues": lambda: _tell_meters(station, number),
        "StatusNotification": lambda: station.statuses.report(number),
    } | extra
    if wanted not in follow:
        return status("NotImplemented")
    if wanted == "BootNotification" and not station.registration.may_boot_again:
        return status("Rejected")
    return Reply({"status": "Accepted"}, follow[wanted])


def _answers_for(station: SimulatedStation, number: int) -> bool:
    match station.personality.trigger_connectors:
        case "not_zero" if number == 0:
            return False
        case "only_zero" if number != 0:
            return False
    return number == 0 or connector_of(station, number) is not None


def _tell_meters(station: SimulatedStation, number: int | None) -> None:
    chosen: list[Connector] = list(station.connectors)
    if number:
        chosen = [c for c in chosen if c.id == number]
    for connector in chosen:
        payload = station.metering.requested(connector)
        if payload is not None:
            station.go(station.tell("MeterValues", payload))
