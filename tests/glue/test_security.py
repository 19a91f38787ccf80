"""Passwords and certificates from Home Assistant's side: forms, actions, repairs, files."""

from collections.abc import AsyncIterator
from datetime import timedelta
import hashlib
from pathlib import Path
import ssl
import stat
from typing import Any

from cryptography import x509
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_NAME, CONF_PASSWORD, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chargestead.certificate_watch import async_judge_certificates
from custom_components.chargestead.const import (
    CONF_BIND_ADDRESS,
    CONF_CERTIFICATE_NAMES,
    CONF_CLIENT_AUTHORITY,
    CONF_CONFIGURE,
    CONF_GENERATE_PASSWORD,
    CONF_LEAST_PROFILE,
    CONF_MAX_CURRENT,
    CONF_NEW_PASSWORD,
    CONF_OWN_CERTIFICATE,
    CONF_PHASES,
    CONF_RESPONSE_TIMEOUT,
    CONF_STATION_ID,
    CONF_TLS_CERTIFICATE,
    DOMAIN,
    SUBENTRY_CHARGING_STATION,
)
from custom_components.chargestead.diagnostics import async_get_config_entry_diagnostics
from tests.ports import free_port
from tests.simulator import SimulatedStation

from .flow_fixtures import LOOPBACK, make_identity, new_entry

pytestmark = pytest.mark.usefixtures("socket_enabled")

OLD = "old-password-0123456789"
NEW = "new-password-0123456789"
SETTINGS = {
    CONF_NAME: "Garage",
    CONF_MAX_CURRENT: 20,
    CONF_PHASES: "1",
    CONF_CONFIGURE: False,
    CONF_RESPONSE_TIMEOUT: 5,
}


@pytest.fixture
async def house(hass: HomeAssistant) -> AsyncIterator[MockConfigEntry]:
    """Return a house that knows one station and its password."""
    entry = new_entry(hass, stations={"GARAGE": {CONF_PASSWORD: OLD, CONF_CONFIGURE: False}})
    assert await hass.config_entries.async_setup(entry.entry_id)
    yield entry
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
async def station(hass: HomeAssistant, house: MockConfigEntry) -> AsyncIterator[SimulatedStation]:
    """Return that station, connected."""
    port = house.runtime_data.site.port
    async with SimulatedStation(
        url=f"ws://{LOOPBACK}:{port}", station_id="GARAGE", password=OLD, backoff=(0.05, 0.1)
    ) as station:
        await hass.async_block_till_done()
        yield station


def password_of(house: MockConfigEntry) -> str | None:
    """Return the password that is set up."""
    (subentry,) = house.subentries.values()
    password: str | None = subentry.data.get(CONF_PASSWORD)
    return password


async def come_back(hass: HomeAssistant, house: MockConfigEntry, station: SimulatedStation) -> None:
    """Wait until the station has signed in anew and that is set up."""
    known = house.runtime_data.site.stations["GARAGE"]
    await station.wait_for(lambda: known.memory.passwords is None and station.online)
    await hass.async_block_till_done()


async def call(hass: HomeAssistant, action: str, **data: Any) -> Any:  # noqa: ANN401
    """Call an action."""
    return await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=True)


def device_id(hass: HomeAssistant, house: MockConfigEntry) -> str:
    """Return the device of the station."""
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, "GARAGE"), house.entry_id)
    assert device is not None
    return device.id


async def reconfigure(hass: HomeAssistant, house: MockConfigEntry, **fields: object) -> Any:  # noqa: ANN401
    """Submit the form of the station."""
    (subentry,) = house.subentries.values()
    form = await house.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    return await hass.config_entries.subentries.async_configure(
        form["flow_id"], {**SETTINGS, CONF_PASSWORD: OLD, **fields}
    )


async def test_a_typed_password_is_written_into_the_station_and_then_set_up(
    hass: HomeAssistant, house: MockConfigEntry, station: SimulatedStation
) -> None:
    result = await reconfigure(hass, house, **{CONF_NEW_PASSWORD: NEW})
    assert result["step_id"] == "new_password"
    assert result["description_placeholders"] == {"password": NEW}
    await come_back(hass, house, station)
    assert password_of(house) == NEW
    result = await hass.config_entries.subentries.async_configure(result["flow_id"], {})
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert password_of(house) == NEW, "the old one came back with the form"
    assert station.configuration.text("AuthorizationKey") == NEW


async def test_a_generated_password_is_shown_once(
    hass: HomeAssistant, house: MockConfigEntry, station: SimulatedStation
) -> None:
    result = await reconfigure(hass, house, **{CONF_GENERATE_PASSWORD: True})
    password = result["description_placeholders"]["password"]
    assert len(bytes.fromhex(password)) == 20
    await hass.config_entries.subentries.async_configure(result["flow_id"], {})
    await come_back(hass, house, station)
    assert password_of(house) == password == station.configuration.text("AuthorizationKey")


