"""Adding and changing a tariff."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import CONF_CURRENCY, CONF_NAME, CONF_UNIT_OF_MEASUREMENT

from .billing.prices import parse_unit
from .billing.prices.units import currency_code
from .billing.tariffs import TariffError
from .const import DOMAIN
from .flow_schemas import without_blanks
from .form_sections import flattened, in_sections, place_of
from .option_words import async_option_words
from .price_offers import PriceOffer, async_find_price_offers
from .price_source import PriceSourceConfig
from .tariff_config import (
    AMOUNTS,
    CONF_AMOUNTS_WITH_VAT,
    CONF_KIND,
    CONF_SOURCE,
    CONF_SOURCE_LABEL,
    CONF_SOURCE_WITH_VAT,
    TariffKind,
    as_text,
    make_tariff,
    price_source_of,
    source_id,
)
from .tariff_schemas import CONF_QUARTERS, source_schema, tariff_schema

_NOTHING_WRONG: Final = {"path": "", "value": ""}


class TariffFlow(ConfigSubentryFlow):
    """Ask what charging costs: first in which way, then the amounts."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self._offers: dict[str, PriceOffer] = {}
        self._source: dict[str, Any] = {}
        self._suggested: dict[str, Any] = {}

    async def async_step_user(
        self, _user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Let the kind of tariff be chosen."""
        return self.async_show_menu(
            step_id="user", menu_options=["fixed", "time_of_use", "dynamic", "ocpi"]
        )

    async def async_step_reconfigure(
        self, _user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a tariff; sessions that run keep what they began with."""
        subentry = self._get_reconfigure_subentry()
        self._suggested = {**subentry.data, CONF_NAME: subentry.title}
        match TariffKind(subentry.data[CONF_KIND]):
            case TariffKind.FIXED:
                return await self.async_step_fixed()
            case TariffKind.TIME_OF_USE:
                return await self.async_step_time_of_use()
            case TariffKind.DYNAMIC:
                return await self.async_step_dynamic()
            case TariffKind.OCPI:
                return await self.async_step_ocpi()

    async def async_step_fixed(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for one price."""
        return await self._async_amounts("fixed", TariffKind.FIXED, user_input)

    async def async_step_time_of_use(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for prices by the time."""
        return await self._async_amounts("time_of_use", TariffKind.TIME_OF_USE, user_input)

    async def async_step_ocpi(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for a tariff as OCPI writes it."""
        return await self._async_amounts("ocpi", TariffKind.OCPI, user_input)

    async def async_step_dynamic_price(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask what is added to the prices of the source."""
        return await self._async_amounts("dynamic_price", TariffKind.DYNAMIC, user_input)

    async def async_step_dynamic(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask which source the price follows."""
        if not self._offers:
            self._offers = await self._async_offers()
        if not self._offers:
            return self.async_abort(reason="no_price_sources")
        schema = source_schema(await self._async_labels())
        errors: dict[str, str] = {}
        currency = self.hass.config.currency
        if user_input is not None:
            data = without_blanks(flattened(schema, user_input))
            offer = self._offers[data[CONF_SOURCE]]
            unit = parse_unit(data.get(CONF_UNIT_OF_MEASUREMENT))
            told = data.get(CONF_CURRENCY)
            if CONF_UNIT_OF_MEASUREMENT in data and unit is None:
                errors[place_of(schema, CONF_UNIT_OF_MEASUREMENT)] = "not_a_unit"
            elif told is not None and currency_code(told) is None:
                errors[place_of(schema, CONF_CURRENCY)] = "not_a_currency"
            elif (_currency(offer, data) or currency) != currency:
                errors[CONF_SOURCE] = "foreign_source"
            else:
                self._choose(offer, data)
                return await self.async_step_dynamic_price()
        shown = self._shown_source() if user_input is None else user_input
        return self.async_show_form(
            step_id="dynamic",
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors=errors,
            description_placeholders={"currency": currency},
            last_step=False,
        )

    async def _async_amounts(
        self, step_id: str, kind: TariffKind, user_input: dict[str, Any] | None
    ) -> SubentryFlowResult:
        currency = self.hass.config.currency
        schema = tariff_schema(kind, currency, await async_option_words(self.hass, "weekday"))
        errors: dict[str, str] = {}
        wrong = _NOTHING_WRONG
        shown: Mapping[str, Any] = in_sections(schema, _shown(self._suggested))
        if user_input is not None:
            shown = user_input
            filled = without_blanks(flattened(schema, user_input))
            data = {CONF_KIND: kind.value, **self._source, **_texts(filled)}
            title = data.pop(CONF_NAME, None)
            try:
                make_tariff(data, tariff_id=DOMAIN, currency=currency)
            except TariffError as err:
                field, path = _field_and_path(err)
                errors[place_of(schema, field)] = err.code
                wrong = {"path": path, "value": err.value or ""}
            else:
                if title:
                    return self._finish(title, data)
                errors[CONF_NAME] = "name_missing"
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors=errors,
            description_placeholders={
                "currency": currency,
                "source": self._source.get(CONF_SOURCE_LABEL, ""),
                **wrong,
            },
        )

    def _finish(self, title: str, data: dict[str, Any]) -> SubentryFlowResult:
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_and_abort(
                self._get_entry(), self._get_reconfigure_subentry(), title=title, data=data
            )
        return self.async_create_entry(title=title, data=data)

    # Price sources

    async def _async_offers(self) -> dict[str, PriceOffer]:
        """Return the price sources there are by their names, and the one in use even when it is away."""
        offers = {source_id(offer.config): offer for offer in async_find_price_offers(self.hass)}
        present = price_source_of(self._suggested)
        if present is not None:
            bare = replace(present, unit=None, currency=None, quarters=False)
            offers.setdefault(
                source_id(bare),
                PriceOffer(
                    config=bare, label=self._suggested.get(CONF_SOURCE_LABEL, ""), variant="present"
                ),
            )
        return offers

    async def _async_labels(self) -> dict[str, str]:
        words = await async_option_words(self.hass, "price_source")
        return {
            key: " · ".join(part for part in (offer.label, words.get(offer.variant)) if part)
            for key, offer in self._offers.items()
        }

    def _choose(self, offer: PriceOffer, data: Mapping[str, Any]) -> None:
        config = replace(
            offer.config,
            unit=data.get(CONF_UNIT_OF_MEASUREMENT),
            currency=currency_code(data.get(CONF_CURRENCY)),
            quarters=data.get(CONF_QUARTERS, False),
        )
        self._source = {CONF_SOURCE: config.as_dict(), CONF_SOURCE_LABEL: offer.label}
        if price_source_of(self._suggested) is None:
            with_taxes = offer.with_taxes is True
            self._suggested = {
                CONF_NAME: offer.label,
                CONF_SOURCE_WITH_VAT: with_taxes,
                CONF_AMOUNTS_WITH_VAT: with_taxes,
            }

    def _shown_source(self) -> dict[str, Any]:
        """Return the source in use as the form shows it."""
        present = price_source_of(self._suggested)
        if present is None:
            return {}
        bare: PriceSourceConfig = replace(present, unit=None, currency=None, quarters=False)
        shown = {
            CONF_SOURCE: source_id(bare),
            CONF_UNIT_OF_MEASUREMENT: present.unit,
            CONF_CURRENCY: present.currency,
            CONF_QUARTERS: present.quarters,
        }
        return in_sections(
            source_schema({}), {key: value for key, value in shown.items() if value is not None}
        )


def _currency(offer: PriceOffer, data: Mapping[str, Any]) -> str | None:
    """Return the currency that prices of a source will be taken to be in."""
    unit = parse_unit(data.get(CONF_UNIT_OF_MEASUREMENT))
    return (
        currency_code(data.get(CONF_CURRENCY))
        or (unit.currency if unit else None)
        or offer.currency
    )


def _field_and_path(err: TariffError) -> tuple[str, str]:
    """Return the field of the form that is wrong, and the way on into it."""
    field, _, rest = err.path.replace("[", ".[").partition(".")
    return field, rest.replace(".[", "[")


def _texts(value: Any) -> Any:  # noqa: ANN401 - whatever a form gives
    """Return what was filled in with its numbers as texts, and without empty fields."""
    match value:
        case Mapping():
            return {key: _texts(one) for key, one in value.items() if one is not None and one != ""}
        case list():
            return [_texts(one) for one in value]
        case bool():
            return value
        case int() | float():
            return as_text(value)
    return value


def _shown(value: Any, name: str = "") -> Any:  # noqa: ANN401 - whatever is kept
    """Return what is kept of a tariff as the form takes it: amounts as numbers."""
    match value:
        case Mapping():
            return {key: _shown(one, key) for key, one in value.items()}
        case list() | tuple():
            return [_shown(one, name) for one in value]
        case str() if name in AMOUNTS:
            return float(value)
    return value
