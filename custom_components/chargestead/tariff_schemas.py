"""What the forms of tariffs ask for."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.const import CONF_CURRENCY, CONF_NAME, CONF_UNIT_OF_MEASUREMENT
from homeassistant.data_entry_flow import section
from homeassistant.helpers import selector
import probatio

from .billing.tariffs import OcpiVersion, Weekday
from .tariff_config import (
    CONF_AMOUNTS_WITH_VAT,
    CONF_CAP,
    CONF_DAYS,
    CONF_FACTOR,
    CONF_FLOOR,
    CONF_FROM,
    CONF_GRID_FEES,
    CONF_IDLE_FEE,
    CONF_IDLE_GRACE,
    CONF_LABEL,
    CONF_LEAST,
    CONF_MOST,
    CONF_OCPI,
    CONF_OCPI_VERSION,
    CONF_OTHERWISE,
    CONF_PRICE,
    CONF_SEASON_FROM,
    CONF_SEASON_TO,
    CONF_SOLAR,
    CONF_SOLAR_PRICE,
    CONF_SOURCE,
    CONF_SOURCE_WITH_VAT,
    CONF_START_FEE,
    CONF_SURCHARGE,
    CONF_TO,
    CONF_VAT,
    CONF_WINDOWS,
    SolarPricing,
    TariffKind,
)

CONF_QUARTERS: Final = "quarters"

SECTION_TAXES: Final = "taxes"
SECTION_GRID: Final = "grid"
SECTION_SOLAR: Final = "solar_energy"
SECTION_ADVANCED: Final = "advanced"
SECTION_DETAILS: Final = "details"

WEEKDAYS: Final = tuple(day.name.lower() for day in Weekday)

_MOST: Final = 1_000_000


def _number(unit: str, low: float | None = None, high: float = _MOST) -> selector.NumberSelector:
    """Ask for an amount; one without a lower bound, since forms begin at that bound, is 0 or empty at first."""
    config = selector.NumberSelectorConfig(
        max=high,
        step="any",
        unit_of_measurement=unit,
        mode=selector.NumberSelectorMode.BOX,
    )
    if low is not None:
        config["min"] = low
    return selector.NumberSelector(config)


def _choice(key: str, options: list[str]) -> selector.SelectSelector:
    return selector.SelectSelector(
        selector.SelectSelectorConfig(
            options=options, translation_key=key, mode=selector.SelectSelectorMode.LIST
        )
    )


def _windows(key: str, currency: str, days: Mapping[str, str]) -> selector.ObjectSelector:
    """Return a list editor for windows; a list of weekdays within one cannot be translated by the pages themselves."""
    day = selector.SelectSelector(
        selector.SelectSelectorConfig(
            options=[
                selector.SelectOptionDict(value=name, label=days.get(name, name))
                for name in WEEKDAYS
            ],
            multiple=True,
        )
    )
    return selector.ObjectSelector(
        selector.ObjectSelectorConfig(
            translation_key=key,
            multiple=True,
            fields={
                CONF_LABEL: {"selector": selector.TextSelector()},
                CONF_DAYS: {"selector": day},
                CONF_FROM: {"selector": selector.TimeSelector()},
                CONF_TO: {"selector": selector.TimeSelector()},
                CONF_SEASON_FROM: {"selector": selector.DateSelector()},
                CONF_SEASON_TO: {"selector": selector.DateSelector()},
                CONF_PRICE: {"selector": _number(f"{currency}/kWh"), "required": True},
            },
        )
    )


def _taxes(*, collapsed: bool) -> section:
    return section(
        probatio.Schema(
            {
                probatio.Optional(CONF_VAT): _number("%", 0, 100),
                probatio.Required(CONF_AMOUNTS_WITH_VAT, default=True): selector.BooleanSelector(),
            }
        ),
        {"collapsed": collapsed},
    )


def _solar(currency: str, extra: Mapping[Any, Any] | None = None) -> section:
    return section(
        probatio.Schema(
            {
                probatio.Required(CONF_SOLAR, default=SolarPricing.GRID.value): _choice(
                    CONF_SOLAR, [item.value for item in SolarPricing]
                ),
                probatio.Optional(CONF_SOLAR_PRICE): _number(f"{currency}/kWh"),
                **(extra or {}),
            }
        ),
        {"collapsed": False},
    )


def _advanced(currency: str, extra: Mapping[Any, Any] | None = None) -> section:
    return section(
        probatio.Schema(
            {
                **(extra or {}),
                probatio.Optional(CONF_START_FEE): _number(currency),
                probatio.Optional(CONF_IDLE_FEE): _number(f"{currency}/h"),
                probatio.Optional(CONF_IDLE_GRACE): _number("min", 0, 1440),
                probatio.Optional(CONF_LEAST): _number(currency),
                probatio.Optional(CONF_MOST): _number(currency),
            }
        ),
        {"collapsed": True},
    )


def tariff_schema(kind: TariffKind, currency: str, days: Mapping[str, str]) -> probatio.Schema:
    """Return the form of a kind of tariff; `days` are the names of the weekdays."""
    per_kwh = f"{currency}/kWh"
    own: dict[Any, Any]
    match kind:
        case TariffKind.FIXED:
            own = {probatio.Required(CONF_PRICE): _number(per_kwh)}
        case TariffKind.TIME_OF_USE:
            own = {
                probatio.Required(CONF_WINDOWS): _windows(CONF_WINDOWS, currency, days),
                probatio.Optional(CONF_OTHERWISE): _number(per_kwh),
            }
        case TariffKind.DYNAMIC:
            return _dynamic_schema(currency, days)
        case TariffKind.OCPI:
            return _ocpi_schema(currency)
    return probatio.Schema(
        {
            probatio.Required(CONF_NAME): selector.TextSelector(),
            **own,
            probatio.Optional(SECTION_TAXES): _taxes(collapsed=True),
            probatio.Optional(SECTION_SOLAR): _solar(currency),
            probatio.Optional(SECTION_ADVANCED): _advanced(currency),
        }
    )


def _dynamic_schema(currency: str, days: Mapping[str, str]) -> probatio.Schema:
    per_kwh = f"{currency}/kWh"
    bounds = {
        probatio.Required(CONF_FACTOR, default=1): _number("", 0, 1000),
        probatio.Optional(CONF_FLOOR): _number(per_kwh),
        probatio.Optional(CONF_CAP): _number(per_kwh),
    }
    grid = section(
        probatio.Schema(
            {probatio.Optional(CONF_GRID_FEES): _windows(CONF_GRID_FEES, currency, days)}
        ),
        {"collapsed": True},
    )
    return probatio.Schema(
        {
            probatio.Required(CONF_NAME): selector.TextSelector(),
            probatio.Required(CONF_SOURCE_WITH_VAT, default=False): selector.BooleanSelector(),
            probatio.Optional(CONF_SURCHARGE): _number(per_kwh),
            probatio.Required(SECTION_TAXES): _taxes(collapsed=False),
            probatio.Optional(SECTION_GRID): grid,
            probatio.Optional(SECTION_SOLAR): _solar(currency),
            probatio.Optional(SECTION_ADVANCED): _advanced(currency, bounds),
        }
    )


def _ocpi_schema(currency: str) -> probatio.Schema:
    beyond = section(
        probatio.Schema({probatio.Optional(CONF_IDLE_GRACE): _number("min", 0, 1440)}),
        {"collapsed": True},
    )
    vat = {probatio.Optional(CONF_VAT): _number("%", 0, 100)}
    return probatio.Schema(
        {
            probatio.Required(CONF_NAME): selector.TextSelector(),
            probatio.Required(CONF_OCPI): selector.TextSelector(
                selector.TextSelectorConfig(multiline=True)
            ),
            probatio.Required(CONF_OCPI_VERSION, default=OcpiVersion.V221.value): _choice(
                CONF_OCPI_VERSION, [item.value for item in OcpiVersion]
            ),
            probatio.Optional(SECTION_SOLAR): _solar(currency, vat),
            probatio.Optional(SECTION_ADVANCED): beyond,
        }
    )


def source_schema(offers: Mapping[str, str]) -> probatio.Schema:
    """Return the form that asks for a price source; the offers are labels by key."""
    options = [selector.SelectOptionDict(value=key, label=label) for key, label in offers.items()]
    return probatio.Schema(
        {
            probatio.Required(CONF_SOURCE): selector.SelectSelector(
                selector.SelectSelectorConfig(
                    options=options, mode=selector.SelectSelectorMode.DROPDOWN
                )
            ),
            probatio.Optional(SECTION_DETAILS): section(
                probatio.Schema(
                    {
                        probatio.Optional(CONF_UNIT_OF_MEASUREMENT): selector.TextSelector(),
                        probatio.Optional(CONF_CURRENCY): selector.TextSelector(),
                        probatio.Required(CONF_QUARTERS, default=False): selector.BooleanSelector(),
                    }
                ),
                {"collapsed": True},
            ),
        }
    )
