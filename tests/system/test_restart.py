"""Home Assistant, the station or the network goes in the middle of a charge, and comes back."""

from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from itertools import pairwise
import json
from pathlib import Path
import shutil
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    async_fire_time_changed,
    async_test_home_assistant,
)
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from custom_components.chargestead.model.events import SessionEnded, SessionStarted
from custom_components.chargestead.model.limit import LimitState
from custom_components.chargestead.model.session import Session, SessionFlag
from tests.simulator import Car, ManualClock, SimulatedStation

from .house import GARAGE, SAMPLE_S, House, house_in

pytestmark = pytest.mark.usefixtures("quiet")

CARD = "04AABBCC"


async def _charging(house: House, station: SimulatedStation, minutes: int = 10) -> Session:
    """Plug in and charge for a while; return the session as the station's state has it."""
    station.plug_in(1, Car(capacity_kwh=80, soc=20))
    station.present_card(1, CARD)
    await house.pass_time(60 * minutes)
    session = house.station().state.connectors[1].session
    assert session is not None
    return session


async def _set_limit(house: House, amperes: float) -> None:
    await house.hass.services.async_call(
        "number",
        "set_value",
        {"entity_id": house.entity_id("number", "maximum_current"), "value": amperes},
        blocking=True,
    )
    await house.pass_time(SAMPLE_S)


async def _let_storage_be_written(hass: HomeAssistant) -> None:
    """Let the seconds pass that Home Assistant waits before it writes a changed store."""
    later = hass.loop.time() + 20
    with patch.object(hass.loop, "time", lambda: later):
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=20), fire_all=True)
    await hass.async_block_till_done()


def _custom_house(
    hass: HomeAssistant, clock: ManualClock, port: int
) -> AbstractAsyncContextManager[House]:
    hass.data.pop(DATA_CUSTOM_COMPONENTS)
    return house_in(hass, clock, port=port)


async def _proves_to_have_gone_on(
    house: House, station: SimulatedStation, before: Session, begin_wh: int
) -> None:
    """Charge on, end the session, and find it to be one."""
    await house.pass_time(5 * SAMPLE_S)
    session = house.station().state.connectors[1].session
    assert session is not None
    assert (session.id, session.transaction_id) == (before.id, before.transaction_id)
    assert session.started_at == before.started_at
    assert session.energy_mwh is not None
    assert before.energy_mwh is not None
    assert session.energy_mwh > before.energy_mwh
    assert house.number("session_energy") == pytest.approx(session.energy_mwh / 1e6)
    assert house.state("status") == "charging"
    assert house.number("power") > 1000
    station.unplug(1)
    await house.pass_time(5)
    (kept,) = await house.sessions()
    assert kept.id == before.id
    assert not kept.is_open
    assert not kept.flags
    assert kept.energy_mwh == (station.register_wh() - begin_wh) * 1000
    assert len(station.calls("StartTransaction")) == 1


async def test_a_charge_goes_on_over_a_restart_of_home_assistant(
    house: House, garage: SimulatedStation
) -> None:
    begin_wh = garage.register_wh()
    before = await _charging(house, garage)
    await _set_limit(house, 10)
    assert garage.offered_a() == 10
    announced = house.shown(house.entity_id("event", "session"))
    assert len(announced) == 1

    await house.down()
    await house.clock.advance(180)
    assert garage.status() == "Charging", "nobody told it to stop"
    assert house.state("power") == "unavailable"
    sent = len(garage.frames)
    await house.up()
    assert house.number("limit") == 10
    assert house.number("session_energy") > 0, "the ledger knows, though the station is not back"
    await house.until(lambda: garage.online and garage.at_rest, within=300)
    await house.pass_time(20)

    profiles = garage.requests("SetChargingProfile", since=sent)
    assert [
        item["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"]
        for item in profiles
    ] == [10]
    assert not garage.requests("ChangeConfiguration", since=sent), "what is right stays as it is"
    assert house.shown(house.entity_id("event", "session"))[1:] in ([], announced)
    assert len(house.told(SessionStarted)) == 1
    await _proves_to_have_gone_on(house, garage, before, begin_wh)
    assert house.state("session", platform="event") != announced[0], "its end is news"


async def test_a_charge_goes_on_when_home_assistant_died_without_a_word(
    house: House,
    garage: SimulatedStation,
    hass: HomeAssistant,
    clock: ManualClock,
    tmp_path: Path,
) -> None:
    begin_wh = garage.register_wh()
    before = await _charging(house, garage)
    await _set_limit(house, 12)
    await _let_storage_be_written(hass)
    disk = tmp_path / "disk"
    shutil.copytree(hass.config.config_dir, disk)
    port = house.entry.data["port"]

    await house.site.stop()
    async with (
        async_test_home_assistant(config_dir=str(disk)) as second,
        _custom_house(second, clock, port) as after,
    ):
        assert after.ledger is not house.ledger
        assert after.number("limit") == 12
        await after.until(lambda: garage.online and garage.at_rest, within=300)
        await after.pass_time(40)
        limit = after.station().state.connectors[1].limit
        assert limit is not None
        assert limit.state in (LimitState.ACCEPTED, LimitState.OBEYED)
        assert garage.offered_a() == 12
        assert after.told(SessionStarted) == []
        assert after.shown(after.entity_id("event", "session")) == []
        await _proves_to_have_gone_on(after, garage, before, begin_wh)
        await after.down()
        await second.async_stop(force=True)


