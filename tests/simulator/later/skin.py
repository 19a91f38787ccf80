"""OCPP 2.0.1 and 2.1: transactions told by TransactionEvent, ids of the station's own."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, override
import uuid

from ..handlers import Handler
from ..metering import ALIGNED, BEGIN, END, TRIGGER
from ..outbox import Entry
from ..schedule import Json
from ..skin import Skin
from .handlers import LATER_HANDLERS, TARIFF_HANDLERS
from .parts import Parts, parts_of
from .variables import REGISTER

if TYPE_CHECKING:
    from ..connector import Connector, Transaction
    from ..station import SimulatedStation

NAMESPACE: Final = uuid.UUID("0d7f4f0a-97b7-4f0e-8d53-3f7f3d0c2b11")
WORDS: Final = {
    "Available": "Available",
    "Faulted": "Faulted",
    "Reserved": "Reserved",
    "Unavailable": "Unavailable",
}
STOP_TRIGGERS: Final = {
    "DeAuthorized": "Deauthorized",
    "EVDisconnected": "EVDeparted",
    "Local": "StopAuthorized",
    "Remote": "RemoteStop",
    "UnlockCommand": "UnlockCommand",
    "HardReset": "ResetCommand",
    "SoftReset": "ResetCommand",
}
STOP_REASONS: Final = {
    "HardReset": "ImmediateReset",
    "SoftReset": "ImmediateReset",
    "UnlockCommand": "Other",
}
METER_TRIGGERS: Final = {ALIGNED: "MeterValueClock", TRIGGER: "Trigger"}


class LaterSkin(Skin):
    """What 2.0.1 and 2.1 have in common, as far as a plain station goes."""

    handlers: Mapping[str, Handler] = LATER_HANDLERS
    tells_station_status = False
    signing: Mapping[str, str] = {"certificateType": "ChargingStationCertificate"}
    configuration: Mapping[str, str] = {
        "StopTxnSampledData": REGISTER,
        "TxStartedMeasurands": REGISTER,
    }

    is_later = False

    def __init__(self, station: SimulatedStation) -> None:
        """Speak for a station that can watch itself and show messages."""
        super().__init__(station)
        self.parts = Parts.of(station, self._event, later=self.is_later)

    @override
    def begin(self) -> None:
        parts_of(self.station).monitoring.begin(len(self.station.connectors))

    @override
    def stop(self) -> None:
        parts_of(self.station).monitoring.stop()

    @override
    def said(self, action: str, payload: Json) -> tuple[str, Json] | None:
        match action:
            case "BootNotification":
                return action, _boot(payload)
            case "Authorize":
                return action, {"idToken": _token(payload["idTag"])}
            case "StatusNotification":
                return action, self._status(payload)
            case "MeterValues":
                values = payload["meterValue"]
                return action, {
                    "evseId": payload["connectorId"],
                    "meterValue": values if isinstance(values, list) else [values],
                }
            case "DiagnosticsStatusNotification":
                return None
            case "SignedFirmwareStatusNotification":
                action = "FirmwareStatusNotification"
        return action, payload

    @override
    def heard(self, action: str, answer: Json) -> Json:
        info = answer.get("idTokenInfo")
        if not isinstance(info, dict):
            return answer
        old: Json = {"status": info["status"]}
        if "cacheExpiryDateTime" in info:
            old["expiryDate"] = info["cacheExpiryDateTime"]
        if "groupIdToken" in info:
            old["parentIdTag"] = info["groupIdToken"]["idToken"]
        return {**answer, "idTagInfo": old}

    @override
    def status(self, state: Json) -> Json:
        return {"connectorStatus": WORDS.get(state["status"], "Occupied")}

    @override
    def sample(self, value: Json) -> Json:
        unit = value.get("unit")
        later = {key: item for key, item in value.items() if key not in {"unit", "format"}}
        later["value"] = float(value["value"])
        if unit in {"kWh", "kW"}:
            later["unitOfMeasure"] = {"unit": unit[1:], "multiplier": 3}
        elif unit is not None:
            later["unitOfMeasure"] = {"unit": unit, "multiplier": 0}
        return later

    @override
    def begun(self, connector: Connector, transaction: Transaction) -> Entry:
        value = self.station.metering.meter_value(connector, "TxStartedMeasurands", BEGIN)
        name = f"{self.station.station_id}:{transaction.number}:{transaction.started_at}"
        transaction.ref.id = str(uuid.uuid5(NAMESPACE, name))
        remote = transaction.remote_start_id
        payload = self._event(
            connector, transaction, "Started", "Authorized" if remote is None else "RemoteStart"
        )
        transaction.told_state = payload["transactionInfo"]["chargingState"] = "EVConnected"
        if remote is not None:
            payload["transactionInfo"]["remoteStartId"] = remote
        if transaction.reservation_id is not None:
            payload["reservationId"] = transaction.reservation_id
        payload["idToken"] = _token(transaction.id_tag)
        if value["sampledValue"]:
            payload["meterValue"] = [value]
        return Entry("TransactionEvent", payload, None)

    @override
    def ended(
        self, connector: Connector, transaction: Transaction, reason: str, id_tag: str | None
    ) -> Entry:
        value = self.station.metering.meter_value(connector, "StopTxnSampledData", END)
        payload = self._event(
            connector, transaction, "Ended", STOP_TRIGGERS.get(reason, "AbnormalCondition")
        )
        payload["transactionInfo"]["stoppedReason"] = STOP_REASONS.get(reason, reason)
        state = "Idle" if connector.car is None else "EVConnected"
        payload["transactionInfo"]["chargingState"] = state
        if id_tag is not None:
            payload["idToken"] = _token(id_tag)
        if value["sampledValue"]:
            payload["meterValue"] = [value]
        return Entry("TransactionEvent", payload, None)

    @override
    def metered(self, connector: Connector, value: Json, context: str) -> Entry:
        transaction = connector.transaction
        if transaction is None:
            return super().metered(connector, value, context)
        trigger = METER_TRIGGERS.get(context, "MeterValuePeriodic")
        payload = self._event(connector, transaction, "Updated", trigger)
        payload["meterValue"] = [value]
        return Entry("TransactionEvent", payload, None)

    @override
    def changed(self) -> None:
        for connector in self.station.connectors:
            transaction = connector.transaction
            if transaction is None or transaction.id is None:
                continue
            if _charging_state(connector) != transaction.told_state:
                payload = self._event(connector, transaction, "Updated", "ChargingStateChanged")
                self.station.outbox.put(Entry("TransactionEvent", payload, None))

    @override
    def remembered(self, transaction: Transaction) -> Json:
        return {"id": transaction.id, "messages": transaction.messages}

    @override
    def lost_power(self, item: Json, register_wh: int, stamp: str) -> tuple[str, Json, bool]:
        sample = {
            "value": float(register_wh),
            "context": END,
            "measurand": REGISTER,
            "unitOfMeasure": {"unit": "Wh", "multiplier": 0},
        }
        payload = {
            "eventType": "Ended",
            "timestamp": stamp,
            "triggerReason": "AbnormalCondition",
            "seqNo": item["messages"],
            "offline": True,
            "evse": {"id": item["connector"], "connectorId": 1},
            "transactionInfo": {
                "transactionId": item["id"],
                "chargingState": "Idle",
                "stoppedReason": "PowerLoss",
            },
            "meterValue": [{"timestamp": stamp, "sampledValue": [sample]}],
        }
        return "TransactionEvent", payload, False

    def _event(
        self, connector: Connector, transaction: Transaction, kind: str, trigger: str
    ) -> Json:
        transaction.told_state = _charging_state(connector)
        payload: Json = {
            "eventType": kind,
            "timestamp": self.station.times.stamp_always(),
            "triggerReason": trigger,
            "seqNo": transaction.messages,
            "evse": {"id": connector.id, "connectorId": 1},
            "transactionInfo": {
                "transactionId": transaction.id,
                "chargingState": transaction.told_state,
            },
        }
        if not self.station.online:
            payload["offline"] = True
        transaction.messages += 1
        return payload

    def _status(self, payload: Json) -> Json:
        stamp = payload.get("timestamp") or self.station.times.stamp_always()
        return {
            "evseId": payload["connectorId"],
            "connectorId": 1,
            "connectorStatus": payload["connectorStatus"],
            "timestamp": stamp,
        }


class SkinOf201(LaterSkin):
    """OCPP 2.0.1."""

    subprotocol = "ocpp2.0.1"


class SkinOf21(LaterSkin):
    """OCPP 2.1."""

    subprotocol = "ocpp2.1"
    is_later = True
    handlers: Mapping[str, Handler] = LATER_HANDLERS | TARIFF_HANDLERS


def _charging_state(connector: Connector) -> str:
    if connector.car is None:
        return "Idle"
    status = connector.status
    return status if status in {"Charging", "SuspendedEV", "SuspendedEVSE"} else "EVConnected"


def _token(id_tag: str) -> Json:
    return {"idToken": id_tag, "type": "ISO14443"}


def _boot(payload: Json) -> Json:
    station = {
        "vendorName": payload["chargePointVendor"],
        "model": payload["chargePointModel"],
        "firmwareVersion": payload["firmwareVersion"],
    }
    if "chargePointSerialNumber" in payload:
        station["serialNumber"] = payload["chargePointSerialNumber"]
    return {"reason": "PowerUp", "chargingStation": station}
