"""Energy from power, for stations whose registers tell nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

_LONGEST_S: Final = 300


@dataclass(slots=True)
class Flow:
    """Adds up a power in W over time; each value holds until the next one, five minutes at most."""

    energy_mwh: int = 0
    at: datetime | None = None
    power_w: float = 0

    def take(self, power_w: float, at: datetime) -> None:
        """Take a power; one that is older than the newest changes nothing."""
        if self.at is not None:
            seconds = (at - self.at).total_seconds()
            if seconds <= 0:
                return
            self.energy_mwh += int(self.power_w * min(seconds, _LONGEST_S) / 3.6)
        self.at, self.power_w = at, max(power_w, 0)
