"""Everything about keeping stations in order that the site follows."""

from collections.abc import Callable, Iterable

from ...model.clock import Clock
from ...model.events import Event
from ...model.ports import Kept
from ...model.station import ConnectorState
from .config import UpkeepConfig
from .ports import UpkeepLedger
from .schedule import Schedule
from .uptimes import Uptimes
from .windows import Windows


class Upkeep:
    """The schedule, maintenance windows, and availability; it follows nothing before `start`."""

    def __init__(
        self,
        *,
        clock: Clock,
        ledger: UpkeepLedger,
        connectors: Callable[[str], Iterable[ConnectorState]],
    ) -> None:
        """Compose; `connectors` returns those of a station as they are now."""
        self.windows = Windows(clock=clock, ledger=ledger)
        self.uptimes = Uptimes(
            clock=clock, ledger=ledger, windows=self.windows, connectors=connectors
        )
        self.schedule = Schedule(
            clock=clock, ledger=ledger, plug_cycles=self.uptimes.plug_cycles_of
        )
        self.uptimes.plugged.subscribe(self.schedule.plugged)
        self._started = False

    async def start(self, config: UpkeepConfig) -> None:
        """Take up where the journal ends, before stations are added; raises LedgerError when it cannot be read."""
        await self.windows.load()
        await self.uptimes.load()
        await self.schedule.load()
        self._started = True
        self.uptimes.start()
        self.schedule.start(config)

    async def add_station(self, station_id: str) -> None:
        """Look after a station; raises LedgerError when it is not known what it has done."""
        if self._started:
            await self.uptimes.add_station(station_id)
            await self.schedule.add_station(station_id)

    def forget(self, station_id: str) -> None:
        """Look after a station no more."""
        if self._started:
            self.uptimes.forget(station_id)
            self.schedule.forget(station_id)

    def handle(self, event: Event, kept: Kept | None) -> None:
        """Take an event of the site that the ledger was given before."""
        if self._started:
            self.uptimes.handle(event)
            self.schedule.handle(event, kept)

    async def stop(self) -> None:
        """Keep what was counted, and follow nothing any more."""
        if self._started:
            self._started = False
            self.uptimes.stop()
            await self.schedule.stop()

    def diagnostics(self) -> dict[str, object]:
        """Return how looking after the stations is doing, without anything a person wrote."""
        return {
            "availability": self.uptimes.diagnostics(),
            "windows": len(self.windows.all),
            "unread_windows": self.windows.unread,
            "records": len(self.schedule.records),
            "failures": self.schedule.failures,
            "items": [
                {
                    "key": item.key,
                    "stage": item.stage.value,
                    "by": item.due.by.value,
                    "due": None if item.due.on is None else item.due.on.isoformat(),
                }
                for item in self.schedule.items
            ],
        }