async def test_a_transaction_id_is_never_given_out_twice_over_restarts(
    house: House, garage: SimulatedStation
) -> None:
    ids = []
    for _ in range(3):
        session = await _charging(house, garage, minutes=2)
        ids.append(int(session.transaction_id))
        garage.unplug(1)
        await house.pass_time(5)
        await house.down()
        await house.up()
        await house.until(lambda: garage.at_rest, within=300)
    assert ids == sorted(set(ids))


async def test_a_station_that_lost_its_power_ends_the_session_and_begins_no_other(
    house: House, garage: SimulatedStation
) -> None:
    await _charging(house, garage)
    garage.reboot(cold=True, off_for=120)
    await house.pass_time(90)
    assert house.state("power") == "unavailable"
    assert house.state("connected", 0, platform="binary_sensor") == "off"
    await house.until(lambda: garage.at_rest, within=300)
    await house.pass_time(20)
    (session,) = await house.sessions()
    (stop,) = garage.calls("StopTransaction")
    assert session.stop_reason == stop["reason"] == "PowerLoss"
    assert session.register_stop_mwh == stop["meterStop"] * 1000
    assert (
        session.energy_mwh
        == (stop["meterStop"] - garage.calls("StartTransaction")[0]["meterStart"]) * 1000
    )
    assert house.state("power") == "0.0"
    assert len(house.told(SessionStarted)) == 1


async def test_a_charge_goes_on_without_network_and_no_reading_is_missing(
    house: House, garage: SimulatedStation
) -> None:
    before = await _charging(house, garage)
    garage.go_offline()
    await house.pass_time(30 * SAMPLE_S)
    assert house.state("power") == "unavailable"
    assert house.number("session_energy") == pytest.approx((before.energy_mwh or 0) / 1e6)
    garage.go_online()
    await house.until(lambda: garage.at_rest, within=300)
    await house.pass_time(SAMPLE_S)
    garage.unplug(1)
    await house.pass_time(5)
    (session,) = await house.sessions()
    assert session.id == before.id
    readings = await house.ledger.readings(session.id)
    gaps = [(later.at - earlier.at).total_seconds() for earlier, later in pairwise(readings)]
    assert max(gaps) <= SAMPLE_S + 1
    assert session.energy_mwh == garage.register_wh() * 1000 - (session.register_start_mwh or 0)
    assert len(house.told(SessionStarted)) == len(house.told(SessionEnded)) == 1


async def test_sessions_made_offline_land_with_their_own_times_and_set_nothing_off(
    house: House, garage: SimulatedStation
) -> None:
    clock, made = house.clock, []
    garage.go_offline()
    await house.pass_time(60)
    for _ in range(3):
        began, begin_wh = clock.now(), garage.register_wh()
        garage.plug_in(1, Car(soc=40))
        garage.present_card(1, CARD)
        await clock.advance(1800)
        garage.unplug(1)
        made.append((began, clock.now(), garage.register_wh() - begin_wh))
        await clock.advance(600)
    garage.go_online()
    await house.until(lambda: garage.at_rest, within=300)
    await house.pass_time(20)
    sessions = await house.sessions()
    assert len(sessions) == 3
    for session, (began, ended, energy_wh) in zip(sessions, made, strict=True):
        assert abs((session.started_at - began).total_seconds()) < 2
        assert session.ended_at is not None
        assert abs((session.ended_at - ended).total_seconds()) < 2
        assert session.energy_mwh == energy_wh * 1000
        assert session.flags == {SessionFlag.OFFLINE}
        assert session.id_token == CARD
    assert house.shown(house.entity_id("event", "session")) == [], "it is no news any more"
    assert house.number("energy") == pytest.approx(garage.register_wh() / 1000)
    assert house.number("power") == 0


async def test_a_session_begun_online_and_ended_offline_is_one(
    house: House, garage: SimulatedStation
) -> None:
    before = await _charging(house, garage)
    garage.go_offline()
    await house.pass_time(600)
    garage.unplug(1)
    await house.pass_time(600)
    ended = house.clock.now()
    garage.go_online()
    await house.until(lambda: garage.at_rest, within=300)
    await house.pass_time(30)
    (session,) = await house.sessions()
    assert session.id == before.id
    assert session.ended_at is not None
    assert abs((ended - session.ended_at).total_seconds() - 600) < 2
    assert session.energy_mwh == garage.register_wh() * 1000 - (session.register_start_mwh or 0)
    assert SessionFlag.FORGOTTEN not in session.flags
    assert house.state("status") == "available"


async def test_a_second_socket_of_a_station_takes_over_without_an_absence(
    house: House, garage: SimulatedStation
) -> None:
    before = await _charging(house, garage)
    shown = house.states[house.entity_id("sensor", "power")]
    seen = len(shown)
    dials = garage.link.dials
    async with connect(
        f"{house.url}/{GARAGE}", subprotocols=[Subprotocol("ocpp1.6")], proxy=None
    ) as other:
        await other.send('[2,"1","Heartbeat",{}]')
        assert json.loads(await other.recv())[:2] == [3, "1"]
        await house.clock.settle()
        assert not garage.link.online, "the older socket was closed"
        assert house.station().connected
        assert "unavailable" not in shown[seen:], "the end of a replaced socket says nothing"
    await house.until(lambda: garage.at_rest, within=300)
    assert garage.link.dials > dials
    await house.pass_time(SAMPLE_S)
    session = house.station().state.connectors[1].session
    assert session is not None
    assert session.id == before.id
