"""The life of the entry: set up, taken down, and what can be in the way."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
import sqlite3
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.const import CONF_PASSWORD, EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.helpers.translation import async_get_exception_message
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator
from sqlalchemy import text
from websockets import Subprotocol
from websockets.asyncio.client import ClientConnection, connect

from custom_components.chargestead.billing.ledger import Ledger
from custom_components.chargestead.const import (
    CONF_DATABASE_URL,
    CONF_MAX_CURRENT,
    CONF_STATION_ID,
    DOMAIN,
    SUBENTRY_CHARGING_STATION,
)
from custom_components.chargestead.model.errors import LedgerDamagedError, LedgerError
from custom_components.chargestead.model.station import ConnectorStatus

from .flow_fixtures import LOOPBACK, make_identity, new_entry, taken_port

pytestmark = pytest.mark.usefixtures("socket_enabled")

BOOT = '[2,"boot","BootNotification",{"chargePointVendor":"Elektro","chargePointModel":"Wall"}]'
HEARTBEAT = '[2,"beat","Heartbeat",{}]'


@pytest.fixture(autouse=True)
async def _unloaded(hass: HomeAssistant) -> AsyncIterator[None]:
    yield
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        await hass.config_entries.async_unload(entry.entry_id)


async def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> bool:
    """Set an entry up and wait for what follows."""
    done = await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return done


@asynccontextmanager
async def socket_of(
    hass: HomeAssistant, entry: MockConfigEntry, station_id: str
) -> AsyncIterator[ClientConnection]:
    """Dial in as a station and say who it is."""
    url = f"ws://{LOOPBACK}:{entry.runtime_data.site.port}/{station_id}"
    async with connect(url, subprotocols=[Subprotocol("ocpp1.6")]) as socket:
        await socket.send(BOOT)
        assert "currentTime" in await answer_to(socket, "boot")
        await hass.async_block_till_done()
        yield socket


async def answer_to(socket: ClientConnection, message_id: str) -> str:
    """Return the answer to a message; requests of the central system stay unanswered."""
    async for frame in socket:
        if f'"{message_id}"' in str(frame):
            return str(frame)
    raise AssertionError(message_id)


async def is_alive(socket: ClientConnection) -> bool:
    """Tell whether a socket still serves."""
    await socket.send(HEARTBEAT)
    return "currentTime" in await answer_to(socket, "beat")


async def is_closed(socket: ClientConnection) -> int | None:
    """Wait for the other end to close a socket and return the code."""
    async for _ in socket:
        pass
    return socket.close_code


def station(station_id: str, **settings: Any) -> ConfigSubentry:  # noqa: ANN401
    """Return a subentry for a station."""
    return ConfigSubentry(
        data=MappingProxyType({CONF_STATION_ID: station_id, **settings}),
        subentry_type=SUBENTRY_CHARGING_STATION,
        title=station_id.title(),
        unique_id=station_id,
    )


def subentry_of(entry: MockConfigEntry, station_id: str) -> ConfigSubentry:
    """Return the subentry of a station."""
    return next(item for item in entry.subentries.values() if item.unique_id == station_id)


def ledger_file(hass: HomeAssistant) -> Path:
    """Return where the ledger lies."""
    return Path(hass.config.path("chargestead.db"))


def issues(hass: HomeAssistant) -> set[str]:
    """Return the issues that are open."""
    return {issue_id for domain, issue_id in ir.async_get(hass).issues if domain == DOMAIN}


async def test_loading_unloading_and_loading_again_on_the_same_port(hass: HomeAssistant) -> None:
    entry = new_entry(hass, stations={"GARAGE": {}})
    assert await set_up(hass, entry)
    port = entry.runtime_data.site.port
    async with socket_of(hass, entry, "GARAGE") as socket:
        assert await hass.config_entries.async_unload(entry.entry_id)
        assert await is_closed(socket) == 1001
    assert entry.state is ConfigEntryState.NOT_LOADED
    assert not hasattr(entry, "runtime_data")
    with pytest.raises(OSError, match="Connect call failed"):
        await connect(f"ws://{LOOPBACK}:{port}/GARAGE", open_timeout=2)
    assert await set_up(hass, entry)
    assert entry.runtime_data.site.port == port
    async with socket_of(hass, entry, "GARAGE") as socket:
        assert await is_alive(socket)


async def test_actions_are_there_even_when_nothing_is_set_up(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    assert hass.services.has_service(DOMAIN, "start_session")


async def test_a_port_in_use_is_told_until_it_is_free(hass: HomeAssistant) -> None:
    with taken_port() as port:
        entry = new_entry(hass, port, stations={"GARAGE": {}})
        assert not await set_up(hass, entry)
        assert entry.state is ConfigEntryState.SETUP_RETRY
        assert entry.error_reason_translation_key == "port_in_use"
        placeholders = entry.error_reason_translation_placeholders
        assert placeholders is not None
        assert placeholders["port"] == str(port)
        assert str(port) in async_get_exception_message(DOMAIN, "port_in_use", placeholders)
        issue = ir.async_get(hass).async_get_issue(DOMAIN, "port_in_use")
        assert issue is not None
        assert not issue.is_fixable
        assert issue.translation_placeholders == placeholders
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert issues(hass) == set()
    assert len(er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)) > 0


async def test_a_certificate_that_has_gone_is_not_taken_for_a_port_in_use(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    identity = await hass.async_add_executor_job(make_identity, tmp_path, "house")
    entry = new_entry(hass, data=identity.fields)
    identity.certificate.rename(tmp_path / "elsewhere")
    assert not await set_up(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "certificate_unusable"
    assert issues(hass) == {"certificate_unusable"}
    (tmp_path / "elsewhere").rename(identity.certificate)
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    assert issues(hass) == set()


async def test_another_reason_takes_the_place_of_the_first(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    identity = await hass.async_add_executor_job(make_identity, tmp_path, "house")
    identity.key.rename(tmp_path / "elsewhere")
    with taken_port() as port:
        entry = new_entry(hass, port, data=identity.fields)
        await set_up(hass, entry)
        assert issues(hass) == {"certificate_unusable"}
        (tmp_path / "elsewhere").rename(identity.key)
        await hass.config_entries.async_reload(entry.entry_id)
        assert issues(hass) == {"port_in_use"}
        await hass.config_entries.async_remove(entry.entry_id)
    assert issues(hass) == set()


async def test_a_damaged_ledger_is_set_aside_and_told_until_it_is_acknowledged(
    hass: HomeAssistant,
    hass_client: Any,  # noqa: ANN401
) -> None:
    assert await async_setup_component(hass, "repairs", {})
    ledger_file(hass).write_bytes(b"no database at all")
    entry = new_entry(hass)
    assert await set_up(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    (aside,) = ledger_file(hass).parent.glob("chargestead.db.damaged-*")
    assert aside.read_bytes() == b"no database at all"
    issue = ir.async_get(hass).async_get_issue(DOMAIN, "ledger_damaged")
    assert issue is not None
    assert issue.is_fixable
    assert issue.is_persistent
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["path"] == str(aside)

    await hass.config_entries.async_reload(entry.entry_id)
    assert issues(hass) == {"ledger_damaged"}, "a restart is no acknowledgement"

    client = await hass_client()
    response = await client.post(
        "/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": "ledger_damaged"}
    )
    form = await response.json()
    assert form["step_id"] == "confirm"
    assert form["description_placeholders"]["path"] == str(aside)
    response = await client.post(f"/api/repairs/issues/fix/{form['flow_id']}", json={})
    assert (await response.json())["type"] == "create_entry"
    assert issues(hass) == set()


@pytest.mark.parametrize("where", ["first", "both"])
async def test_a_damaged_ledger_that_cannot_be_replaced_keeps_the_entry_from_loading(
    hass: HomeAssistant, where: str
) -> None:
    damage = LedgerDamagedError("malformed", None if where == "first" else "/elsewhere")
    entry = new_entry(hass)
    with patch.object(Ledger, "open", side_effect=damage):
        assert not await set_up(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "ledger_unusable"


async def test_a_ledger_of_a_later_version_is_left_alone(hass: HomeAssistant) -> None:
    entry = new_entry(hass)
    assert await set_up(hass, entry)
    await hass.config_entries.async_unload(entry.entry_id)
    with sqlite3.connect(ledger_file(hass)) as database:
        database.execute("UPDATE chargestead_schema SET version = 999")
    database.close()
    before = ledger_file(hass).read_bytes()
    assert not await set_up(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "ledger_too_new"
    placeholders = entry.error_reason_translation_placeholders
    assert placeholders is not None
    assert placeholders["found"] == "999"
    assert ledger_file(hass).read_bytes() == before


async def test_a_database_that_cannot_be_reached_yet_is_tried_again(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    folder = tmp_path / "mounted later"
    entry = new_entry(hass, options={CONF_DATABASE_URL: f"sqlite:///{folder}/ledger.db"})
    assert not await set_up(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "ledger_unusable"
    folder.mkdir()
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    assert (folder / "ledger.db").exists()


async def test_a_ledger_that_cannot_be_read_is_closed_again(hass: HomeAssistant) -> None:
    entry = new_entry(hass, stations={"GARAGE": {}})
    closed: list[Ledger] = []
    close = Ledger.close

    async def note(ledger: Ledger) -> None:
        closed.append(ledger)
        await close(ledger)

    with (
        patch.object(Ledger, "recent_sessions", side_effect=LedgerError("no such table")),
        patch.object(Ledger, "close", note),
    ):
        assert not await set_up(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert len(closed) == 1
    assert await hass.config_entries.async_reload(entry.entry_id)


async def test_a_full_disk_is_told_until_there_is_room(hass: HomeAssistant) -> None:
    entry = new_entry(hass, stations={"GARAGE": {}})
    assert await set_up(hass, entry)
    ledger: Ledger = entry.runtime_data.ledger
    writer = ledger._database.writer
    with writer.connect() as connection:
        (pages,) = connection.execute(text("PRAGMA page_count")).one()
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))
    async with socket_of(hass, entry, "GARAGE") as socket:
        number = 0
        while ledger.healthy:
            number += 1
            await socket.send(_start(number))
            await answer_to(socket, f"start{number}")
        await hass.async_block_till_done()
        assert issues(hass) == {"ledger_full"}
        with writer.connect() as connection:
            connection.execute(text("PRAGMA max_page_count = 100000"))
        await socket.send(_start(number))
        assert "transactionId" in await answer_to(socket, f"start{number}")
        await hass.async_block_till_done()
        assert ledger.healthy
        assert issues(hass) == set()


def _start(number: int) -> str:
    minute = datetime(2026, 10, 5, number // 3600 % 24, number // 60 % 60, number % 60, tzinfo=UTC)
    return (
        f'[2,"start{number}","StartTransaction",{{"connectorId":1,"idTag":"{number:020}",'
        f'"meterStart":{number},"timestamp":"{minute.isoformat()}"}}]'
    )


async def test_other_trouble_with_the_ledger_is_told_until_the_entry_goes(
    hass: HomeAssistant,
) -> None:
    entry = new_entry(hass)
    assert await set_up(hass, entry)
    on_error = entry.runtime_data.ledger.on_error
    assert on_error is not None
    on_error(LedgerError("the server has gone away"))
    assert issues(hass) == {"ledger_unwritable"}
    await hass.config_entries.async_unload(entry.entry_id)
    assert issues(hass) == set()


async def test_stations_come_change_and_go_and_no_other_notices(
    hass: HomeAssistant, device_registry: dr.DeviceRegistry, entity_registry: er.EntityRegistry
) -> None:
    entry = new_entry(hass, stations={"GARAGE": {}})
    assert await set_up(hass, entry)
    site = entry.runtime_data.site
    async with socket_of(hass, entry, "GARAGE") as garage:
        hass.config_entries.async_add_subentry(entry, station("YARD"))
        await hass.async_block_till_done()
        yard = subentry_of(entry, "YARD")
        assert await is_alive(garage)
        async with socket_of(hass, entry, "YARD") as socket:
            assert hass.states.get("sensor.yard_status") is not None

            hass.config_entries.async_update_subentry(
                entry, yard, title="Carport", data={**yard.data, CONF_MAX_CURRENT: 10}
            )
            await hass.async_block_till_done()
            assert await is_alive(socket)
            assert await is_alive(garage)
            assert site.stations["YARD"].config.max_current_a == 10
            device = device_registry.async_get_device_by_identifier(
                (DOMAIN, "YARD"), entry.entry_id
            )
            assert device is not None
            assert device.name == "Carport"
            number = hass.states.get("number.yard_maximum_current")
            assert number is not None
            assert number.attributes["max"] == 10

            hass.config_entries.async_remove_subentry(entry, yard.subentry_id)
            await hass.async_block_till_done()
            assert await is_closed(socket) == 1001
        assert await is_alive(garage)
        assert site is entry.runtime_data.site
        assert list(site.stations) == list(entry.runtime_data.coordinators) == ["GARAGE"]
        assert entry.runtime_data.memory.load("YARD") == {}
        left = dr.async_entries_for_config_entry(device_registry, entry.entry_id)
        assert {one.name for one in left} == {"Garage", "Chargestead"}
        assert not [
            item
            for item in er.async_entries_for_config_entry(entity_registry, entry.entry_id)
            if item.unique_id.startswith("YARD")
        ]
        assert hass.states.get("sensor.yard_status") is None


async def test_a_station_that_was_removed_waits_as_a_stranger_when_it_dials_in_again(
    hass: HomeAssistant,
) -> None:
    entry = new_entry(hass, stations={"GARAGE": {CONF_PASSWORD: "secret"}})
    assert await set_up(hass, entry)
    subentry = subentry_of(entry, "GARAGE")
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await hass.async_block_till_done()
    async with socket_of(hass, entry, "GARAGE"):
        assert list(entry.runtime_data.site.pending) == ["GARAGE"]
        assert len(hass.config_entries.flow.async_progress_by_handler(DOMAIN)) == 1


async def test_options_change_without_a_reload_but_for_the_database(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    entry = new_entry(hass, stations={"GARAGE": {}})
    assert await set_up(hass, entry)
    site = entry.runtime_data.site
    async with socket_of(hass, entry, "GARAGE") as socket:
        hass.config_entries.async_update_entry(entry, options={"meter_interval": 30})
        await hass.async_block_till_done()
        assert await is_alive(socket)
        assert site.config.meter_interval_s == 30
        hass.config_entries.async_update_entry(
            entry, options={CONF_DATABASE_URL: f"sqlite:///{tmp_path}/other.db"}
        )
        await hass.async_block_till_done()
        assert await is_closed(socket) == 1001
    assert entry.runtime_data.site is not site
    assert (tmp_path / "other.db").exists()


async def test_a_connector_that_is_gone_can_be_deleted_but_nothing_else(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, device_registry: dr.DeviceRegistry
) -> None:
    assert await async_setup_component(hass, "config", {})
    entry = new_entry(hass, stations={"GARAGE": {}})
    assert await set_up(hass, entry)
    book = entry.runtime_data.site.stations["GARAGE"].book
    for connector_id in (1, 2):
        book.update_connector(connector_id, status=ConnectorStatus.AVAILABLE)
    await hass.async_block_till_done()
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert list(entry.runtime_data.site.stations["GARAGE"].state.connectors) == [1]
    owner = device_registry.async_get_device_by_identifier((DOMAIN, "GARAGE"), entry.entry_id)
    connectors = [
        device_registry.async_get_child_device_by_identifier(
            (DOMAIN, f"GARAGE/{connector_id}"), entry.entry_id
        )
        for connector_id in (1, 2)
    ]
    client = await hass_ws_client(hass)
    outcomes = []
    for device in (owner, *connectors):
        assert device is not None
        await client.send_json_auto_id(
            {"type": "config/device_registry/remove", "device_id": device.id}
        )
        outcomes.append((await client.receive_json())["success"])
    assert outcomes == [False, False, True]


async def test_removing_the_entry_forgets_what_was_learned_but_not_the_ledger(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    entry = new_entry(hass, stations={"GARAGE": {}})
    assert await set_up(hass, entry)
    async with socket_of(hass, entry, "GARAGE"):
        await entry.runtime_data.memory.async_flush()
    assert "GARAGE" in hass_storage["chargestead.stations"]["data"]
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert "chargestead.stations" not in hass_storage
    assert ledger_file(hass).exists()


async def test_stopping_home_assistant_closes_the_sockets_and_keeps_everything(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    entry = new_entry(hass, stations={"GARAGE": {}})
    assert await set_up(hass, entry)
    async with socket_of(hass, entry, "GARAGE") as socket:
        await socket.send(_start(7))
        assert "transactionId" in await answer_to(socket, "start7")
        hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
        hass.set_state(CoreState.stopping)
        assert await is_closed(socket) == 1001
        await hass.async_block_till_done()
        hass.set_state(CoreState.final_write)
        hass.bus.async_fire("homeassistant_final_write")
        await hass.async_block_till_done()
    assert hass_storage["chargestead.stations"]["data"]["GARAGE"]["identity"]["vendor"] == "Elektro"
    assert not (ledger_file(hass).parent / "chargestead.db-wal").exists()
    with sqlite3.connect(ledger_file(hass)) as database:
        (sessions,) = database.execute("SELECT count(*) FROM chargestead_sessions").fetchone()
    database.close()
    assert sessions == 1
    hass.set_state(CoreState.running)
