"""What a station does with the calls of a central system that speaks 2.0.1 or 2.1."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ..handlers import HANDLERS as OLD, Handler, core, files, security, trigger
from ..handlers.common import connector_of, optional, required, status
from ..link import Reply
from ..schedule import Json
from . import profiles
from .local_list import get_local_list_version, send_local_list
from .monitoring import Place, matches
from .parts import Parts, parts_of
from .profiles import old_profile
from .variables import PLACES, READ_ONLY, WRITE_ONLY, known_component, place_of, report

if TYPE_CHECKING:
    from ..station import SimulatedStation

MESSAGES: Final = {
    "LogStatusNotification": "LogStatusNotification",
    "SignChargingStationCertificate": "SignChargePointCertificate",
}
ENTRIES_PER_PART: Final = 10
CLOCK: Final = ("ClockCtrlr", "DateTime", None)


def request_start_transaction(station: SimulatedStation, payload: Json) -> Reply:
    """Answer RequestStartTransaction (F01, F02)."""
    token = required(payload, "idToken", dict)
    old: Json = {"idTag": required(token, "idToken", str)}
    if (evse := optional(payload, "evseId", int)) is not None:
        old["connectorId"] = evse
    if (profile := optional(payload, "chargingProfile", dict)) is not None:
        old["chargingProfile"] = old_profile(profile)
    station.remote_start_id = required(payload, "remoteStartId", int)
    return core.remote_start_transaction(station, old)


def request_stop_transaction(station: SimulatedStation, payload: Json) -> Reply:
    """Answer RequestStopTransaction (F03)."""
    wanted = required(payload, "transactionId", str)
    for connector in station.connectors:
        transaction = connector.transaction
        if transaction is not None and transaction.id == wanted:
            return Reply(
                {"status": "Accepted"},
                lambda found=connector: station.sessions.stop(found, "Remote"),  # type: ignore[misc]
            )
    return status("Rejected")


def get_transaction_status(station: SimulatedStation, payload: Json) -> Reply:
    """Answer GetTransactionStatus (E14)."""
    wanted = optional(payload, "transactionId", str)
    waiting = [
        entry
        for entry in station.outbox.entries
        if entry.action == "TransactionEvent"
        and wanted in {None, entry.payload["transactionInfo"]["transactionId"]}
    ]
    answer: Json = {"messagesInQueue": bool(waiting)}
    if wanted is not None:
        answer["ongoingIndicator"] = any(
            c.transaction is not None and c.transaction.id == wanted for c in station.connectors
        )
    return Reply(answer)


def change_availability(station: SimulatedStation, payload: Json) -> Reply:
    """Answer ChangeAvailability (G03, G04); each EVSE has one connector."""
    if (optional(payload, "evse", dict) or {}).get("connectorId", 1) != 1:
        return status("Rejected")
    return core.change_availability(
        station,
        {"connectorId": _evse(payload) or 0, "type": required(payload, "operationalStatus", str)},
    )


def reset(station: SimulatedStation, payload: Json) -> Reply:
    """Answer Reset (B11, B12)."""
    if optional(payload, "evseId", int) is not None:
        return status("Rejected")
    busy = any(connector.transaction is not None for connector in station.connectors)
    kind = required(payload, "type", str)
    if kind == "ImmediateAndResume" and busy:
        return status("Rejected")
    if kind == "OnIdle" and busy:
        return Reply({"status": "Scheduled"}, lambda: station.go(_reset_when_idle(station)))
    return Reply({"status": "Accepted"}, lambda: station.reboot(reason="SoftReset"))


async def _reset_when_idle(station: SimulatedStation) -> None:
    await station.power.when_idle()
    station.reboot(reason="SoftReset")


def unlock_connector(station: SimulatedStation, payload: Json) -> Reply:
    """Answer UnlockConnector (F05)."""
    number = required(payload, "evseId", int)
    connector = connector_of(station, number)
    if connector is None or required(payload, "connectorId", int) != 1:
        return status("UnknownConnector")
    if connector.transaction is not None:
        return status("OngoingAuthorizedTransaction")
    old = core.unlock_connector(station, {"connectorId": number})
    return old if old.payload["status"] == "Unlocked" else status("UnlockFailed")


def trigger_message(station: SimulatedStation, payload: Json) -> Reply:
    """Answer TriggerMessage (F06)."""
    wanted = required(payload, "requestedMessage", str)
    number = _evse(payload)
    if wanted == "StatusNotification" and "connectorId" not in payload.get("evse", {}):
        return status("Rejected")
    old: Json = {"requestedMessage": MESSAGES.get(wanted, wanted)}
    if number is not None:
        old["connectorId"] = number
    if wanted in MESSAGES:
        return trigger.extended_trigger_message(station, old)
    return trigger.trigger_message(station, old)


def get_variables(station: SimulatedStation, payload: Json) -> Reply:
    """Answer GetVariables (B06)."""
    results = []
    for data in required(payload, "getVariableData", list):
        place = place_of(data)
        key = PLACES.get(place)
        result: Json = {"component": data["component"], "variable": data["variable"]}
        if place[:2] == ("SmartChargingCtrlr", "RateUnit"):
            units = ",".join(station.personality.units)
            result |= {"attributeStatus": "Accepted", "attributeValue": units}
        elif key is None:
            known = known_component(place[0])
            result["attributeStatus"] = "UnknownVariable" if known else "UnknownComponent"
        elif key in WRITE_ONLY:
            result["attributeStatus"] = "Rejected"
        else:
            text = station.configuration.text(key)
            result |= {"attributeStatus": "Accepted", "attributeValue": text}
        results.append(result)
    return Reply({"getVariableResult": results})


def set_variables(station: SimulatedStation, payload: Json) -> Reply:
    """Answer SetVariables (B05)."""
    results = []
    then = None
    for data in required(payload, "setVariableData", list):
        place = place_of(data)
        key = PLACES.get(place)
        if place == CLOCK:
            station.times.told(data["attributeValue"])
            outcome = "Accepted"
        elif key is None:
            known = known_component(place[0])
            outcome = "UnknownVariable" if known else "UnknownComponent"
        elif key in READ_ONLY:
            outcome = "Rejected"
        else:
            outcome = station.configuration.change(key, data["attributeValue"])
        if outcome == "Accepted" and key == "AuthorizationKey":
            then = station.use_new_password
        results.append(
            {
                "attributeStatus": outcome,
                "component": data["component"],
                "variable": data["variable"],
            }
        )
    return Reply({"setVariableResult": results}, then)


def get_base_report(station: SimulatedStation, payload: Json) -> Reply:
    """Answer GetBaseReport (B07); the parts follow one by one."""
    request_id = required(payload, "requestId", int)
    if required(payload, "reportBase", str) == "SummaryInventory":
        return status("NotSupported")
    return Reply(
        {"status": "Accepted"},
        lambda: station.go(_tell_report(station, request_id, list(report(station)))),
    )


def get_report(station: SimulatedStation, payload: Json) -> Reply:
    """Answer GetReport (B08): by component and variable, or what has a problem."""
    request_id = required(payload, "requestId", int)
    wanted = optional(payload, "componentVariable", list)
    criteria = optional(payload, "componentCriteria", list)
    entries = [
        entry
        for entry in report(station)
        if (wanted is None or any(matches(item, Place.of(entry)) for item in wanted))
        and (criteria is None or set(criteria) != {"Problem"} or _has_problem(entry))
    ]
    if not entries:
        return status("EmptyResultSet")
    return Reply(
        {"status": "Accepted"}, lambda: station.go(_tell_report(station, request_id, entries))
    )


def _has_problem(entry: Json) -> bool:
    value = entry["variableAttribute"][0].get("value")
    return bool(entry["variable"]["name"] == "Problem" and value == "true")


async def _tell_report(station: SimulatedStation, request_id: int, entries: list[Json]) -> None:
    parts = [
        entries[start : start + ENTRIES_PER_PART]
        for start in range(0, len(entries), ENTRIES_PER_PART)
    ]
    for number, part in enumerate(parts):
        await station.tell(
            "NotifyReport",
            {
                "requestId": request_id,
                "generatedAt": station.times.stamp_always(),
                "seqNo": number,
                "tbc": number < len(parts) - 1,
                "reportData": part,
            },
        )


def get_installed_certificate_ids(station: SimulatedStation, payload: Json) -> Reply:
    """Answer GetInstalledCertificateIds (M03)."""
    uses = optional(payload, "certificateType", list) or station.certificates.uses
    found = [
        {"certificateType": use, "certificateHashData": data}
        for use in uses
        for data in station.certificates.installed(use)
    ]
    if not found:
        return status("NotFound")
    return Reply({"status": "Accepted", "certificateHashDataChain": found})


def _evse(payload: Json) -> int | None:
    evse = optional(payload, "evse", dict)
    return None if evse is None else required(evse, "id", int)


def _as_before(action: str) -> Callable[[SimulatedStation, Json], Reply]:
    return OLD[action]


def _by(answer: Callable[[Parts, Json], Reply]) -> Handler:
    """Return a handler that leaves the answer to one of the station's parts."""
    return lambda station, payload: answer(parts_of(station), payload)