async def test_a_form_that_was_open_all_the_while_does_not_bring_the_old_password_back(
    hass: HomeAssistant, house: MockConfigEntry, station: SimulatedStation
) -> None:
    (subentry,) = house.subentries.values()
    form = await house.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    await call(hass, "change_password", device_id=device_id(hass, house), password=NEW)
    await come_back(hass, house, station)
    await hass.config_entries.subentries.async_configure(
        form["flow_id"], {**SETTINGS, CONF_PASSWORD: OLD}
    )
    await hass.async_block_till_done()
    assert password_of(house) == NEW


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("Rejected", "password_rejected"),
        ("NotSupported", "password_not_supported"),
    ],
)
async def test_a_station_that_refuses_is_explained_in_the_form(
    hass: HomeAssistant,
    house: MockConfigEntry,
    station: SimulatedStation,
    answer: str,
    problem: str,
) -> None:
    station.overrides["ChangeConfiguration"] = {"status": answer}
    result = await reconfigure(hass, house, **{CONF_NEW_PASSWORD: NEW})
    assert result["errors"] == {CONF_NEW_PASSWORD: problem}
    assert password_of(house) == OLD


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({CONF_NEW_PASSWORD: "short"}, {CONF_NEW_PASSWORD: "password_unsuitable"}),
        ({CONF_NEW_PASSWORD: NEW}, {CONF_NEW_PASSWORD: "station_offline"}),
        ({CONF_LEAST_PROFILE: "2"}, {CONF_LEAST_PROFILE: "encryption_needed"}),
        ({CONF_LEAST_PROFILE: "1", CONF_PASSWORD: ""}, {CONF_LEAST_PROFILE: "password_needed"}),
    ],
)
async def test_what_cannot_be_is_told_in_the_form(
    hass: HomeAssistant,
    house: MockConfigEntry,
    fields: dict[str, str],
    errors: dict[str, str],
) -> None:
    result = await reconfigure(hass, house, **fields)
    assert result["errors"] == errors


