"""What the site asks of the world around it."""

from datetime import datetime
from typing import Protocol, override

from ..billing.ledger import Fact
from ..model.events import Event
from ..model.journal import Journal, JournalEntry, JournalPruned
from ..model.ports import Kept, SessionHistory
from ..model.session import Session
from .costs.ports import CostLedger
from .drivers import DriverLedger
from .upkeep import UpkeepLedger


class SiteLedger(SessionHistory, CostLedger, DriverLedger, UpkeepLedger, Journal, Protocol):
    """Keeps what happens, and knows where it ended."""

    @override
    def keep(self, event: Event | Fact | JournalEntry | JournalPruned) -> Kept | None:
        """Queue what is to be kept; the future, if any, is done when it survives a power cut."""

    async def recent_sessions(self, station_id: str) -> list[Session]:
        """Return the newest sessions of a station, newest first."""

    async def open_sessions(self, station_id: str) -> list[Session]:
        """Return the sessions that have not ended."""

    async def registers(self, station_id: str) -> dict[int, tuple[int, datetime]]:
        """Return the newest register (mWh) by connector, and when it was read."""

    async def last_transaction_id(self) -> int:
        """Return the largest OCPP 1.6 transaction id ever given out, 0 if none."""
