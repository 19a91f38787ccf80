"""The price actions of Home Assistant 2026.10, with their schemas and the shapes of their responses, told by a test."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from unittest.mock import AsyncMock
from zoneinfo import ZoneInfo

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.selector import ConfigEntrySelector
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    mock_integration,
)
import voluptuous as vol

CET: Final = ZoneInfo("Europe/Stockholm")
QUARTER: Final = timedelta(minutes=15)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)

type Answer = Callable[[ServiceCall], dict[str, Any]]


def _entry(domain: str) -> ConfigEntrySelector:
    return ConfigEntrySelector({"integration": domain})


def day_starts(day: date, step: timedelta, zone: ZoneInfo = CET) -> Iterator[datetime]:
    """Give the starts of all slots of a local day, in UTC."""
    at = datetime.combine(day, datetime.min.time(), zone).astimezone(UTC)
    end = datetime.combine(day + DAY, datetime.min.time(), zone).astimezone(UTC)
    while at < end:
        yield at
        at += step


def price_of(at: datetime) -> float:
    """Return the price per kWh a test's market has at an instant; it differs from hour to hour."""
    return round(0.05 + (at - datetime(2026, 1, 1, tzinfo=UTC)) // HOUR % 97 / 1000, 3)


@dataclass
class Market:
    """A price source whose answers a test decides: until when prices are published, and what goes wrong."""

    hass: HomeAssistant
    published_to: date
    calls: list[ServiceCall] = field(default_factory=list)
    error: BaseException | None = None
    garbage: Any = None
    entry: MockConfigEntry | None = None

    def days_asked(self) -> list[str]:
        """Return the dates of all calls so far, and forget these."""
        days = [str(call.data.get("date") or call.data.get("start")) for call in self.calls]
        self.calls.clear()
        return days

    def register(
        self,
        domain: str,
        action: str,
        schema: vol.Schema,
        answer: Callable[[Market, ServiceCall], dict[str, Any]],
        *,
        data: dict[str, Any] | None = None,
        options: dict[str, Any] | None = None,
    ) -> MockConfigEntry:
        """Register an action of an integration that is loaded."""
        self.entry = MockConfigEntry(
            domain=domain,
            entry_id=f"entry_of_{domain}",
            title=domain.title(),
            data=data or {},
            options=options or {},
        )
        unload = AsyncMock(return_value=True)
        mock_integration(self.hass, MockModule(domain, async_unload_entry=unload))
        self.entry.add_to_hass(self.hass)
        self.entry.mock_state(self.hass, ConfigEntryState.LOADED)

        async def handle(call: ServiceCall) -> ServiceResponse:
            self.calls.append(call)
            if self.error is not None:
                raise self.error
            return answer(self, call) if self.garbage is None else self.garbage

        self.hass.services.async_register(
            domain, action, handle, schema=schema, supports_response=SupportsResponse.ONLY
        )
        return self.entry


def _span(market: Market, call: ServiceCall, step: timedelta) -> list[datetime]:
    """Return the slots between two dates, both included, as energyzero and easyenergy do."""
    first = date.fromisoformat(call.data["start"])
    last = date.fromisoformat(call.data["end"])
    if last > market.published_to:
        raise ServiceValidationError("no_data")
    days = (first + n * DAY for n in range((last - first).days + 1))
    return [at for day in days for at in day_starts(day, step)]


def nordpool(market: Market, call: ServiceCall) -> dict[str, Any]:
    areas = call.data["areas"] or ["SE3", "SE4"]
    starts = (
        day_starts(call.data["date"], QUARTER) if call.data["date"] <= market.published_to else ()
    )
    return {
        area: [
            {
                "start": at.isoformat(),
                "end": (at + QUARTER).isoformat(),
                "price": round(price_of(at) * 1000 + (area == "SE4"), 2),
            }
            for at in starts
        ]
        for area in areas
    }


def tibber(market: Market, call: ServiceCall) -> dict[str, Any]:
    start = dt_util.parse_datetime(call.data["start"], raise_on_error=True)
    end = dt_util.parse_datetime(call.data["end"], raise_on_error=True)
    days = (start.date() + n * DAY for n in range(-1, 3))
    return {
        "prices": {
            "Home": [
                {"start_time": at.astimezone(CET).isoformat(), "price": price_of(at)}
                for day in days
                if day <= market.published_to
                for at in day_starts(day, QUARTER)
                if start <= at < end
            ]
        }
    }


def energyzero(market: Market, call: ServiceCall) -> dict[str, Any]:
    step = QUARTER if call.data["interval"] == "quarter" else HOUR
    return {
        "prices": [
            {"price": price_of(at), "timestamp": str(at), "start": str(at), "end": str(at + step)}
            for at in _span(market, call, step)
        ]
    }


def easyenergy(market: Market, call: ServiceCall) -> dict[str, Any]:
    step = QUARTER if call.data["granularity"] == "quarter" else HOUR
    return {
        "prices": [
            {"timestamp": str(at), "price": price_of(at)} for at in _span(market, call, step)
        ]
    }


def omie(market: Market, call: ServiceCall) -> dict[str, Any]:
    if call.data["date"] > market.published_to:
        raise ServiceValidationError("data_not_available")
    return {
        country: [
            {
                "start": at.astimezone(CET).isoformat(),
                "end": (at + QUARTER).astimezone(CET).isoformat(),
                "price": price_of(at) + (country == "es"),
            }
            for at in day_starts(call.data["date"], QUARTER)
        ]
        for country in call.data["countries"]
    }


def green_planet(market: Market, call: ServiceCall) -> dict[str, Any]:
    now = dt_util.utcnow()
    first = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    starts = [first + n * QUARTER for n in range(int(call.data["hours"] * 4))]
    return {
        "prices": [
            {
                "start": at.astimezone(CET).isoformat(),
                "end": (at + QUARTER).astimezone(CET).isoformat(),
                "price": price_of(at),
            }
            for at in starts
            if at.astimezone(CET).date() <= market.published_to
        ],
        "hours_requested": call.data["hours"],
    }


def amber(_market: Market, call: ServiceCall) -> dict[str, Any]:
    now = dt_util.utcnow().replace(minute=0, second=0, microsecond=0)
    return {
        "forecasts": [
            {
                "duration": 30,
                "date": at.astimezone(CET).date().isoformat(),
                "nem_date": (at + 2 * QUARTER).isoformat(),
                "per_kwh": price_of(at),
                "spot_per_kwh": 0.01,
                "start_time": (at + timedelta(seconds=1)).isoformat(),
                "end_time": (at + 2 * QUARTER).isoformat(),
                "renewables": 40,
                "spike_status": "none",
                "descriptor": call.data["channel_type"],
            }
            for at in (now + n * 2 * QUARTER for n in range(24))
        ]
    }


def entsoe(market: Market, call: ServiceCall) -> dict[str, Any]:
    prices = tibber(market, call)["prices"]["Home"]
    return {"prices": [{"timestamp": p["start_time"], "price": p["price"]} for p in prices]}


NORDPOOL_SCHEMA: Final = vol.Schema(
    {
        vol.Required("config_entry"): _entry("nordpool"),
        vol.Required("date"): cv.date,
        vol.Optional("areas", default=[]): vol.All(cv.ensure_list, [vol.In(["SE3", "SE4"])]),
        vol.Optional("currency"): vol.In(["DKK", "EUR", "NOK", "PLN", "SEK"]),
    }
)
_DUTCH: Final = {vol.Optional("start"): str, vol.Optional("end"): str}
_GRANULARITY: Final = {vol.Optional("granularity", default="hour"): vol.In(["hour", "quarter"])}
_AMBER_SCHEMA: Final = vol.Schema(
    {
        "config_entry_id": _entry("amberelectric"),
        "channel_type": vol.In(["general", "controlled_load", "feed_in"]),
    }
)


@dataclass(frozen=True, kw_only=True)
class Integration:
    """What an integration registers, and what its entry holds."""

    action: str
    schema: vol.Schema
    answer: Callable[[Market, ServiceCall], dict[str, Any]]
    data: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    def register(self, market: Market, domain: str) -> MockConfigEntry:
        """Register the action."""
        return market.register(
            domain, self.action, self.schema, self.answer, data=self.data, options=self.options
        )


INTEGRATIONS: Final = {
    "nordpool": Integration(
        action="get_prices_for_date",
        schema=NORDPOOL_SCHEMA,
        answer=nordpool,
        data={"areas": ["SE3", "SE4"], "currency": "SEK"},
    ),
    "tibber": Integration(
        action="get_prices",
        schema=vol.Schema({vol.Optional("start"): str, vol.Optional("end"): str}),
        answer=tibber,
    ),
    "energyzero": Integration(
        action="get_energy_prices",
        schema=vol.Schema(
            {
                vol.Required("config_entry"): _entry("energyzero"),
                vol.Required("incl_vat"): bool,
                vol.Optional("price_type", default="market"): vol.In(["market", "all_in"]),
                vol.Optional("interval", default="hour"): vol.In(["hour", "quarter"]),
            }
            | _DUTCH
        ),
        answer=energyzero,
    ),
    "easyenergy": Integration(
        action="get_energy_usage_prices",
        schema=vol.Schema(
            {
                vol.Required("config_entry"): _entry("easyenergy"),
                vol.Required("incl_vat"): bool,
                vol.Optional("price_type", default="market"): vol.In(["market", "invoice"]),
            }
            | _DUTCH
            | _GRANULARITY
        ),
        answer=easyenergy,
    ),
    "easyenergy_feed_in": Integration(
        action="get_energy_return_prices",
        schema=vol.Schema(
            {vol.Required("config_entry"): _entry("easyenergy")} | _DUTCH | _GRANULARITY
        ),
        answer=easyenergy,
    ),
    "omie": Integration(
        action="get_prices_for_date",
        schema=vol.Schema(
            {
                vol.Required("date"): cv.date,
                vol.Required("countries", default=["es", "pt"]): vol.All(
                    cv.ensure_list, [vol.In(["es", "pt"])]
                ),
            }
        ),
        answer=omie,
    ),
    "green_planet_energy": Integration(
        action="get_prices",
        schema=vol.Schema(
            {
                vol.Required("config_entry_id"): _entry("green_planet_energy"),
                vol.Required("hours"): vol.All(vol.Coerce(float), vol.Range(min=0.25, max=24)),
            }
        ),
        answer=green_planet,
    ),
    "amberelectric": Integration(action="get_forecasts", schema=_AMBER_SCHEMA, answer=amber),
    "entsoe": Integration(
        action="get_energy_prices",
        schema=vol.Schema({vol.Required("config_entry"): _entry("entsoe")} | _DUTCH),
        answer=entsoe,
        options={"currency": "EUR", "energy_scale": "kWh"},
    ),
}
