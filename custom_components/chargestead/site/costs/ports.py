"""What pricing asks of the ledger."""

from datetime import datetime
from typing import Protocol

from ...billing.ledger import Activity, CostSum, Fact, KeptSession, SessionFilter, SolarLearned
from ...model.events import Event
from ...model.ports import Kept
from ...model.price import PriceSeries
from ...model.reading import MeterReading


class CostLedger(Protocol):
    """Keeps facts, and everything a rating is made from."""

    def keep(self, event: Event | Fact) -> Kept | None:
        """Queue an event or a fact; the future, if any, is done when it survives a power cut."""

    async def readings(self, session_id: str) -> list[MeterReading]:
        """Return the readings of a session in the order of their time."""

    async def kept_session(self, session_id: str) -> KeptSession | None:
        """Return a session with its cost, or None."""

    async def kept_sessions(
        self, wanted: SessionFilter, *, limit: int | None = None, offset: int = 0
    ) -> list[KeptSession]:
        """Return a page of the sessions that pass a filter with their costs, newest first."""

    async def provisional_sessions(
        self, reasons: frozenset[str], since: datetime, limit: int = 1000
    ) -> list[KeptSession]:
        """Return sessions ended since a moment whose cost is provisional for one of some reasons, oldest first."""

    async def cost_sums(self, wanted: SessionFilter) -> list[CostSum]:
        """Return what the rated sessions that pass a filter come to, by currency."""

    async def activities(
        self, station_id: str, connector_id: int, start: datetime, end: datetime
    ) -> list[Activity]:
        """Return what a connector did in [start, end), with what it was doing at the start, in order."""

    async def prices(self, source: str, start: datetime, end: datetime) -> dict[str, PriceSeries]:
        """Return what a source quoted for [start, end), by currency."""

    async def solar(self, start: datetime, end: datetime) -> list[SolarLearned]:
        """Return the solar shares of [start, end) in order."""

    async def tariff(self, uid: str) -> str | None:
        """Return the content of a tariff that sessions were priced by, or None."""
