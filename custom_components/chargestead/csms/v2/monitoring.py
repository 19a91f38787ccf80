"""Functional block N: monitors, set, removed and reported."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
import math
from typing import TYPE_CHECKING, Final

from ...model.commands import (
    ClearVariableMonitoring,
    Command,
    GetMonitoringReport,
    MonitorSetting,
    MonitorType,
    SetMonitoringBase,
    SetMonitoringLevel,
    SetVariableMonitoring,
)
from ...model.errors import (
    CallFailedError,
    CommandRefusedError,
    FieldNotSupportedError,
    StationTimeoutError,
)
from ...model.monitor import Monitor
from ..adapter import Request, stated, succeeded
from ..connection import Reply
from ..fields import integer, objects, on_wire, text
from ..monitors import MOST_MONITORS
from ..rpc import Payload
from .blocks import Handler, notice
from .device_model import Variable, named, variable_of
from .portions import joined, portions
from .reports import EMPTY
from .values import camel_case, snake_case
from .variables import wanted

if TYPE_CHECKING:
    from .adapter import Adapter2

_CONTROLLER: Final = "MonitoringCtrlr"
_REPORT: Final = "NotifyMonitoringReport"
_SET: Final = "SetVariableMonitoring"
_CLEAR: Final = "ClearVariableMonitoring"
_SET_RESULT: Final = "setMonitoringResult"
_CLEAR_RESULT: Final = "clearMonitoringResult"
_LATER_TYPES: Final = frozenset({MonitorType.TARGET_DELTA, MonitorType.TARGET_DELTA_RELATIVE})
_SWITCHES: Final = tuple(f"{_CONTROLLER}.{name}" for name in ("Enabled", "Available"))


def _base(_: Adapter2, command: SetMonitoringBase) -> Request:
    """Choose what to begin with (N03)."""
    return Request("SetMonitoringBase", {"monitoringBase": camel_case(command.base)})


def _level(_: Adapter2, command: SetMonitoringLevel) -> Request:
    """Choose what to be told of (N05)."""
    return Request("SetMonitoringLevel", {"severity": command.severity})


def _set(adapter: Adapter2, command: SetVariableMonitoring) -> Request:
    """Set monitors (N04)."""
    station = adapter.station
    data = [_setting(adapter, item) for item in command.monitors]
    first, *further = (
        {"setMonitoringData": part} for part in portions(station, _CONTROLLER, _SET, data)
    )

    async def complete(answer: Payload) -> Payload:
        station.monitors.told(_accepted(adapter, answer, command.monitors), all_of_them=False)
        return answer

    return Request(
        _SET,
        first,
        status=partial(_any_accepted, _SET_RESULT),
        further=tuple(further),
        join=partial(joined, _SET_RESULT),
        complete=complete,
    )


def _setting(adapter: Adapter2, setting: MonitorSetting) -> dict[str, object]:
    if setting.type in _LATER_TYPES and not adapter.is_later:
        raise FieldNotSupportedError(
            adapter.station.station_id, _SET, setting.type, adapter.version
        )
    known = adapter.station.state.configuration
    return on_wire(
        id=setting.id,
        transaction=setting.transaction,
        value=setting.value,
        type=camel_case(setting.type),
        severity=setting.severity,
        **named(setting.variable, known).on_wire(),
    )


def _accepted(
    adapter: Adapter2, answer: Payload, settings: Iterable[MonitorSetting]
) -> Iterator[Monitor]:
    """Give the monitors that were set; results come in any order, each with what it is about (N04.FR.02)."""
    known = adapter.station.state.configuration
    asked: dict[tuple[str, str, int | None], MonitorSetting] = {}
    for setting in settings:
        name = named(setting.variable, known).name
        asked[name, setting.type, setting.severity] = setting
    for result in objects(answer, _SET_RESULT):
        variable, number = variable_of(result), integer(result, "id")
        status, kind = text(result, "status"), snake_case(text(result, "type") or "")
        if variable is None or number is None or status is None or not succeeded(status):
            continue
        severity = integer(result, "severity")
        found = asked.get((variable.name, kind, severity))
        if found is not None:
            yield Monitor(
                id=number,
                variable=variable.name,
                type=kind,
                value=found.value,
                severity=found.severity,
                transaction=bool(found.transaction),
                kind="custom_monitor",
            )


def _clear(adapter: Adapter2, command: ClearVariableMonitoring) -> Request:
    """Remove monitors (N06)."""
    station = adapter.station
    first, *further = ({"id": part} for part in portions(station, _CONTROLLER, _CLEAR, command.ids))

    async def complete(answer: Payload) -> Payload:
        gone = (
            number
            for result in objects(answer, _CLEAR_RESULT)
            if text(result, "status") in {"Accepted", "NotFound"}
            and (number := integer(result, "id")) is not None
        )
        station.monitors.removed(gone)
        return answer

    return Request(
        _CLEAR,
        first,
        status=partial(_any_accepted, _CLEAR_RESULT),
        further=tuple(further),
        join=partial(joined, _CLEAR_RESULT),
        complete=complete,
    )


def _any_accepted(name: str, answer: Payload) -> str | None:
    """Return the status of the first item that was accepted, else of the first."""
    found = [status for item in objects(answer, name) if (status := text(item, "status"))]
    return next((status for status in found if succeeded(status)), found[0] if found else None)


def _report(adapter: Adapter2, command: GetMonitoringReport) -> Request:
    """Ask which monitors there are (N02)."""
    station, reports = adapter.station, adapter.reports
    request_id = reports.open(_REPORT)
    everything = not (command.criteria or command.components or command.variables)

    async def complete(answer: Payload) -> Payload:
        if stated(answer) == EMPTY:
            reports.drop(request_id)
            monitors, whole = [], True
        else:
            report = await reports.wait(request_id)
            monitors = list(_monitors(adapter, report.entries))
            whole = report.complete and len(monitors) < MOST_MONITORS
        station.monitors.told(monitors, all_of_them=everything and whole)
        return {**answer, "monitors": [_told(item) for item in monitors], "complete": whole}

    return Request(
        "GetMonitoringReport",
        on_wire(
            requestId=request_id,
            monitoringCriteria=[f"{camel_case(item)}Monitoring" for item in command.criteria]
            or None,
            componentVariable=wanted(adapter, command.components, command.variables) or None,
        ),
        fine=frozenset({EMPTY}),
        complete=complete,
        abandon=partial(reports.drop, request_id),
    )


def _monitors(adapter: Adapter2, entries: Iterable[Payload]) -> Iterator[Monitor]:
    """Give the monitors of a report's entries, as many as are borne; unreadable ones are counted."""
    given = 0
    for entry in entries:
        variable = variable_of(entry)
        for item in objects(entry, "variableMonitoring"):
            monitor = None if variable is None else _monitor(variable, item)
            if monitor is None:
                adapter.station.counters.add("monitor_unreadable")
            elif given >= MOST_MONITORS:
                adapter.station.counters.add("report_oversized")
                return
            else:
                given += 1
                yield monitor


