"""Which price sources this Home Assistant has, to be offered when a tariff is set up."""

from collections.abc import Iterator
from dataclasses import dataclass
import re
from typing import Final

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from .billing.prices import FindingKind, PriceHints, PriceReading, parse_unit, read_prices
from .const import DOMAIN
from .price_actions import PRICE_ACTIONS
from .price_source import PriceSourceConfig

_HALF_A_DAY: Final = 12
_DOMAINS: Final = ("event", "sensor")
_DAY_RATES: Final = re.compile(r"(?P<rates>event\..+)_(previous|current|next)_day_rates")
_FEED_IN: Final = re.compile(r"(^|_)(export|feed_?in|return|sell)(_|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceOffer:
    """A source that could be chosen.

    `label` names it as Home Assistant's own pages do; `variant` is the key of PRICE_ACTIONS, or `list` or `current` for
    entities, which the form translates. `with_taxes` tells whether prices are what the supplier bills, None where that
    is not known; `feed_in` whether they are for energy sold. `currency` is None where the source does not tell.
    """

    config: PriceSourceConfig
    label: str
    variant: str
    with_taxes: bool | None = None
    feed_in: bool = False
    currency: str | None = None


@callback
def async_find_price_offers(hass: HomeAssistant) -> list[PriceOffer]:
    """Return what could be chosen: actions first, then entities with lists, then those that tell the price of now."""
    entities = sorted(_entities(hass), key=lambda offer: (offer.config.current_only, offer.label))
    return [*_actions(hass), *entities]


def _actions(hass: HomeAssistant) -> Iterator[PriceOffer]:
    for key, action in PRICE_ACTIONS.items():
        if not hass.services.has_service(action.domain, action.action):
            continue
        for entry in hass.config_entries.async_loaded_entries(action.domain):
            unit = action.unit(entry)
            for box in action.boxes(entry) or (None,):
                yield PriceOffer(
                    config=PriceSourceConfig(action=key, entry_id=entry.entry_id, box=box),
                    label=f"{entry.title} ({box})" if box else entry.title,
                    variant=key,
                    with_taxes=action.with_taxes,
                    feed_in=action.feed_in,
                    currency=unit.currency if unit else None,
                )


def _entities(hass: HomeAssistant) -> Iterator[PriceOffer]:
    registry = er.async_get(hass)
    grouped: dict[str, list[State]] = {}
    for state in hass.states.async_all(_DOMAINS):
        entry = registry.async_get(state.entity_id)
        if entry is not None and entry.platform == DOMAIN:
            continue
        match = _DAY_RATES.fullmatch(state.entity_id)
        grouped.setdefault(match["rates"] if match else state.entity_id, []).append(state)
    for states in grouped.values():
        offer = _list_offer(states) or _current_offer(states[0])
        if offer is not None:
            yield offer


def _list_offer(states: list[State]) -> PriceOffer | None:
    readings = [(state, _read(state)) for state in states]
    telling = [(state, reading) for state, reading in readings if _tells(state, reading)]
    if not telling:
        return None
    state, reading = telling[0]
    return PriceOffer(
        config=PriceSourceConfig(entity_ids=tuple(sorted(one.entity_id for one in states))),
        label=state.name,
        variant="list",
        feed_in=_is_feed_in(state),
        currency=reading.currency,
    )


def _read(state: State) -> PriceReading:
    hints = PriceHints(
        zone=dt_util.get_default_time_zone(),
        unit_text=state.attributes.get(ATTR_UNIT_OF_MEASUREMENT),
    )
    return read_prices(state.attributes, hints, state.last_updated)


def _tells(state: State, reading: PriceReading) -> bool:
    """Tell whether a reading is one of prices, not of something else that is told by the hour."""
    if parse_unit(_unit(state)) is not None:
        return len(reading.series) > 0
    guessed = any(finding.kind is FindingKind.UNIT_GUESSED for finding in reading.findings)
    if guessed and _unit(state) is not None:
        return False
    return len(reading.series) >= (_HALF_A_DAY if guessed else 2)


def _current_offer(state: State) -> PriceOffer | None:
    unit = parse_unit(_unit(state))
    if unit is None:
        return None
    return PriceOffer(
        config=PriceSourceConfig(entity_ids=(state.entity_id,), current_only=True),
        label=state.name,
        variant="current",
        feed_in=_is_feed_in(state),
        currency=unit.currency,
    )


def _unit(state: State) -> object:
    return state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)


def _is_feed_in(state: State) -> bool:
    return state.attributes.get("is_export") is True or bool(
        _FEED_IN.search(state.entity_id.partition(".")[2])
    )
