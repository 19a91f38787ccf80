"""Who and what is in the demo house: its charging stations and its drivers."""

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Station:
    """A charging station of the house, the OCPP version it speaks, and what is special about its day."""

    id: str
    name: str
    ocpp_version: str
    connectors: int = 1
    first_visit: float | None = None
    steps: tuple[dict[str, Any], ...] = ()

    @property
    def title(self) -> str:
        """Return what to call it."""
        return f"{self.name} (OCPP {self.ocpp_version})"

    def side(self, connector: int) -> str:
        """Return where a connector is, where there are two."""
        return ("left", "right")[connector - 1] if self.connectors > 1 else ""

    def label(self, connector: int) -> str:
        """Return what to call a connector."""
        side = f", {self.side(connector)}" if self.connectors > 1 else ""
        return f"{self.name}{side} (OCPP {self.ocpp_version})"


# The right one of the carport does not lock until somebody has it released or restarted from the repair issue.
_LOCK_FAILS: Final = {
    "at": 0,
    "do": "fault",
    "connector": 2,
    "error_code": "ConnectorLockFailure",
    "info": "Plug is not held",
    "mended_by": ["unlock", "restart"],
}

# The yard is free for five minutes, so that its firmware can be updated.
STATIONS: Final = (
    Station(id="GARAGE", name="Garage", ocpp_version="2.0.1"),
    Station(id="CARPORT", name="Carport", ocpp_version="1.6", connectors=2, steps=(_LOCK_FAILS,)),
    Station(id="YARD", name="Yard", ocpp_version="2.1", first_visit=300),
)
STRANGER: Final = "NEIGHBOUR"
UPDATED: Final = STATIONS[-1]

DRIVERS: Final = {"Emma": "04A1B2C3D4E5F6", "Liam": "04112233445566"}


def scenario() -> dict[str, Any]:
    """Return what the simulated stations are and do, and one that nobody knows yet."""
    return {
        "stations": [
            *(
                {
                    "id": station.id,
                    "version": station.ocpp_version,
                    "connectors": station.connectors,
                    "visits": True,
                    "first_visit": station.first_visit,
                    "steps": list(station.steps),
                }
                for station in STATIONS
            ),
            {"id": STRANGER},
        ]
    }
