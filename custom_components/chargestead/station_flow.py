"""Adding and changing a charging station by hand."""

from typing import Any

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigEntryState,
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME, CONF_PASSWORD
from homeassistant.helpers import selector
import probatio

from .const import (
    CONF_GENERATE_PASSWORD,
    CONF_LEAST_PROFILE,
    CONF_NEW_PASSWORD,
    CONF_STATION_ID,
    CONF_TARIFF,
    SUBENTRY_CHARGING_STATION,
)
from .coordinator import ChargesteadConfigEntry
from .csms.bounds import DEFAULT_BOUNDS
from .csms.security.passwords import PasswordOutcome, is_password, new_password
from .flow_schemas import changed_station_schema, new_station_schema, without_blanks
from .model.errors import ChargesteadError, PasswordRefusedError, StationOfflineError
from .settings import tariff_names
from .station_profile import profile_problem


def is_known(entry: ConfigEntry | None, station_id: str) -> bool:
    """Tell whether a station is set up; upper and lower case do not tell stations apart."""
    folded = station_id.casefold()
    return entry is not None and any(
        item.subentry_type == SUBENTRY_CHARGING_STATION
        and str(item.data[CONF_STATION_ID]).casefold() == folded
        for item in entry.subentries.values()
    )


def _can_dial_in(station_id: str) -> bool:
    """Tell whether the central system lets anybody in under an id."""
    return (
        0 < len(station_id) <= DEFAULT_BOUNDS.station_id_length
        and station_id.isprintable()
        and "/" not in station_id
    )


def _refusal_problem(reason: str) -> str:
    """Return what to tell of a station that does not take a password."""
    if reason == "pending":
        return "password_pending"
    return "password_not_supported" if reason == "unsupported" else "password_rejected"


class ChargingStationFlow(ConfigSubentryFlow):
    """Ask for what cannot be learned from the station itself."""

    def __init__(self) -> None:
        """Start with no password to show."""
        self._data: dict[str, Any] = {}
        self._password = ""
        self._opened_with: str | None = None
        self._outcome: PasswordOutcome | None = None

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Add a station, one that waits already or one that will come."""
        errors: dict[str, str] = {}
        if user_input is not None:
            data = without_blanks(user_input)
            generated = data.pop(CONF_GENERATE_PASSWORD, False)
            if generated and not data.get(CONF_PASSWORD):
                data[CONF_PASSWORD] = self._password = self._password or new_password()
            station_id = self._as_it_dialled(str(data.get(CONF_STATION_ID, "")))
            if not _can_dial_in(station_id):
                errors[CONF_STATION_ID] = "bad_station_id"
            elif not data.get(CONF_NAME):
                errors[CONF_NAME] = "name_missing"
            elif is_known(self._get_entry(), station_id):
                return self.async_abort(reason="already_configured")
            elif problem := profile_problem(data, self._get_entry()):
                errors[CONF_LEAST_PROFILE] = problem
            else:
                self._data = {**data, CONF_STATION_ID: station_id}
                return await (self.async_step_password() if generated else self.async_step_add())
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(
                new_station_schema(self._waiting(), tariff_names(self._get_entry())), user_input
            ),
            errors=errors,
        )

    async def async_step_add(self, _: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Add what was typed."""
        data = dict(self._data)
        return self.async_create_entry(
            title=data.pop(CONF_NAME), data=data, unique_id=data[CONF_STATION_ID]
        )

    async def async_step_password(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show the password to type into the charger, this once."""
        if user_input is not None:
            return await self.async_step_add()
        return self.async_show_form(
            step_id="password",
            data_schema=probatio.Schema({}),
            description_placeholders={"password": self._data[CONF_PASSWORD]},
        )

    def _as_it_dialled(self, typed: str) -> str:
        """Return the id as a station that waits spells it, so that it is served over the socket it waits with."""
        return next((key for key in self._waiting() if key.casefold() == typed.casefold()), typed)

    def _waiting(self) -> dict[str, str]:
        """Return the stations that wait to be confirmed, with what they say of themselves."""
        entry: ChargesteadConfigEntry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:
            return {}
        return {
            station_id: " ".join(
                part
                for part in (station_id, pending.identity.vendor, pending.identity.model)
                if part
            )
            for station_id, pending in entry.runtime_data.site.pending.items()
        }

    def _async_change(self, subentry: ConfigSubentry) -> SubentryFlowResult:
        """Take what was typed; a password that the station has proved since the form was opened stays."""
        data = dict(self._data)
        present = subentry.data.get(CONF_PASSWORD)
        if present and data.get(CONF_PASSWORD) == self._opened_with:
            data[CONF_PASSWORD] = present
        title = data.pop(CONF_NAME)
        return self.async_update_and_abort(self._get_entry(), subentry, title=title, data=data)

    async def async_step_new_password(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show the new password, this once, and how far the change has come."""
        subentry = self._get_reconfigure_subentry()
        if user_input is not None:
            return self._async_change(subentry)
        return self.async_show_form(
            step_id="new_password",
            data_schema=probatio.Schema(
                {
                    probatio.Optional("outcome", default=self._outcome): selector.SelectSelector(
                        selector.SelectSelectorConfig(
                            options=[item.value for item in PasswordOutcome],
                            translation_key="password_outcome",
                            read_only=True,
                        )
                    )
                }
            ),
            description_placeholders={"password": self._password},
        )

    async def _async_password_problem(self, subentry: ConfigSubentry, password: str) -> str | None:
        """Give the station another password; tells what is in the way, None where nothing is."""
        entry: ChargesteadConfigEntry = self._get_entry()
        if not is_password(password):
            return "password_unsuitable"
        if entry.state is not ConfigEntryState.LOADED:
            return "station_offline"
        station = entry.runtime_data.site.stations[subentry.data[CONF_STATION_ID]]
        self._password = password
        try:
            self._outcome = await station.passwords.change(password)
        except StationOfflineError:
            return "station_offline"
        except PasswordRefusedError as err:
            return _refusal_problem(err.reason)
        except ChargesteadError:
            return "password_failed"
        return None

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a station; it stays connected."""
        subentry = self._get_reconfigure_subentry()
        errors: dict[str, str] = {}
        if user_input is not None:
            data = without_blanks(user_input)
            new = data.pop(CONF_NEW_PASSWORD, None)
            if data.pop(CONF_GENERATE_PASSWORD, False) and new is None:
                new = new_password()
            self._data = {**data, CONF_STATION_ID: subentry.data[CONF_STATION_ID]}
            if not data.get(CONF_NAME):
                errors[CONF_NAME] = "name_missing"
            elif problem := profile_problem(
                {**data, CONF_PASSWORD: data.get(CONF_PASSWORD, new)}, self._get_entry()
            ):
                errors[CONF_LEAST_PROFILE] = problem
            elif new is None:
                return self._async_change(subentry)
            elif problem := await self._async_password_problem(subentry, new):
                errors[CONF_NEW_PASSWORD] = problem
            else:
                return await self.async_step_new_password()
        else:
            self._opened_with = subentry.data.get(CONF_PASSWORD)
        tariffs = tariff_names(self._get_entry())
        present = {**subentry.data, CONF_NAME: subentry.title}
        if present.get(CONF_TARIFF) not in tariffs:
            present.pop(CONF_TARIFF, None)
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(
                changed_station_schema(tariffs), user_input or present
            ),
            errors=errors,
            description_placeholders={"station_id": subentry.data[CONF_STATION_ID]},
        )
