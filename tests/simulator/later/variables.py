"""The station's settings as a device model (OCPP 2.0.1 part 2, appendix 3)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from ..personality import ALL_MEASURANDS
from ..schedule import Json
from .monitoring import places
from .parts import parts_of

if TYPE_CHECKING:
    from ..station import SimulatedStation

REGISTER: Final = "Energy.Active.Import.Register"

PLACES: Final = {
    ("AlignedDataCtrlr", "Interval", None): "ClockAlignedDataInterval",
    ("AlignedDataCtrlr", "Measurands", None): "MeterValuesAlignedData",
    ("AuthCacheCtrlr", "Enabled", None): "AuthorizationCacheEnabled",
    ("AuthCtrlr", "AuthorizeRemoteStart", None): "AuthorizeRemoteTxRequests",
    ("AuthCtrlr", "LocalAuthorizeOffline", None): "LocalAuthorizeOffline",
    ("AuthCtrlr", "LocalPreAuthorize", None): "LocalPreAuthorize",
    ("LocalAuthListCtrlr", "Enabled", None): "LocalAuthListEnabled",
    ("LocalAuthListCtrlr", "ItemsPerMessage", None): "SendLocalListMaxLength",
    ("OCPPCommCtrlr", "FileTransferProtocols", None): "SupportedFileTransferProtocols",
    ("OCPPCommCtrlr", "HeartbeatInterval", None): "HeartbeatInterval",
    ("OCPPCommCtrlr", "WebSocketPingInterval", None): "WebSocketPingInterval",
    ("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent"): "TransactionMessageAttempts",
    (
        "OCPPCommCtrlr",
        "MessageAttemptInterval",
        "TransactionEvent",
    ): "TransactionMessageRetryInterval",
    ("SampledDataCtrlr", "TxEndedMeasurands", None): "StopTxnSampledData",
    ("SampledDataCtrlr", "TxStartedMeasurands", None): "TxStartedMeasurands",
    ("SampledDataCtrlr", "TxUpdatedInterval", None): "MeterValueSampleInterval",
    ("SampledDataCtrlr", "TxUpdatedMeasurands", None): "MeterValuesSampledData",
    ("SecurityCtrlr", "BasicAuthPassword", None): "AuthorizationKey",
    ("SecurityCtrlr", "OrganizationName", None): "CpoName",
    ("SmartChargingCtrlr", "ProfileStackLevel", None): "ChargeProfileMaxStackLevel",
    ("TxCtrlr", "EVConnectionTimeOut", None): "ConnectionTimeOut",
}
READ_ONLY: Final = frozenset(
    {"ChargeProfileMaxStackLevel", "SendLocalListMaxLength", "SupportedFileTransferProtocols"}
)
WRITE_ONLY: Final = frozenset({"AuthorizationKey"})
LISTS: Final = frozenset({"MeterValuesSampledData", "StopTxnSampledData", "TxStartedMeasurands"})


def place_of(data: Json) -> tuple[str, str, str | None]:
    """Return component, variable and instance that a request is about."""
    variable = data["variable"]
    return data["component"]["name"], variable["name"], variable.get("instance")


def known_component(name: str) -> bool:
    """Return whether there is such a component."""
    return any(component == name for component, _, _ in PLACES)


def report(station: SimulatedStation) -> Iterator[Json]:
    """Give the entries of a full inventory."""
    for (component, variable, instance), key in PLACES.items():
        mutability = "ReadOnly" if key in READ_ONLY else "ReadWrite"
        attribute: Json = {"type": "Actual", "mutability": mutability}
        if key in WRITE_ONLY:
            attribute["mutability"] = "WriteOnly"
        else:
            attribute["value"] = station.configuration.text(key)
        characteristics: Json = {"dataType": "string", "supportsMonitoring": False}
        if key in LISTS:
            supported = [m for m in station.personality.measurands if m in ALL_MEASURANDS]
            characteristics |= {
                "dataType": "MemberList",
                "valuesList": ",".join(m for m in supported if m != "Temperature"),
            }
        yield _entry({"name": component}, variable, instance, attribute, characteristics)
    units = {"name": "SmartChargingCtrlr"}
    text = {"dataType": "string", "supportsMonitoring": False}
    fixed = {"type": "Actual", "mutability": "ReadOnly"}
    yield _entry(
        units, "RateUnit", None, fixed | {"value": ",".join(station.personality.units)}, text
    )
    yield _entry({"name": "MonitoringCtrlr"}, "Enabled", None, fixed | {"value": "true"}, text)
    for connector in station.connectors:
        for where in (
            {"name": "EVSE", "evse": {"id": connector.id}},
            {"name": "Connector", "evse": {"id": connector.id, "connectorId": 1}},
        ):
            yield _entry(where, "AvailabilityState", None, fixed | {"value": "Available"}, text)
    yield from places(parts_of(station).monitoring)


def _entry(
    component: Json, variable: str, instance: str | None, attribute: Json, characteristics: Json
) -> Json:
    name: Json = {"name": variable}
    if instance is not None:
        name["instance"] = instance
    return {
        "component": component,
        "variable": name,
        "variableAttribute": [attribute],
        "variableCharacteristics": characteristics,
    }