async def test_a_new_station_can_be_given_a_password_to_type_in(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    result = await hass.config_entries.subentries.async_init(
        (house.entry_id, SUBENTRY_CHARGING_STATION), context={"source": "user"}
    )
    result = await hass.config_entries.subentries.async_configure(
        result["flow_id"],
        {
            **SETTINGS,
            CONF_STATION_ID: "YARD",
            CONF_GENERATE_PASSWORD: True,
            CONF_LEAST_PROFILE: "1",
        },
    )
    assert result["step_id"] == "password"
    password = result["description_placeholders"]["password"]
    result = await hass.config_entries.subentries.async_configure(result["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    config = house.runtime_data.site.stations["YARD"].config
    assert (config.password, config.least_profile) == (password, 1)


async def test_the_action_changes_a_password_and_tells_only_a_generated_one(
    hass: HomeAssistant, house: MockConfigEntry, station: SimulatedStation
) -> None:
    device = device_id(hass, house)
    with pytest.raises(ServiceValidationError) as refusal:
        await call(hass, "change_password", device_id=device, password="short")
    assert refusal.value.translation_key == "password_unsuitable"
    answer = await call(hass, "change_password", device_id=device, password=NEW)
    assert answer == {"status": "taken", "answer": {}}
    await come_back(hass, house, station)
    answer = await call(hass, "change_password", device_id=device)
    await come_back(hass, house, station)
    assert password_of(house) == answer["password"]
    station.overrides["ChangeConfiguration"] = {"status": "Rejected"}
    with pytest.raises(HomeAssistantError) as error:
        await call(hass, "change_password", device_id=device)
    assert error.value.translation_key == "password_rejected"


async def test_a_password_proved_before_a_restart_is_set_up_after_it(
    hass: HomeAssistant, house: MockConfigEntry, station: SimulatedStation
) -> None:
    await station.stop()
    await hass.config_entries.async_unload(house.entry_id)
    stored = await _stored(hass)
    stored["GARAGE"]["passwords"] = {"base": _digest(OLD), "offered": [], "proved": NEW}
    await _store(hass, stored)
    assert await hass.config_entries.async_setup(house.entry_id)
    await hass.async_block_till_done()
    assert password_of(house) == NEW
    known = house.runtime_data.site.stations["GARAGE"]
    assert known.config.password == NEW
    assert known.memory.passwords is None


def _digest(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()


async def _stored(hass: HomeAssistant) -> dict[str, Any]:
    content: dict[str, Any] | None = await Store(hass, 1, f"{DOMAIN}.stations").async_load()
    return content or {}


async def _store(hass: HomeAssistant, content: dict[str, Any]) -> None:
    await Store(hass, 1, f"{DOMAIN}.stations").async_save(content)


def modes(hass: HomeAssistant) -> set[int]:
    """Return who may do what with the files of the authority."""
    folder = Path(hass.config.path(".storage", f"{DOMAIN}.authority"))
    return {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def damage_root(hass: HomeAssistant) -> None:
    """Put something else in the place of the root."""
    folder = Path(hass.config.path(".storage", f"{DOMAIN}.authority"))
    folder.mkdir(parents=True)
    (folder / "root.pem").write_text("damaged")


async def test_a_certificate_made_for_the_port_serves_stations_that_trust_the_root(
    hass: HomeAssistant,
) -> None:
    entry = new_entry(
        hass,
        data={CONF_OWN_CERTIFICATE: True, CONF_CERTIFICATE_NAMES: [LOOPBACK]},
        stations={"GARAGE": {CONF_PASSWORD: OLD, CONF_LEAST_PROFILE: "2", CONF_CONFIGURE: False}},
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert modes(hass) == {0o600}
    answer = await call(hass, "get_root_certificate")
    root = x509.load_pem_x509_certificate(answer["certificate"].encode())
    assert answer["fingerprint"].count(":") == 31
    assert answer["not_after"] == root.not_valid_after_utc.isoformat()
    trust = ssl.create_default_context(cadata=answer["certificate"])
    async with SimulatedStation(
        url=f"wss://{LOOPBACK}:{entry.runtime_data.site.port}",
        station_id="GARAGE",
        password=OLD,
        ssl=trust,
    ) as station:
        device = device_id(hass, entry)
        told = await call(hass, "install_root_certificate", device_id=device)
        assert told["status"] == "Accepted"
        assert station.certificates.roots == [root]
        await call(hass, "request_certificate", device_id=device)
        await station.wait_for(lambda: station.certificates.own is not None)
        known = entry.runtime_data.site.stations["GARAGE"]
        await station.wait_for(lambda: known.certificates.ends_at is not None)
        diagnostics = await async_get_config_entry_diagnostics(hass, entry)
    text = str(diagnostics)
    assert OLD not in text
    assert "'security_profile': 2" in text
    assert f"{station.certificates.own.serial_number:X}" not in text  # type: ignore[union-attr]
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_certificate_for_the_port_is_asked_for_in_the_form(hass: HomeAssistant) -> None:
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    port = 0
    for fields, errors in (
        ({CONF_CERTIFICATE_NAMES: ["not a name"]}, {CONF_CERTIFICATE_NAMES: "bad_name"}),
        ({CONF_TLS_CERTIFICATE: "/x"}, {CONF_OWN_CERTIFICATE: "own_or_files"}),
        ({CONF_CLIENT_AUTHORITY: "/nowhere"}, {CONF_CLIENT_AUTHORITY: "file_unreadable"}),
    ):
        port = free_port()
        result = await hass.config_entries.flow.async_configure(
            result["flow_id"],
            {CONF_PORT: port, CONF_BIND_ADDRESS: LOOPBACK, CONF_OWN_CERTIFICATE: True, **fields},
        )
        assert result["errors"] == errors
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"],
        {CONF_PORT: port, CONF_BIND_ADDRESS: LOOPBACK, CONF_OWN_CERTIFICATE: True},
    )
    assert result["step_id"] == "tokens"
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {})
    assert result["description_placeholders"] == {"url": f"wss://{LOOPBACK}:{port}/"}
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {})
    entry = result["result"]
    assert entry.data[CONF_CERTIFICATE_NAMES] == [LOOPBACK, "homeassistant.local"]
    assert entry.state is ConfigEntryState.LOADED
    assert entry.runtime_data.site.central.certificate_ends_at is not None
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_damaged_authority_keeps_the_port_closed_and_is_told(hass: HomeAssistant) -> None:
    damage_root(hass)
    entry = new_entry(hass, data={CONF_OWN_CERTIFICATE: True, CONF_CERTIFICATE_NAMES: [LOOPBACK]})
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert ir.async_get(hass).async_get_issue(DOMAIN, "certificate_unusable") is not None


def issues(hass: HomeAssistant) -> dict[str, dict[str, str] | None]:
    """Return the issues about certificates."""
    return {
        issue_id: issue.translation_placeholders
        for (domain, issue_id), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN
    }


async def test_certificates_that_run_out_are_told_until_they_are_renewed(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    identity = make_identity(tmp_path, LOOPBACK, days=13)
    entry = new_entry(hass, data=identity.fields, stations={"GARAGE": {CONF_CONFIGURE: False}})
    assert await hass.config_entries.async_setup(entry.entry_id)
    end = dt_util.as_local(dt_util.utcnow() + timedelta(days=13)).date()
    assert set(issues(hass)) == {"certificate_expiring"}
    told = issues(hass)["certificate_expiring"] or {}
    assert told["info"] in {str(end - timedelta(days=1)), str(end)}
    known = entry.runtime_data.site.stations["GARAGE"]
    soon = dt_util.utcnow() + timedelta(days=5)
    known.memory.certificate = {"serial": "1", "not_after": soon.isoformat()}
    async_judge_certificates(entry)
    (key,) = set(issues(hass)) - {"certificate_expiring"}
    assert key.startswith("fault/GARAGE/")
    assert key.endswith("station_certificate_expiring")
    assert (issues(hass)[key] or {})["station"] == "Garage"
    later = dt_util.utcnow() + timedelta(days=300)
    known.memory.certificate = {"serial": "2", "not_after": later.isoformat()}
    async_judge_certificates(entry)
    assert set(issues(hass)) == {"certificate_expiring"}
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.config_entries.async_remove(entry.entry_id)
    assert issues(hass) == {}
