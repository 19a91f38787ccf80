"""Functional block N, from the station: events and logs."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from ...model.events import ComponentEvent
from ...model.station import ConnectorFault
from ..connection import Reply
from ..fields import instant, integer, objects, text
from ..file_progress import log_step
from ..moments import moment
from ..rpc import Payload
from . import monitoring
from .blocks import Handler, notice, noticed
from .device_model import Variable, variable_of

if TYPE_CHECKING:
    from .adapter import Adapter2

_AVAILABILITY: Final = "AvailabilityState"
_PROBLEM: Final = "Problem"
_PLACES: Final = frozenset({"ChargingStation", "EVSE", "Connector"})
_MOST_EVENTS: Final = 1000
_NEWS: Final = timedelta(seconds=60)


def notify_event(adapter: Adapter2, payload: Payload) -> Reply:
    """Take events (N07, N08): availability and problems change what is shown, all are passed on."""
    for event in objects(payload, "eventData")[:_MOST_EVENTS]:
        variable = variable_of(event)
        if variable is None:
            adapter.station.counters.add("event_unreadable")
            continue
        station = adapter.station
        now = station.clock.now()
        at, corrected = moment(station, instant(event, "timestamp"), now)
        _tell(adapter, variable, event, at, replayed=now - at > _NEWS)
        if variable.variable == _AVAILABILITY:
            _availability(adapter, variable, text(event, "actualValue"), at, corrected=corrected)
        elif variable.variable == _PROBLEM or text(event, "trigger") == "Alerting":
            _alert(adapter, variable, event, at)
    notice(adapter, "NotifyEvent", payload)
    return {}


def _tell(
    adapter: Adapter2, variable: Variable, event: Payload, at: datetime, *, replayed: bool
) -> None:
    """Pass an event on, with the severity of its monitor where only that is known (2.0.1 sends none)."""
    station = adapter.station
    monitor_id = integer(event, "variableMonitoringId")
    monitor = station.monitors.find(monitor_id, variable.name)
    severity = integer(event, "severity")
    if severity is None and monitor is not None:
        severity = monitor.severity
    station.publish(
        ComponentEvent(
            station_id=station.station_id,
            at=at,
            component=variable.component,
            instance=variable.instance,
            evse_id=variable.evse_id,
            connector_id=variable.connector_id,
            variable=variable.variable,
            variable_instance=variable.variable_instance,
            value=_value(event),
            trigger=text(event, "trigger"),
            kind=text(event, "eventNotificationType"),
            cleared=event.get("cleared") is True,
            severity=severity,
            tech_code=text(event, "techCode"),
            tech_info=text(event, "techInfo"),
            monitor_id=monitor_id,
            event_id=integer(event, "eventId"),
            cause=integer(event, "cause"),
            transaction_id=text(event, "transactionId"),
            replayed=replayed,
        )
    )
    if severity is None and monitor_id is not None:
        monitoring.ask_for_monitors(adapter)


def _value(event: Payload) -> str | None:
    """Return the value as sent; that of a variable that cannot be read is empty (N07.FR.10)."""
    value = event.get("actualValue")
    return value if isinstance(value, str) else text(event, "actualValue")


def _availability(
    adapter: Adapter2, variable: Variable, value: str | None, at: datetime, *, corrected: bool
) -> None:
    """Take the availability of a connector, which may come as an event as well (G01)."""
    if variable.component == "Connector" and variable.evse_id:
        adapter.evses.reported(
            variable.evse_id, variable.connector_id or 0, value, at, corrected=corrected
        )
    elif variable.component == "ChargingStation":
        adapter.evses.reported(0, 0, value, at, corrected=corrected)


def _alert(adapter: Adapter2, variable: Variable, event: Payload, at: datetime) -> None:
    """Raise or clear a fault; clearing takes only the complaint it is about."""
    code = f"{variable.component}.{variable.variable}"
    evse_id = variable.evse_id or 0
    present = adapter.evses.alert(evse_id)
    over = event.get("cleared") is True or (
        variable.variable == _PROBLEM and (text(event, "actualValue") or "").lower() == "false"
    )
    if over:
        if present is not None and present.code == code:
            adapter.evses.alerted(evse_id, None, at)
        return
    fault = ConnectorFault(
        code=code,
        info=text(event, "techInfo") or text(event, "actualValue"),
        vendor_error_code=text(event, "techCode"),
        since=at,
    )
    if present is None or present.code != code:
        adapter.evses.alerted(evse_id, fault, at)


def log_status(adapter: Adapter2, payload: Payload) -> Reply:
    """Take a step of a log upload (N01)."""
    log_step(adapter.station, payload)
    return {}


def open_stream(adapter: Adapter2, payload: Payload) -> Reply:
    """Refuse a stream of values: none is ever asked for (2.1 N11)."""
    notice(adapter, "OpenPeriodicEventStream", payload)
    return {"status": "Rejected"}


def stream_values(adapter: Adapter2, _: Payload) -> Reply:
    """Count the values of a stream nobody asked for (2.1 N15)."""
    adapter.station.counters.add("stream_unasked")
    return {}


HANDLERS: Final[Mapping[str, Handler]] = {
    "NotifyEvent": notify_event,
    "LogStatusNotification": log_status,
}
LATER_HANDLERS: Final[Mapping[str, Handler]] = {
    "OpenPeriodicEventStream": open_stream,
    "ClosePeriodicEventStream": noticed("ClosePeriodicEventStream"),
    "NotifyPeriodicEventStream": stream_values,
}
