"""What a vehicle says it needs, by ISO 15118."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingNeeds:
    """The needs of the vehicle at a connector; None where it does not say (OCPP 2.x ChargingNeedsType).

    Energies in mWh, currents in A, voltages in V, powers in W, states of charge in percent. `energy_mwh` is what it
    asks for, `target_soc` the state of charge it wants to reach, `full_soc` the one it takes for full. Powers and
    energies of discharging are of vehicles that can give back (2.1).
    """

    at: datetime
    mode: str | None = None
    departure_at: datetime | None = None
    energy_mwh: int | None = None
    min_energy_mwh: int | None = None
    max_energy_mwh: int | None = None
    capacity_mwh: int | None = None
    min_current_a: float | None = None
    max_current_a: float | None = None
    max_voltage_v: float | None = None
    max_power_w: float | None = None
    max_discharge_power_w: float | None = None
    state_of_charge: float | None = None
    target_soc: float | None = None
    full_soc: float | None = None
    bulk_soc: float | None = None
    control_mode: str | None = None
    most_periods: int | None = None
