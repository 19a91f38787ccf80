"""Sessions as actions tell of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from homeassistant.core import callback

from .billing.ledger import KeptSession, SessionAssigned, SessionCost
from .const import CONF_STATION_ID, SUBENTRY_CHARGING_STATION
from .coordinator import ChargesteadConfigEntry
from .wording import kilowatt_hours


@callback
def async_station_names(entry: ChargesteadConfigEntry) -> dict[str, str]:
    """Return what the stations that are set up are called, by id."""
    return {
        subentry.data[CONF_STATION_ID]: subentry.title
        for subentry in entry.subentries.values()
        if subentry.subentry_type == SUBENTRY_CHARGING_STATION
    }


@callback
def async_as_of_now(entry: ChargesteadConfigEntry, kept: KeptSession) -> KeptSession:
    """Return a kept session with what is newer in memory, if it still runs."""
    if not kept.session.is_open:
        return kept
    site, session = entry.runtime_data.site, kept.session
    station = site.stations.get(session.station_id)
    connector = station.state.connectors.get(session.connector_id) if station else None
    if connector and connector.session and connector.session.id == session.id:
        session = connector.session
    return KeptSession(
        session=session,
        driver_id=site.drivers.driver_id(session),
        vehicle_id=kept.vehicle_id,
        tariff_uid=kept.tariff_uid,
        cost=site.costing.cost_of(session) or kept.cost,
    )


def session_report(
    kept: KeptSession, names: Mapping[str, str], driver: str | None
) -> dict[str, Any]:
    """Return all there is to say of a session: energy and registers in kWh, times in UTC."""
    session, cost = kept.session, kept.cost
    share = cost.solar_share if cost else None
    price = cost.average_price if cost else None
    return {
        "session_id": session.id,
        "station_id": session.station_id,
        "station": names.get(session.station_id),
        "connector_id": session.connector_id,
        "transaction_id": session.transaction_id,
        "open": session.is_open,
        "started_at": _time(session.started_at),
        "ended_at": _time(session.ended_at),
        "energy": kilowatt_hours(session.energy_mwh),
        "register_start": kilowatt_hours(session.register_start_mwh),
        "register_last": kilowatt_hours(session.register_last_mwh),
        "register_last_at": _time(session.register_last_at),
        "register_stop": kilowatt_hours(session.register_stop_mwh),
        "id_token": session.id_token,
        "stop_id_token": session.stop_id_token,
        "driver": driver,
        "driver_id": kept.driver_id,
        "vehicle_id": kept.vehicle_id,
        "stop_reason": session.stop_reason,
        "remote_start_id": session.remote_start_id,
        "flags": sorted(session.flags),
        "cost": None if cost is None else _cost(cost),
        "average_price": None if price is None else float(price),
        "solar_energy": kilowatt_hours(cost.solar_mwh) if cost else None,
        "solar_share": None if share is None else round(float(share * 100), 1),
    }


def assignment_report(assigned: SessionAssigned) -> dict[str, Any]:
    """Return who was named for a session, when and by whom."""
    return {
        "at": _time(assigned.at),
        "driver_id": assigned.driver_id,
        "vehicle_id": assigned.vehicle_id,
        "actor": assigned.actor,
    }


def _cost(cost: SessionCost) -> dict[str, Any]:
    return {
        "net": float(cost.cost.before_taxes),
        "tax": float(cost.cost.taxes),
        "gross": float(cost.cost.after_taxes),
        "currency": cost.cost.currency,
        "provisional": bool(cost.provisional),
        "reasons": sorted(cost.provisional),
        "revision": cost.revision,
        "rated_at": _time(cost.rated_at),
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")
