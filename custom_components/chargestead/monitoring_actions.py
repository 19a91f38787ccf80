"""Actions on what a station watches of itself."""

from typing import Final

from homeassistant.core import SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from .model.commands import (
    ClearVariableMonitoring,
    GetMonitoringReport,
    MonitoringBase,
    MonitoringCriterion,
    MonitorSetting,
    MonitorType,
    SetMonitoringBase,
    SetMonitoringLevel,
    SetVariableMonitoring,
)
from .service_fields import amount, nullable, number, some, strings
from .station_action import StationAction, always, sends

MONITOR: Final = vol.Schema(
    {
        vol.Required("variable"): cv.string,
        vol.Required("type"): vol.Coerce(MonitorType),
        vol.Required("value"): amount,
        vol.Required("severity"): number,
        vol.Optional("id"): nullable(number),
        vol.Optional("transaction"): nullable(cv.boolean),
    }
)

MONITORING_ACTIONS: tuple[StationAction, ...] = (
    StationAction(
        name="set_monitoring_base",
        fields={vol.Required("base"): vol.Coerce(MonitoringBase)},
        admin_fn=always,
        send=sends(lambda _, fields: SetMonitoringBase(base=fields["base"])),
    ),
    StationAction(
        name="set_monitoring_level",
        fields={vol.Required("severity"): number},
        admin_fn=always,
        send=sends(lambda _, fields: SetMonitoringLevel(severity=fields["severity"])),
    ),
    StationAction(
        name="set_variable_monitoring",
        fields={vol.Required("monitors"): vol.All(cv.ensure_list, vol.Length(min=1), [MONITOR])},
        admin_fn=always,
        send=sends(
            lambda _, fields: SetVariableMonitoring(
                monitors=tuple(MonitorSetting(**item) for item in fields["monitors"])
            )
        ),
    ),
    StationAction(
        name="clear_variable_monitoring",
        fields={vol.Required("ids"): vol.All(cv.ensure_list, vol.Length(min=1), [number])},
        admin_fn=always,
        send=sends(lambda _, fields: ClearVariableMonitoring(ids=tuple(fields["ids"]))),
    ),
    StationAction(
        name="get_monitoring_report",
        fields={
            vol.Optional("criteria"): some(MonitoringCriterion),
            vol.Optional("components"): nullable(strings),
            vol.Optional("variables"): nullable(strings),
        },
        admin_fn=always,
        response=SupportsResponse.ONLY,
        send=sends(
            lambda _, fields: GetMonitoringReport(
                criteria=tuple(fields.get("criteria") or ()),
                components=tuple(fields.get("components") or ()),
                variables=tuple(fields.get("variables") or ()),
            )
        ),
    ),
)
