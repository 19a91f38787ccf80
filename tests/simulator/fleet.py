"""Several stations at once, with people who use them, until told to stop."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
import json
import logging
from pathlib import Path
from typing import Final

from .clock import Clock
from .scenario import StationPlan
from .schedule import Json
from .station import SimulatedStation
from .visits import Visit, visits

LOGGER: Final = logging.getLogger(__name__)
SAVE_INTERVAL: Final = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class FleetOptions:
    """What all stations of a fleet have in common."""

    url: str
    seed: int = 1
    day: float = 1200.0
    id_tags: Sequence[str] = ("04A1B2C3D4E5F6", "04112233445566")
    plug_in_now: bool = False
    state_file: Path | None = None


class Fleet:
    """Stations, their visitors, and the file that remembers their meters."""

    def __init__(self, options: FleetOptions, plans: Sequence[StationPlan], clock: Clock) -> None:
        """Build the stations; nothing happens before `run`."""
        self._options = options
        self._plans = plans
        self._clock = clock
        remembered = _read(options.state_file)
        self.stations = [
            SimulatedStation(
                url=options.url,
                station_id=plan.station_id,
                clock=clock,
                connectors=plan.connectors,
                version=plan.version,
                seed=options.seed,
                personality=plan.personality,
                password=plan.password,
                configuration=plan.configuration,
                backoff=(1.0, 15.0),
                remembered=remembered.get(plan.station_id),
            )
            for plan in plans
        ]

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set, then switch everything off cleanly."""
        for station in self.stations:
            await station.start(wait=False)
        work = [
            asyncio.create_task(self._live(station, plan))
            for station, plan in zip(self.stations, self._plans, strict=True)
        ]
        work.append(asyncio.create_task(self._save_often()))
        stopping = asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait([stopping, *work], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in [stopping, *work]:
                task.cancel()
            await asyncio.gather(stopping, *work, return_exceptions=True)
            self.save()
            for station in self.stations:
                await station.stop()

    def save(self) -> None:
        """Write what the stations remember, in one go."""
        path = self._options.state_file
        if path is None:
            return
        data = {station.station_id: station.remember() for station in self.stations}
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(data), "utf-8")
        draft.replace(path)

    async def _live(self, station: SimulatedStation, plan: StationPlan) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._log(station))
            group.create_task(self._follow(station, plan))
            if plan.visits:
                for connector in station.connectors:
                    group.create_task(self._receive(station, connector.id, plan.first_visit))

    async def _follow(self, station: SimulatedStation, plan: StationPlan) -> None:
        began = self._clock.monotonic()
        for step in plan.steps:
            await self._clock.sleep(began + step.at - self._clock.monotonic())
            step.perform(station)

    async def _receive(
        self, station: SimulatedStation, connector: int, first_visit: float | None
    ) -> None:
        options = self._options
        usual = 0.0 if options.plug_in_now else 4.0 + 20.0 * (connector - 1)
        stream = visits(
            seed=f"{options.seed}:{station.station_id}:{connector}",
            id_tags=options.id_tags,
            day=options.day,
            first_gap=usual if first_visit is None else first_visit,
        )
        await station.power.until(lambda: station.online)
        for visit in stream:
            await self._clock.sleep(visit.gap)
            await self._charge(station, connector, visit)

    async def _charge(self, station: SimulatedStation, number: int, visit: Visit) -> None:
        connector = station.connector(number)
        station.plug_in(number, visit.car)
        await self._clock.sleep(visit.hesitation)
        # People wait with their card while the station is out of order, though not for ever.
        await station.power.until(lambda: connector.fault is None, limit=visit.longest_stay)
        if connector.transaction is None:
            station.present_card(number, visit.id_tag)
        await station.power.until(lambda: visit.car.full, limit=visit.longest_stay)
        await self._clock.sleep(visit.lingering)
        station.unplug(number)

    async def _log(self, station: SimulatedStation) -> None:
        seen: dict[int, str] = {}
        while True:
            for connector in station.connectors:
                status = connector.status
                if seen.get(connector.id) != status:
                    seen[connector.id] = status
                    LOGGER.info("%s %d: %s", station.station_id, connector.id, status)
            await station.signal.wait()

    async def _save_often(self) -> None:
        while True:
            await self._clock.sleep(SAVE_INTERVAL)
            self.save()


def _read(path: Path | None) -> Json:
    if path is None or not path.exists():
        return {}
    data: Json = json.loads(path.read_text("utf-8"))
    return data
