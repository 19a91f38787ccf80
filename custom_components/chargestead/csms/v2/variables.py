"""Functional block B, to the station: its device model, read and written."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from ...model.commands import Command, GetConfiguration, GetReport, SetConfiguration
from ...model.errors import CallFailedError, CommandRefusedError
from ...model.station import ConfigurationValue
from ..adapter import Request, stated
from ..fields import objects, on_wire, text
from ..rpc import Payload
from .device_model import NEEDED, component, model_of, named, names, variable_of
from .portions import joined, portions
from .reports import EMPTY
from .values import camel_case

if TYPE_CHECKING:
    from .adapter import Adapter2


def _get(adapter: Adapter2, command: GetConfiguration) -> Request:
    """Ask for the variables that are named, or for a full inventory (B06, B07)."""
    if not command.keys:
        return _get_all(adapter)
    known = adapter.station.state.configuration
    wanted = [named(key, known) for key in command.keys]

    async def complete(answer: Payload) -> Payload:
        present = adapter.station.state.configuration
        model = _results(answer, present)
        adapter.station.set_configuration({**present, **model})
        return {**answer, **_listed(model), "unknownKey": _unknown(answer)}

    data = [variable.on_wire() for variable in wanted]
    first, *further = (
        {"getVariableData": portion}
        for portion in portions(adapter.station, "DeviceDataCtrlr", "GetVariables", data)
    )
    return Request(
        "GetVariables",
        first,
        judged=False,
        further=tuple(further),
        join=partial(joined, "getVariableResult"),
        complete=complete,
    )


def _get_all(adapter: Adapter2) -> Request:
    request_id = adapter.reports.open()

    async def complete(answer: Payload) -> Payload:
        report = await adapter.reports.wait(request_id)
        model = model_of(report.entries)
        before = {} if report.complete and model else adapter.station.state.configuration
        adapter.station.set_configuration({**before, **model})
        return {**answer, **_listed(model), "complete": report.complete}

    return Request(
        "GetBaseReport",
        {"requestId": request_id, "reportBase": "FullInventory"},
        complete=complete,
        abandon=partial(adapter.reports.drop, request_id),
    )


def _report(adapter: Adapter2, command: GetReport) -> Request:
    """Ask for a base report (B07) or for what matches (B08); what comes is also taken as known."""
    request_id = adapter.reports.open()

    async def complete(answer: Payload) -> Payload:
        if stated(answer) == EMPTY:
            adapter.reports.drop(request_id)
            return {**answer, "reportData": [], "complete": True}
        report = await adapter.reports.wait(request_id)
        present = adapter.station.state.configuration
        adapter.station.set_configuration({**present, **model_of(report.entries)})
        return {**answer, "reportData": report.entries, "complete": report.complete}

    if command.base is not None:
        action = "GetBaseReport"
        payload = on_wire(requestId=request_id, reportBase=camel_case(command.base))
    else:
        action = "GetReport"
        payload = on_wire(
            requestId=request_id,
            componentCriteria=[camel_case(item) for item in command.criteria] or None,
            componentVariable=wanted(adapter, command.components, command.variables) or None,
        )
    return Request(
        action,
        payload,
        fine=frozenset({EMPTY}),
        complete=complete,
        abandon=partial(adapter.reports.drop, request_id),
    )


def wanted(
    adapter: Adapter2, components: Iterable[str], variables: Iterable[str]
) -> list[dict[str, object]]:
    """Return the ComponentVariableType of components as a whole and of single variables."""
    known = adapter.station.state.configuration
    whole: list[dict[str, object]] = [{"component": component(item)} for item in components]
    return [*whole, *(named(item, known).on_wire() for item in variables)]


def _set(adapter: Adapter2, command: SetConfiguration) -> Request:
    """Write one variable (B05)."""
    variable = named(command.key, adapter.station.state.configuration)
    data = {"attributeValue": command.value, **variable.on_wire()}
    return Request("SetVariables", {"setVariableData": [data]}, status=_written)


def _written(answer: Payload) -> str | None:
    results = objects(answer, "setVariableResult")
    return text(results[0], "attributeStatus") if results else None


def _results(
    answer: Payload, present: Mapping[str, ConfigurationValue]
) -> dict[str, ConfigurationValue]:
    """Return the variables a GetVariables answer gives, with what else is known of them."""
    model: dict[str, ConfigurationValue] = {}
    for result in objects(answer, "getVariableResult"):
        variable = variable_of(result)
        if variable is None or text(result, "attributeStatus") != "Accepted":
            continue
        known = present.get(variable.name) or ConfigurationValue(value=None)
        value = replace(known, value=text(result, "attributeValue") or "")
        model |= dict.fromkeys(names(variable.name), value)
    return model


def _unknown(answer: Payload) -> list[str]:
    results = objects(answer, "getVariableResult")
    return [
        variable.name
        for result in results
        if text(result, "attributeStatus") != "Accepted" and (variable := variable_of(result))
    ]


def _listed(model: Mapping[str, ConfigurationValue]) -> Payload:
    """Return variables the way a 1.6 station lists its keys."""
    return {
        "configurationKey": [
            {"key": name, "readonly": entry.readonly, "value": entry.value}
            for name, entry in model.items()
        ]
    }


async def read_device_model(adapter: Adapter2) -> dict[str, ConfigurationValue]:
    """Return the device model; what a station gives no report of is asked by name.

    Raises StationTimeoutError.
    """
    for keys in ((), NEEDED):
        try:
            await adapter.station.command(GetConfiguration(keys=keys))
        except CallFailedError, CommandRefusedError:
            adapter.station.counters.add("report_refused")
            continue
        if set(NEEDED) <= adapter.station.state.configuration.keys():
            break
    return dict(adapter.station.state.configuration)


BUILDERS: Final[Mapping[type[Command], Callable[..., Request]]] = {
    GetConfiguration: _get,
    GetReport: _report,
    SetConfiguration: _set,
}
