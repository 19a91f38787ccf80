"""The site: what it takes up, whom it tells, and what it survives."""

import asyncio
import gc
import logging
from pathlib import Path
from unittest.mock import Mock

import aiohttp
import pytest

from custom_components.chargestead.model.config import (
    ServerConfig,
    SiteConfig,
    StationConfig,
    UnknownTokens,
)
from custom_components.chargestead.model.events import Event, SessionStarted, StationPending
from custom_components.chargestead.model.ports import Kept
from custom_components.chargestead.model.session import SessionFlag
from custom_components.chargestead.site import Site
from tests.csms.transaction_fixtures import STATION, HandClock, House, LedgerInMind, MemoryInMind

LOOPBACK = ServerConfig(port=0, bind_address="127.0.0.1")


def make_site(ledger: LedgerInMind | None = None) -> Site:
    return Site(
        clock=HandClock(),
        ledger=ledger or LedgerInMind(),
        memory=MemoryInMind(),
        config=SiteConfig(),
    )


async def test_an_unprepared_site_says_so_and_can_be_stopped() -> None:
    site = make_site()
    with pytest.raises(RuntimeError, match="not prepared"):
        _ = site.central
    await site.stop()


async def test_adding_a_station_prepares_the_site() -> None:
    site = make_site()
    station = await site.add_station(StationConfig(station_id=STATION))
    assert site.stations == {STATION: station}
    assert site.diagnostics()["stations"][STATION]["connected"] is False  # type: ignore[index]
    await site.stop()


async def test_a_station_that_waits_is_taken_in_with_its_socket() -> None:
    site = make_site()
    events: list[Event] = []
    site.subscribe(events.append)
    await site.start(LOOPBACK)
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(f"ws://127.0.0.1:{site.port}/NEW", protocols=["ocpp1.6"]) as socket,
    ):
        boot = '[2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]'
        await socket.send_str(boot)
        assert (await socket.receive_json())[0] == 3
        assert list(site.pending) == ["NEW"]
        assert any(isinstance(event, StationPending) for event in events)
        station = await site.add_station(StationConfig(station_id="NEW", configure=False))
        assert not site.pending
        assert station.connected
        assert station.state.identity.vendor == "V"
        await socket.send_str(
            '[2,"2","StartTransaction",{"connectorId":1,"idTag":"C","meterStart":5}]'
        )
        while (answer := await socket.receive_json())[:2] != [3, "2"]:
            assert answer[0] == 2, "it may be asked something in between"
        assert answer[2]["idTagInfo"] == {"status": "Accepted"}
        await site.remove_station("NEW")
        assert site.stations == {}
    await site.remove_station("NEW")
    await site.stop()


async def test_a_port_that_is_taken_is_told() -> None:
    one, two = make_site(), make_site()
    await one.prepare()
    await one.start(LOOPBACK)
    with pytest.raises(OSError, match="address"):
        await two.start(ServerConfig(port=one.port, bind_address="127.0.0.1"))
    await two.stop()
    await one.stop()


async def test_changed_settings_hold_from_the_next_message_on() -> None:
    async with House() as house:
        await house.stop(await house.start(0, 0), 1, 0)
        house.site.configure(SiteConfig(unknown_tokens=UnknownTokens.REJECT))
        one = await house.start(2, 0)
        assert (await house.session(one)).flags == {SessionFlag.UNAUTHORIZED}
        changed = StationConfig(station_id=STATION, default_id_token="CARD", max_current_a=500)
        house.site.update_station(changed)
        assert house.station.config is changed
        await house.meter(3602, 300_000, one)
        assert await house.energy_wh(one) == 300_000, "a station of 500 A delivers that"
        await house.stop(one, 3603, 300_000)
        two = await house.start(4000, 300_000)
        assert not (await house.session(two)).flags
        with pytest.raises(KeyError):
            house.site.update_station(StationConfig(station_id="ELSE"))


async def test_a_listener_that_fails_or_leaves_harms_nobody_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with House() as house:
        told: list[Event] = []

        def fail(_: Event) -> None:
            leave()
            msg = "on purpose"
            raise ValueError(msg)

        leave = house.site.subscribe(fail)
        also = house.site.subscribe(told.append)
        with caplog.at_level(logging.ERROR):
            one = await house.start(0, 1000)
        assert (await house.session(one)).is_open
        assert any(isinstance(event, SessionStarted) for event in told)
        assert caplog.text.count("A listener failed on") == 1
        also()
        also()
        heard = len(told)
        await house.stop(one, 1, 1001)
        assert len(told) == heard


async def test_a_failure_to_keep_that_nobody_waits_for_makes_no_noise_in_the_loop() -> None:
    async with House() as house:
        troubles: list[object] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: troubles.append(context)
        )
        session = await house.session(await house.start(0, 0))
        event = SessionStarted(station_id=STATION, at=house.clock.now(), session=session)
        house.ledger.failing = True
        failed = house.site.publish(event)
        assert failed is not None
        assert failed.exception() is not None
        waiting: Kept = asyncio.get_running_loop().create_future()
        house.ledger.keep = Mock(return_value=waiting)
        assert house.site.publish(event) is waiting
        waiting.cancel()
        del failed, waiting
        gc.collect()
        await asyncio.sleep(0)
        assert not troubles


async def test_what_the_ledger_and_the_memory_hold_is_taken_up() -> None:
    async with House(connectors=2) as house:
        open_one = await house.start(0, 1000, connector=1)
        two = await house.start(0, 500, connector=2)
        await house.stop(two, 60, 600)
        await house.restart()
        first, second = house.station.book.connector(1), house.station.book.connector(2)
        assert first.session == await house.session(open_one)
        assert second.last_session == await house.session(two)
        assert (first.register_mwh, second.register_mwh) == (1_000_000, 600_000)


async def test_an_open_session_older_than_the_newest_two_hundred_is_taken_up() -> None:
    async with House(connectors=2) as house:
        old = await house.start(0, 1000, connector=1)
        for number in range(1, 220):
            one = await house.start(10 * number, number, connector=2)
            await house.stop(one, 10 * number + 5, number)
        await house.restart()
        shown = house.shown(1)
        assert shown is not None
        assert shown.transaction_id == str(old)
        await house.stop(old, 5000, 2000)
        assert await house.energy_wh(old) == 1000


async def test_a_real_database_gives_back_the_same_after_each_restart(tmp_path: Path) -> None:
    async with House(path=tmp_path / "ledger.db") as house:
        one = await house.start(0, 1000)
        await house.restart()
        assert await house.start(0, 1000) == one
        await house.meter(60, 1200, one)
        await house.restart()
        await house.stop(one, 120, 1500)
        await house.restart()
        await house.stop(one, 120, 1500)
        two = await house.start(200, 1500)
        assert two > one
        assert await house.energy_wh(one) == 500
        assert await house.registers_wh(one) == [1000, 1200, 1500]
        assert len(await house.ledger.sessions()) == 2
