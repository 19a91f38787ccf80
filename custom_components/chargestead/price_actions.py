"""The actions of Home Assistant that tell prices: how each is asked, and in what its prices are told.

Read in the sources of Home Assistant 2026.10; `entsoe` is a custom integration.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_CURRENCY

from .billing.prices import PER_KWH, PER_MWH, PollRhythm, PriceUnit, parse_unit

_EUR_PER_KWH: Final = PriceUnit(PER_KWH.factor, "EUR")
_QUARTER: Final = timedelta(minutes=15)
_DAY_AHEAD: Final = PollRhythm()
_QUARTERLY: Final = PollRhythm(usual=_QUARTER, day_ahead=False)
_OFTEN: Final = PollRhythm(usual=timedelta(minutes=5), day_ahead=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One question: the prices of a local day, from `start` to `end`."""

    entry_id: str
    box: str | None
    day: date
    start: datetime
    end: datetime
    quarters: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceAction:
    """An action that tells prices.

    `request` makes its data. `by_day` tells whether it is asked per day; else it tells what lies ahead. `boxes` are the
    lists to choose from. `with_taxes` tells whether prices are what the supplier bills, `feed_in` whether they are for
    energy sold.
    """

    domain: str
    action: str
    request: Callable[[Ask], dict[str, Any]]
    unit: Callable[[ConfigEntry], PriceUnit | None] = lambda _entry: _EUR_PER_KWH
    boxes: Callable[[ConfigEntry], tuple[str, ...]] = lambda _entry: ()
    by_day: bool = True
    with_taxes: bool = False
    feed_in: bool = False
    step: Callable[[Ask], timedelta | None] = lambda _ask: None
    rhythm: PollRhythm = _DAY_AHEAD


def _nordpool(ask: Ask) -> dict[str, Any]:
    request: dict[str, Any] = {"config_entry": ask.entry_id, "date": ask.day.isoformat()}
    return request | ({"areas": [ask.box]} if ask.box else {})


def _energyzero(price_type: str, *, incl_vat: bool) -> Callable[[Ask], dict[str, Any]]:
    """Ask without value added tax where the tariff adds it: with it, prices are rounded to the cent."""

    def request(ask: Ask) -> dict[str, Any]:
        return _day(ask) | {
            "incl_vat": incl_vat,
            "price_type": price_type,
            "interval": "quarter" if ask.quarters else "hour",
        }

    return request


def _easyenergy(price_type: str, *, incl_vat: bool) -> Callable[[Ask], dict[str, Any]]:
    def request(ask: Ask) -> dict[str, Any]:
        return _easyenergy_feed_in(ask) | {"incl_vat": incl_vat, "price_type": price_type}

    return request


def _easyenergy_feed_in(ask: Ask) -> dict[str, Any]:
    return _day(ask) | {"granularity": "quarter" if ask.quarters else "hour"}


def _day(ask: Ask) -> dict[str, Any]:
    return {
        "config_entry": ask.entry_id,
        "start": ask.day.isoformat(),
        "end": ask.day.isoformat(),
    }


def _omie(ask: Ask) -> dict[str, Any]:
    request: dict[str, Any] = {"date": ask.day.isoformat()}
    return request | ({"countries": [ask.box]} if ask.box else {})


def _amber(channel: str) -> Callable[[Ask], dict[str, Any]]:
    return lambda ask: {"config_entry_id": ask.entry_id, "channel_type": channel}


def _told_step(ask: Ask) -> timedelta:
    return _QUARTER if ask.quarters else 4 * _QUARTER


def _nordpool_unit(entry: ConfigEntry) -> PriceUnit:
    return PriceUnit(PER_MWH.factor, entry.data.get(CONF_CURRENCY))


def _entsoe_unit(entry: ConfigEntry) -> PriceUnit | None:
    """Return the unit its options set."""
    options = entry.options
    return parse_unit(f"{options.get(CONF_CURRENCY, 'EUR')}/{options.get('energy_scale', 'kWh')}")


def _dollars(_entry: ConfigEntry) -> PriceUnit:
    return PriceUnit(PER_KWH.factor, "AUD")


def _per_kwh(_entry: ConfigEntry) -> PriceUnit:
    return PER_KWH


PRICE_ACTIONS: Final[Mapping[str, PriceAction]] = {
    "nordpool": PriceAction(
        domain="nordpool",
        action="get_prices_for_date",
        request=_nordpool,
        unit=_nordpool_unit,
        boxes=lambda entry: tuple(entry.data.get("areas", ())),
    ),
    "tibber": PriceAction(
        domain="tibber",
        action="get_prices",
        request=lambda ask: {"start": ask.start.isoformat(), "end": ask.end.isoformat()},
        unit=_per_kwh,
        with_taxes=True,
    ),
    "energyzero": PriceAction(
        domain="energyzero",
        action="get_energy_prices",
        request=_energyzero("market", incl_vat=False),
    ),
    "energyzero_all_in": PriceAction(
        domain="energyzero",
        action="get_energy_prices",
        request=_energyzero("all_in", incl_vat=True),
        with_taxes=True,
    ),
    "easyenergy": PriceAction(
        domain="easyenergy",
        action="get_energy_usage_prices",
        request=_easyenergy("market", incl_vat=False),
        step=_told_step,
    ),
    "easyenergy_invoice": PriceAction(
        domain="easyenergy",
        action="get_energy_usage_prices",
        request=_easyenergy("invoice", incl_vat=True),
        with_taxes=True,
        step=_told_step,
    ),
    "easyenergy_feed_in": PriceAction(
        domain="easyenergy",
        action="get_energy_return_prices",
        request=_easyenergy_feed_in,
        feed_in=True,
        step=_told_step,
    ),
    "omie": PriceAction(
        domain="omie",
        action="get_prices_for_date",
        request=_omie,
        boxes=lambda _entry: ("es", "pt"),
    ),
    "green_planet_energy": PriceAction(
        domain="green_planet_energy",
        action="get_prices",
        request=lambda ask: {"config_entry_id": ask.entry_id, "hours": 24},
        by_day=False,
        with_taxes=True,
        rhythm=_QUARTERLY,
    ),
    "amberelectric": PriceAction(
        domain="amberelectric",
        action="get_forecasts",
        request=_amber("general"),
        unit=_dollars,
        by_day=False,
        with_taxes=True,
        rhythm=_OFTEN,
    ),
    "amberelectric_controlled_load": PriceAction(
        domain="amberelectric",
        action="get_forecasts",
        request=_amber("controlled_load"),
        unit=_dollars,
        by_day=False,
        with_taxes=True,
        rhythm=_OFTEN,
    ),
    "amberelectric_feed_in": PriceAction(
        domain="amberelectric",
        action="get_forecasts",
        request=_amber("feed_in"),
        unit=_dollars,
        by_day=False,
        feed_in=True,
        rhythm=_OFTEN,
    ),
    "entsoe": PriceAction(
        domain="entsoe",
        action="get_energy_prices",
        request=lambda ask: {
            "config_entry": ask.entry_id,
            "start": ask.start.isoformat(),
            "end": ask.end.isoformat(),
        },
        unit=_entsoe_unit,
    ),
}
