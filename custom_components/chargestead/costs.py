"""Tariffs, prices and solar energy, brought to the site and kept up to date while the entry stays loaded."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from .billing.ledger import KeptSession, Ledger
from .billing.prices.moments import local_day
from .billing.rating import Reason
from .billing.tariffs import TariffError, dump_tariff
from .billing.tariffs.storage import load_tariff
from .const import LOGGER
from .home_energy import EnergyEntities, HomeEnergy
from .model.errors import LedgerError
from .model.price import NO_PRICES, PriceSeries
from .price_memory import PriceMemory
from .price_source import KEPT, PriceSource, PriceSourceConfig
from .price_sources import ActionPrices, price_source
from .repairs import async_report_tariffs
from .site import Site
from .tariffs import house_tariffs

_LOOK_BACK: Final = timedelta(minutes=15)
_MOST_QUESTIONS: Final = 3
_DAY: Final = timedelta(days=1)
_UNKNOWN_PRICE: Final = frozenset({Reason.UNKNOWN_PRICE.value})


@dataclass(slots=True)
class _Followed:
    """A source and what of its prices the ledger was given."""

    source: PriceSource
    learned: PriceSeries = NO_PRICES


class HouseCosts:
    """Follows what is set up about money; a change of it neither reloads the entry nor disconnects a station."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, site: Site, ledger: Ledger) -> None:
        """Do nothing before `async_start`."""
        self.energy = HomeEnergy(hass, site)
        self.memory = PriceMemory(hass)
        self.tariffs = house_tariffs(hass, entry)
        self._hass = hass
        self._entry = entry
        self._site = site
        self._ledger = ledger
        self._sources: dict[str, _Followed] = {}
        self._asked: Counter[tuple[str, date]] = Counter()
        self._looking: asyncio.Task[None] | None = None
        self._unsubscribe: list[CALLBACK_TYPE] = []

    async def async_start(self) -> None:
        """Begin to price; stations may be made known from then on."""
        await self.memory.async_load()
        energy = EnergyEntities.from_options(self._entry.options)
        await self._site.price(self.tariffs.costs, solar=energy.tells_solar)
        self.energy.async_follow(energy)
        self._unsubscribe = [
            self._site.costing.subscribe(self._costs_changed),
            async_track_time_interval(self._hass, self._look_back, _LOOK_BACK),
        ]
        self._follow_sources()
        async_report_tariffs(self._hass, self.tariffs)

    @callback
    def async_update(self) -> None:
        """Take changed tariffs, options and stations; sessions that run keep the tariff they began with."""
        tariffs = house_tariffs(self._hass, self._entry)
        changed = tariffs.costs != self.tariffs.costs
        self.tariffs = tariffs
        if changed:
            self._site.costing.configure(tariffs.costs)
        self.energy.async_follow(EnergyEntities.from_options(self._entry.options))
        self._follow_sources()
        async_report_tariffs(self._hass, tariffs)

    async def async_stop(self) -> None:
        """Follow nothing any more."""
        while self._unsubscribe:
            self._unsubscribe.pop()()
        self.energy.async_stop()
        for followed in self._sources.values():
            followed.source.async_stop()
        self._sources.clear()
        if self._looking is not None:
            self._looking.cancel()
        async_report_tariffs(self._hass, None)
        await self.memory.async_flush()

    @callback
    def _costs_changed(self, _station_id: str | None) -> None:
        """Look after the sources when a session has begun or ended to need one."""
        if self._wanted().keys() != self._sources.keys():
            self._follow_sources()

    # Prices

    def _wanted(self) -> dict[str, PriceSourceConfig]:
        """Return the sources that are needed and known."""
        needed = ((name, self.memory.get(name)) for name in self._site.costing.sources)
        return {name: config for name, config in needed if config is not None}

    @callback
    def _follow_sources(self) -> None:
        """Start what is needed and was not, and stop what is not needed any more."""
        for config in self.tariffs.sources:
            self.memory.remember(config)
        wanted = self._wanted()
        for name in self._sources.keys() - wanted.keys():
            self._sources.pop(name).source.async_stop()
        for name in sorted(wanted.keys() - self._sources.keys()):
            self._start(name, wanted[name])

    @callback
    def _start(self, name: str, config: PriceSourceConfig) -> None:
        @callback
        def learn(series: PriceSeries) -> None:
            self._learn(name, series)

        try:
            source = price_source(self._hass, config, learn)
        except KeyError:
            LOGGER.warning("Prices of %s cannot be had: nothing is known of it", config.action)
            return
        self._sources[name] = _Followed(source)
        source.async_start()

    @callback
    def _learn(self, name: str, series: PriceSeries) -> None:
        """Pass on what is new; the ledger keeps it for good."""
        followed = self._sources.get(name)
        if followed is None:
            return
        known = set(followed.learned)
        followed.learned = series
        new = tuple(slot for slot in series if slot not in known)
        currency = followed.source.currency or self._hass.config.currency
        self._site.costing.learn_prices(name, currency, new)
        self._look_back()

    @callback
    def _look_back(self, _now: datetime | None = None) -> None:
        """Ask for prices of past days that some ended session still waits for."""
        if self._looking is None or self._looking.done():
            self._looking = self._entry.async_create_background_task(
                self._hass, self._async_look_back(), "prices of past days"
            )

    async def _async_look_back(self) -> None:
        try:
            missing = await self._async_missing()
        except LedgerError as err:
            LOGGER.debug("It is not known which prices are missing: %s", err)
            return
        for name, days in missing.items():
            followed = self._sources.get(name)
            if followed is None or not isinstance(followed.source, ActionPrices):
                continue
            wanted = [day for day in days if self._asked[name, day] < _MOST_QUESTIONS]
            if wanted and followed.source.action.by_day:
                self._asked.update((name, day) for day in wanted)
                await followed.source.async_ask(wanted)

    async def _async_missing(self) -> dict[str, list[date]]:
        """Return the local days whose prices some ended session waits for, by source."""
        since = dt_util.utcnow() - KEPT + _DAY
        missing: dict[str, set[date]] = {}
        for known in await self._ledger.provisional_sessions(_UNKNOWN_PRICE, since):
            start = max(known.session.started_at, since)
            end = known.session.ended_at or start
            for name in await self._async_sources(known):
                for day in _days(start, end):
                    if not await self._async_is_known(name, day):
                        missing.setdefault(name, set()).add(day)
        return {name: sorted(days) for name, days in missing.items()}

    async def _async_sources(self, known: KeptSession) -> Iterable[str]:
        content = None
        if known.tariff_uid is not None:
            content = await self._ledger.tariff(known.tariff_uid)
        try:
            return () if content is None else load_tariff(content).sources
        except TariffError as err:
            LOGGER.debug("A tariff in the ledger cannot be read: %s", err)
            return ()

    async def _async_is_known(self, name: str, day: date) -> bool:
        start, end = local_day(day, dt_util.get_default_time_zone())
        quoted = await self._ledger.prices(name, start, end)
        return any(series.covers(start, end) for series in quoted.values())

    def diagnostics(self) -> dict[str, Any]:
        """Return how tariffs and prices are doing, without entities or homes, whose names may tell who lives there."""
        costs = self.tariffs.costs
        return {
            "currency": self._hass.config.currency,
            "default": costs.default,
            "tariffs": {key: dump_tariff(tariff) for key, tariff in costs.tariffs.items()},
            "unusable": {key: reason for key, (_, reason) in self.tariffs.unusable.items()},
            "sources": {
                name: _without_names(followed.source.as_dict())
                for name, followed in self._sources.items()
            },
            "costing": self._site.costing.diagnostics(),
            "home_energy": self.energy.diagnostics(),
        }


def _without_names(told: dict[str, Any]) -> dict[str, Any]:
    config = told["config"]
    return {
        **told,
        "config": {
            key: len(value) if isinstance(value, list) else value
            for key, value in config.items()
            if key not in {"box", "entry_id"}
        },
        "choices": len(told["choices"]),
        "problem": None if told["problem"] is None else True,
        "findings": list(told["findings"].values()),
    }


def _days(start: datetime, end: datetime) -> Iterator[date]:
    """Give the local days that a time touches."""
    day, last = dt_util.as_local(start).date(), dt_util.as_local(end).date()
    while day <= last:
        yield day
        day += _DAY
