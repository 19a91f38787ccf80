"""The device model: variables by name, and those of them that 1.6 knows as configuration keys.

A variable is written `Component[.instance][@evse[:connector]].Variable[.instance]` (OCPP 2.0.1 part 1, section 4).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
import re
from typing import Final

from ...model.station import ConfigurationValue
from ..fields import integer, objects, on_wire, text
from ..sample_plans import DEFAULT_MEASURAND
from .values import inner

_UPDATED: Final = "SampledDataCtrlr.TxUpdatedMeasurands"
_STARTED: Final = "SampledDataCtrlr.TxStartedMeasurands"
_ENDED: Final = "SampledDataCtrlr.TxEndedMeasurands"

MEASURANDS: Final[Mapping[str, tuple[str, ...]]] = {
    _UPDATED: (
        DEFAULT_MEASURAND,
        "Power.Active.Import",
        "Current.Import",
        "Voltage",
        "Current.Offered",
        "SoC",
    ),
    _STARTED: (DEFAULT_MEASURAND,),
    _ENDED: (DEFAULT_MEASURAND,),
}
"""What is wanted when a transaction is updated, and the register at both of its ends."""

KEYS: Final[Mapping[str, str]] = {
    "AllowOfflineTxForUnknownId": "AuthCtrlr.OfflineTxForUnknownIdEnabled",
    "AuthorizationCacheEnabled": "AuthCacheCtrlr.Enabled",
    "AuthorizationKey": "SecurityCtrlr.BasicAuthPassword",
    "AuthorizeRemoteTxRequests": "AuthCtrlr.AuthorizeRemoteStart",
    "ChargeProfileMaxStackLevel": "SmartChargingCtrlr.ProfileStackLevel",
    "ChargingScheduleAllowedChargingRateUnit": "SmartChargingCtrlr.RateUnit",
    "ChargingScheduleMaxPeriods": "SmartChargingCtrlr.PeriodsPerSchedule",
    "ClockAlignedDataInterval": "AlignedDataCtrlr.Interval",
    "ConnectionTimeOut": "TxCtrlr.EVConnectionTimeOut",
    "ConnectorSwitch3to1PhaseSupported": "SmartChargingCtrlr.Phases3to1",
    "CpoName": "SecurityCtrlr.OrganizationName",
    "HeartbeatInterval": "OCPPCommCtrlr.HeartbeatInterval",
    "LocalAuthListEnabled": "LocalAuthListCtrlr.Enabled",
    "LocalAuthorizeOffline": "AuthCtrlr.LocalAuthorizeOffline",
    "LocalPreAuthorize": "AuthCtrlr.LocalPreAuthorize",
    "MaxChargingProfilesInstalled": "SmartChargingCtrlr.Entries.ChargingProfiles",
    "MeterValueSampleInterval": "SampledDataCtrlr.TxUpdatedInterval",
    "MeterValuesAlignedData": "AlignedDataCtrlr.Measurands",
    "MeterValuesSampledData": _UPDATED,
    "SecurityProfile": "SecurityCtrlr.SecurityProfile",
    "StopTransactionOnEVSideDisconnect": "TxCtrlr.StopTxOnEVSideDisconnect",
    "StopTransactionOnInvalidId": "TxCtrlr.StopTxOnInvalidId",
    "StopTxnAlignedData": "AlignedDataCtrlr.TxEndedMeasurands",
    "StopTxnSampledData": _ENDED,
    "SupportedFileTransferProtocols": "OCPPCommCtrlr.FileTransferProtocols",
    "TransactionMessageAttempts": "OCPPCommCtrlr.MessageAttempts.TransactionEvent",
    "TransactionMessageRetryInterval": "OCPPCommCtrlr.MessageAttemptInterval.TransactionEvent",
    "WebSocketPingInterval": "OCPPCommCtrlr.WebSocketPingInterval",
}
"""Keys of 1.6 and the variables that took their place (OCPP 2.0.1 part 2, appendix 3)."""

NEEDED: Final = tuple(
    KEYS[key]
    for key in (
        "MeterValueSampleInterval",
        "ChargeProfileMaxStackLevel",
        "ChargingScheduleAllowedChargingRateUnit",
    )
) + tuple(MEASURANDS)
"""What is asked by name of a station that gives no report."""

_VARIABLES: Final[Mapping[str, str]] = {
    name.casefold(): name for name in (*KEYS.values(), *MEASURANDS)
}
_BY_KEY: Final[Mapping[str, str]] = {key.casefold(): name for key, name in KEYS.items()}
_BY_VARIABLE: Final[Mapping[str, str]] = {name: key for key, name in KEYS.items()}
_LONGEST: Final = 50

_ON_EVSE: Final = re.compile(
    r"(?P<component>[^.@]+)(?:\.(?P<instance>[^@]+))?@(?P<evse>\d{1,9})(?::(?P<connector>\d{1,9}))?"
    r"\.(?P<variable>[^.]+)(?:\.(?P<variable_instance>.+))?"
)

_COMPONENT: Final = re.compile(
    r"(?P<component>[^.@]+)(?:\.(?P<instance>[^@]+))?"
    r"(?:@(?P<evse>\d{1,9})(?::(?P<connector>\d{1,9}))?)?"
)


@dataclass(frozen=True, slots=True)
class Variable:
    """Which variable of which component is meant."""

    component: str
    variable: str
    instance: str | None = None
    evse_id: int | None = None
    connector_id: int | None = None
    variable_instance: str | None = None

    @property
    def name(self) -> str:
        """Return how it is written."""
        component = self.component if self.instance is None else f"{self.component}.{self.instance}"
        if self.evse_id is not None:
            component = f"{component}@{self.evse_id}"
            if self.connector_id is not None:
                component = f"{component}:{self.connector_id}"
        variable = f"{component}.{self.variable}"
        if self.variable_instance is not None:
            variable = f"{variable}.{self.variable_instance}"
        return variable

    def on_wire(self) -> dict[str, object]:
        """Return ComponentType and VariableType."""
        return {
            "component": _component(self.component, self.instance, self.evse_id, self.connector_id),
            "variable": on_wire(name=self.variable, instance=self.variable_instance),
        }


def _component(
    name: str, instance: str | None, evse_id: int | None, connector_id: int | None
) -> dict[str, object]:
    evse = None if evse_id is None else on_wire(id=evse_id, connectorId=connector_id)
    return on_wire(name=name, instance=instance, evse=evse)


def component(text: str) -> dict[str, object]:
    """Return the ComponentType of `Component[.instance][@evse[:connector]]`; what is none is left to the station."""
    match = _COMPONENT.fullmatch(text)
    if match is None:
        return {"name": text[:_LONGEST] or "-"}
    evse, connector = match["evse"], match["connector"]
    return _component(
        match["component"],
        match["instance"],
        None if evse is None else int(evse),
        None if connector is None else int(connector),
    )


def named(key: str, known: Iterable[str]) -> Variable:
    """Return the variable of a name; one that is none goes out all the same, for the station to refuse."""
    return parse(key, known) or Variable(key[:_LONGEST] or "-", "-")


def names(key: str) -> tuple[str, ...]:
    """Return the name of a variable, given in any of its names, and then its key of 1.6."""
    folded = key.strip().casefold()
    name = _BY_KEY.get(folded) or _VARIABLES.get(folded) or key.strip()
    known = _BY_VARIABLE.get(name)
    return (name,) if known is None else (name, known)


def parse(key: str, known: Iterable[str] = ()) -> Variable | None:
    """Read the name of a variable or a key of 1.6; None where it is neither.

    Three parts without an EVSE are a component and an instance of its variable, unless only the other reading is
    `known`.
    """
    name = names(key)[0]
    match = _ON_EVSE.fullmatch(name)
    if match is not None:
        connector = match["connector"]
        return Variable(
            component=match["component"],
            instance=match["instance"],
            evse_id=int(match["evse"]),
            connector_id=None if connector is None else int(connector),
            variable=match["variable"],
            variable_instance=match["variable_instance"],
        )
    match name.split("."):
        case [component, variable] if component and variable:
            return Variable(component, variable)
        case [component, first, second] if component and first and second:
            other = Variable(component, second, instance=first)
            if f"{other.component}.{first}" in _component_instances(known):
                return other
            return Variable(component, first, variable_instance=second)
        case [component, instance, variable, *rest] if component and instance and variable:
            return Variable(
                component, variable, instance=instance, variable_instance=".".join(rest)
            )
    return None


def _component_instances(known: Iterable[str]) -> frozenset[str]:
    """Return the components with an instance that names of four parts prove."""
    parts = [name.split(".") for name in known if name.count(".") == 3]
    return frozenset(f"{part[0]}.{part[1]}" for part in parts)


def variable_of(entry: Mapping[str, object]) -> Variable | None:
    """Return what an entry of a report or an answer is about, None where it does not say."""
    component, variable = inner(entry, "component"), inner(entry, "variable")
    component_name, variable_name = text(component, "name"), text(variable, "name")
    if component_name is None or variable_name is None:
        return None
    evse = inner(component, "evse")
    return Variable(
        component=component_name[:_LONGEST],
        variable=variable_name[:_LONGEST],
        instance=_short(component, "instance"),
        evse_id=integer(evse, "id"),
        connector_id=integer(evse, "connectorId"),
        variable_instance=_short(variable, "instance"),
    )


def _short(payload: Mapping[str, object], key: str) -> str | None:
    value = text(payload, key)
    return None if value is None else value[:_LONGEST]


def model_of(entries: Iterable[Mapping[str, object]]) -> dict[str, ConfigurationValue]:
    """Return the actual values of a report's entries by name, and by key of 1.6 where there is one."""
    model: dict[str, ConfigurationValue] = {}
    evses = 0
    for entry in entries:
        variable = variable_of(entry)
        if variable is None:
            continue
        if variable.evse_id is not None and variable.component in {"EVSE", "Connector"}:
            evses = max(evses, variable.evse_id)
        attribute = _actual(entry)
        if attribute is None:
            continue
        characteristics = inner(entry, "variableCharacteristics")
        value = ConfigurationValue(
            value=_value(attribute),
            readonly=text(attribute, "mutability") == "ReadOnly",
            choices=_list(text(characteristics, "valuesList")),
        )
        for name in names(variable.name):
            model[name] = value
            if (most := integer(characteristics, "maxElements")) is not None:
                model[f"{name}MaxLength"] = ConfigurationValue(value=str(most), readonly=True)
    if evses:
        model["NumberOfConnectors"] = ConfigurationValue(value=str(evses), readonly=True)
    return model


def _actual(entry: Mapping[str, object]) -> Mapping[str, object] | None:
    attributes = objects(entry, "variableAttribute")
    return next(
        (item for item in attributes if text(item, "type") in {None, "Actual"}),
        None,
    )


def _value(attribute: Mapping[str, object]) -> str | None:
    value = attribute.get("value")
    return value if isinstance(value, str) else text(attribute, "value")


def _list(value: str | None) -> tuple[str, ...]:
    return tuple(item for part in (value or "").split(",") if (item := part.strip()))
