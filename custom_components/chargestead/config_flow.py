"""Setting up Chargestead: where stations dial in, and the stations that do."""

from types import MappingProxyType
from typing import Any, override

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigEntryState,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentry,
    ConfigSubentryFlow,
    OptionsFlow,
)
from homeassistant.const import CONF_NAME
from homeassistant.core import callback
from homeassistant.helpers import selector
from homeassistant.helpers.typing import DiscoveryInfoType
import probatio

from .const import (
    CONF_LEAST_PROFILE,
    CONF_STATION_ID,
    DOMAIN,
    SUBENTRY_CHARGING_STATION,
    SUBENTRY_DRIVER,
    SUBENTRY_FIRMWARE,
    SUBENTRY_TARIFF,
)
from .coordinator import ChargesteadConfigEntry
from .discovery import offer_title
from .driver_flow import DriverFlow
from .firmware_flow import FirmwareFlow
from .flow_schemas import (
    LISTEN_SCHEMA,
    TOKENS_SCHEMA,
    listen_defaults,
    station_schema,
    without_blanks,
)
from .listening import async_find_problems, async_name_certificate, async_station_url
from .model.station import PendingStation
from .options_flow import ChargesteadOptionsFlow
from .settings import listening_at, tariff_names
from .station_flow import ChargingStationFlow, is_known
from .station_profile import profile_problem
from .tariff_flow import TariffFlow


class ChargesteadConfigFlow(ConfigFlow, domain=DOMAIN):
    """Ask where stations dial in, and confirm those that do."""

    VERSION = 1
    MINOR_VERSION = 1

    _found: PendingStation

    def __init__(self) -> None:
        """Start with nothing typed."""
        self._listen: dict[str, Any] = {}
        self._options: dict[str, Any] = {}

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Return the flow of the options."""
        return ChargesteadOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Return what can be added to the entry."""
        return {
            SUBENTRY_CHARGING_STATION: ChargingStationFlow,
            SUBENTRY_DRIVER: DriverFlow,
            SUBENTRY_TARIFF: TariffFlow,
            SUBENTRY_FIRMWARE: FirmwareFlow,
        }

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for port, address and certificate."""
        if self._async_current_entries(include_ignore=False):
            return self.async_abort(reason="single_instance_allowed")
        errors: dict[str, str] = {}
        if user_input is not None:
            data = await async_name_certificate(self.hass, listen_defaults(user_input))
            errors = await async_find_problems(self.hass, data)
            if not errors:
                self._listen = data
                return await self.async_step_tokens()
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(LISTEN_SCHEMA, user_input),
            errors=errors,
        )

    async def async_step_tokens(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask what shall become of cards that nobody registered."""
        if user_input is not None:
            self._options = user_input
            return await self.async_step_address()
        return self.async_show_form(step_id="tokens", data_schema=TOKENS_SCHEMA, last_step=False)

    async def async_step_address(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the address to type into the charger."""
        if self._async_current_entries(include_ignore=False):
            return self.async_abort(reason="single_instance_allowed")
        if user_input is not None:
            return self.async_create_entry(
                title="Chargestead", data=self._listen, options=self._options
            )
        url = await async_station_url(self.hass, self._listen)
        return self.async_show_form(
            step_id="address",
            data_schema=probatio.Schema(
                {
                    probatio.Optional("qr_code"): selector.QrCodeSelector(
                        selector.QrCodeSelectorConfig(data=url, scale=6)
                    )
                }
            ),
            description_placeholders={"url": url},
            last_step=True,
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change port, address or certificate."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            data = await async_name_certificate(self.hass, listen_defaults(user_input))
            errors = await async_find_problems(self.hass, data, own_port=listening_at(entry))
            if not errors:
                if entry.state is not ConfigEntryState.LOADED:
                    # Nobody listens for changes of an entry that could not be set up.
                    self.hass.config_entries.async_update_entry(entry, data=data)
                    self.hass.config_entries.async_schedule_reload(entry.entry_id)
                return self.async_update_and_abort(entry, data=data)
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(
                LISTEN_SCHEMA, user_input or entry.data
            ),
            errors=errors,
            description_placeholders={"url": await async_station_url(self.hass, dict(entry.data))},
        )

    @override
    async def async_step_integration_discovery(
        self, discovery_info: DiscoveryInfoType
    ) -> ConfigFlowResult:
        """Offer a station that dialled in and is not known."""
        station_id = discovery_info[CONF_STATION_ID]
        await self.async_set_unique_id(station_id)
        self._abort_if_unique_id_configured()
        if is_known(self._house(), station_id):
            return self.async_abort(reason="already_configured")
        found = self._waiting(station_id)
        if found is None:
            return self.async_abort(reason="station_left")
        self._found = found
        self.context["title_placeholders"] = {"name": offer_title(found)}
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Let the person confirm a station."""
        station_id = self._found.station_id
        house = self._house()
        if house is None or is_known(house, station_id):
            return self.async_abort(reason="already_configured")
        errors: dict[str, str] = {}
        if user_input is not None:
            data = without_blanks({**user_input, CONF_STATION_ID: station_id})
            if problem := profile_problem(data, house):
                errors[CONF_LEAST_PROFILE] = problem
            elif title := data.pop(CONF_NAME, None):
                self.hass.config_entries.async_add_subentry(
                    house,
                    ConfigSubentry(
                        data=MappingProxyType(data),
                        subentry_type=SUBENTRY_CHARGING_STATION,
                        title=title,
                        unique_id=station_id,
                    ),
                )
                return self.async_abort(
                    reason="station_added", description_placeholders={"name": title}
                )
            else:
                errors[CONF_NAME] = "name_missing"
        self._found = self._waiting(station_id) or self._found
        identity = self._found.identity
        return self.async_show_form(
            step_id="confirm",
            data_schema=self.add_suggested_values_to_schema(
                station_schema(tariff_names(house)),
                user_input or {CONF_NAME: offer_title(self._found)},
            ),
            errors=errors,
            description_placeholders={
                "station_id": station_id,
                "vendor": identity.vendor or "-",
                "model": identity.model or "-",
                "serial_number": identity.serial_number or "-",
                "address": self._found.address or "-",
            },
        )

    def _house(self) -> ChargesteadConfigEntry | None:
        """Return the one entry there is."""
        return next(iter(self._async_current_entries(include_ignore=False)), None)

    def _waiting(self, station_id: str) -> PendingStation | None:
        """Return a station as it waits now, None when it does not."""
        house: ChargesteadConfigEntry | None = self._house()
        if house is None or house.state is not ConfigEntryState.LOADED:
            return None
        return house.runtime_data.site.pending.get(station_id)
