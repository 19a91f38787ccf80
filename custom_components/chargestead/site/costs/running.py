"""A session that runs, with all that its rating is made from."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from ...billing.ledger import Activity, SessionCost
from ...billing.rating import StateChange
from ...billing.tariffs import Tariff
from ...model.clock import Timer
from ...model.reading import MeterReading
from ...model.session import Session


@dataclass(slots=True, kw_only=True)
class RunningSession:
    """One open session; readings and activities are gathered as they come, `cost` is the newest there is.

    `price` is what a kWh costs at present, None while unknown; `noticed` tells that it was looked up.
    """

    session: Session
    tariff: Tariff
    tariff_uid: str
    readings: list[MeterReading] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    cost: SessionCost | None = None
    noted: bool = False
    price: Decimal | None = None
    noticed: bool = False
    rated_at: float | None = None
    again: Timer | None = None

    def rest(self) -> None:
        """Forget a rating that was to come."""
        if self.again is not None:
            self.again.cancel()
            self.again = None


def states(activities: Iterable[Activity]) -> tuple[StateChange, ...]:
    """Return activities in the words of rating."""
    return tuple(
        StateChange(activity.at, activity.status, activity.held) for activity in activities
    )
