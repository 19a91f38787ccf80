"""Statistics of sessions at their own hours, whenever the station delivered them."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
import hashlib
from itertools import batched
from typing import Any, Final

from homeassistant.components.recorder.models import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import async_add_external_statistics
from homeassistant.const import UnitOfEnergy
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util, slugify
from homeassistant.util.unit_conversion import EnergyConverter

from .billing.ledger import SessionFilter
from .const import DOMAIN, LOGGER
from .coordinator import ChargesteadConfigEntry
from .history import async_station_names
from .model.errors import LedgerError
from .model.events import CostChanged, Event
from .site.costs.hourly import HourRow, hourly_rows

_RECORDER: Final = "recorder"
_AT_ONCE: Final = 5000
_MOST_WAITING: Final = 10_000
_MWH_PER_KWH: Final = 1_000_000
_AGAIN_AT_START: Final = timedelta(days=2)


def statistic_id(station_id: str, connector_id: int, key: str) -> str:
    """Return an id that no other station's statistics have, and that stays as long as the station keeps its own."""
    name = slugify(station_id, separator="_")
    if name != station_id:
        name = f"{name}_{hashlib.sha256(station_id.encode()).hexdigest()[:6]}".strip("_")
    return f"{DOMAIN}:{name}_{connector_id}_{key}"


@callback
def async_start_statistics(hass: HomeAssistant, entry: ChargesteadConfigEntry) -> None:
    """Tell the recorder of every session that ended, where there is a recorder."""
    if _RECORDER not in hass.config.components:
        return
    importer = StatisticsImporter(hass, entry)
    entry.async_on_unload(entry.runtime_data.site.subscribe(importer.handle))
    importer.start()


class StatisticsImporter:
    """Sends the hours of a connector again from the first one that changed; the last days' once after a start."""

    def __init__(self, hass: HomeAssistant, entry: ChargesteadConfigEntry) -> None:
        """Have nothing to send yet."""
        self._hass = hass
        self._entry = entry
        self._waiting: dict[str, None] = {}
        self._changed: dict[tuple[str, int, str], datetime] = {}
        self._working: asyncio.Task[None] | None = None

    @callback
    def start(self) -> None:
        """Send what may have been lost when Home Assistant ended."""
        self._work(self._note_lately_ended())

    @callback
    def handle(self, event: Event) -> None:
        """Take note of a session whose cost became known or changed."""
        if isinstance(event, CostChanged) and event.ended:
            self._note(event.session_id)
            if self._working is None or self._working.done():
                self._work(self._send_all())

    def _work(self, work: Coroutine[Any, Any, None]) -> None:
        self._working = self._entry.async_create_background_task(
            self._hass, work, f"{DOMAIN} statistics"
        )

    def _note(self, session_id: str) -> None:
        if len(self._waiting) >= _MOST_WAITING:
            self._waiting.pop(next(iter(self._waiting)))
        self._waiting[session_id] = None

    async def _send_all(self) -> None:
        """Send until there is nothing left to send; after a failure the rest is tried again with the next news."""
        try:
            while self._waiting or self._changed:
                await self._send()
        except (LedgerError, HomeAssistantError, LookupError, ValueError) as err:
            LOGGER.warning("Statistics could not be brought up to date: %r", err)

    async def _note_lately_ended(self) -> None:
        """Note what may have been lost between the ledger and the recorder when Home Assistant ended."""
        wanted = SessionFilter(ended_from=dt_util.utcnow() - _AGAIN_AT_START, is_open=False)
        try:
            lately = await self._entry.runtime_data.ledger.sessions(wanted)
        except LedgerError as err:
            LOGGER.warning("Statistics could not be brought up to date: %s", err)
            return
        for session in lately:
            self._note(session.id)
        await self._send_all()

    async def _send(self) -> None:
        """Send the hours of all connectors at which something changed."""
        data = self._entry.runtime_data
        while self._waiting:
            session_id, _ = self._waiting.popitem()
            try:
                kept = await data.ledger.kept_session(session_id)
            except LedgerError:
                self._waiting[session_id] = None
                raise
            if kept is None or kept.cost is None:
                continue
            session = kept.session
            since = min(session.started_at, session.ended_at or session.started_at)
            key = (session.station_id, session.connector_id, kept.cost.cost.currency)
            self._changed[key] = min(since, self._changed.get(key, since))
        for key, since in tuple(self._changed.items()):
            station_id, connector_id, currency = key
            rows = await hourly_rows(
                data.ledger, station_id, connector_id, currency, since, dt_util.utcnow()
            )
            await self._import(station_id, connector_id, currency, rows)
            del self._changed[key]

    async def _import(
        self, station_id: str, connector_id: int, currency: str, rows: list[HourRow]
    ) -> None:
        words = await async_get_translations(
            self._hass, self._hass.config.language, "common", [DOMAIN]
        )
        station = async_station_names(self._entry).get(station_id, station_id)

        def send(
            key: str,
            word: str,
            unit: str,
            unit_class: str | None,
            value: Callable[[HourRow], tuple[float, float]],
        ) -> None:
            metadata = StatisticMetaData(
                mean_type=StatisticMeanType.NONE,
                has_sum=True,
                name=words[f"component.{DOMAIN}.common.{word}"].format(
                    station=station, connector=connector_id
                ),
                source=DOMAIN,
                statistic_id=statistic_id(station_id, connector_id, key),
                unit_class=unit_class,
                unit_of_measurement=unit,
            )
            for some in batched(rows, _AT_ONCE, strict=False):
                async_add_external_statistics(
                    self._hass,
                    metadata,
                    [
                        StatisticData(start=row.start, state=value(row)[0], sum=value(row)[1])
                        for row in some
                    ],
                )

        kwh, energy = UnitOfEnergy.KILO_WATT_HOUR, EnergyConverter.UNIT_CLASS
        send("energy", "statistic_energy", kwh, energy, _energy)
        send("solar_energy", "statistic_solar_energy", kwh, energy, _solar)
        send(f"cost_{currency.lower()}", "statistic_cost", currency, None, _cost)


def _energy(row: HourRow) -> tuple[float, float]:
    return row.share.energy_mwh / _MWH_PER_KWH, row.total.energy_mwh / _MWH_PER_KWH


def _solar(row: HourRow) -> tuple[float, float]:
    return row.share.solar_mwh / _MWH_PER_KWH, row.total.solar_mwh / _MWH_PER_KWH


def _cost(row: HourRow) -> tuple[float, float]:
    return float(row.share.cost), float(row.total.cost)
