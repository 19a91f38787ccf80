"""The Core profile."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..link import Reply
from ..schedule import InvalidProfileError, Json, parse_profile
from .common import connector_of, optional, required, status

if TYPE_CHECKING:
    from ..connector import Connector
    from ..station import SimulatedStation

STARTABLE = ("Preparing", "Available", "Reserved", "Finishing")


def change_availability(station: SimulatedStation, payload: Json) -> Reply:
    """Answer ChangeAvailability (section 5.2)."""
    number = required(payload, "connectorId", int)
    operative = required(payload, "type", str) == "Operative"
    if number == 0:
        chosen = list(station.connectors)
    else:
        one = connector_of(station, number)
        if one is None:
            return status("Rejected")
        chosen = [one]
    for connector in chosen:
        connector.wanted_operative = operative
    later = [c for c in chosen if c.transaction and c.operative is not operative]
    now = [c for c in chosen if c not in later]

    def apply() -> None:
        for connector in now:
            connector.operative = operative
            if not operative:
                station.sessions.revoke(connector)
                station.reservations.drop(connector)
        if number == 0:
            station.statuses.station_operative = operative
        station.supply.refresh()

    return Reply({"status": "Scheduled" if later else "Accepted"}, apply)


def change_configuration(station: SimulatedStation, payload: Json) -> Reply:
    """Answer ChangeConfiguration (section 5.3)."""
    key = required(payload, "key", str)
    value = required(payload, "value", str)
    result = station.configuration.change(key, value)
    then = None
    if result == "Accepted" and key.lower() == "authorizationkey":
        then = station.use_new_password
    if result == "Accepted" and key.lower() == "securityprofile":
        then = station.raise_profile
    return Reply({"status": result}, then)


def clear_cache(station: SimulatedStation, payload: Json) -> Reply:  # noqa: ARG001
    """Answer ClearCache (section 5.4)."""
    if not station.configuration.flag("AuthorizationCacheEnabled"):
        return status("Rejected")
    station.access.cache.clear()
    return status("Accepted")


def data_transfer(station: SimulatedStation, payload: Json) -> Reply:
    """Answer DataTransfer (section 4.3)."""
    vendor = required(payload, "vendorId", str)
    answer = station.data_transfers.get(vendor)
    if answer is None:
        return status("UnknownVendorId")
    return Reply(answer(payload))


def get_configuration(station: SimulatedStation, payload: Json) -> Reply:
    """Answer GetConfiguration (section 5.8)."""
    survives = station.personality.survives_measurands
    measurands = station.configuration.items("MeterValuesSampledData")
    then = None
    if survives is not None and len(measurands) > survives:
        then = station.power.crash
    return Reply(station.configuration.listing(optional(payload, "key", list) or []), then)


def remote_start_transaction(station: SimulatedStation, payload: Json) -> Reply:
    """Answer RemoteStartTransaction (section 5.11)."""
    id_tag = required(payload, "idTag", str)
    profile = optional(payload, "chargingProfile", dict)
    connector = _startable(station, optional(payload, "connectorId", int))
    if connector is None or not station.registration.accepted:
        return status("Rejected")
    if not station.sessions.admits(connector, id_tag, None):
        return status("Rejected")
    if profile is not None and not station.personality.smart_charging:
        profile = None
    if profile is not None and not _fits_remote_start(profile, connector.id):
        return status("Rejected")
    return Reply(
        {"status": "Accepted"},
        lambda: station.go(station.sessions.remote_start(connector, id_tag, profile)),
    )


def remote_stop_transaction(station: SimulatedStation, payload: Json) -> Reply:
    """Answer RemoteStopTransaction (section 5.12)."""
    number = required(payload, "transactionId", int)
    for connector in station.connectors:
        transaction = connector.transaction
        if transaction is not None and transaction.id == number:
            return Reply({"status": "Accepted"}, _stopper(station, connector, "Remote"))
    return status("Rejected")


def reset(station: SimulatedStation, payload: Json) -> Reply:
    """Answer Reset (section 5.14)."""
    kind = required(payload, "type", str)
    if kind == "Soft":
        return Reply({"status": "Accepted"}, lambda: station.reboot(reason="SoftReset"))
    return Reply(
        {"status": "Accepted"},
        lambda: station.reboot(cold=True, reason="HardReset", off_for=5.0),
    )


def unlock_connector(station: SimulatedStation, payload: Json) -> Reply:
    """Answer UnlockConnector (section 5.18)."""
    number = required(payload, "connectorId", int)
    connector = connector_of(station, number)
    if connector is None or not station.has_locks:
        return status("NotSupported")
    if connector.transaction is not None:
        station.sessions.stop(connector, "UnlockCommand")
    if connector.lock_jammed:
        connector.locked = True
        return status("UnlockFailed")
    connector.locked = False
    return Reply({"status": "Unlocked"}, lambda: station.sessions.mend(connector, "unlock"))


def _startable(station: SimulatedStation, number: int | None) -> Connector | None:
    def fits(connector: Connector) -> bool:
        if connector.replug_needed or connector.transaction is not None:
            return False
        return connector.status in STARTABLE

    if number is None:
        fitting = [c for c in station.connectors if fits(c)]
        return min(fitting, key=lambda c: STARTABLE.index(c.status), default=None)
    connector = connector_of(station, number)
    return connector if connector is not None and fits(connector) else None


def _fits_remote_start(raw: Json, connector_id: int) -> bool:
    try:
        profile = parse_profile(raw, connector_id)
    except InvalidProfileError:
        return False
    return profile.purpose == "TxProfile" and profile.transaction_id is None


def _stopper(station: SimulatedStation, connector: Connector, reason: str) -> Callable[[], None]:
    return lambda: station.sessions.stop(connector, reason)
