"""Diagnostics: useful to whoever looks for a fault, silent about the people in the house."""

from dataclasses import replace
import json

from homeassistant.const import CONF_PASSWORD, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import props

from custom_components.chargestead.const import (
    CONF_DATABASE_URL,
    CONF_DEFAULT_ID_TOKEN,
    CONF_STATION_ID,
)
from custom_components.chargestead.diagnostics import async_get_config_entry_diagnostics
from custom_components.chargestead.model.errors import LedgerError
from custom_components.chargestead.model.session import SessionFlag
from custom_components.chargestead.model.station import (
    ConfigurationValue,
    ConnectorFault,
    PendingStation,
    StationIdentity,
)
from custom_components.chargestead.station_settings import shown_configuration

from .entity_fixtures import NOW, SESSION, House, house_with

pytestmark = pytest.mark.usefixtures("socket_enabled")

SECRETS = (
    "SECRET-STATION",
    "secret-password",
    "SECRET-HOUSE-TOKEN",
    "SECRET-CARD",
    "SECRET-SERIAL",
    "SECRET-METER",
    "SECRET-SIM",
    "SECRET-SUBSCRIBER",
    "192.168.77.7",
    "secret-authorization-key",
    "Secret Owner",
    "secret-wifi",
    "SECRET-PENDING",
    "Garage",
)

IDENTITY = StationIdentity(
    vendor="Elektro",
    model="Wall 11",
    firmware_version="1.2.3",
    serial_number="SECRET-SERIAL",
    meter_serial_number="SECRET-METER",
    iccid="SECRET-SIM",
    imsi="SECRET-SUBSCRIBER",
)


def configuration(**values: str | None) -> dict[str, ConfigurationValue]:
    """Return a configuration."""
    return {key: ConfigurationValue(value=value) for key, value in values.items()}


async def furnish(house: House) -> None:
    """Give the house everything that must not leave it."""
    station = house.station("SECRET-STATION")
    await house.connect("SECRET-STATION", connectors=(1, 2))
    station.memory.identity = IDENTITY
    station.counters.add("meter_silent")
    station.set_configuration(
        configuration(
            AuthorizationKey="secret-authorization-key",
            CpoName="Secret Owner",
            HeartbeatInterval="300",
            WifiPassphrase="secret-wifi",
            FreevendIdTag="SECRET-CARD",
        )
    )
    station.book.update(identity=IDENTITY, address="192.168.77.7")
    await house.change_connector(
        1,
        "SECRET-STATION",
        session=replace(
            SESSION,
            station_id="SECRET-STATION",
            id_token="SECRET-CARD",
            stop_id_token="SECRET-CARD",
            flags=frozenset({SessionFlag.GAP, SessionFlag.ESTIMATED}),
        ),
        fault=ConnectorFault(code="GroundFailure", vendor_error_code="E7", since=NOW),
    )
    waiting = PendingStation(
        station_id="SECRET-PENDING",
        first_seen=NOW,
        last_seen=NOW,
        address="192.168.77.7",
        identity=replace(IDENTITY, vendor="Other"),
    )
    house.entry.runtime_data.site.central._pending.stations["SECRET-PENDING"] = waiting


STATION = {
    CONF_STATION_ID: "SECRET-STATION",
    CONF_PASSWORD: "secret-password",
    CONF_DEFAULT_ID_TOKEN: "SECRET-HOUSE-TOKEN",
}


async def test_diagnostics_of_the_entry(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, snapshot: SnapshotAssertion
) -> None:
    async with house_with(hass, Platform.SENSOR, stations=(STATION,)) as house:
        await furnish(house)
        told = await get_diagnostics_for_config_entry(hass, hass_client, house.entry)
        (subentry_id,) = house.entry.subentries
        assert isinstance(told["stations"], dict)
        told["stations"]["<subentry>"] = told["stations"].pop(subentry_id)
        text = json.dumps(told)
        for secret in SECRETS:
            assert secret.casefold() not in text.casefold()
        assert told == snapshot(exclude=props("port", "due", "commits", "kept", "largest_commit"))


async def test_diagnostics_of_a_device_are_those_of_its_station(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, device_registry: dr.DeviceRegistry
) -> None:
    stations = (STATION, {CONF_STATION_ID: "OTHER"})
    async with house_with(hass, Platform.SENSOR, stations=stations) as house:
        await furnish(house)
        whole = await get_diagnostics_for_config_entry(hass, hass_client, house.entry)
        subentry_id = next(iter(house.entry.subentries))
        assert isinstance(whole["stations"], dict)
        for path in (("SECRET-STATION",), ("SECRET-STATION", 2)):
            device = device_registry.async_get(house.device_id(*path))
            assert device is not None
            told = await get_diagnostics_for_device(hass, hass_client, house.entry, device)
            assert told == whole["stations"][subentry_id]
        other = device_registry.async_get(house.device_id("OTHER"))
        assert other is not None
        told = await get_diagnostics_for_device(hass, hass_client, house.entry, other)
        assert "GroundFailure" not in json.dumps(told)
        house.entry.runtime_data.coordinators.pop("OTHER")
        assert await get_diagnostics_for_device(hass, hass_client, house.entry, other) == {}


async def test_what_a_database_server_says_is_not_told(hass: HomeAssistant) -> None:
    async with house_with(hass, stations=()) as house:
        entry = house.entry
        hass.config_entries.async_update_entry(
            entry, options={CONF_DATABASE_URL: entry.runtime_data.database_url}
        )
        writer = entry.runtime_data.ledger._writer
        writer.last_error = LedgerError("disk I/O error")
        told = await async_get_config_entry_diagnostics(hass, entry)
        assert told["ledger"]["last_error"] == "disk I/O error"
        assert told["options"] == {CONF_DATABASE_URL: "**REDACTED**"}
        entry.runtime_data.ledger._database.writer.dialect.name = "postgresql"
        writer.last_error = LedgerError('connection to "db.example" as user "anna" failed')
        told = await async_get_config_entry_diagnostics(hass, entry)
        assert told["ledger"]["last_error"] == "LedgerError: **REDACTED**"
        entry.runtime_data.ledger._database.writer.dialect.name = "sqlite"


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("MeterValuesSampledData", "Voltage,SoC", "Voltage,SoC"),
        ("meterValuesSampledData", "Voltage", "Voltage"),
        ("MaxCurrent", "16", "16"),
        ("LedBrightness", "0.75", "0.75"),
        ("PhaseSwitching", "True", "True"),
        ("Empty", "", ""),
        ("Missing", None, None),
        ("AuthorizationKey", "1234", "**REDACTED**"),
        ("InstallerPin", "1234", "**REDACTED**"),
        ("Apn", "internet.example", "**REDACTED**"),
        ("Phone", "004912345678", "**REDACTED**"),
        ("ServerURL", "ws://192.168.1.2:9000/", "**REDACTED**"),
        ("CpoName", "Anna", "**REDACTED**"),
        ("CpoName", "", ""),
    ],
)
def test_a_configuration_value_is_told_only_where_it_is_harmless(
    key: str, value: str | None, shown: str | None
) -> None:
    told = shown_configuration({key: ConfigurationValue(value=value, readonly=True)})
    assert told == {key: {"value": shown, "readonly": True}}
