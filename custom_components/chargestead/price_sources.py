"""Prices from Home Assistant: attributes of entities and responses of actions, followed and kept."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final, override
from zlib import crc32

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, STATE_UNAVAILABLE
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.event import (
    async_track_point_in_utc_time,
    async_track_state_change_event,
)
from homeassistant.util import dt as dt_util

from .billing.prices import PriceUnit, next_poll, parse_unit, read_current_price, tomorrow_is_known
from .billing.prices.moments import local_day
from .model.price import PriceSlot
from .price_actions import PRICE_ACTIONS, Ask
from .price_source import KEPT, PricesChanged, PriceSource, PriceSourceConfig

__all__ = ["ActionPrices", "EntityPrices", "PriceSource", "PriceSourceConfig", "price_source"]

_QUARTER: Final = timedelta(minutes=15)
_LATE: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)
_NOON: Final = 12
_ANSWER_S: Final = 60


class EntityPrices(PriceSource):
    """Prices in the attributes of entities, or in the state of one that tells only the current price."""

    def __init__(
        self, hass: HomeAssistant, config: PriceSourceConfig, changed: PricesChanged
    ) -> None:
        """Follow the entities of a config."""
        super().__init__(hass, config, changed)
        self._unsubscribe: CALLBACK_TYPE | None = None
        self._read: dict[str, Mapping[str, Any]] = {}

    @override
    @callback
    def async_start(self) -> None:
        self._unsubscribe = async_track_state_change_event(
            self.hass, self.config.entity_ids, self._state_changed
        )
        for entity_id in self.config.entity_ids:
            self._take_state(entity_id, self.hass.states.get(entity_id))

    @override
    @callback
    def async_stop(self) -> None:
        super().async_stop()
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    @callback
    def _state_changed(self, event: Event[EventStateChangedData]) -> None:
        self._take_state(event.data["entity_id"], event.data["new_state"])

    @callback
    def _take_state(self, entity_id: str, state: State | None) -> None:
        if state is None or state.state == STATE_UNAVAILABLE:
            self.counters.add("entity_unavailable")
            self._has_problem(f"{entity_id} is not available")
            if self.config.current_only:
                self._end_current(dt_util.utcnow())
        elif self.config.current_only:
            self._take_current(state)
        elif state.attributes != self._read.get(entity_id):
            self._read[entity_id] = state.attributes
            self.counters.add("entity_read")
            told = self._take(
                state.attributes,
                entity_id,
                state.last_updated,
                unit_text=state.attributes.get(ATTR_UNIT_OF_MEASUREMENT),
            )
            self._has_problem(None if told else f"{entity_id} holds no prices")

    @callback
    def _take_current(self, state: State) -> None:
        """Take a current price until the quarter ends; a timer extends it while it holds."""
        now = dt_util.utcnow()
        price, currency = read_current_price(
            state.state, self._hints(), state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
        )
        if price is None:
            self.counters.add("current_price_unreadable")
            self._has_problem(f"{state.entity_id} tells no price")
            self._end_current(now)
            return
        self._has_problem(None)
        self.currency = self.currency or currency
        quarter = _quarter_of(now)
        since = quarter if now - quarter <= _LATE else max(state.last_changed, quarter)
        self.told_at = now
        self._set_series(self.series.with_slots([PriceSlot(since, quarter + _QUARTER, price)]))
        self._cancel_timer()
        self._timer = async_track_point_in_utc_time(
            self.hass, self._quarter_ended, quarter + _QUARTER
        )

    @callback
    def _quarter_ended(self, _now: datetime) -> None:
        self._timer = None
        for entity_id in self.config.entity_ids:
            self._take_state(entity_id, self.hass.states.get(entity_id))

    @callback
    def _end_current(self, now: datetime) -> None:
        self._cancel_timer()
        self._set_series(self.series.between(now - KEPT, now))


class ActionPrices(PriceSource):
    """Prices an action tells when asked."""

    def __init__(
        self, hass: HomeAssistant, config: PriceSourceConfig, changed: PricesChanged
    ) -> None:
        """Ask an action of the table; raises KeyError where it is not there."""
        super().__init__(hass, config, changed)
        self.action = PRICE_ACTIONS[config.action or ""]
        spread = timedelta(seconds=crc32(config.entry_id.encode()) % 60)
        self._rhythm = replace(self.action.rhythm, spread=spread)
        self._asking = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self._stopped = False

    @override
    @callback
    def async_start(self) -> None:
        today = dt_util.now().date()
        self._poll_in_background((today - _DAY, today, today + _DAY))

    @override
    @callback
    def async_stop(self) -> None:
        self._stopped = True
        super().async_stop()
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def async_ask(self, days: Iterable[date]) -> bool:
        """Ask for the prices of local days, such as past ones; tells whether all were answered.

        An action that only tells what lies ahead is asked once.
        """
        async with self._asking:
            for day in tuple(days) if self.action.by_day else (dt_util.now().date(),):
                if not await self._async_ask_day(day):
                    return False
        return True

    @callback
    def _poll(self, _now: datetime) -> None:
        self._timer = None
        now = dt_util.now()
        today = now.date()
        days = [today, today + _DAY] if now.hour >= _NOON else [today]
        if self.series.covers(*local_day(today, self.zone)) and not tomorrow_is_known(
            dt_util.utcnow(), self.series, self.zone
        ):
            days = days[-1:]
        self._poll_in_background(days)

    @callback
    def _poll_in_background(self, days: Iterable[date]) -> None:
        self._task = self.hass.async_create_background_task(
            self._async_poll(days), f"prices of {self.name}"
        )

    async def _async_poll(self, days: Iterable[date]) -> None:
        good = await self.async_ask(days)
        self._failures = 0 if good else self._failures + 1
        if self._stopped:
            return
        self._cancel_timer()
        self._timer = async_track_point_in_utc_time(
            self.hass,
            self._poll,
            next_poll(dt_util.utcnow(), self.series, self._failures, self.zone, self._rhythm),
        )

    async def _async_ask_day(self, day: date) -> bool:
        """Ask once; what was known stays where there is no good answer."""
        entry = self.hass.config_entries.async_get_entry(self.config.entry_id)
        if entry is None:
            self._failed("no_entry", f"there is no entry {self.config.entry_id}")
            return False
        start, end = local_day(day, self.zone)
        ask = Ask(
            entry_id=entry.entry_id,
            box=self.config.box,
            day=day,
            start=dt_util.as_local(start),
            end=dt_util.as_local(end),
            quarters=self.config.quarters,
        )
        self.counters.add("asked")
        try:
            async with asyncio.timeout(_ANSWER_S):
                response = await self.hass.services.async_call(
                    self.action.domain,
                    self.action.action,
                    self.action.request(ask),
                    blocking=True,
                    return_response=True,
                )
        except ServiceValidationError as err:
            if day != dt_util.now().date():
                self.counters.add("day_not_told")
                return True
            self._failed(type(err).__name__, str(err))
            return False
        except (HomeAssistantError, TimeoutError) as err:
            self._failed(type(err).__name__, str(err) or type(err).__name__)
            return False
        except Exception as err:  # noqa: BLE001 - the action is somebody else's code, and may raise anything
            self._failed(type(err).__name__, repr(err))
            return False
        return self._take_response(response, ask, self._unit(self.action.unit(entry)))

    def _take_response(self, response: object, ask: Ask, unit: PriceUnit | None) -> bool:
        today = dt_util.now().date()
        place = "ahead" if not self.action.by_day else f"day {(ask.day - today).days:+d}"
        told = self._take(response, place, dt_util.utcnow(), unit=unit, step=self.action.step(ask))
        if told:
            self.counters.add("answered")
            self._has_problem(None)
        elif ask.day == today:
            self._failed("no_prices", f"nothing readable for {ask.day}")
            return False
        else:
            self.counters.add("day_not_told")
        return True

    def _unit(self, told: PriceUnit | None) -> PriceUnit | None:
        return parse_unit(self.config.unit) or told

    def _failed(self, kind: str, problem: str) -> None:
        self.counters.add(f"failed_{kind}")
        self._has_problem(problem)


def price_source(
    hass: HomeAssistant, config: PriceSourceConfig, changed: PricesChanged
) -> PriceSource:
    """Return the source a config chose, not yet started; raises KeyError where its action is none of ours."""
    kind = EntityPrices if config.action is None else ActionPrices
    return kind(hass, config, changed)


def _quarter_of(now: datetime) -> datetime:
    return now.replace(minute=now.minute - now.minute % 15, second=0, microsecond=0)
