"""NotifyEVChargingNeeds and NotifyEVChargingSchedule (OCPP 2.0.1 and 2.1 part 2, K15 to K19)."""

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, Final

from ...model.charging_needs import ChargingNeeds
from ..connection import Reply
from ..fields import instant, integer, text
from ..moments import moment
from ..rpc import Payload
from ..schedules import read_schedule
from .blocks import Handler, notice
from .values import inner

if TYPE_CHECKING:
    from datetime import datetime

    from .adapter import Adapter2

_MWH_PER_WH: Final = 1000
_MOST_WH: Final = 10_000_000


def charging_needs(adapter: Adapter2, payload: Payload) -> Reply:
    """Take what a vehicle needs (K15, K17 to K19); a profile for its session follows, or will once it has one."""
    notice(adapter, "NotifyEVChargingNeeds", payload)
    station = adapter.station
    evse_id, needs = integer(payload, "evseId"), inner(payload, "chargingNeeds")
    if evse_id is None or not 0 < evse_id <= station.around.bounds.connectors or not needs:
        station.counters.add("charging_needs_unreadable")
        return {"status": "Rejected"}
    station.statuses.found(evse_id)
    arrived = station.clock.now()
    at, _ = moment(station, instant(payload, "timestamp"), arrived)
    most = integer(payload, "maxScheduleTuples")
    is_ready = station.needs.notified(evse_id, _read(needs, at, most))
    return {"status": "Accepted" if is_ready else "Processing"}


def charging_schedule(adapter: Adapter2, payload: Payload) -> Reply:
    """Take the schedule a vehicle made for itself; one that keeps to no limit is made anew (K15.FR.11 to 13)."""
    notice(adapter, "NotifyEVChargingSchedule", payload)
    station = adapter.station
    evse_id = integer(payload, "evseId")
    start = instant(payload, "timeBase") or station.clock.now()
    schedule = read_schedule(inner(payload, "chargingSchedule"), start)
    if evse_id is None or schedule is None or evse_id not in station.book.connectors:
        station.counters.add("vehicle_schedule_unreadable")
        return {"status": "Rejected"}
    fits = station.needs.scheduled(evse_id, schedule)
    return {"status": "Accepted" if fits else "Rejected"}


def _read(needs: Payload, at: datetime, most_periods: int | None) -> ChargingNeeds:
    ac, dc = inner(needs, "acChargingParameters"), inner(needs, "dcChargingParameters")
    v2x = inner(needs, "v2xChargingParameters")
    any_of = (v2x, dc, ac)
    return ChargingNeeds(
        at=at,
        mode=text(needs, "requestedEnergyTransfer"),
        departure_at=instant(needs, "departureTime"),
        energy_mwh=_energy(any_of, "evTargetEnergyRequest", "energyAmount"),
        min_energy_mwh=_energy(any_of, "evMinEnergyRequest"),
        max_energy_mwh=_energy(any_of, "evMaxEnergyRequest"),
        capacity_mwh=_energy(any_of, "evEnergyCapacity"),
        min_current_a=_number(any_of, "minChargeCurrent", "evMinCurrent"),
        max_current_a=_number(any_of, "maxChargeCurrent", "evMaxCurrent"),
        max_voltage_v=_number(any_of, "maxVoltage", "evMaxVoltage"),
        max_power_w=_number(any_of, "maxChargePower", "evMaxPower"),
        max_discharge_power_w=_number(any_of, "maxDischargePower"),
        state_of_charge=_percent(any_of, "stateOfCharge"),
        target_soc=_percent(any_of, "targetSoC"),
        full_soc=_percent(any_of, "fullSoC"),
        bulk_soc=_percent(any_of, "bulkSoC"),
        control_mode=text(needs, "controlMode"),
        most_periods=most_periods,
    )


def _number(sources: tuple[Payload, ...], *keys: str) -> float | None:
    """Return the first number of those names that is one."""
    for source in sources:
        for key in keys:
            value = source.get(key)
            if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
                return float(value)
    return None


def _energy(sources: tuple[Payload, ...], *keys: str) -> int | None:
    """Return an energy told in Wh, None for one no battery can take."""
    amount = _number(sources, *keys)
    return None if amount is None or not 0 <= amount < _MOST_WH else round(amount * _MWH_PER_WH)


def _percent(sources: tuple[Payload, ...], key: str) -> float | None:
    amount = _number(sources, key)
    return amount if amount is not None and 0 <= amount <= 100 else None


HANDLERS: Final[Mapping[str, Handler]] = {
    "NotifyEVChargingNeeds": charging_needs,
    "NotifyEVChargingSchedule": charging_schedule,
}