def _monitor(variable: Variable, item: Payload) -> Monitor | None:
    number, severity = integer(item, "id"), integer(item, "severity")
    kind, origin = text(item, "type"), text(item, "eventNotificationType")
    value = item.get("value")
    if number is None or severity is None or kind is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        return None
    return Monitor(
        id=number,
        variable=variable.name,
        type=snake_case(kind),
        value=float(value),
        severity=severity,
        transaction=item.get("transaction") is True,
        kind=None if origin is None else snake_case(origin),
    )


def _told(monitor: Monitor) -> dict[str, object]:
    return {
        "id": monitor.id,
        "variable": monitor.variable,
        "type": monitor.type,
        "value": monitor.value,
        "severity": monitor.severity,
        "transaction": monitor.transaction,
        "kind": monitor.kind,
    }


def notify_monitoring_report(adapter: Adapter2, payload: Payload) -> Reply:
    """Take a part of a report (N02); one that a raw request asked for is passed on."""
    if not adapter.reports.take(
        integer(payload, "requestId"),
        integer(payload, "seqNo"),
        objects(payload, "monitor"),
        more=payload.get("tbc") is True,
        kind=_REPORT,
    ):
        notice(adapter, _REPORT, payload)
    return {}


async def read_monitors(adapter: Adapter2) -> None:
    """Ask for all monitors; a station that tells of none is left in peace."""
    try:
        await adapter.station.command(GetMonitoringReport())
    except CallFailedError, CommandRefusedError, StationTimeoutError:
        adapter.station.counters.add("monitors_refused")


def has_monitors(adapter: Adapter2) -> bool:
    """Tell whether a station says that it has monitors."""
    configuration = adapter.station.state.configuration
    found = [entry for name in _SWITCHES if (entry := configuration.get(name)) is not None]
    return bool(found) and all((entry.value or "").lower() == "true" for entry in found)


def ask_for_monitors(adapter: Adapter2) -> None:
    """Ask, once per connection, which monitors events refer to that nobody knows (N04.FR.19)."""
    if not adapter.asked_for_monitors:
        adapter.asked_for_monitors = True
        adapter.station.spawn(read_monitors(adapter), "ask for monitors")


HANDLERS: Final[Mapping[str, Handler]] = {_REPORT: notify_monitoring_report}
BUILDERS: Final[Mapping[type[Command], Callable[..., Request]]] = {
    SetMonitoringBase: _base,
    SetMonitoringLevel: _level,
    SetVariableMonitoring: _set,
    ClearVariableMonitoring: _clear,
    GetMonitoringReport: _report,
}