TARIFF_HANDLERS: Final[dict[str, Handler]] = {
    "ChangeTransactionTariff": _by(lambda parts, payload: parts.tariffs.change(payload)),
    "ClearTariffs": _by(lambda parts, payload: parts.tariffs.clear(payload)),
    "GetTariffs": _by(lambda parts, payload: parts.tariffs.get(payload)),
    "SetDefaultTariff": _by(lambda parts, payload: parts.tariffs.set_default(payload)),
}


def update_firmware(station: SimulatedStation, payload: Json) -> Reply:
    """Answer UpdateFirmware (L01, L02)."""
    return files.install_firmware(
        station, required(payload, "requestId", int), required(payload, "firmware", dict)
    )


LATER_HANDLERS: Final[dict[str, Handler]] = {
    "CertificateSigned": security.certificate_signed,
    "ClearDisplayMessage": _by(lambda parts, payload: parts.screen.clear_message(payload)),
    "ClearVariableMonitoring": _by(lambda parts, payload: parts.monitoring.clear(payload)),
    "CostUpdated": _by(lambda parts, payload: parts.screen.cost_updated(payload)),
    "CustomerInformation": _by(lambda parts, payload: parts.customers.information(payload)),
    "GetDisplayMessages": _by(lambda parts, payload: parts.screen.get_messages(payload)),
    "GetMonitoringReport": _by(lambda parts, payload: parts.monitoring.report(payload)),
    "GetReport": get_report,
    "SetDisplayMessage": _by(lambda parts, payload: parts.screen.set_message(payload)),
    "SetMonitoringBase": _by(lambda parts, payload: parts.monitoring.set_base(payload)),
    "SetMonitoringLevel": _by(lambda parts, payload: parts.monitoring.set_level(payload)),
    "SetNetworkProfile": _by(lambda parts, payload: parts.network.set_profile(payload)),
    "SetVariableMonitoring": _by(lambda parts, payload: parts.monitoring.set_monitors(payload)),
    "ChangeAvailability": change_availability,
    "ClearCache": core.clear_cache,
    "ClearChargingProfile": profiles.clear_charging_profile,
    "DataTransfer": core.data_transfer,
    "DeleteCertificate": security.delete_certificate,
    "GetBaseReport": get_base_report,
    "GetChargingProfiles": profiles.get_charging_profiles,
    "GetCompositeSchedule": profiles.get_composite_schedule,
    "GetInstalledCertificateIds": get_installed_certificate_ids,
    "GetLocalListVersion": get_local_list_version,
    "GetLog": files.get_log,
    "GetTransactionStatus": get_transaction_status,
    "GetVariables": get_variables,
    "InstallCertificate": security.install_certificate,
    "RequestStartTransaction": request_start_transaction,
    "RequestStopTransaction": request_stop_transaction,
    "Reset": reset,
    "SendLocalList": send_local_list,
    "SetChargingProfile": profiles.set_charging_profile,
    "SetVariables": set_variables,
    "TriggerMessage": trigger_message,
    "UnlockConnector": unlock_connector,
    "UpdateFirmware": update_firmware,
}
