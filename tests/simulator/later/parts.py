"""What a station of 2.x has that one of 1.6 has not."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .monitoring import Monitoring
from .screen import Customers, Network, Screen
from .tariffs import Tariffs, Told

if TYPE_CHECKING:
    from ..station import SimulatedStation


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts."""

    monitoring: Monitoring
    screen: Screen
    customers: Customers
    network: Network
    tariffs: Tariffs

    @classmethod
    def of(cls, station: SimulatedStation, told: Told, *, later: bool) -> Parts:
        """Return the parts of a station; `later` tells that 2.1 is spoken."""
        return cls(
            Monitoring(station, later=later),
            Screen(station),
            Customers(station),
            Network(),
            Tariffs(station, told),
        )


def parts_of(station: SimulatedStation) -> Parts:
    """Return the parts of a station."""
    parts = station.skin.parts
    if parts is None:
        message = "a station of OCPP 1.6 has none of this"
        raise RuntimeError(message)
    return parts
