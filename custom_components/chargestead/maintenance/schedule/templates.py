"""The tasks that are usual, as data to begin with: every figure can be changed, none is legal advice."""

from dataclasses import dataclass
from typing import Final

from .tasks import Interval, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A usual task; `enabled` ones are there from the beginning, the others are offered.

    `house` tasks are to be done once for the house, the others at each station.
    """

    key: str
    interval: Interval
    enabled: bool = True
    house: bool = False

    @property
    def task(self) -> Task:
        """Return the task as it stands while nobody changed it."""
        return Task(
            key=self.key,
            interval=self.interval,
            house=self.house,
            stations=frozenset() if self.house else None,
        )


TEMPLATES: Final = (
    # The plate on the device says 3, 6 or 12 months (IEC 61008-1).
    Template(key="rcd_test", interval=Interval(months=6)),
    # Cable, plug, strain relief, housing, water, insects; monthly where strangers charge.
    Template(key="visual_check", interval=Interval(months=3)),
    # Copper settles: the first time soon, then yearly.
    Template(key="terminals", interval=Interval(months=12, first_months=6)),
    # DGUV V3 / DIN VDE 0105-100: yearly where it is used commercially, recommended elsewhere.
    Template(key="electrical_inspection", interval=Interval(months=12)),
    Template(key="firmware_check", interval=Interval(months=1), enabled=False),
    Template(key="access_and_backup", interval=Interval(months=12), house=True),
    # The year on the plate and eight more for electronic meters (Eichfrist), to the end of that year.
    Template(key="meter_verification", interval=Interval(months=96, year_end=True), enabled=False),
    # Emergency stop, lock, and the station's own test for welded contacts.
    Template(key="safety_functions", interval=Interval(months=12)),
)
