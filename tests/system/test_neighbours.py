"""Several stations at once, and one that does not behave."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
import json
import random
import time
from unittest.mock import patch

from homeassistant.core import HomeAssistant
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from custom_components.chargestead.csms.bounds import Bounds
from custom_components.chargestead.csms.connection import Connection, Reply
from custom_components.chargestead.csms.rpc import Call
from custom_components.chargestead.site import Site
from tests.simulator import Car, ManualClock, SimulatedStation

from .house import GARAGE, SAMPLE_S, House, complaints, house_in

YARD = "YARD-1"
DRIVE = "DRIVE-1"


@pytest.fixture
async def house(hass: HomeAssistant, clock: ManualClock) -> AsyncIterator[House]:
    """Return a house with three stations."""
    async with house_in(hass, clock, stations={GARAGE: {}, YARD: {}, DRIVE: {}}) as house:
        yield house


@pytest.mark.usefixtures("quiet")
async def test_two_stations_and_two_connectors_charge_at_once_and_nothing_is_mixed_up(
    house: House, garage: SimulatedStation
) -> None:
    async with house.simulated(YARD, connectors=2, register_wh=500_000.0, seed=2) as yard:
        await house.pass_time(20)
        places = ((garage, GARAGE, 1, 16.0), (yard, YARD, 1, 10.0), (yard, YARD, 2, 7.0))
        begun = {}
        for station, station_id, connector, amperes in places:
            car = Car(capacity_kwh=80, soc=20, max_current={3: amperes})
            station.plug_in(connector, car)
            station.present_card(connector, f"CARD-{station_id}-{connector}")
            begun[station_id, connector] = station.register_wh(connector)
            await house.pass_time(5)
        await house.pass_time(10 * SAMPLE_S)
        for _, station_id, connector, amperes in places:
            assert house.number("current", connector, station_id) == pytest.approx(amperes, abs=0.5)
        for station, _, connector, _ in reversed(places):
            station.unplug(connector)
            await house.pass_time(5)
        for station, station_id, connector, _ in places:
            (session,) = [
                item for item in await house.sessions(station_id) if item.connector_id == connector
            ]
            assert session.id_token == f"CARD-{station_id}-{connector}"
            charged_wh = station.register_wh(connector) - begun[station_id, connector]
            assert charged_wh > 500
            assert session.energy_mwh == charged_wh * 1000
            assert house.number("session_energy", connector, station_id) == pytest.approx(
                charged_wh / 1000
            )


async def _dial(house: House, station_id: str) -> ClientConnection:
    return await connect(
        f"{house.url}/{station_id}",
        subprotocols=[Subprotocol("ocpp1.6")],
        proxy=None,
        compression=None,
        ping_interval=None,
    )


def _garbage(chance: random.Random) -> str | bytes:
    """Return something no station should send."""
    values: list[object] = [
        None,
        -1,
        2,
        2**70,
        "",
        "x" * 300,
        [],
        {},
        [[]],
        {"connectorId": "many"},
        1e308,
    ]
    actions = ["MeterValues", "StartTransaction", "StopTransaction", "StatusNotification", "Boot"]
    kind = chance.randrange(5)
    if kind == 0:
        return chance.randbytes(chance.randrange(1, 200))
    if kind == 1:
        return "".join(chance.choices('[]{}",:2 \\u\t\0ü', k=chance.randrange(1, 80)))
    if kind == 2:
        return json.dumps([chance.choice(values) for _ in range(chance.randrange(6))])
    payload = {
        key: chance.choice(values)
        for key in ("connectorId", "transactionId", "meterValue", "status", "timestamp", "idTag")
    }
    text = json.dumps([2, str(chance.random()), chance.choice(actions), payload])
    return text if kind == 3 else text[: chance.randrange(len(text))]


async def test_garbage_from_one_station_changes_nothing_for_another(
    house: House, garage: SimulatedStation, caplog: pytest.LogCaptureFixture
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    garage.plug_in(1, Car(capacity_kwh=80, soc=20))
    garage.present_card(1, "04AABBCC")
    begin_wh = garage.register_wh()
    async with await _dial(house, YARD) as vandal:
        for _ in range(10):
            for _ in range(60):
                await vandal.send(_garbage(chance))
            await house.pass_time(SAMPLE_S)
        await vandal.send('[2,"last","Heartbeat",{}]')
        async for answer in vandal:
            if json.loads(answer)[1] == "last":
                break
    assert house.station(YARD).counters["frame_malformed"] > 100
    assert house.station(YARD).counters["internal_error"] == 0
    assert house.station().counters.as_dict().keys() <= {"reading_late", "live_value_old"}
    assert house.number("power") == pytest.approx(3 * 16 * 230, rel=0.05)
    garage.unplug(1)
    await house.pass_time(5)
    (session,) = await house.sessions()
    assert session.energy_mwh == (garage.register_wh() - begin_wh) * 1000
    assert not session.flags
    assert complaints(caplog) == []


async def test_a_flood_from_one_station_comes_between_another_and_its_answer_only_in_small_parts(
    house: House,
) -> None:
    """Count, not time: how much of the flood is served between a question of the neighbour and its answer."""
    flood = 4000
    served = 0
    yard = house.station(YARD)
    receive = yard.receive

    def counting(connection: Connection, call: Call) -> Reply:
        nonlocal served
        served += 1
        return receive(connection, call)

    async def pour(vandal: ClientConnection) -> None:
        for number in range(flood):
            await vandal.send(f'[2,"{number}","Heartbeat",{{}}]')

    async def drain(vandal: ClientConnection) -> None:
        for _ in range(flood):
            await vandal.recv()

    async with await _dial(house, YARD) as vandal, await _dial(house, DRIVE) as neighbour:
        with patch.object(yard, "receive", counting):
            async with asyncio.TaskGroup() as group:
                group.create_task(pour(vandal))
                group.create_task(drain(vandal))
                waited = []
                while served < flood:
                    before = served
                    await neighbour.send('[2,"n","Heartbeat",{}]')
                    assert json.loads(await neighbour.recv())[:2] == [3, "n"]
                    waited.append(served - before)
    assert served == flood, "each of its messages is answered all the same"
    assert max(waited) <= 200, f"between question and answer: {waited}"


async def test_a_station_that_floods_for_long_is_slowed_down_and_loses_nothing(
    hass: HomeAssistant, clock: ManualClock
) -> None:
    # So slow that no machine, however busy, answers less in the same time.
    bounds = Bounds(messages_per_second=50, messages_burst=16)
    with patch("custom_components.chargestead.Site", partial(Site, bounds=bounds)):
        async with house_in(hass, clock, stations={YARD: {}}) as house:
            began = time.monotonic()
            async with await _dial(house, YARD) as vandal:
                for number in range(64):
                    await vandal.send(f'[2,"{number}","Heartbeat",{{}}]')
                answers = [json.loads(await vandal.recv())[1] for _ in range(64)]
            assert time.monotonic() - began >= (64 - 16 - 16) / 50
            assert answers == [str(number) for number in range(64)]
            assert house.station(YARD).counters["flood_slowed"] >= 1
