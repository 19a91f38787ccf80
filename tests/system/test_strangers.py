"""Stations nobody knows, and entries that cannot work."""

import socket

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest

from custom_components.chargestead.const import DOMAIN
from tests.simulator import Car, ManualClock

from .house import GARAGE, House, house_in, make_entry

STRANGER = "STRANGER-1"


@pytest.mark.usefixtures("quiet")
async def test_an_unknown_station_stays_pending_and_can_neither_charge_nor_be_seen(
    house: House, hass: HomeAssistant
) -> None:
    station = house.simulated(STRANGER, configuration={"AllowOfflineTxForUnknownId": "false"})
    await station.start(wait=False)
    await house.pass_time(300)
    assert {answer["status"] for answer in station.answers("BootNotification")} == {"Pending"}
    station.plug_in(1, Car(soc=30))
    station.present_card(1, "04AABBCC")
    await house.pass_time(600)
    assert station.current_a() == 0
    assert station.connector().transaction is None
    assert list(house.site.pending) == [STRANGER]
    assert await house.sessions(STRANGER) == []
    assert not [item for item in er.async_get(hass).entities if "stranger" in item]
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), house.entry.entry_id)
    assert {device.name for device in devices} == {GARAGE, "Chargestead"}
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["unique_id"] == STRANGER
    await station.stop()


@pytest.mark.usefixtures("quiet")
async def test_a_stranger_that_insists_on_charging_is_refused_and_leaves_no_trace(
    house: House,
) -> None:
    station = house.simulated(STRANGER)
    await station.start(wait=False)
    await house.pass_time(5)
    for action, payload in (
        (
            "StartTransaction",
            {"connectorId": 1, "idTag": "X", "meterStart": 0, "timestamp": "2026-10-05T06:00:00Z"},
        ),
        (
            "StopTransaction",
            {"transactionId": 1, "meterStop": 9, "timestamp": "2026-10-05T06:00:00Z"},
        ),
    ):
        with pytest.raises(Exception, match="SecurityError"):
            await station.send(action, payload)
    assert await house.sessions(STRANGER) == []
    assert await house.ledger.last_transaction_id() == 0
    await station.stop()


@pytest.mark.usefixtures("clock")
async def test_a_port_that_is_taken_is_said_and_mended_by_setting_up_again(
    hass: HomeAssistant,
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        entry = make_entry(port, {GARAGE: {}})
        entry.add_to_hass(hass)
        assert not await hass.config_entries.async_setup(entry.entry_id)
        assert entry.state is ConfigEntryState.SETUP_RETRY
        assert entry.error_reason_translation_key == "port_in_use"
    await hass.config_entries.async_unload(entry.entry_id)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_wrong_password_keeps_a_station_out_and_the_right_one_lets_it_in(
    hass: HomeAssistant, clock: ManualClock
) -> None:
    secret = "0123456789abcdef"
    async with house_in(hass, clock, stations={GARAGE: {"password": secret}}) as house:
        thief = house.simulated(password="fedcba9876543210")
        await thief.start(wait=False)
        await house.pass_time(10)
        assert not thief.online
        assert "401" in (thief.link.refused or "")
        assert not house.station().connected
        await thief.stop()
        async with house.simulated(password=secret) as station:
            await house.pass_time(5)
            assert station.online
            assert house.state("status") == "available"
